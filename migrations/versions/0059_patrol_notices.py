"""Notices about patrols go to whoever holds a role at a unit or, where nobody does, above it, as those about cases do."""

from alembic import op

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

# as in 0014, with a second kind
FUNCTION = """
create or replace function gridmap_tell(p_unit bigint, p_role text, p_kind text, p_body text, p_link text, p_key text)
returns table (county_code int, id bigint)
language plpgsql volatile security definer set search_path = public, pg_temp as $$
#variable_conflict use_column
declare target bigint;
begin
  if p_kind not like 'case.%' and p_kind not like 'patrol.%' then
    raise exception 'kind of notice not allowed here';
  end if;
  select p_unit / span * span into target
  from unnest(array[1, 1000, 1000000, 1000000000, 100000000000, 10000000000000]::bigint[]) with ordinality as spans (span, n)
  where exists (select from posts p where p.unit_code = p_unit / span * span and p.role = p_role and p.ended_at is null)
  order by n limit 1;
  target := coalesce(target, p_unit / 1000000000 * 1000000000);  -- nobody yet: whoever will hold it at the county finds it
  return query insert into notices (county_code, unit_code, role, kind, body, link, key)
    values ((target / 1000000000)::int, target, p_role, p_kind, left(p_body, 500), p_link, p_key)
    on conflict do nothing returning county_code, id;
end $$;
"""


def upgrade() -> None:
    op.execute(FUNCTION)
