"""What an open page asks by itself does not put off the idle limit of a sign-in: only what the person does."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

# as in 0013, with p_acts; processes of the version before, which name three arguments, go on meanwhile
ACTOR = """
drop function gridmap_actor(text, int, int);
create function gridmap_actor(p_token_hash text, p_idle_minutes int, p_hours int, p_acts boolean default true) returns jsonb
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare s record; answer jsonb;
begin
  select * into s from sign_ins where token_hash = p_token_hash;
  if not found or s.ended_at is not null
    or s.last_seen_at < clock_timestamp() - make_interval(mins => p_idle_minutes)
    or s.created_at < clock_timestamp() - make_interval(hours => p_hours) then
    return null;
  end if;
  if p_acts and s.last_seen_at < clock_timestamp() - interval '1 minute' and not pg_is_in_recovery() then
    update sign_ins set last_seen_at = clock_timestamp() where token_hash = p_token_hash;
  end if;
  select jsonb_build_object('account_id', a.id, 'username', a.username, 'name', a.name,
    'must_change_password', a.must_change_password,
    'posts', coalesce((select jsonb_agg(jsonb_build_object('role', p.role, 'unit_code', p.unit_code,
        'unit_name', coalesce(u.name, '全系统'), 'department', coalesce(d.name, ''), 'department_id', p.department_id)
        order by p.id)
      from posts p left join units u on u.unit_code = p.unit_code
      left join departments d on d.county_code = p.county_code and d.id = p.department_id
      where p.account_id = a.id and p.ended_at is null), '[]'::jsonb))
  into answer from accounts a where a.id = s.account_id and a.disabled_at is null;
  return answer;
end $$;
"""
SIGNATURE = "gridmap_actor(text, int, int, boolean)"


def upgrade() -> None:
    op.execute(ACTOR)
    op.execute(f"revoke all on function {SIGNATURE} from public")
    op.execute(f"grant execute on function {SIGNATURE} to {APP_ROLE}, {POSTS_ROLE}")
