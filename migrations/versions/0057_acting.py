"""Jobs finish what a person's phone handed over: as that person, if they may still sign in, with the posts of today."""

from alembic import op

from gridmap.config import JOBS_ROLE

revision = "0057"
down_revision = "0056"
branch_labels = None
depends_on = None

# the same answer as gridmap_actor, by the number of the account
ACTING = """
create function gridmap_acting(p_account bigint) returns jsonb
language sql stable security definer set search_path = public, pg_temp as $$
  select jsonb_build_object('account_id', a.id, 'username', a.username, 'name', a.name,
    'must_change_password', a.must_change_password,
    'posts', coalesce((select jsonb_agg(jsonb_build_object('role', p.role, 'unit_code', p.unit_code,
        'unit_name', coalesce(u.name, '全系统'), 'department', coalesce(d.name, ''), 'department_id', p.department_id)
        order by p.id)
      from posts p left join units u on u.unit_code = p.unit_code
      left join departments d on d.county_code = p.county_code and d.id = p.department_id
      where p.account_id = a.id and p.ended_at is null), '[]'::jsonb))
  from accounts a where a.id = p_account and a.disabled_at is null
$$;
"""


def upgrade() -> None:
    op.execute(ACTING)
    op.execute("revoke all on function gridmap_acting(bigint) from public")
    op.execute(f"grant execute on function gridmap_acting(bigint) to {JOBS_ROLE}")
