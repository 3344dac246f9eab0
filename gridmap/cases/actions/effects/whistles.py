"""Effects of 吹哨报到, 抄告 and 增派协办."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import select

from gridmap.cases import queries
from gridmap.cases.actions.effects.orders import end, open_orders, send
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models import CaseWhistle, CaseWhistleCall
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import OrderKind, OrderStatus
from gridmap.cases.rules.whistles import late_minutes
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict

MOST_AHEAD = timedelta(days=30)  # beyond it is an appointment, not a whistle; guards against a slip of the year


def chosen_departments(work: Work, name: str, label: str, *, without: frozenset[int] = frozenset()) -> list[Any]:
    """Return the chosen departments; raises ``BadInput`` for one that is unknown here or already part of it."""
    known = {row.id: row for row in queries.departments_for(work.session, work.case.unit_code)}
    found = []
    for number in work.given.get(name, ()):
        if number not in known:
            raise BadInput(f"{label}中有不存在或辖区不含事件所在地的，请重新选择。", field=name)
        if number in without:
            raise BadInput(f"“{known[number].name}”已在其中，请从{label}中去掉。", field=name)
        found.append(known[number])
    return found


def add_assist(work: Work) -> dict[str, Any]:
    """Send further assisting orders while the case is with its lead department."""
    held = {order.department_id for order in work.facts.assisting} | (
        {work.facts.lead.department_id} if work.facts.lead else set()
    )
    found = chosen_departments(work, "assisting", "协办部门", without=frozenset(held))
    for department in found:
        send(work, OrderKind.ASSIST, department.id, department.name, work.given.get("task"))
    return {"assisting": [department.name for department in found], "task": work.given.get("task")}


def copy(work: Work) -> dict[str, Any]:
    """抄告: departments are told and asked for nothing but to have read it."""
    found = chosen_departments(work, "departments", "抄告部门", without=work.facts.copies)
    for department in found:
        send(work, OrderKind.COPY, department.id, department.name, work.given.get("reason"))
    return {"copied": [department.name for department in found]}


def read_copy(work: Work) -> dict[str, Any]:
    """阅知."""
    mine = [o for o in open_orders(work, OrderKind.COPY) if o.department_id in work.actor.departments]
    for order in mine:
        end(work, order, OrderStatus.REPORTED, work.given.get("reason"))
    return {"department": "、".join(order.department_name for order in mine)}


def whistle(work: Work) -> dict[str, Any]:
    """吹哨: a lead department and others are called to a place by a time."""
    known = {row.id: row for row in queries.departments_for(work.session, work.case.unit_code)}
    lead, due_at = known.get(work.given.get("department")), work.given.get("deadline")
    if lead is None:
        raise BadInput("没有这个部门，或其辖区不含事件所在地，请从列表中选择。", field="department")
    _check_deadline(due_at, work.now)
    others = chosen_departments(work, "assisting", "协办部门", without=frozenset({lead.id}))
    base = {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}
    row = CaseWhistle(
        **base, place=work.given.get("place"), reason=work.given.get("reason"), sent_at=work.now,
        sent_by=work.actor.account_id, sent_by_name=work.actor.name, due_at=due_at,
    )  # fmt: skip
    work.session.add(row)
    work.session.flush()
    for department in (lead, *others):
        work.session.add(
            CaseWhistleCall(
                **base, whistle_id=row.id, department_id=department.id, department_name=department.name,
                leads=department is lead,
            )
        )  # fmt: skip
    return {
        "department": lead.name,
        "assisting": [department.name for department in others],
        "place": row.place,
        "by_when": local(due_at).strftime("%Y-%m-%d %H:%M"),
    }


def _check_deadline(due_at: datetime, now: datetime) -> None:
    if due_at <= now:
        raise BadInput(f"报到时限须晚于现在（{local(now):%Y-%m-%d %H:%M}）。", field="deadline")
    if due_at > now + MOST_AHEAD:
        raise BadInput("报到时限至多在 30 天以内，请核对日期。", field="deadline")


def the_whistle(work: Work) -> CaseWhistle:
    """Return the open whistle. Raises ``Conflict`` when it ended meanwhile."""
    mine = CaseWhistle.county_code == work.case.county_code, CaseWhistle.case_id == work.case.id
    found = work.session.scalars(select(CaseWhistle).where(*mine, CaseWhistle.ended_at.is_(None))).one_or_none()
    if found is None:
        raise Conflict("吹哨已经结束，请刷新页面核对。")
    return found


def turn_up(work: Work) -> dict[str, Any]:
    """报到: the department's people are there; the time is the server's, the position the browser's, when given."""
    row, spot = the_whistle(work), work.given.get("spot", None)
    calls = work.session.scalars(
        select(CaseWhistleCall).where(
            CaseWhistleCall.county_code == row.county_code,
            CaseWhistleCall.whistle_id == row.id,
            CaseWhistleCall.department_id.in_(work.actor.departments),
            CaseWhistleCall.turned_up_at.is_(None),
        )
    ).all()
    for call in calls:
        call.turned_up_at, call.turned_up_by, call.turned_up_name = work.now, work.actor.account_id, work.actor.name
        if spot:
            call.geom, call.accuracy_m = from_shape(Point(spot.lon, spot.lat), 4326), spot.accuracy_m
    late_min = late_minutes(row.due_at, work.now)
    return {
        "department": "、".join(call.department_name for call in calls),
        **({"late_min": late_min} if late_min else {}),
        **({"spot": [spot.lon, spot.lat, spot.accuracy_m]} if spot else {}),
    }


def end_whistle(work: Work) -> dict[str, Any]:
    """结束吹哨: the result is kept; who did not come is named, and counts."""
    row = the_whistle(work)
    row.ended_at, row.result = work.now, work.given.get("reason")
    called = work.facts.whistle.called if work.facts.whistle else ()
    return {"absent": [call.department_name for call in called if not call.turned_up]}


WHISTLE_EFFECTS: dict[Action, Effect] = {
    Action.ADD_ASSIST: add_assist,
    Action.COPY: copy,
    Action.READ_COPY: read_copy,
    Action.WHISTLE: whistle,
    Action.TURN_UP: turn_up,
    Action.END_WHISTLE: end_whistle,
}
