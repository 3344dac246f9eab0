"""Why a job failed last: the queue's own tables do not keep it."""

from alembic import op

from gridmap.config import APP_ROLE, JOBS_ROLE
from gridmap.db import POSTS_ROLE

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "create table job_faults (job_id bigint constraint pk_job_faults primary key,"
        " words text not null, at timestamptz not null default now())"
    )
    op.execute(f"grant select on job_faults to {APP_ROLE}, {POSTS_ROLE}")
    op.execute(f"grant select, insert, update, delete on job_faults to {JOBS_ROLE}")
