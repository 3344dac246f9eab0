"""Extensions, roles that own nothing, and the functions that every located row uses.

The application role may not inherit the rights of ``gridmap_app_posts``; it switches to it (SET LOCAL ROLE) for a person with
several stretches of units. Passwords are derived from the owner's, see ``gridmap.config.role_password``.
"""

from alembic import op

from gridmap.config import APP_ROLE, JOBS_ROLE, role_password
from gridmap.db import POSTS_ROLE

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Z-order (Morton) number of a point's Web-Mercator cell at zoom 22. Bits are spread by the usual masks ("Interleave bits by
# binary magic numbers", public domain); latitudes are clamped to Mercator's edge.
SPREAD = """
create function gridmap_spread(v bigint) returns bigint language sql immutable strict parallel safe as $$
  with a as (select (v | (v << 16)) & x'0000FFFF0000FFFF'::bigint as v),
  b as (select (v | (v << 8)) & x'00FF00FF00FF00FF'::bigint as v from a),
  c as (select (v | (v << 4)) & x'0F0F0F0F0F0F0F0F'::bigint as v from b),
  d as (select (v | (v << 2)) & x'3333333333333333'::bigint as v from c)
  select (v | (v << 1)) & x'5555555555555555'::bigint from d
$$
"""
ZKEY = """
create function gridmap_zkey(p geometry) returns bigint language sql immutable strict parallel safe as $$
  select gridmap_spread(least(greatest(floor((st_x(p) + 180) / 360 * 4194304), 0), 4194303)::bigint)
    | (gridmap_spread(least(greatest(floor((1 - ln(tan(radians(lat)) + 1 / cos(radians(lat))) / pi()) / 2 * 4194304), 0),
       4194303)::bigint) << 1)
  from (select least(greatest(st_y(p), -85.0511287), 85.0511287) as lat) as clamped
$$
"""
# The scope as the policies say it, for functions that run as the owner and must keep to their caller's scope.
IN_SCOPE = """
create function gridmap_in_scope(p_unit_code bigint) returns boolean language sql stable parallel safe as $$
  select coalesce(p_unit_code >= nullif(current_setting('gridmap.scope_lo', true), '')::bigint
    and p_unit_code < nullif(current_setting('gridmap.scope_hi', true), '')::bigint
    and (nullif(current_setting('gridmap.scope_posts', true), '') is null
      or p_unit_code <@ current_setting('gridmap.scope_posts', true)::int8multirange), false)
$$
"""
# Roles belong to the whole server: two databases migrated at once meet here ("tuple concurrently updated").
PATIENTLY = """
do $patient$ begin
  for attempt in 1..50 loop
    begin
      {statement};
      return;
    exception when internal_error then
      perform pg_sleep(0.1);
    end;
  end loop;
  raise exception 'roles are being changed by another migration';
end $patient$
"""


def upgrade() -> None:
    for extension in ("postgis", "pg_trgm", "btree_gist"):
        op.execute(f"create extension if not exists {extension}")
    roles = {APP_ROLE: "login noinherit", JOBS_ROLE: "login", POSTS_ROLE: "nologin"}
    for role, options in roles.items():
        op.execute(
            f"do $$ begin create role {role} {options}; exception when duplicate_object or unique_violation then null; end $$"
        )
    owner = op.get_bind().engine.url
    for role in (APP_ROLE, JOBS_ROLE):
        op.execute(PATIENTLY.format(statement=f"alter role {role} password '{role_password(owner, role)}'"))
    op.execute(f"do $$ begin grant {POSTS_ROLE} to {APP_ROLE}; exception when unique_violation then null; end $$")
    op.execute(f"grant usage on schema public to {APP_ROLE}, {JOBS_ROLE}, {POSTS_ROLE}")
    op.execute("revoke create on schema public from public")
    op.execute(SPREAD)
    op.execute(ZKEY)
    op.execute(IN_SCOPE)
    op.execute(
        "create table system_settings (key text constraint pk_system_settings primary key, value jsonb not null,"
        " note text not null)"
    )
    op.execute(f"grant select on system_settings to {APP_ROLE}, {POSTS_ROLE}, {JOBS_ROLE}")
    op.execute(
        "create function gridmap_schema() returns text language plpgsql stable security definer"
        " set search_path = public, pg_temp as $$ begin return (select version_num from alembic_version); end $$"
    )
