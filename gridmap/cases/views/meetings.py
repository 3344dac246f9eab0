"""联席会议: the list, planning, one meeting with its agenda, minutes and decisions, the paper; its part of a case's page."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries, rules
from gridmap.cases.actions import take_step
from gridmap.cases.actions.meetings import MISSING, cancel_meeting, change_meeting, plan_meeting, record_meeting
from gridmap.cases.forms import Given
from gridmap.cases.forms.mediation import line
from gridmap.cases.forms.meetings import read_meeting, read_minutes
from gridmap.cases.forms.routing import routing_unit
from gridmap.cases.queries import CaseRow, meetings
from gridmap.cases.rules.joint import DECISION_STATE_NAMES, MEETING_STATE_NAMES
from gridmap.cases.views.door import DETAIL_PARTS, NAMES
from gridmap.clock import local, now, today
from gridmap.errors import BadInput, GridmapError, NotFound
from gridmap.web import actor, page_number, requires, session, written

blueprint = Blueprint("meetings", __name__)
A_PAGE = 20
WORDS: dict[str, Any] = {"MEETING_STATE_NAMES": MEETING_STATE_NAMES, "DECISION_STATE_NAMES": DECISION_STATE_NAMES}


def meetings_part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return what the page of a case shows of joint meetings: when it is on an agenda, and what was decided."""
    return {
        "on_agendas": meetings.meetings_on(session, row.case),
        "decisions": meetings.case_decisions(session, row.case, now()),
        **WORDS,
    }


DETAIL_PARTS.append(meetings_part)


def _found(meeting_id: int) -> Any:
    meeting = meetings.one_meeting(session, actor, meeting_id)
    if meeting is None:
        raise NotFound(MISSING)
    return meeting


@blueprint.get("/meetings")
@requires(Permission.CASE_READ)
def index() -> str:
    """The meetings one sees, the newest first."""
    page = page_number(request.args)
    rows, total = meetings.list_meetings(session, actor, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    names = {code: queries.tell_name(session, code) for code in {row.meeting.unit_code for row in rows}}
    pages = max(1, -(-total // A_PAGE))
    return render_template(
        "cases/meetings/index.html", rows=rows, total=total, names=names, page=page, pages=pages, now=now(), **WORDS
    )


@blueprint.get("/meetings/new")
@requires(Permission.CASE_DISPATCH)
def new() -> str:
    """An empty meeting."""
    return _form(None)


@blueprint.post("/meetings")
@requires(Permission.CASE_DISPATCH)
def add() -> Response | tuple[str, int]:
    """Plan a meeting."""
    try:
        unit, entry = _unit(), read_meeting(request.form)
        meeting = plan_meeting(session, actor, unit_code=unit, entry=entry, now=now())
    except BadInput as fault:
        session.rollback()
        return _form(None, fault), 400
    flash(f"已安排联席会议“{meeting.title}”，参会部门会收到通知。")
    return redirect(url_for(".meeting", meeting_id=meeting.id))


@blueprint.get("/meetings/<int:meeting_id>")
@requires(Permission.CASE_READ)
def meeting(meeting_id: int) -> str:
    """One meeting: who is called, the agenda, the minutes, what was decided and how far that is."""
    return _page(_found(meeting_id))


@blueprint.get("/meetings/<int:meeting_id>/edit")
@requires(Permission.CASE_DISPATCH)
def edit(meeting_id: int) -> str:
    """A meeting to be changed."""
    return _form(_found(meeting_id))


@blueprint.post("/meetings/<int:meeting_id>/edit")
@requires(Permission.CASE_DISPATCH)
def save(meeting_id: int) -> Response | tuple[str, int]:
    """Change a meeting."""
    _found(meeting_id)
    try:
        saved = change_meeting(session, actor, meeting_id=meeting_id, entry=read_meeting(request.form))
    except BadInput as fault:
        session.rollback()
        return _form(_found(meeting_id), fault), 400
    flash(f"联席会议“{saved.title}”已保存。")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@blueprint.post("/meetings/<int:meeting_id>/agenda")
@requires(Permission.CASE_DISPATCH)
def agenda(meeting_id: int) -> Response | tuple[str, int]:
    """Put a case on the agenda: the step of the case, taken from here."""
    _found(meeting_id)
    try:
        code = line(request.form.get("case_code", ""), "事件编号", "case_code", 40)
        subject = line(request.form.get("subject", ""), "议题", "subject", 500)
        for text, label, name in ((code, "事件编号", "case_code"), (subject, "议题", "subject")):
            if not text:
                raise BadInput(f"请填写“{label}”。", field=name)
        given = Given({"meeting": str(meeting_id), "reason": subject}, client_id=uuid.uuid4())
        take_step(session, actor, case_code=code, action=rules.Action.TABLE, given=given, clock=now)
    except GridmapError as fault:
        session.rollback()
        return _page(_found(meeting_id), BadInput(fault.message, field="case_code")), 400
    flash(f"事件 {code} 已列入议程。")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@blueprint.post("/meetings/<int:meeting_id>/minutes")
@requires(Permission.CASE_DISPATCH)
def record(meeting_id: int) -> Response | tuple[str, int]:
    """Keep the minutes and who came."""
    _found(meeting_id)
    try:
        record_meeting(session, actor, meeting_id=meeting_id, entry=read_minutes(request.form), now=now())
    except BadInput as fault:
        session.rollback()
        return _page(_found(meeting_id), fault), 400
    flash("会议记录已保存。会议决定请逐项交办：责任部门或责任人、办理要求、完成时限。")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@blueprint.post("/meetings/<int:meeting_id>/cancel")
@requires(Permission.CASE_DISPATCH)
def cancel(meeting_id: int) -> Response | tuple[str, int]:
    """Cancel a meeting that is to come."""
    _found(meeting_id)
    try:
        reason = line(request.form.get("reason", ""), "取消理由", "reason", 500)
        cancelled = cancel_meeting(session, actor, meeting_id=meeting_id, reason=reason)
    except BadInput as fault:
        session.rollback()
        return _page(_found(meeting_id), fault), 400
    flash(f"联席会议“{cancelled.title}”已取消。")
    return redirect(url_for(".meeting", meeting_id=meeting_id))


@blueprint.get("/meetings/<int:meeting_id>/paper")
@requires(Permission.CASE_READ)
def paper(meeting_id: int) -> str:
    """会议纪要, to be printed."""
    return render_template("cases/meetings/paper.html", today=today(), **_about(_found(meeting_id)))


def _about(found: Any) -> dict[str, Any]:
    return {
        "meeting": found,
        "unit_name": queries.tell_name(session, found.unit_code),
        "called": meetings.called_to(session, found),
        "agenda": meetings.agenda_of(session, actor, found),
        "decisions": meetings.meeting_decisions(session, found, now()),
        **WORDS,
        **NAMES,
    }


def _page(found: Any, fault: GridmapError | None = None) -> str:
    may = bool(actor.may(Permission.CASE_DISPATCH, found.unit_code))
    return render_template(
        "cases/meetings/meeting.html",
        may_run=may,
        begun=found.starts_at <= now(),
        fault=fault,
        given=written(),
        **_about(found),
    )


def _unit() -> int:
    return routing_unit(request.values.get("unit", ""), actor)


def _form(found: Any, fault: BadInput | None = None) -> str:
    unit = found.unit_code if found else _home(fault)
    return render_template(
        "cases/meetings/form.html",
        meeting=found,
        fault=fault,
        given=_given(found),
        unit=unit,
        unit_name=queries.tell_name(session, unit),
        units=queries.unit_choices(session, actor, Permission.CASE_DISPATCH, today()),
        departments=queries.departments_for(session, unit),
    )


def _home(fault: BadInput | None) -> int:
    if fault is not None and fault.field == "unit":
        return actor.home.unit_code if actor.home else 0
    return _unit()


def _given(found: Any) -> dict[str, list[str]]:
    """Return the values of the form: what was sent, else those of the meeting."""
    if request.method == "POST":
        return {name: request.form.getlist(name) for name in request.form}
    if found is None:
        return {}
    return {
        "title": [found.title],
        "place": [found.place],
        "chair": [found.chair],
        "starts_at": [f"{local(found.starts_at):%Y-%m-%dT%H:%M}"],
        "department": [str(called.department_id) for called in meetings.called_to(session, found)],
    }
