"""Closing a department: what it holds goes to another in one action, with a step in the history of every case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.accounts.models import Department, PostHeld
from gridmap.cases import queries
from gridmap.cases.actions.course import take_step
from gridmap.cases.forms import Given
from gridmap.cases.models import JointMeeting, JointMeetingDepartment
from gridmap.cases.queries.departments import held_cases, visible_departments
from gridmap.cases.rules import Action
from gridmap.cases.rules.joint import MeetingState
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound

MISSING = "没有找到该部门，可能不在您管理的范围内。"


@dataclass(frozen=True)
class Closed:
    """What came of closing a department: cases handed on, people moved to the other department, posts ended."""

    department: Department
    cases: int
    moved: int
    ended: int


def close_department(
    session: Session, actor: Actor, *, department_id: int, successor_id: int | None, reason: str, now: datetime
) -> Closed:
    """Close a department for ever. Whatever it holds goes to the successor, all of it or nothing.

    Its people follow into a successor of the same unit; else their posts in it end. Raises ``NotFound``, ``Forbidden``,
    ``Conflict`` (closed already), ``BadInput`` (it holds orders and nobody is named to follow).
    """
    number = department_id if department_id < 2**63 else 0
    query = visible_departments(actor).where(Department.id == number).with_for_update()
    department: Department | None = session.scalars(query).one_or_none()
    if department is None:
        raise NotFound(MISSING)
    decision = actor.may(Permission.ACCOUNT_MANAGE, department.unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    if department.ended_at is not None:
        raise Conflict(f"“{department.name}”已经撤销。")
    if not reason:
        raise BadInput("请填写撤销的理由。", field="reason")
    cases = held_cases(session, department.id)
    successor = _successor(session, department, successor_id, len(cases))
    for code, _title in cases:
        given = Given({"holder": department.id, "department": successor.id, "reason": reason})
        take_step(session, actor, case_code=code, action=Action.HAND_ON, given=given, clock=lambda: now)
    department.ended_at = now
    moved, ended = _people(session, department, successor, now)
    _meetings(session, department, successor)
    audit.record(
        session, actor, "department.closed", department.name, department.unit_code,
        successor=successor.name if successor else "", cases=len(cases), reason=reason,
    )  # fmt: skip
    session.flush()
    return Closed(department, len(cases), moved, ended)


def _successor(session: Session, department: Department, successor_id: int | None, cases: int) -> Any:
    if successor_id is None:
        if cases:
            raise BadInput(
                f"“{department.name}”还有 {cases} 件事件的单没有办完，请选择承接部门，一并移交。", field="successor"
            )
        return None
    known = {row.id: row for row in queries.departments_for(session, department.unit_code)}
    if successor_id not in known or successor_id == department.id:
        raise BadInput("没有这个承接部门，或其已撤销、辖区不含该部门的辖区，请从列表中选择。", field="successor")
    return known[successor_id]


def _people(session: Session, department: Department, successor: Any, now: datetime) -> tuple[int, int]:
    posts = session.scalars(
        select(PostHeld).where(PostHeld.department_id == department.id, PostHeld.ended_at.is_(None))
    ).all()
    follows = successor is not None and successor.unit_code == department.unit_code
    for post in posts:
        if follows:
            post.department_id = successor.id
        else:
            post.ended_at = now
    return (len(posts), 0) if follows else (0, len(posts))


def _meetings(session: Session, department: Department, successor: Any) -> None:
    """Let the successor take the place in meetings that are to come; without one the department is no longer called."""
    query = (
        select(JointMeetingDepartment)
        .join(
            JointMeeting,
            (JointMeeting.county_code == JointMeetingDepartment.county_code)
            & (JointMeeting.id == JointMeetingDepartment.meeting_id),
        )
        .where(
            JointMeetingDepartment.department_id.in_([department.id, *([successor.id] if successor else [])]),
            JointMeeting.state == MeetingState.PLANNED.value,
        )
    )
    called = list(session.scalars(query))
    there = {row.meeting_id for row in called if row.department_id != department.id}
    for row in (row for row in called if row.department_id == department.id):
        if successor is None or row.meeting_id in there:
            session.delete(row)
        else:
            row.department_id, row.department_name = successor.id, successor.name
