"""Reading 联席会议: the list, one meeting with its agenda and decisions, and what a case owes to which meeting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.access import ROLE_NAMES, Actor, Permission, Role
from gridmap.cases.models import (
    Case,
    CaseDecision,
    CaseOrder,
    CaseTask,
    JointMeeting,
    JointMeetingCase,
    JointMeetingDepartment,
)
from gridmap.cases.queries.charge import people_for
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.rules import Facts
from gridmap.cases.rules.joint import DecisionState, MeetingState, decision_state
from gridmap.clock import local
from gridmap.db import in_ranges

# part of the one statement of ``facts_of``
MEETING_FACTS = (
    "(select exists (select from joint_meeting_cases j where j.county_code = :county and j.case_id = :case)) as tabled,"
    " (select coalesce(jsonb_agg(jsonb_build_array(t.account_id, t.account_name) order by t.id), '[]') from case_tasks t"
    " where t.county_code = :county and t.case_id = :case and t.kind = 'decision' and t.answered_at is null) as tasks,"
    " (select exists (select from case_decisions d left join case_orders o on o.county_code = d.county_code and o.id = d.order_id"
    " left join case_tasks t on t.county_code = d.county_code and t.id = d.task_id where d.county_code = :county"
    " and d.case_id = :case and d.dropped_at is null and coalesce(o.ended_at, t.answered_at) is null)) as decisions_open"
)

# who may be given a task by a meeting: those who see the case and hold no department's order
OWNERS = (Role.LEADER, Role.CENTRE_STAFF, Role.MEDIATOR, Role.GRID_WORKER)


@dataclass(frozen=True)
class DecisionTold:
    """A decision with how far it is, what came of it, and whether its time is over."""

    decision: CaseDecision
    state: DecisionState
    result: str
    late: bool


@dataclass(frozen=True)
class MeetingRow:
    """A meeting of the list: how many cases on its agenda, how many decisions."""

    meeting: JointMeeting
    cases: int
    decisions: int


def visible_meetings(actor: Actor) -> Any:
    """Return the meetings of the units in which the actor reads cases."""
    return select(JointMeeting).where(in_ranges(JointMeeting.unit_code, actor.granted_ranges(Permission.CASE_READ)))


def list_meetings(session: Session, actor: Actor, *, limit: int, offset: int = 0) -> tuple[list[MeetingRow], int]:
    """Return a page of meetings, the newest first, and how many there are."""
    cases = select(func.count()).where(_of(JointMeetingCase)).correlate(JointMeeting).scalar_subquery()
    decisions = select(func.count()).where(_of(CaseDecision)).correlate(JointMeeting).scalar_subquery()
    query = visible_meetings(actor)
    total = session.scalar(query.with_only_columns(func.count()).order_by(None)) or 0
    page = query.add_columns(cases, decisions).order_by(JointMeeting.starts_at.desc(), JointMeeting.id.desc())
    return [MeetingRow(*row) for row in session.execute(page.limit(limit).offset(offset))], total


def _of(table: Any) -> Any:
    return (table.county_code == JointMeeting.county_code) & (table.meeting_id == JointMeeting.id)


def one_meeting(session: Session, actor: Actor, meeting_id: int) -> JointMeeting | None:
    """Return a visible meeting, or ``None``."""
    if meeting_id >= 2**63:
        return None
    return session.scalars(visible_meetings(actor).where(JointMeeting.id == meeting_id)).one_or_none()


def called_to(session: Session, meeting: JointMeeting) -> list[JointMeetingDepartment]:
    """Return the departments that a visible meeting calls."""
    mine = JointMeetingDepartment.county_code == meeting.county_code, JointMeetingDepartment.meeting_id == meeting.id
    return list(session.scalars(select(JointMeetingDepartment).where(*mine).order_by(JointMeetingDepartment.id)))


def agenda_of(session: Session, actor: Actor, meeting: JointMeeting) -> list[tuple[JointMeetingCase, Case]]:
    """Return the cases on a visible meeting's agenda that the actor sees, in order."""
    query = visible_cases(actor).join(
        JointMeetingCase,
        (JointMeetingCase.county_code == Case.county_code) & (JointMeetingCase.case_id == Case.id),
    )
    query = query.where(JointMeetingCase.county_code == meeting.county_code, JointMeetingCase.meeting_id == meeting.id)
    rows = session.execute(query.add_columns(JointMeetingCase).order_by(JointMeetingCase.number)).unique()
    return [(item, case) for case, item in rows]


def decisions_of(session: Session, now: datetime, *conditions: Any) -> list[DecisionTold]:
    """Return decisions with how far they are, in the order they were made."""
    query = (
        select(CaseDecision, CaseOrder, CaseTask)
        .outerjoin(CaseOrder, (CaseOrder.county_code == CaseDecision.county_code) & (CaseOrder.id == CaseDecision.order_id))
        .outerjoin(CaseTask, (CaseTask.county_code == CaseDecision.county_code) & (CaseTask.id == CaseDecision.task_id))
        .where(*conditions)
        .order_by(CaseDecision.case_id, CaseDecision.number)
    )  # fmt: skip
    return [_told(*row, now) for row in session.execute(query)]


def _told(decision: CaseDecision, order: CaseOrder | None, task: CaseTask | None, now: datetime) -> DecisionTold:
    state = decision_state(
        dropped_at=decision.dropped_at,
        order_status=order.status if order else None,
        answered_at=task.answered_at if task else None,
    )
    ended_at = (order.ended_at if order else None) or (task.answered_at if task else None)
    late = state not in (DecisionState.DROPPED, DecisionState.RETURNED) and (ended_at or now) > decision.due_at
    return DecisionTold(decision, state, (order.result if order else task.answer if task else ""), late)


def case_decisions(session: Session, case: Case, now: datetime) -> list[DecisionTold]:
    """Return what meetings decided on a case that was found visible."""
    return decisions_of(session, now, CaseDecision.county_code == case.county_code, CaseDecision.case_id == case.id)


def meeting_decisions(session: Session, meeting: JointMeeting, now: datetime) -> dict[int, list[DecisionTold]]:
    """Return what a visible meeting decided, by the number of the case."""
    mine = CaseDecision.county_code == meeting.county_code, CaseDecision.meeting_id == meeting.id
    found: dict[int, list[DecisionTold]] = {}
    for told in decisions_of(session, now, *mine):
        found.setdefault(told.decision.case_id, []).append(told)
    return found


def meetings_for(session: Session, case: Case) -> list[JointMeeting]:
    """Return the planned meetings of the units at or above a visible case's place that do not have it on their agenda."""
    has = select(JointMeetingCase.id).where(
        JointMeetingCase.county_code == case.county_code,
        JointMeetingCase.case_id == case.id,
        JointMeetingCase.meeting_id == JointMeeting.id,
    )
    above = [case.unit_code // step * step for step in (1, 10**3, 10**6, 10**9)]
    mine = JointMeeting.county_code == case.county_code, JointMeeting.unit_code.in_(above)
    query = select(JointMeeting).where(*mine, JointMeeting.state == MeetingState.PLANNED.value, ~has.exists())
    return list(session.scalars(query.order_by(JointMeeting.starts_at, JointMeeting.id)))


def meetings_on(session: Session, case: Case) -> list[JointMeeting]:
    """Return the meetings that have a visible case on their agenda and were not cancelled, the newest first."""
    query = (
        select(JointMeeting)
        .join(JointMeetingCase, _of(JointMeetingCase))
        .where(JointMeetingCase.county_code == case.county_code, JointMeetingCase.case_id == case.id)
        .where(JointMeeting.state != MeetingState.CANCELLED.value)
    )
    return list(session.scalars(query.order_by(JointMeeting.starts_at.desc())))


def my_tasks(session: Session, case: Case, account_id: int) -> list[CaseTask]:
    """Return what meetings asked of a person on a visible case and was not answered."""
    mine = CaseTask.county_code == case.county_code, CaseTask.case_id == case.id, CaseTask.kind == "decision"
    query = select(CaseTask).where(*mine, CaseTask.account_id == account_id, CaseTask.answered_at.is_(None))
    return list(session.scalars(query.order_by(CaseTask.id)))


def meeting_words(meeting: JointMeeting) -> str:
    """Return a meeting as a choice of a list."""
    return f"{local(meeting.starts_at):%Y-%m-%d %H:%M}　{meeting.title}"


def _people(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    people = people_for(session, case.unit_code, *OWNERS)
    return [(str(row.id), f"{row.name}（{row.unit_name} {ROLE_NAMES[Role(row.role)]}）") for row in people]


def _tasks(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    account_id = session.info["actor"].account_id
    return [(str(task.id), task.question[:60]) for task in my_tasks(session, case, account_id)]


def _decisions(session: Session, case: Case, _facts: Facts, now: datetime) -> list[tuple[str, str]]:
    running = (DecisionState.WAITING, DecisionState.WORKING)
    told = [item.decision for item in case_decisions(session, case, now) if item.state in running]
    return [(str(item.number), f"第 {item.number} 项　{item.owner_name}") for item in told]


def _to_come(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [(str(meeting.id), meeting_words(meeting)) for meeting in meetings_for(session, case)]


def _that_had_it(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [(str(meeting.id), meeting_words(meeting)) for meeting in meetings_on(session, case)]


# What can be chosen for the inputs of a joint meeting, by their kind.
MEETING_CHOICES = {
    "meeting": _to_come,
    "meeting_on": _that_had_it,
    "person": _people,
    "my_task": _tasks,
    "decision": _decisions,
}
