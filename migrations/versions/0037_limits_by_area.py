"""A limit counts in one area: the administrator of a town changes the limits of that town, not everybody's.

Limits that are there count for the whole system, as they did.
"""

from alembic import op

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "alter table case_limits add column area_code bigint not null default 0"
        " constraint ck_case_limits_area_code check (area_code >= 0)"
    )
    op.execute("drop index uq_case_limits_in_force")
    op.execute(
        "create unique index uq_case_limits_in_force on case_limits (area_code, stage, coalesce(category_code, ''),"
        " coalesce(family, 0), coalesce(grade, '')) where valid_to is null"
    )
