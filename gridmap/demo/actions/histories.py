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


def paths() -> Iterator[tuple[bool, Status, list[tuple[Status | None, Action, Status]]]]:
    """Yield the history that leads to each state: whether somebody in the field submitted, the state, (before, action, after)."""
    for submitted in (True, False):
        done: list[tuple[Status | None, Action, Status]] = []
        for action in ((Action.SUBMIT,) if submitted else ()) + (Action.REGISTER, *AFTER_REGISTERING):
            row = transition(done[-1][2] if done else None, action)
            assert row is not None
            done = [*done, (row.before, row.action, row.after)]
            yield submitted, row.after, done
            if row.after is Status.REGISTERED:
                declined = transition(Status.REGISTERED, Action.DECLINE)
                assert declined is not None
                yield submitted, Status.DECLINED, [*done, (declined.before, declined.action, declined.after)]


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
  t.ids[least(2, cardinality(t.ids))] as second, t.names[least(2, cardinality(t.ids))] as second_name
from cases c join categories k on k.id = c.category_id
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
    else k.received_at + (k.until - k.received_at) * power((s.number - 1)::float8 / greatest(s.of - 1, 1), 1.6) end,
    cast(:now as timestamptz)),
  case when s.action = 'submit' then k.created_by when s.action = any(:own) then k.handler when s.action = 'revisit' then k.second
    when s.action = 'verify' and k.submitted then k.created_by when s.action = 'verify' then k.second else k.desk end,
  coalesce(case when s.action = 'submit' then k.worker_name when s.action = any(:own) then k.handler_name
    when s.action = 'revisit' then k.second_name when s.action = 'verify' and k.submitted then k.worker_name
    when s.action = 'verify' then k.second_name else k.desk_name end, k.office_name, '系统'),
  case when s.action = any(:own) then k.office end,
  case s.action when 'dispatch' then jsonb_build_object('department', k.office_name, 'department_id', k.office)
    when 'accept' then jsonb_build_object('department', k.office_name)
    when 'revisit' then jsonb_build_object('means', 'phone', 'satisfaction',
      (array['satisfied', 'very_satisfied', 'satisfied', 'fair'])[1 + k.id % 4])
    when 'decline' then jsonb_build_object('lawful_channel', '人民法院') else '{}'::jsonb end
from demo_cast k join demo_paths s on s.status = k.status and s.submitted = k.submitted
"""
_ORDERS = """
insert into case_orders (county_code, unit_code, case_id, kind, department_id, department_name, status, sent_at, sent_by,
  accepted_at, ended_at)
select k.county_code, k.unit_code, k.id, 'lead', k.office, k.office_name,
  case when done.at is not null then 'reported' when taken.at is not null then 'accepted' else 'sent' end,
  sent.at, sent.actor_id, taken.at, done.at
from demo_cast k
join case_steps sent on sent.county_code = k.county_code and sent.case_id = k.id and sent.action = 'dispatch'
left join case_steps taken on taken.county_code = k.county_code and taken.case_id = k.id and taken.action = 'accept'
left join case_steps done on done.county_code = k.county_code and done.case_id = k.id and done.action = 'report'
where k.office is not null
"""
_HELD = """
update cases c set lead_department_id = o.department_id from case_orders o
where o.county_code = c.county_code and o.case_id = c.id and o.ended_at is null
  and c.county_code = coalesce(cast(:county as int), c.county_code)
"""


def load_histories(session: Session, handles: list[dict[str, str]], now: datetime, *, county: int | None = None) -> int:
    """Give every case that was just loaded (of one ``county``) its steps and orders as of ``now`` (aware); return how many steps.

    ``handles`` names the town departments that cases of a data dimension go to (``name``, ``dimension``).
    """
    session.execute(text("create temporary table demo_handles (name text, dimension text) on commit drop"))
    session.execute(text("insert into demo_handles values (:name, :dimension)"), handles)
    session.execute(text(_CAST), {"eyes": list(OWN_EYES), "now": now, "county": county})
    session.execute(
        text(
            "create temporary table demo_paths (submitted boolean, status text, number int, of int, action text, before text,"
            " after text) on commit drop"
        )
    )
    rows = []
    for submitted, status, path in paths():
        assert replay(path) is status
        for number, (before, action, after) in enumerate(path, 1):
            rows.append(
                {
                    "submitted": submitted,
                    "status": status.value,
                    "number": number,
                    "of": len(path) - (status is Status.ARCHIVED),
                    "action": action.value,
                    "before": before.value if before else None,
                    "after": after.value,
                }
            )
    session.execute(
        text("insert into demo_paths values (:submitted, :status, :number, :of, :action, :before, :after)"), rows
    )
    session.execute(text("analyze demo_cast"))
    own = [Action.ACCEPT.value, Action.START.value, Action.REPORT.value]
    count = session.execute(text(_STEPS), {"own": own, "now": now}).rowcount  # type: ignore[attr-defined]
    session.execute(text(_ORDERS))
    session.execute(text(_HELD), {"county": county})
    return int(count)
