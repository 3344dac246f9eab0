"""An account is disabled only by whoever manages every post of its holder; which demonstration passwords are still the given ones."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Posts outside the asker's scope cannot be read under the policy, so the function looks at them as the owner, as
# gridmap_reset_password does; it answers only about people whose home unit the asker may see.
WITHIN = """
create function gridmap_posts_within(p_account bigint, p_within int8multirange) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from accounts a where a.id = p_account and gridmap_in_scope(a.unit_code) and a.unit_code <@ p_within
    and not exists (select from posts p where p.account_id = a.id and p.ended_at is null and not p.unit_code <@ p_within))
$$
"""


def upgrade() -> None:
    op.execute(WITHIN)
    op.execute("revoke all on function gridmap_posts_within(bigint, int8multirange) from public")
    op.execute(f"grant execute on function gridmap_posts_within(bigint, int8multirange) to {APP_ROLE}, {POSTS_ROLE}")
    op.execute("alter table accounts add column demo_password_hash text")
    op.execute("update accounts set demo_password_hash = password_hash where is_demo")
