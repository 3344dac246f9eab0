"""The histories of demonstration cases: steps along the transition table, and the orders that departments hold."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.cases.rules import Action, Channel, Status, replay, transition

OWN_EYES = (Channel.GRID_WORKER.value, Channel.PATROL.value)
"""Channels by which somebody in the field submits, and the centre decides."""
AFTER_REGISTERING = (
    Action.ASSESS,
    Action.DISPATCH,
    Action.ACCEPT,
    Action.START,
    Action.REPORT,
    Action.VERIFY,
    Action.REVISIT,
    Action.CLOSE,
    Action.ARCHIVE,
)
SECOND_TIME = (Action.DISSATISFIED, *AFTER_REGISTERING)
"""What follows the first 核实 where the person is not satisfied: back to the desk and through again."""
EARLY_MIN = {Action.REGISTER: (3, 18), Action.ASSESS: (5, 22), Action.DISPATCH: (4, 20), Action.ACCEPT: (8, 45)}
"""Least and most minutes that a step of the first hours takes after the one before it."""
SHARE = {Action.START: 0.03, Action.REPORT: 0.62, Action.VERIFY: 0.75, Action.REVISIT: 0.92}
SHARE_AGAIN = (0.02, 0.3, 0.38, 0.45, 0.46, 0.47, 0.48, 0.5, 0.8, 0.87, 0.95)
"""Where later steps lie between accepting and the end: of one round, and of two."""
Path = list[tuple[Status | None, Action, Status]]


def paths() -> Iterator[tuple[bool, bool, Status, Path]]:
    """Yield the history that leads to each state: whether somebody in the field submitted, whether it went through twice, the
    state, (before, action, after).
    """
    for submitted in (True, False):
        first = ((Action.SUBMIT,) if submitted else ()) + (Action.REGISTER,)
        once = _walk((*first, *AFTER_REGISTERING))
        for number, (_before, _action, after) in enumerate(once, 1):
            yield submitted, False, after, once[:number]
        registered = once[: len(first)]
        yield submitted, False, Status.DECLINED, registered + _walk((Action.DECLINE,), Status.REGISTERED)
        verified = once[: len(first) + AFTER_REGISTERING.index(Action.REVISIT)]
        twice = verified + _walk(SECOND_TIME, Status.VERIFIED)
        yield submitted, True, Status.CLOSED, twice[:-1]
        yield submitted, True, Status.ARCHIVED, twice


def _walk(actions: tuple[Action, ...], status: Status | None = None) -> Path:
    done: Path = []
    for action in actions:
        row = transition(status, action)
        assert row is not None
        done.append((row.before, row.action, row.after))
        status = row.after
    return done


def _moments(path: Path, again: bool) -> Iterator[tuple[int, int, float | None]]:
    """Yield when each step of a path is taken: least and most minutes from the beginning, and where between then and the end."""
    low = high = later = 0
    shares = iter(SHARE_AGAIN)
    for number, (_before, action, after) in enumerate(path):
        share: float | None = None
        if number and action in EARLY_MIN and not later:
            low, high = low + EARLY_MIN[action][0], high + EARLY_MIN[action][1]
        elif number:
            later += 1
            own = SHARE.get(action, 1.0)
            share = next(shares, 1.0) if again else own if after is Status.HANDLING or number < len(path) - 1 else 1.0
        yield low, high, share


# Who works on a case: its town's first and second desk, the grid's worker, and the town's department that handles its kind
# (``demo_handles``). Steps lie between receiving and closing (or now), ever further apart.
_CAST = """
create temporary table demo_cast on commit drop as
with desks as (
  select p.unit_code, array_agg(p.account_id order by p.account_id) as ids, array_agg(a.name order by p.account_id) as names
  from posts p join accounts a on a.id = p.account_id where p.role = 'centre_staff' and a.is_demo group by 1
), offices as (
  select d.unit_code, h.dimension, min(d.id) as id, min(d.name) as name
  from departments d join demo_handles h on h.name = d.name where d.is_demo group by 1, 2
), people as (
  select p.department_id, min(p.account_id) as id, min(a.name) as name
  from posts p join accounts a on a.id = p.account_id where p.department_id is not null and a.is_demo group by 1
)
select c.county_code, c.id, c.unit_code, c.status, (c.channel = any(:eyes) or c.status = 'received') as submitted, c.received_at,
  coalesce(c.closed_at, c.received_at + (cast(:now as timestamptz) - c.received_at) * 0.9) as until,
  c.created_by, worker.name as worker_name, o.id as office, o.name as office_name, p.id as handler, p.name as handler_name,
  t.ids[1] as desk, t.names[1] as desk_name,
  t.ids[least(2, cardinality(t.ids))] as second, t.names[least(2, cardinality(t.ids))] as second_name,
  n.n, c.status in ('closed', 'archived') and n.n % 17 = 3 as again, (n.n * 7919 % 1000) / 1000.0 as pace
from cases c join categories k on k.id = c.category_id
cross join lateral (select split_part(c.case_code, '-', 3)::bigint as n) n
left join accounts worker on worker.id = c.created_by
left join desks t on t.unit_code = c.unit_code / 1000000 * 1000000
left join offices o on o.unit_code = c.unit_code / 1000000 * 1000000 and o.dimension = k.dimension
left join people p on p.department_id = o.id
where c.county_code = coalesce(cast(:county as int), c.county_code)
"""
_STEPS = """
insert into case_steps (county_code, unit_code, case_id, number, action, before, after, at, actor_id, actor_name, department_id,
  data)
select k.county_code, k.unit_code, k.id, s.number, s.action, s.before, s.after,
  least(case when s.action = 'archive' then k.until + interval '2 days'
    else k.received_at + least(interval '1 minute' * (s.low + (s.high - s.low) * k.pace), (k.until - k.received_at) * 0.4)
      + (k.until - k.received_at - least(interval '1 minute' * (s.low + (s.high - s.low) * k.pace), (k.until - k.received_at) * 0.4))
      * coalesce(s.share, 0) end,
    cast(:now as timestamptz)),
  case when s.action = 'submit' then k.created_by when s.action = any(:own) then k.handler when s.action = any(:asking) then k.second
    when s.action = 'verify' and k.submitted then k.created_by when s.action = 'verify' then k.second else k.desk end,
  coalesce(case when s.action = 'submit' then k.worker_name when s.action = any(:own) then k.handler_name
    when s.action = any(:asking) then k.second_name when s.action = 'verify' and k.submitted then k.worker_name
    when s.action = 'verify' then k.second_name else k.desk_name end, k.office_name, '系统'),
  case when s.action = any(:own) then k.office end,
  case s.action when 'dispatch' then jsonb_build_object('department', k.office_name, 'department_id', k.office)
    when 'accept' then jsonb_build_object('department', k.office_name)
    when 'revisit' then jsonb_build_object('means', 'phone', 'satisfaction',
      (array['satisfied', 'very_satisfied', 'satisfied', 'fair'])[1 + k.n % 4])
    when 'dissatisfied' then jsonb_build_object('means', 'phone', 'satisfaction',
      (array['dissatisfied', 'very_dissatisfied'])[1 + k.n / 17 % 2])
    when 'decline' then jsonb_build_object('lawful_channel', '人民法院') else '{}'::jsonb end
from demo_cast k join demo_paths s on s.status = k.status and s.submitted = k.submitted and s.again = k.again
"""
_ORDERS = """
insert into case_orders (county_code, unit_code, case_id, kind, department_id, department_name, status, sent_at, sent_by,
  accepted_at, ended_at)
select k.county_code, k.unit_code, k.id, 'lead', k.office, k.office_name,
  case when done.at is not null then 'reported' when taken.at is not null then 'accepted' else 'sent' end,
  sent.at, sent.actor_id, taken.at, done.at
from demo_cast k
join case_steps sent on sent.county_code = k.county_code and sent.case_id = k.id and sent.action = 'dispatch'
left join lateral (select at from case_steps where (county_code, case_id, action) = (k.county_code, k.id, 'accept')
  and number > sent.number order by number limit 1) taken on true
left join lateral (select at from case_steps where (county_code, case_id, action) = (k.county_code, k.id, 'report')
  and number > sent.number order by number limit 1) done on true
where k.office is not null
"""
_HELD = """
update cases c set lead_department_id = o.department_id from case_orders o
where o.county_code = c.county_code and o.case_id = c.id and o.ended_at is null
  and c.county_code = coalesce(cast(:county as int), c.county_code)
"""
_REOPENED = "update cases c set reopened_count = 1 from demo_cast k where k.again and (k.county_code, k.id) = (c.county_code, c.id)"


def load_histories(session: Session, handles: list[dict[str, str]], now: datetime, *, county: int | None = None) -> int:
    """Give every case that was just loaded (of one ``county``) its steps and orders as of ``now`` (aware); return how many steps.

    ``handles`` names the town departments that cases of a data dimension go to (``name``, ``dimension``).
    """
    session.execute(text("create temporary table demo_handles (name text, dimension text) on commit drop"))
    session.execute(text("insert into demo_handles values (:name, :dimension)"), handles)
    session.execute(text(_CAST), {"eyes": list(OWN_EYES), "now": now, "county": county})
    _write_paths(session)
    session.execute(text("analyze demo_cast"))
    own = [Action.ACCEPT.value, Action.START.value, Action.REPORT.value]
    asking = [Action.REVISIT.value, Action.DISSATISFIED.value]
    count = session.execute(text(_STEPS), {"own": own, "asking": asking, "now": now}).rowcount  # type: ignore[attr-defined]
    session.execute(text("analyze case_steps"))
    session.execute(text(_ORDERS))
    session.execute(text(_HELD), {"county": county})
    session.execute(text(_REOPENED))
    return int(count)


def _write_paths(session: Session) -> None:
    session.execute(
        text(
            "create temporary table demo_paths (submitted boolean, again boolean, status text, number int, low int, high int,"
            " share float8, action text, before text, after text) on commit drop"
        )
    )
    rows = []
    for submitted, again, status, path in paths():
        assert replay(path) is status
        moments = _moments(path, again)
        for number, ((before, action, after), (low, high, share)) in enumerate(zip(path, moments, strict=True), 1):
            rows.append(
                {
                    "submitted": submitted,
                    "again": again,
                    "status": status.value,
                    "number": number,
                    "low": low,
                    "high": high,
                    "share": share,
                    "action": action.value,
                    "before": before.value if before else None,
                    "after": after.value,
                }
            )
    names = "submitted, again, status, number, low, high, share, action, before, after"
    values = ", ".join(f":{name}" for name in names.split(", "))
    session.execute(text(f"insert into demo_paths ({names}) values ({values})"), rows)
