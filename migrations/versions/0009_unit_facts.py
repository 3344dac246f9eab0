"""Former names of units, and kinds of grids and codes in other systems that come with a version."""

from alembic import op

from gridmap.config import APP_ROLE, JOBS_ROLE
from gridmap.db import POSTS_ROLE, grants_for, policies_for

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TABLES = """
create table former_names (
  unit_code bigint not null constraint fk_former_names_unit_code references units (unit_code),
  valid_to date not null,
  name text not null,
  version_id bigint,
  constraint pk_former_names primary key (unit_code, valid_to)
);
create index ix_external_codes_unit_code on external_codes (unit_code);
alter table outline_versions add column unit_facts jsonb not null default '{}';
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("former_names", "external_codes"):
        for statement in policies_for(table):
            op.execute(statement)
        op.execute(f"create policy public on {table} for select to {APP_ROLE}, {POSTS_ROLE} using (true)")
    op.execute(grants_for("former_names", "select, insert"))
    op.execute(f"grant insert, delete on external_codes to {APP_ROLE}, {POSTS_ROLE}, {JOBS_ROLE}")
