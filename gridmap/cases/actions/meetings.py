"""Writes of 联席会议: planned, changed, held with minutes, cancelled; the departments called are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, significant_digits
from gridmap.accounts.actions.notices import Department, leave_notice
from gridmap.cases import queries
from gridmap.cases.forms.meetings import MeetingEntry, MinutesEntry
from gridmap.cases.models import JointMeeting, JointMeetingDepartment
from gridmap.cases.queries.meetings import called_to, visible_meetings
from gridmap.cases.rules.joint import MEETING_STATE_NAMES, MeetingState
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound

MISSING = "没有找到该联席会议，可能不在您负责的范围内。"


def plan_meeting(session: Session, actor: Actor, *, unit_code: int, entry: MeetingEntry, now: datetime) -> JointMeeting:
    """Plan a meeting of a unit's centre and tell the departments it calls. Raises ``Forbidden``, ``BadInput``."""
    decision = actor.may(Permission.CASE_DISPATCH, unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    if significant_digits(unit_code) < 6:
        raise BadInput("联席会议由区县、乡镇（街道）、村（社区）召开，请选择区划。", field="unit")
    meeting = JointMeeting(
        county_code=unit_code // 10**9, unit_code=unit_code, state=MeetingState.PLANNED.value,
        created_at=now, created_by=actor.account_id, created_name=actor.name, row_version=1,
        title=entry.title, starts_at=entry.starts_at, place=entry.place, chair=entry.chair,
    )  # fmt: skip
    session.add(meeting)
    session.flush()
    _call(session, meeting, entry.departments, changed=True)
    audit.record(session, actor, "meeting.planned", str(meeting.id), unit_code, title=meeting.title)
    session.flush()
    return meeting


def change_meeting(session: Session, actor: Actor, *, meeting_id: int, entry: MeetingEntry) -> JointMeeting:
    """Change a meeting that is to come; the departments are told of another time or place.

    Raises ``NotFound``, ``Forbidden``, ``Conflict`` (held or cancelled meanwhile, or changed by somebody else), ``BadInput``.
    """
    meeting = _locked(session, actor, meeting_id, entry.seen)
    _planned(meeting)
    changed = (meeting.starts_at, meeting.place) != (entry.starts_at, entry.place)
    meeting.title, meeting.starts_at, meeting.place, meeting.chair = (
        entry.title, entry.starts_at, entry.place, entry.chair,
    )  # fmt: skip
    meeting.row_version += 1
    _call(session, meeting, entry.departments, changed=changed)
    audit.record(session, actor, "meeting.changed", str(meeting.id), meeting.unit_code, title=meeting.title)
    session.flush()
    return meeting


def record_meeting(
    session: Session, actor: Actor, *, meeting_id: int, entry: MinutesEntry, now: datetime
) -> JointMeeting:
    """Keep the minutes and who came; may be corrected later, each time with an event. Raises as ``change_meeting``."""
    meeting = _locked(session, actor, meeting_id, entry.seen)
    if meeting.state == MeetingState.CANCELLED:
        raise Conflict("会议已取消，不能登记会议记录。")
    if meeting.starts_at > now:
        raise BadInput(f"会议定于 {local(meeting.starts_at):%Y-%m-%d %H:%M}，还没有召开。", field="minutes")
    meeting.state, meeting.minutes = MeetingState.HELD.value, entry.minutes
    meeting.recorded_at, meeting.recorded_name = now, actor.name
    meeting.row_version += 1
    for called in called_to(session, meeting):
        called.attended = called.department_id in entry.attended
    audit.record(session, actor, "meeting.recorded", str(meeting.id), meeting.unit_code, title=meeting.title)
    session.flush()
    return meeting


def cancel_meeting(session: Session, actor: Actor, *, meeting_id: int, reason: str) -> JointMeeting:
    """Cancel a meeting that is to come, with a reason; the departments are told. Raises as ``change_meeting``."""
    meeting = _locked(session, actor, meeting_id, None)
    _planned(meeting)
    if not reason:
        raise BadInput("请填写取消的理由。", field="reason")
    meeting.state, meeting.cancel_reason = MeetingState.CANCELLED.value, reason[:500]
    meeting.row_version += 1
    for called in called_to(session, meeting):
        _tell(session, meeting, called.department_id, f"联席会议“{meeting.title}”已取消。")
    audit.record(session, actor, "meeting.cancelled", str(meeting.id), meeting.unit_code, title=meeting.title)
    session.flush()
    return meeting


def _locked(session: Session, actor: Actor, meeting_id: int, seen: int | None) -> JointMeeting:
    number = meeting_id if meeting_id < 2**63 else 0
    query = visible_meetings(actor).where(JointMeeting.id == number).with_for_update()
    meeting: JointMeeting | None = session.scalars(query).one_or_none()
    if meeting is None:
        raise NotFound(MISSING)
    decision = actor.may(Permission.CASE_DISPATCH, meeting.unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    if seen is not None and seen != meeting.row_version:
        raise Conflict("该会议刚被他人修改，您填写的内容没有保存，请刷新核对后再改。")
    return meeting


def _planned(meeting: JointMeeting) -> None:
    if meeting.state != MeetingState.PLANNED:
        raise Conflict(f"会议{MEETING_STATE_NAMES[MeetingState(meeting.state)]}，不能再改。")


def _call(session: Session, meeting: JointMeeting, departments: tuple[int, ...], *, changed: bool) -> None:
    """Call exactly these departments; who is new, and all when time or place changed, are told."""
    known = {row.id: row for row in queries.departments_for(session, meeting.unit_code)}
    if any(number not in known for number in departments):
        raise BadInput("参会部门中有不存在、已撤销或不含会议所在区划的，请重新选择。", field="department")
    held = {called.department_id: called for called in called_to(session, meeting)}
    for number in held.keys() - set(departments):
        session.delete(held[number])
    base = {"county_code": meeting.county_code, "unit_code": meeting.unit_code, "meeting_id": meeting.id}
    when = f"{local(meeting.starts_at):%m-%d %H:%M}"
    for number in departments:
        if number not in held:
            session.add(JointMeetingDepartment(**base, department_id=number, department_name=known[number].name))
        if changed or number not in held:
            _tell(session, meeting, number, f"请参加联席会议“{meeting.title}”：{when}，{meeting.place}。")


def _tell(session: Session, meeting: JointMeeting, department: int, body: str) -> None:
    leave_notice(
        session, to=Department(department), unit_code=meeting.unit_code, kind="meeting.called", body=body,
        link=f"/meetings/{meeting.id}",
    )  # fmt: skip
