"""In which form the blind columns of parties compare numbers: rows of an older form are written anew by a job, which has the keys."""

from alembic import op

from gridmap.config import JOBS_ROLE

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter table case_parties add column blind_form smallint not null default 1")
    op.execute("create index ix_case_parties_blind_form on case_parties (id) where blind_form < 2")
    op.execute(f"grant update (id_number_blind, phone_blind, blind_form) on case_parties to {JOBS_ROLE}")
