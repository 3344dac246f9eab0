"""Moving a case across a border: one function moves the case with every row that has its number."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

# The receiving unit may lie outside the scope of who hands the case over, so the policy would refuse the update: the function
# does this one thing, for a case in the caller's scope and a unit in force of the same county. The tables are looked up, not
# listed: a later table with a case_id moves too.
MOVE = """
create function gridmap_move_case(p_county int, p_case bigint, p_unit bigint) returns int
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare here bigint; item record; moved int := 0; n int;
begin
  select c.unit_code into here from cases c where c.county_code = p_county and c.id = p_case for update;
  if here is null or not gridmap_in_scope(here) then
    raise exception 'case % is not in scope', p_case using errcode = 'insufficient_privilege';
  end if;
  if p_unit / 1000000000 <> p_county or not exists (select from units u where u.unit_code = p_unit
      and u.valid_from <= current_date and (u.valid_to is null or u.valid_to > current_date)) then
    raise exception 'unit % is no unit in force of county %', p_unit, p_county using errcode = 'check_violation';
  end if;
  update cases set unit_code = p_unit, unit_pending = false, row_version = row_version + 1
    where county_code = p_county and id = p_case;
  for item in
    select c.oid::regclass as name from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and not c.relispartition and (select count(*) from pg_attribute a where a.attrelid = c.oid and not a.attisdropped
        and a.attname in ('county_code', 'unit_code', 'case_id')) = 3
    order by 1
  loop
    execute format('update %s set unit_code = $1 where county_code = $2 and case_id = $3', item.name)
      using p_unit, p_county, p_case;
    get diagnostics n = row_count;
    moved := moved + n;
  end loop;
  return moved;
end $$;
revoke all on function gridmap_move_case(int, bigint, bigint) from public;
"""
# as in 0015, and also told within the county: who hands a case over sees where the other side's rules would send it
ROUTING = """
create or replace function gridmap_routing_for(p_unit bigint) returns table (id bigint, unit_code bigint, "position" int, name text,
  families smallint[], category_codes text[], scales text[], within_unit bigint, area bytea, hour_from smallint, hour_to smallint,
  department_id bigint, department_name text, active_from date, active_to date, is_off boolean)
language sql stable security definer set search_path = public, pg_temp as $$
  select r.id, r.unit_code, r.position, r.name, r.families, r.category_codes, r.scales, r.within_unit, st_asbinary(r.area),
    r.hour_from, r.hour_to, r.department_id, r.department_name, r.active_from, r.active_to, r.is_off
  from routing_rules r
  where r.unit_code in (p_unit, p_unit / 1000 * 1000, p_unit / 1000000 * 1000000, p_unit / 1000000000 * 1000000000,
      p_unit / 100000000000 * 100000000000, p_unit / 10000000000000 * 10000000000000)
    and (gridmap_in_scope(p_unit)
      or nullif(current_setting('gridmap.scope_lo', true), '')::bigint / 1000000000 = p_unit / 1000000000)
$$;
"""


def upgrade() -> None:
    op.execute(MOVE)
    op.execute(ROUTING)
    op.execute(f"grant execute on function gridmap_move_case(int, bigint, bigint) to {APP_ROLE}, {POSTS_ROLE}")
