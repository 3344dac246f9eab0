"""A phone that the server does not know is told so, and not that it was closed: it keeps what it has not sent yet."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0054"
down_revision = "0053"
branch_labels = None
depends_on = None

# Closed is a phone that somebody closed, or whose person may not sign in any more or holds no post of a grid worker.
STATE = """
drop function gridmap_phone_is_welcome(uuid, text);
create function gridmap_phone_state(p_device uuid, p_secret_hash text) returns text
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare welcome boolean;
begin
  select p.revoked_at is null and a.disabled_at is null
      and exists (select from posts h where h.account_id = a.id and h.role = 'grid_worker' and h.ended_at is null)
    into welcome from phones p join accounts a on a.id = p.account_id
    where p.device = p_device and p.secret_hash = p_secret_hash;
  if not found then return 'unknown'; end if;
  if welcome and not pg_is_in_recovery() then
    update phones set seen_at = clock_timestamp()
      where device = p_device and secret_hash = p_secret_hash and seen_at < clock_timestamp() - interval '1 minute';
  end if;
  return case when welcome then 'ok' else 'revoked' end;
end $$;
"""
FUNCTION = "gridmap_phone_state(uuid, text)"


def upgrade() -> None:
    op.execute(STATE)
    op.execute(f"revoke all on function {FUNCTION} from public")
    op.execute(f"grant execute on function {FUNCTION} to {APP_ROLE}, {POSTS_ROLE}")
