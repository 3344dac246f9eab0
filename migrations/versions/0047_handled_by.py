"""Who handled what is found by the person: the work list asks it once, not of each case that waits."""

from alembic import op

revision = "0047"
down_revision = "0046"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create index ix_case_steps_handled on case_steps (actor_id, county_code, case_id) include (unit_code)"
        " where action in ('accept', 'start', 'progress', 'report', 'handle_here', 'assist_accept', 'assist_report',"
        " 'record_session', 'agree', 'agree_many', 'move_up', 'end_mediation', 'turn_up', 'do_duty', 'finish_task')"
    )
    op.execute(
        "create index ix_case_orders_assignee_id on case_orders (assignee_id, county_code, case_id) include (unit_code)"
        " where assignee_id is not null"
    )
