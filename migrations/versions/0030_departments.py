"""Departments end: no order goes to one that has ended, whoever is faster; rules that name it are told."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

TABLES = """
alter table departments add column ended_at timestamptz;
drop index uq_departments_unit_code_name;
create unique index uq_departments_unit_code_name on departments (unit_code, name) where ended_at is null;
create index ix_departments_id on departments (id);
"""
# as in 0013, without those that have ended
DEPARTMENTS_FOR = """
create or replace function gridmap_departments_for(p_unit bigint) returns table (id bigint, name text, unit_code bigint, unit_name text)
language sql stable security definer set search_path = public, pg_temp as $$
  select d.id, d.name, d.unit_code, u.name from departments d join units u on u.unit_code = d.unit_code
  where d.unit_code in (p_unit, p_unit / 1000 * 1000, p_unit / 1000000 * 1000000, p_unit / 1000000000 * 1000000000,
      p_unit / 100000000000 * 100000000000, p_unit / 10000000000000 * 10000000000000)
    and d.ended_at is null and gridmap_in_scope(p_unit)
  order by d.unit_code desc, d.name
$$;
"""
# A rule may name a department above the scope of who reads it: of those asked for, the function tells which have ended.
ENDED = """
create function gridmap_ended_departments(p_ids bigint[]) returns setof bigint
language sql stable security definer set search_path = public, pg_temp as $$
  select d.id from departments d where d.id = any(p_ids) and d.ended_at is not null
$$;
"""
# Who sends an order and who closes the department meet at the department's row: the one who comes second waits and is told.
GUARD = """
create function gridmap_order_to_open_department() returns trigger
language plpgsql security definer set search_path = public, pg_temp as $$
begin
  if exists (select from (select d.ended_at from departments d where d.id = new.department_id for share) held
      where held.ended_at is not null) then
    raise exception 'department % has ended', new.department_id
      using errcode = 'check_violation', constraint = 'ck_case_orders_department_open', table = 'case_orders';
  end if;
  return new;
end $$;
create trigger open_department before insert on case_orders
  for each row when (new.ended_at is null) execute function gridmap_order_to_open_department();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(DEPARTMENTS_FOR)
    op.execute(ENDED)
    op.execute(GUARD)
    for function in ("gridmap_ended_departments(bigint[])", "gridmap_order_to_open_department()"):
        op.execute(f"revoke all on function {function} from public")
    op.execute(f"grant execute on function gridmap_ended_departments(bigint[]) to {APP_ROLE}, {POSTS_ROLE}")
