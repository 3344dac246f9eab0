"""The time of a mediation tier is told of before its end and after it: how long before is data of the tier; each is told once."""

from alembic import op

revision = "0052"
down_revision = "0051"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table mediation_tiers add column remind_hours smallint",
    "alter table mediation_tiers add constraint ck_mediation_tiers_remind_hours check (remind_hours between 1 and 720)",
    # two days before, where a tier has more time than that
    "update mediation_tiers set remind_hours = 48"
    " where limit_kind in ('work_days', 'natural_days') and limit_amount > 2",
    "alter table mediations add column soon_told_at timestamptz",
    "alter table mediations add column over_told_at timestamptz",
    "create index ix_mediations_due_at on mediations (due_at) where state = 'open' and over_told_at is null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
