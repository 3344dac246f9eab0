"""What happened within the last minute is found by its time: open maps ask for it every few seconds."""

from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_events_at on events (at)")
