"""What waits for a person by a row of its own is found by indexes over what is open."""

from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_mediations_open on mediations (unit_code) where state = 'open'")
    op.execute(
        "create index ix_case_whistle_calls_department_id on case_whistle_calls (department_id) where turned_up_at is null"
    )
    op.execute("create index ix_case_extensions_asked on case_extensions (unit_code) where status = 'asked'")
    op.execute(
        "create index ix_case_appeals_open on case_appeals (unit_code) where status in ('asked', 'first_agreed')"
    )
