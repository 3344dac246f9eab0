"""Who moved to another grid may still end the duty that they were on, and store and annotate its track: where they were on duty, their own rows."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0063"
down_revision = "0062"
branch_labels = None
depends_on = None

OWN = "account_id = nullif(current_setting('gridmap.account_id', true), '')::bigint"
# As the owner: a policy of duties that reads duties under its own policies would never end.
UNITS = f"""
create function gridmap_own_duty_units() returns setof bigint language sql stable security definer
set search_path = public, pg_temp as $$ select distinct unit_code from duties where {OWN} $$;
revoke all on function gridmap_own_duty_units() from public;
"""
THERE = f"{OWN} and unit_code in (select gridmap_own_duty_units())"


def upgrade() -> None:
    op.execute(UNITS)
    op.execute(f"grant execute on function gridmap_own_duty_units() to {APP_ROLE}, {POSTS_ROLE}")
    op.execute(
        f"create policy own_duty on duties for update to {APP_ROLE}, {POSTS_ROLE} using ({OWN}) with check ({THERE})"
    )
    for table in ("track_batches", "track_points", "track_notes"):
        op.execute(f"create policy own_duty on {table} for insert to {APP_ROLE}, {POSTS_ROLE} with check ({THERE})")
