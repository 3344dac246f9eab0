"""What is evidence stays as it was written; days are those of China; rules are told to those who dispatch.

Columns that the application never changes may not be changed by it. What was recorded or made may not be changed at all, but
for its unit when the case is handed over (which is done by the owner's function).
"""

from alembic import op

from gridmap.config import APP_ROLE, JOBS_ROLE
from gridmap.db import POSTS_ROLE

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None

PEOPLE = f"{APP_ROLE}, {POSTS_ROLE}"
EVERYBODY = f"{PEOPLE}, {JOBS_ROLE}"
# table: what people may change, what jobs may change
CHANGED = {
    "notices": ("read_at, read_by", ""),
    "notice_deliveries": ("state, error", "state, error, tries, started_at, sent_at"),
    "mediation_sessions": ("result, claims, offers, reason, record, recorded_at", ""),
    "mediation_agreements": ("confirmation, confirmed_on", ""),
    "mediation_duties": ("state, settled_on, note", ""),
    "case_escalations": ("", "told_at, tell_at"),
    "case_extensions": ("status, decided_at, decided_by, decided_name, decision", ""),
    "case_appeals": (
        "status, first_at, first_by, first_name, first_reason, second_at, second_by, second_name, second_reason",
        "",
    ),
}
# Written once: from then on neither the application nor its jobs change the row.
WRITTEN = {"case_documents": "made_at", "mediation_sessions": "recorded_at", "notice_deliveries": "sent_at"}
KEEP = f"""
create function gridmap_keep_evidence() returns trigger language plpgsql set search_path = public, pg_temp as $$
begin
  if current_user in ('{APP_ROLE}', '{POSTS_ROLE}', '{JOBS_ROLE}') then
    raise exception 'a row of % that is finished does not change', tg_table_name using errcode = 'insufficient_privilege';
  end if;
  return new;
end $$;
revoke all on function gridmap_keep_evidence() from public;
"""
# as in 0019, with the day of China: the server's own zone is UTC, where it is still yesterday until eight in the morning
MOVE = """
create or replace function gridmap_move_case(p_county int, p_case bigint, p_unit bigint) returns int
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare here bigint; item record; moved int := 0; n int; today date := (now() at time zone 'Asia/Shanghai')::date;
begin
  select c.unit_code into here from cases c where c.county_code = p_county and c.id = p_case for update;
  if here is null or not gridmap_in_scope(here) then
    raise exception 'case % is not in scope', p_case using errcode = 'insufficient_privilege';
  end if;
  if p_unit / 1000000000 <> p_county or not exists (select from units u where u.unit_code = p_unit
      and u.valid_from <= today and (u.valid_to is null or u.valid_to > today)) then
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
"""
RULE = """table (id bigint, unit_code bigint, "position" int, name text, families smallint[], category_codes text[], scales text[],
  within_unit bigint, area bytea, hour_from smallint, hour_to smallint, department_id bigint, department_name text,
  active_from date, active_to date, is_off boolean)"""
ABOVE = """(p_unit, p_unit / 1000 * 1000, p_unit / 1000000 * 1000000, p_unit / 1000000000 * 1000000000,
      p_unit / 100000000000 * 100000000000, p_unit / 10000000000000 * 10000000000000)"""
TOLD = """r.id, r.unit_code, r.position, r.name, r.families, r.category_codes, r.scales, r.within_unit, st_asbinary(r.area),
    r.hour_from, r.hour_to, r.department_id, r.department_name, r.active_from, r.active_to, r.is_off"""
# The rules of the units above lie outside the scope of a town. They are told to those who keep rules or dispatch there, and
# beyond the border only what may fit one case of theirs that is about to be handed over.
ROUTING = f"""
create function gridmap_dispatches_at(p_unit bigint) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
  select exists (select from posts p where p.account_id = nullif(current_setting('gridmap.account_id', true), '')::bigint
    and p.ended_at is null and p.role in ('administrator', 'centre_staff') and p.unit_code in (0, {ABOVE[1:]})
$$;
revoke all on function gridmap_dispatches_at(bigint) from public;
create or replace function gridmap_routing_for(p_unit bigint) returns {RULE}
language sql stable security definer set search_path = public, pg_temp as $$
  select {TOLD}
  from routing_rules r
  where r.unit_code in {ABOVE} and gridmap_in_scope(p_unit) and gridmap_dispatches_at(p_unit)
$$;
create function gridmap_routing_of_case(p_county int, p_case bigint, p_unit bigint) returns {RULE}
language sql stable security definer set search_path = public, pg_temp as $$
  select {TOLD}
  from cases c join categories k on k.id = c.category_id join routing_rules r on r.unit_code in {ABOVE}
  where c.county_code = p_county and c.id = p_case and p_unit / 1000000000 = p_county
    and gridmap_in_scope(c.unit_code) and gridmap_dispatches_at(c.unit_code) and not r.is_off
    and (r.families = '{{}}' or k.family = any (r.families)) and (r.category_codes = '{{}}' or k.code = any (r.category_codes))
    and (r.scales = '{{}}' or c.scale = any (r.scales))
$$;
revoke all on function gridmap_routing_of_case(int, bigint, bigint) from public;
"""


def upgrade() -> None:
    for table, (people, workers) in CHANGED.items():
        op.execute(f"revoke update on {table} from {EVERYBODY}")
        if people:
            op.execute(f"grant update ({people}) on {table} to {PEOPLE}")
        if workers:
            op.execute(f"grant update ({workers}) on {table} to {JOBS_ROLE}")
    op.execute(KEEP)
    for table, column in WRITTEN.items():
        op.execute(
            f"create trigger keep_evidence before update on {table} for each row"
            f" when (old.{column} is not null) execute function gridmap_keep_evidence()"
        )
    op.execute(
        "create unique index uq_case_documents_supervision on case_documents (county_code, case_id, step_number)"
        " where kind = 'supervision'"
    )
    op.execute(f"grant select (id, disabled_at) on accounts to {JOBS_ROLE}")  # asked before each delivery
    op.execute(MOVE)
    op.execute(ROUTING)
    op.execute(f"grant execute on function gridmap_routing_of_case(int, bigint, bigint) to {PEOPLE}")
