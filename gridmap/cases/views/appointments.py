"""预约: a day at the desks of a centre, making an appointment, one with its history, the desks themselves; its part of a case's page."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries, rules
from gridmap.cases.actions import appointments as acts
from gridmap.cases.forms.appointments import (
    SlotAsked,
    read_appointment,
    read_change,
    read_desk,
    read_seen,
    read_slot,
)
from gridmap.cases.forms.mediation import read_day, read_unit
from gridmap.cases.forms.parties import read_purpose
from gridmap.cases.queries import CaseRow
from gridmap.cases.queries import appointments as reads
from gridmap.cases.rules.appointments import ACT_NAMES, STATE_NAMES
from gridmap.cases.views.door import DETAIL_PARTS
from gridmap.clock import local, now, today
from gridmap.errors import BadInput, Conflict, GridmapError, NotFound
from gridmap.web import actor, requires, session, written

blueprint = Blueprint("appointments", __name__)
WORDS: dict[str, Any] = {"APPOINTMENT_STATE_NAMES": STATE_NAMES, "APPOINTMENT_ACT_NAMES": ACT_NAMES}


def appointments_part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return what the page of a case shows of the appointment that it came of."""
    return {"appointments": reads.of_case(session, actor, row.case)}


DETAIL_PARTS.append(appointments_part)


def _found(appointment_id: int) -> Any:
    found = reads.one_appointment(session, actor, appointment_id)
    if found is None:
        raise NotFound(acts.MISSING)
    return found


def _day(text: str) -> date:
    return read_day(text, "日期", "on") if text else today()


@blueprint.get("/appointments")
@requires(Permission.APPOINTMENT_BOOK)
def index() -> str:
    """A day at the desks of a centre: who comes when, and which slots are free."""
    return render_template("cases/appointments/index.html", **_list(_day(request.args.get("on", ""))), **WORDS)


def _list(on: date) -> dict[str, Any]:
    """Return a day at the desks of the asked centre, else of the first one that the person serves."""
    desks = reads.list_desks(session, actor)
    units = list(dict.fromkeys(desk.unit_code for desk in desks))
    asked = request.values.get("unit", "")
    unit = read_unit(asked) if asked else (units[0] if units else None)
    if asked and unit not in units:
        raise NotFound("该中心没有接待窗口，或不在您负责的范围内。")
    mine = [desk for desk in desks if desk.unit_code == unit]
    at = now()
    listed = reads.day_list(session, actor, mine, unit, on, at) if unit else None
    opens = reads.next_open_day(session, unit, max(on, today()), at) if unit and listed and listed.closed else None
    return {
        "listed": listed,
        "on": on,
        "unit": unit,
        "units": [(code, queries.tell_name(session, code)) for code in units],
        "today": today(),
        "earlier": on - timedelta(days=1),
        "later": on + timedelta(days=1),
        "next_open": opens,
        "now": at,
    }


@blueprint.get("/appointments/new")
@requires(Permission.APPOINTMENT_BOOK)
def new() -> str:
    """An empty appointment for a slot, for somebody who calls."""
    return _form(read_slot(request.args.get("slot", "")), client=str(uuid.uuid4()))


@blueprint.post("/appointments")
@requires(Permission.APPOINTMENT_BOOK)
def add() -> Response | tuple[str, int]:
    """Make an appointment."""
    try:
        made, _ = acts.book(session, actor, entry=read_appointment(request.form), now=now())
    except BadInput as fault:
        session.rollback()
        return _form(_asked(), fault, client=request.form.get("client_id", "")), 400
    flash(f"已预约 {_when(made)}，请告知来人带身份证件。")
    return redirect(url_for(".index", on=local(made.starts_at).date().isoformat(), unit=f"{made.unit_code:015d}"))


def _asked() -> SlotAsked | None:
    try:
        return read_slot(request.form.get("slot", ""))
    except BadInput:
        return None


def _when(found: Any) -> str:
    return f"{local(found.starts_at):%m-%d %H:%M}"


def _form(slot: SlotAsked | None, fault: BadInput | None = None, *, client: str) -> str:
    """Render the form; the slots of the day at the same desk are there to choose from."""
    desk = reads.one_desk(session, actor, slot.desk_id, Permission.APPOINTMENT_BOOK) if slot else None
    if slot is None or desk is None:
        raise NotFound(acts.NO_DESK)
    on = local(slot.starts_at).date()
    listed = reads.day_list(session, actor, [desk], desk.unit_code, on, now())
    return render_template(
        "cases/appointments/form.html",
        desk=desk, on=on, slot=slot, listed=listed, given=written(), fault=fault, client=client,
        unit=desk.unit_code, unit_name=queries.tell_name(session, desk.unit_code),
    )  # fmt: skip


@blueprint.get("/appointments/<int:appointment_id>")
@requires(Permission.APPOINTMENT_BOOK)
def appointment(appointment_id: int) -> str:
    """One appointment, masked, with its history."""
    return _page(_found(appointment_id))


def _page(found: Any, fault: GridmapError | None = None, *, view: Any = None) -> str:
    """Render one appointment; to move it, the slots of the day that ``on`` asks for."""
    text = request.values.get("on", "")
    try:
        on = _day(text) if text else max(local(found.starts_at).date(), today())
    except BadInput:
        on = today()
    desks = [desk for desk in reads.list_desks(session, actor) if desk.unit_code == found.unit_code]
    return render_template(
        "cases/appointments/appointment.html",
        view=view or reads.shown(session, found),
        opened=view is not None,
        steps=reads.steps_of(session, found),
        unit_name=queries.tell_name(session, found.unit_code),
        listed=reads.day_list(session, actor, desks, found.unit_code, on, now()),
        on=on,
        is_today=local(found.starts_at).date() == today(),
        begun=found.starts_at <= now(),
        fault=fault,
        given=written(),
        **WORDS,
    )


@blueprint.post("/appointments/<int:appointment_id>/arrive")
@requires(Permission.APPOINTMENT_BOOK)
def arrive(appointment_id: int) -> Response:
    """Somebody came: note it and open the registering form with what is known."""
    acts.arrive(session, actor, appointment_id=_found(appointment_id).id, seen=read_seen(request.form), now=now())
    return redirect(url_for("cases.desk", appointment=appointment_id))


@blueprint.post("/appointments/<int:appointment_id>/miss")
@requires(Permission.APPOINTMENT_BOOK)
def miss(appointment_id: int) -> Response:
    """Nobody came."""
    found = acts.miss(session, actor, appointment_id=_found(appointment_id).id, seen=read_seen(request.form), now=now())
    flash(f"{_when(found)} 的预约已标记爽约。")
    return redirect(url_for(".index", on=local(found.starts_at).date().isoformat(), unit=f"{found.unit_code:015d}"))


@blueprint.post("/appointments/<int:appointment_id>/cancel")
@requires(Permission.APPOINTMENT_BOOK)
def cancel(appointment_id: int) -> Response | tuple[str, int]:
    """Cancel an appointment, with a reason."""
    _found(appointment_id)
    try:
        change = read_change(request.form, "取消理由")
        found = acts.cancel(session, actor, appointment_id=appointment_id, change=change, now=now())
    except (BadInput, Conflict) as fault:
        session.rollback()
        return _page(_found(appointment_id), fault), fault.status
    flash(f"{_when(found)} 的预约已取消，该时段可以再约。")
    return redirect(url_for(".appointment", appointment_id=appointment_id))


@blueprint.post("/appointments/<int:appointment_id>/move")
@requires(Permission.APPOINTMENT_BOOK)
def move(appointment_id: int) -> Response | tuple[str, int]:
    """Move an appointment to another slot, with a reason."""
    _found(appointment_id)
    try:
        change, slot = read_change(request.form, "改期理由"), read_slot(request.form.get("slot", ""))
        found = acts.move(session, actor, appointment_id=appointment_id, slot=slot, change=change, now=now())
    except (BadInput, Conflict) as fault:
        session.rollback()
        return _page(_found(appointment_id), fault), fault.status
    flash(f"已改到 {_when(found)}，请告知来人。")
    return redirect(url_for(".appointment", appointment_id=appointment_id))


@blueprint.post("/appointments/<int:appointment_id>/open")
@requires(Permission.APPOINTMENT_BOOK)
def open_one(appointment_id: int) -> str | tuple[str, int]:
    """Show name and telephone in full for a purpose, which is recorded."""
    found = _found(appointment_id)
    try:
        purpose = read_purpose(request.form.get("purpose", ""))
    except BadInput as fault:
        return _page(found, fault), 400
    view = acts.open_appointment(session, actor, appointment_id=appointment_id, purpose=purpose)
    return _page(found, view=view)


@blueprint.get("/appointments/desks")
@requires(Permission.APPOINTMENT_EDIT)
def desks() -> str:
    """The desks that take appointments, to be changed."""
    return _desks()


@blueprint.post("/appointments/desks")
@requires(Permission.APPOINTMENT_EDIT)
def add_desk() -> Response | tuple[str, int]:
    """Add a desk to a unit."""
    return _save(None)


@blueprint.post("/appointments/desks/<int:desk_id>")
@requires(Permission.APPOINTMENT_EDIT)
def change_desk(desk_id: int) -> Response | tuple[str, int]:
    """Change a desk, or take it out of use."""
    if reads.one_desk(session, actor, desk_id, Permission.APPOINTMENT_EDIT) is None:
        raise NotFound(acts.NO_DESK)
    if request.form.get("close"):
        closed = acts.close_desk(session, actor, desk_id=desk_id, now=now())
        flash(f"接待窗口“{closed.name}”已停用。")
        return redirect(url_for(".desks"))
    return _save(desk_id)


def _save(desk_id: int | None) -> Response | tuple[str, int]:
    try:
        unit = read_unit(request.form.get("unit", "")) if desk_id is None else 0
        rule = read_desk(request.form)
        acts.save_desk(session, actor, unit_code=unit, desk_id=desk_id, rule=rule)
    except BadInput as fault:
        session.rollback()
        return _desks(fault, desk_id), 400
    flash(f"接待窗口“{rule.name}”已保存。")
    return redirect(url_for(".desks"))


def _desks(fault: GridmapError | None = None, at: int | None = None) -> str:
    listed = reads.list_desks(session, actor, Permission.APPOINTMENT_EDIT)
    return render_template(
        "cases/appointments/desks.html",
        desks=listed,
        names={code: queries.tell_name(session, code) for code in {desk.unit_code for desk in listed}},
        units=queries.unit_choices(session, actor, Permission.APPOINTMENT_EDIT, today()),
        fault=fault,
        at=at,
        given=written(),
    )
