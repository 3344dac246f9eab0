"""The nightly sweep may remove old sign-ins and faded counts; the number of the schema is told to the application alone."""

from alembic import op

from gridmap.config import APP_ROLE, JOBS_ROLE

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(f"grant delete, select (ended_at, last_seen_at) on sign_ins to {JOBS_ROLE}")
    op.execute(f"grant select, delete on sign_in_failures, sign_in_places to {JOBS_ROLE}")
    op.execute("revoke all on function gridmap_schema() from public")
    op.execute(f"grant execute on function gridmap_schema() to {APP_ROLE}")
