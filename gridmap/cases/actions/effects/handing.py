"""Effect of handing on: whatever a department holds of a case goes to another as it stands, and nothing is lost on the way."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from gridmap.cases import queries
from gridmap.cases.actions.effects.orders import end, open_orders, send
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models import CaseDecision, CaseOrder, CaseWhistle, CaseWhistleCall
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import ORDER_KIND_NAMES, OrderKind, OrderStatus
from gridmap.errors import BadInput


def hand_on(work: Work) -> dict[str, Any]:
    """End the department's open orders and give the other the same ones, as far as they were; open calls of a whistle too."""
    known = {row.id: row for row in queries.departments_for(work.session, work.case.unit_code)}
    holder, successor = int(work.given.get("holder")), known.get(work.given.get("department"))
    if successor is None:
        raise BadInput("没有这个部门，或其辖区不含事件所在地，请从列表中选择。", field="department")
    if successor.id == holder:
        raise BadInput("承接部门不能是原部门，请另选。", field="department")
    names, moved = set(), []
    for kind in OrderKind:
        for order in [order for order in open_orders(work, kind) if order.department_id == holder]:
            names.add(order.department_name)
            moved.append(ORDER_KIND_NAMES[kind])
            _hand_order(work, kind, order, successor)
    for call in _calls(work, holder):
        names.add(call.department_name)
        moved.append("吹哨")
        call.department_id, call.department_name = successor.id, successor.name
    if not moved:
        raise BadInput("该部门没有持有该事件的单，请从列表中选择。", field="holder")
    return {"told": [f"{'、'.join(sorted(names))} → {successor.name}：{'、'.join(dict.fromkeys(moved))}"]}


def _hand_order(work: Work, kind: OrderKind, order: CaseOrder, successor: Any) -> None:
    status = OrderStatus(order.status)
    end(work, order, OrderStatus.WITHDRAWN, f"移交{successor.name}：{work.given.get('reason')}")
    work.session.flush()  # one department leads at a time
    following = send(work, kind, successor.id, successor.name, order.task, status)
    following.accepted_at, following.due_at, following.by_meeting = order.accepted_at, order.due_at, order.by_meeting
    if kind is OrderKind.LEAD:
        work.case.lead_department_id, work.case.assignee_id = successor.id, None
    work.session.flush()
    mine = CaseDecision.county_code == order.county_code, CaseDecision.order_id == order.id
    work.session.execute(update(CaseDecision).where(*mine).values(order_id=following.id, owner_name=successor.name))


def _calls(work: Work, holder: int) -> list[CaseWhistleCall]:
    """Return the department's calls of an open whistle that it has not answered; none where the other is called anyway."""
    query = (
        select(CaseWhistleCall)
        .join(
            CaseWhistle,
            (CaseWhistle.county_code == CaseWhistleCall.county_code) & (CaseWhistle.id == CaseWhistleCall.whistle_id),
        )
        .where(
            CaseWhistle.county_code == work.case.county_code,
            CaseWhistle.case_id == work.case.id,
            CaseWhistle.ended_at.is_(None),
        )
    )
    calls = list(work.session.scalars(query))
    if any(call.department_id == work.given.get("department") for call in calls):
        return []
    return [call for call in calls if call.department_id == holder and call.turned_up_at is None]


HANDING_EFFECTS: dict[Action, Effect] = {Action.HAND_ON: hand_on}
