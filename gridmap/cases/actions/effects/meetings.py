"""Effects of 联席会议 on a case: on the agenda, decided (an order or a task), a task answered, a decision dropped."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from gridmap.cases import queries
from gridmap.cases.actions.effects.orders import end, open_orders, send
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models import CaseDecision, CaseOrder, CaseTask, JointMeeting, JointMeetingCase
from gridmap.cases.queries.charge import people_for
from gridmap.cases.queries.meetings import OWNERS, meetings_for, meetings_on, my_tasks
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import OrderKind, OrderStatus
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict

MOST_AHEAD = timedelta(days=3 * 366)  # guards against a slip of the year


def _place(work: Work) -> dict[str, int]:
    return {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}


def _meeting(work: Work, offered: list[JointMeeting], missing: str) -> JointMeeting:
    found = next((item for item in offered if str(item.id) == str(work.given.get("meeting"))), None)
    if found is None:
        raise BadInput(missing, field="meeting")
    return found


def table(work: Work) -> dict[str, Any]:
    """提交联席会议: the case is on the agenda of a meeting to come."""
    missing = "没有这次会议，或会议已召开、已有该议题，请从列表中选择。"
    meeting = _meeting(work, meetings_for(work.session, work.case), missing)
    held = work.session.scalars(select(JointMeeting).where(JointMeeting.id == meeting.id).with_for_update()).one()
    mine = JointMeetingCase.county_code == held.county_code, JointMeetingCase.meeting_id == held.id
    last = work.session.scalar(select(func.coalesce(func.max(JointMeetingCase.number), 0)).where(*mine)) or 0
    work.session.add(
        JointMeetingCase(
            **_place(work), meeting_id=held.id, number=last + 1, subject=work.given.get("reason"), added_at=work.now
        )
    )
    return {"told": [f"联席会议：{held.title}（{local(held.starts_at):%Y-%m-%d %H:%M}，{held.place}）"]}


def decide(work: Work) -> dict[str, Any]:
    """联席会议交办: a department gets an order, or the one it holds already; a person gets a task."""
    missing = "该事件不在这次会议的议程上，或会议已取消，请从列表中选择。"
    meeting = _meeting(work, meetings_on(work.session, work.case), missing)
    department, person = work.given.get("department", None), str(work.given.get("person"))
    if bool(department) == bool(person):
        raise BadInput("责任部门和责任人请选其一，也只选其一。", field="department")
    due_at = work.given.get("deadline")
    if not work.now < due_at <= work.now + MOST_AHEAD:
        raise BadInput(f"完成时限须晚于现在（{local(work.now):%Y-%m-%d %H:%M}），至多三年。", field="deadline")
    mine = CaseDecision.county_code == work.case.county_code, CaseDecision.case_id == work.case.id
    number = 1 + (work.session.scalar(select(func.coalesce(func.max(CaseDecision.number), 0)).where(*mine)) or 0)
    owner = _order(work, department, due_at) if department else _task(work, person, due_at)
    work.session.add(
        CaseDecision(
            **_place(work), **owner, meeting_id=meeting.id, number=number, meeting_title=meeting.title,
            meeting_at=meeting.starts_at, task=work.given.get("task"), due_at=due_at, decided_at=work.now,
            decided_name=work.actor.name,
        )
    )  # fmt: skip
    who = f"{'责任部门' if department else '责任人'}：{owner['owner_name']}"
    told = [f"第 {number} 项", f"联席会议：{meeting.title}", who, f"完成时限：{local(due_at):%Y-%m-%d %H:%M}"]
    return {"task": work.given.get("task"), "told": told}


def _order(work: Work, department: int, due_at: Any) -> dict[str, Any]:
    """Return the order that carries a decision: the one the department leads the case by, else a new assisting one."""
    known = {row.id: row for row in queries.departments_for(work.session, work.case.unit_code)}
    if department not in known:
        raise BadInput("没有这个部门，或其辖区不含事件所在地，请从列表中选择。", field="department")
    name, order = known[department].name, None
    if work.facts.lead and work.facts.lead.department_id == department:
        order = next(iter(open_orders(work, OrderKind.LEAD)), None)
    if order is None:
        order = send(work, OrderKind.ASSIST, department, name, work.given.get("task"))
        order.due_at, order.by_meeting = due_at, True
        work.session.flush()
    return {"order_id": order.id, "owner_name": name}


def _task(work: Work, person: str, due_at: Any) -> dict[str, Any]:
    people = people_for(work.session, work.case.unit_code, *OWNERS)
    chosen = next((row for row in people if str(row.id) == person), None)
    if chosen is None:
        raise BadInput("没有这位人员，或其岗位不含事件所在地，请从列表中选择。", field="person")
    task = CaseTask(
        **_place(work), kind="decision", account_id=chosen.id, account_name=chosen.name,
        question=work.given.get("task"), asked_at=work.now, asked_by=work.actor.account_id, due_at=due_at,
    )  # fmt: skip
    work.session.add(task)
    work.session.flush()
    return {"task_id": task.id, "owner_name": chosen.name}


def finish_task(work: Work) -> dict[str, Any]:
    """完成会议任务."""
    mine = my_tasks(work.session, work.case, work.actor.account_id)
    task = next((item for item in mine if str(item.id) == str(work.given.get("task_number"))), None)
    if task is None:
        raise BadInput("没有这项任务，可能已经完成或撤销，请从列表中选择。", field="task_number")
    task.answer, task.answered_at = work.given.get("reason"), work.now
    return {"told": [f"任务：{task.question}"]}


def drop(work: Work) -> dict[str, Any]:
    """撤销会议交办: its order or task ends with it; a lead department's order goes on without it."""
    number = str(work.given.get("decision"))
    mine = CaseDecision.county_code == work.case.county_code, CaseDecision.case_id == work.case.id
    rows = work.session.scalars(select(CaseDecision).where(*mine, CaseDecision.dropped_at.is_(None)))
    decision = next((row for row in rows if str(row.number) == number), None)
    if decision is None:
        raise BadInput("没有这项交办，或已经撤销，请从列表中选择。", field="decision")
    key = {"county_code": decision.county_code}
    if decision.order_id:
        order = work.session.get_one(CaseOrder, {**key, "id": decision.order_id})
        if order.ended_at is not None:
            raise Conflict("该部门的单已经结束，不需要撤销。")
        if order.by_meeting:
            end(work, order, OrderStatus.WITHDRAWN, work.given.get("reason"))
    else:
        task = work.session.get_one(CaseTask, {**key, "id": decision.task_id})
        if task.answered_at is not None:
            raise Conflict("该任务已经完成，不需要撤销。")
        task.answer, task.answered_at = f"已撤销：{work.given.get('reason')}", work.now
    decision.dropped_at = work.now
    return {"told": [f"第 {decision.number} 项（{decision.owner_name}）"]}


MEETING_EFFECTS: dict[Action, Effect] = {
    Action.TABLE: table,
    Action.DECIDE: decide,
    Action.FINISH_TASK: finish_task,
    Action.DROP_DECISION: drop,
}
