"""Indexes by which indicators find the timers that were settled and the orders that were sent in a period."""

from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_case_timers_settled on case_timers (stage, least(due_at, stopped_at), unit_code)")
    op.execute("create index ix_case_orders_sent_at on case_orders (sent_at, unit_code)")
