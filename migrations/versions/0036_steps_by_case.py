"""Steps are read by their case or by their action; the index by unit is dropped.

For a grid's narrow scope the planner took it for the cheapest way to one case's steps and read all steps of the grid, once
for each case of the list.
"""

from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("drop index ix_case_steps_unit_code")
