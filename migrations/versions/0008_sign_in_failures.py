"""Failed sign-ins are counted by keyed hashes of name and place, for names that exist and names that do not alike.

What was kept with the account told strangers which names exist, let anybody keep a known name locked, and never faded.
See decision 0003.
"""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TABLES = """
create table sign_in_failures (
  key text constraint pk_sign_in_failures primary key,
  name_key text,
  failures double precision not null default 0,
  failed_at timestamptz not null default clock_timestamp(),
  locked_until timestamptz
);
create index ix_sign_in_failures_name_key on sign_in_failures (name_key);
create table sign_in_places (
  key text constraint pk_sign_in_places primary key,
  seen_at timestamptz not null default clock_timestamp()
);
update system_settings set note = '同一用户名在同一设备或地址上连续输错几次后暂停登录。GB/T 22239-2019（等保2.0）8.1.4.1 要求“限制非法登录次数”，次数由单位定'
  where key = 'login.lock_after';
update system_settings set note = '首次暂停的秒数，此后每错一次翻倍' where key = 'login.lock_seconds';
update system_settings set note = '同一用户名在同一设备或地址上暂停的上限（秒）' where key = 'login.lock_max_seconds';
insert into system_settings values
  ('login.name_lock_after', '30', '同一用户名在陌生设备和地址上合计输错几次后，陌生设备和地址暂停登录；成功登录过的设备和地址不受影响（OWASP：Device Cookies）'),
  ('login.name_lock_max_seconds', '900', '上一项暂停的上限（秒），宜短，以免外人长期妨碍本人换设备登录'),
  ('login.address_lock_after', '100', '同一地址上不论用户名合计输错几次后，该地址暂停登录；成功登录过的设备不受影响。整个单位共用一个出口地址时可调大'),
  ('login.address_lock_max_seconds', '900', '上一项暂停的上限（秒）'),
  ('login.half_life_minutes', '30', '每过几分钟，已累计的输错次数减半'),
  ('login.place_days', '180', '成功登录过的设备或地址记住几天（从最近一次登录算起）');
"""

# One attempt, counted before its password is looked at, so that attempts at the same moment count too. The rows are locked in
# one order (device or address with the name; the name; the address). Nothing is counted while any of them is locked: waiting
# is enough, and nobody makes another's wait longer by knocking.
FUNCTIONS = """
create function gridmap_login_setting(p_key text) returns int
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare answer int;
begin
  select value::int into strict answer from system_settings where key = 'login.' || p_key;
  return answer;
end $$;
create function gridmap_login_try(p_name text, p_device text, p_here text, p_address text,
  out refused_seconds int, out lock_seconds int, out counted text[])
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare
  known text;
  kinds text[] := array['', 'name_', 'address_'];
begin
  select p.key into known from sign_in_places p where p.key in (p_device, p_here)
    and p.seen_at > clock_timestamp() - make_interval(days => gridmap_login_setting('place_days'))
    order by (p.key = p_device) desc limit 1;
  if known = p_device then
    counted := array[p_device]; kinds := array[''];
  elsif known = p_here then
    counted := array[p_here, p_address]; kinds := array['', 'address_'];
  else
    counted := array[p_here, p_name, p_address];
  end if;
  insert into sign_in_failures (key, name_key)
    select k, case when k <> p_address then p_name end from unnest(counted) with ordinality as u (k, n) order by n
    on conflict do nothing;
  perform from sign_in_failures f where f.key = any(counted) order by array_position(counted, f.key) for update;
  select greatest(max(ceil(extract(epoch from f.locked_until - clock_timestamp()))), 0)::int into refused_seconds
    from sign_in_failures f where f.key = any(counted);
  lock_seconds := 0;
  if refused_seconds > 0 then
    return;
  end if;
  with numbered as (
    select f.key, 1 + f.failures * 0.5 ^ least(extract(epoch from clock_timestamp() - f.failed_at)
        / 60 / gridmap_login_setting('half_life_minutes'), 100)::float8 as failures, l.*
    from sign_in_failures f join unnest(counted, kinds) as u (key, kind) using (key)
    cross join lateral (select gridmap_login_setting(kind || 'lock_after') as lock_after,
      gridmap_login_setting(kind || 'lock_max_seconds') as most) as l
  ), changed as (
    update sign_in_failures f set failures = n.failures, failed_at = clock_timestamp(),
      locked_until = case when round(n.failures) >= n.lock_after then clock_timestamp() + make_interval(secs =>
        least(gridmap_login_setting('lock_seconds') * 2 ^ least(round(n.failures) - n.lock_after, 20), n.most)) end
    from numbered n where f.key = n.key
    returning f.locked_until
  )
  select coalesce(max(ceil(extract(epoch from c.locked_until - clock_timestamp()))), 0)::int into lock_seconds from changed c;
end $$;
create function gridmap_login_forgive(p_name text) returns void
language sql volatile security definer set search_path = public, pg_temp as $$
  delete from sign_in_failures where name_key = p_name
$$;
drop function gridmap_login(text);
create function gridmap_login(p_username text, out account_id bigint, out password_hash text)
language sql stable security definer set search_path = public, pg_temp as $$
  select id, accounts.password_hash from accounts where username = p_username and disabled_at is null
$$;
drop function gridmap_login_failed(text);
drop function gridmap_sign_in(bigint, text, text, text);
create function gridmap_sign_in(p_account bigint, p_token_hash text, p_address text, p_agent text, p_counted text[],
  p_places text[]) returns void
language sql volatile security definer set search_path = public, pg_temp as $$
  delete from sign_in_failures where key = p_counted[1];
  update sign_in_failures set failures = greatest(failures - 1, 0), locked_until = null where key = any(p_counted[2:]);
  insert into sign_in_places (key) select distinct k from unnest(p_places) as k
    on conflict (key) do update set seen_at = clock_timestamp();
  insert into sign_ins (token_hash, account_id, address, agent) values (p_token_hash, p_account, p_address, left(p_agent, 200));
$$;
create or replace function gridmap_reset_password(p_username text, p_password_hash text, p_within int8multirange) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp as $$
declare who bigint;
begin
  update accounts a set password_hash = p_password_hash, must_change_password = true
  where a.username = p_username and gridmap_in_scope(a.unit_code) and a.unit_code <@ p_within
    and not exists (select from posts p where p.account_id = a.id and p.ended_at is null and not p.unit_code <@ p_within)
  returning a.id into who;
  update sign_ins set ended_at = clock_timestamp() where account_id = who and ended_at is null;
  return who is not null;
end $$;
alter table accounts drop column failed_count, drop column locked_until;
"""
CALLABLE = (
    "gridmap_login(text)",
    "gridmap_login_try(text, text, text, text)",
    "gridmap_login_forgive(text)",
    "gridmap_sign_in(bigint, text, text, text, text[], text[])",
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
    op.execute("revoke all on function gridmap_login_setting(text) from public")
    for function in CALLABLE:
        op.execute(f"revoke all on function {function} from public")
        op.execute(f"grant execute on function {function} to {APP_ROLE}, {POSTS_ROLE}")
