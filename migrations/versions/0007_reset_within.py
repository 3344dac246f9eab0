"""A password is reset only by whoever manages every post of its holder: with it goes everything that the posts open."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Posts outside the asker's scope cannot be read under the policy, so the function looks at them as the owner. p_within are the
# unit codes where the asker manages accounts; the home unit must also lie in the scope of the transaction.
RESET = """
create function gridmap_reset_password(p_username text, p_password_hash text, p_within int8multirange) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare who bigint;
begin
  update accounts a set password_hash = p_password_hash, must_change_password = true, failed_count = 0, locked_until = null
  where a.username = p_username and gridmap_in_scope(a.unit_code) and a.unit_code <@ p_within
    and not exists (select from posts p where p.account_id = a.id and p.ended_at is null and not p.unit_code <@ p_within)
  returning a.id into who;
  update sign_ins set ended_at = clock_timestamp() where account_id = who and ended_at is null;
  return who is not null;
end $$
"""


def upgrade() -> None:
    op.execute("drop function gridmap_reset_password(text, text)")
    op.execute(RESET)
    op.execute("revoke all on function gridmap_reset_password(text, text, int8multirange) from public")
    op.execute(
        f"grant execute on function gridmap_reset_password(text, text, int8multirange) to {APP_ROLE}, {POSTS_ROLE}"
    )
