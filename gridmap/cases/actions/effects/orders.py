"""Effects on orders: a department is asked, accepts, returns, names who works on it, reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from gridmap.cases import queries
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models import CaseOrder, CaseStep
from gridmap.cases.queries.course import led_before
from gridmap.cases.queries.routing import suggestion
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import OrderKind, OrderStatus
from gridmap.errors import BadInput, Conflict


def open_orders(work: Work, kind: OrderKind) -> list[CaseOrder]:
    """Return the orders of a kind that have not ended."""
    query = select(CaseOrder).where(
        CaseOrder.county_code == work.case.county_code,
        CaseOrder.case_id == work.case.id,
        CaseOrder.kind == kind.value,
        CaseOrder.ended_at.is_(None),
    )
    return list(work.session.scalars(query.order_by(CaseOrder.id)))


def send(
    work: Work, kind: OrderKind, number: int, name: str, task: str, status: OrderStatus = OrderStatus.SENT
) -> CaseOrder:
    """Send an order to the department with this number and name."""
    order = CaseOrder(
        county_code=work.case.county_code,
        unit_code=work.case.unit_code,
        case_id=work.case.id,
        kind=kind.value,
        department_id=number,
        department_name=name,
        task=task,
        status=status.value,
        sent_at=work.now,
        sent_by=work.actor.account_id,
        accepted_at=work.now if status is OrderStatus.ACCEPTED else None,
    )
    work.session.add(order)
    return order


def end(work: Work, order: CaseOrder, status: OrderStatus, result: str = "") -> None:
    """End an order."""
    order.status, order.ended_at, order.result = status.value, work.now, result


def dispatch(work: Work) -> dict[str, Any]:
    """Send the lead order and the assisting ones."""
    known = {row.id: row for row in queries.departments_for(work.session, work.case.unit_code)}
    lead, assisting = known.get(work.given.get("department")), []
    if lead is None:
        raise BadInput("没有这个部门，或其辖区不含事件所在地，请从列表中选择。", field="department")
    for number in work.given.get("assisting", ()):
        if number not in known:
            raise BadInput("协办部门中有不存在或辖区不含事件所在地的，请重新选择。", field="assisting")
        if number == lead.id:
            raise BadInput(f"“{lead.name}”已是主办部门，请从协办部门中去掉。", field="assisting")
        assisting.append(known[number])
    task, rule = work.given.get("task"), suggestion(work.session, work.case, work.now)
    send(work, OrderKind.LEAD, lead.id, lead.name, task)
    for department in assisting:
        send(work, OrderKind.ASSIST, department.id, department.name, task)
    work.case.lead_department_id, work.case.assignee_id = lead.id, None
    return {
        **({"rule": rule.name} if rule and rule.department_id == lead.id else {}),
        "department": lead.name,
        "department_id": lead.id,
        "assisting": [department.name for department in assisting],
        "task": task,
    }


def take_back(work: Work, status: OrderStatus) -> dict[str, Any]:
    """End the lead order with ``status``, and with it the assisting ones that are still open.

    What a joint meeting asked of a department stands, whoever leads, unless the case leaves the place.
    """
    names = []
    for order in open_orders(work, OrderKind.LEAD):
        end(work, order, status, work.given.get("reason"))
        names.append(order.department_name)
    for order in open_orders(work, OrderKind.ASSIST):
        if not order.by_meeting or work.row.action is Action.TRANSFER:
            end(work, order, OrderStatus.WITHDRAWN)
    work.case.lead_department_id = work.case.assignee_id = None
    return {"department": "、".join(names)}


def withdraw(work: Work) -> dict[str, Any]:
    """The centre takes the order back, or the case out of its own hands."""
    return take_back(work, OrderStatus.WITHDRAWN)


def give_back(work: Work) -> dict[str, Any]:
    """退单: the department gives the order back to the desk that sent it, with a reason; all data stay."""
    return take_back(work, OrderStatus.RETURNED)


def the_lead(work: Work) -> CaseOrder:
    """Return the open lead order. Raises ``Conflict`` when it ended meanwhile."""
    orders = open_orders(work, OrderKind.LEAD)
    if not orders:
        raise Conflict("该单已经结束，请刷新页面核对。")
    return orders[0]


def accept(work: Work) -> dict[str, Any]:
    """接单."""
    order = the_lead(work)
    order.status, order.accepted_at = OrderStatus.ACCEPTED.value, work.now
    return {"department": order.department_name}


def assign(work: Work) -> dict[str, Any]:
    """The department names who works on it; after a reopening not the one who did before."""
    order, number = the_lead(work), work.given.get("assignee")
    person = next((row for row in queries.colleagues(work.session, order.department_id) if row.id == number), None)
    if person is None:
        raise BadInput("没有这位经办人，请从本部门人员中选择。", field="assignee")
    if work.case.reopened_count and led_before(work.session, work.case, person.id):
        raise BadInput(f"{person.name}经办过该事件，重新办理须换人，请另选经办人。", field="assignee")
    order.assignee_id, order.assignee_name = person.id, person.name
    work.case.assignee_id = person.id
    return {"assignee": person.name, "assignee_id": person.id}


def unassign(work: Work) -> dict[str, Any]:
    """The department withdraws its own assignee."""
    order = the_lead(work)
    name = order.assignee_name
    order.assignee_id, order.assignee_name, work.case.assignee_id = None, "", None
    return {"assignee": name}


def report(work: Work) -> dict[str, Any]:
    """办结反馈: the lead order ends with its result, and the case is with the centre again."""
    for order in open_orders(work, OrderKind.LEAD):
        end(work, order, OrderStatus.REPORTED, work.given.get("reason"))
    work.case.lead_department_id = work.case.assignee_id = None
    return {}


def reject(work: Work) -> dict[str, Any]:
    """核实未通过: the department that reported last holds the order again; one of an earlier round does not."""
    reported_at = select(func.max(CaseStep.at)).where(
        CaseStep.county_code == work.case.county_code,
        CaseStep.case_id == work.case.id,
        CaseStep.action == Action.REPORT.value,
    )
    last = work.session.scalars(
        select(CaseOrder)
        .where(
            CaseOrder.county_code == work.case.county_code,
            CaseOrder.case_id == work.case.id,
            CaseOrder.kind == OrderKind.LEAD.value,
            CaseOrder.status == OrderStatus.REPORTED.value,
            CaseOrder.ended_at == reported_at.scalar_subquery(),
        )
        .order_by(CaseOrder.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        return {}  # 中心自办
    again = send(
        work, OrderKind.LEAD, last.department_id, last.department_name, work.given.get("reason"), OrderStatus.ACCEPTED
    )
    again.assignee_id, again.assignee_name = last.assignee_id, last.assignee_name
    work.case.lead_department_id, work.case.assignee_id = last.department_id, last.assignee_id
    return {"department": last.department_name}


def _mine(work: Work) -> list[CaseOrder]:
    return [order for order in open_orders(work, OrderKind.ASSIST) if order.department_id in work.actor.departments]


def assist_accept(work: Work) -> dict[str, Any]:
    """协办接单."""
    found = [order for order in _mine(work) if order.status == OrderStatus.SENT.value]
    for order in found:
        order.status, order.accepted_at = OrderStatus.ACCEPTED.value, work.now
    return {"department": "、".join(order.department_name for order in found)}


def assist_end(work: Work) -> dict[str, Any]:
    """协办反馈 or 协办退单."""
    status = OrderStatus.REPORTED if work.row.action is Action.ASSIST_REPORT else OrderStatus.RETURNED
    found = _mine(work)
    for order in found:
        end(work, order, status, work.given.get("reason"))
    return {"department": "、".join(order.department_name for order in found)}


ORDER_EFFECTS: dict[Action, Effect] = {
    Action.DISPATCH: dispatch,
    Action.WITHDRAW: withdraw,
    Action.UNDO_HANDLE_HERE: withdraw,
    Action.ACCEPT: accept,
    Action.RETURN: give_back,
    Action.ASSIGN: assign,
    Action.UNASSIGN: unassign,
    Action.REPORT: report,
    Action.REJECT: reject,
    Action.ASSIST_ACCEPT: assist_accept,
    Action.ASSIST_REPORT: assist_end,
    Action.ASSIST_RETURN: assist_end,
}
