"""What waits for a department, or for the centre itself, is found without reading what waits for all others in the same state."""

from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index ix_cases_waiting on cases (status, lead_department_id, coalesce(stage_due_at, 'infinity'::timestamptz),"
        " received_at, county_code, id) include (stage_due_at, unit_code, assignee_id) where closed_at is null"
    )
