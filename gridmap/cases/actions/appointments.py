"""Writes of 预约: made, moved, cancelled, arrived, missed, joined to the case that came of it; the desks that take them."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.cases.forms.appointments import AppointmentEntry, Changed, SlotAsked
from gridmap.cases.models import Appointment, AppointmentDesk, AppointmentStep, Case
from gridmap.cases.queries.appointments import (
    AppointmentView,
    desk_of,
    one_desk,
    sealed_at,
    shown,
    taken_places,
    visible_appointments,
    visible_desks,
)
from gridmap.cases.rules.appointments import (
    AppointmentAct,
    AppointmentState,
    DeskRule,
    Slot,
    act_fault,
    free_places,
    slot_fault,
)
from gridmap.constraints import from_database
from gridmap.crypto import ring_of
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.worktime.queries import calendar_at

MISSING = "没有找到该预约，可能不在您负责的范围内。"
NO_DESK = "没有找到该接待窗口，可能已停用，或不在您负责的范围内。"
FULL = "该时段已约满，可能刚刚被他人约走，请另选时段。"


def book(session: Session, actor: Actor, *, entry: AppointmentEntry, now: datetime) -> tuple[Appointment, bool]:
    """Make an appointment at ``now`` (aware); return it and whether it is new (the same form sent twice is one).

    Raises ``Forbidden``, ``NotFound`` (no such desk), ``BadInput`` (slot, field), ``KeyFault`` (cannot be sealed).
    """
    _permit(actor, Permission.APPOINTMENT_BOOK)
    known = visible_appointments(actor).where(Appointment.client_id == entry.client_id) if entry.client_id else None
    found = session.scalars(known).one_or_none() if known is not None else None
    if found is not None:
        return found, False
    desk, slot = _slot(session, actor, entry.slot, now)
    key, ring = uuid.uuid4(), ring_of(session)
    sealed = {
        column: ring.seal(value, sealed_at(desk.county_code, key, column))
        for column, value in (("name", entry.name), ("phone", entry.phone))
    }
    values: dict[str, Any] = {
        "county_code": desk.county_code, "unit_code": desk.unit_code, "desk_id": desk.id, "row_key": key,
        "state": AppointmentState.BOOKED.value, "topic": entry.topic, "client_id": entry.client_id, "row_version": 1,
        **sealed,
    }  # fmt: skip

    def put(place: int) -> Appointment:
        made = Appointment(place=place, starts_at=slot.starts_at, ends_at=slot.ends_at, **values)
        session.add(made)
        return made

    made = _placed(session, desk, slot, put)
    _note(session, actor, made, desk, AppointmentAct.BOOK, now)
    return made, True


def _placed(
    session: Session, desk: AppointmentDesk, slot: Slot, put: Callable[[int], Appointment], but: int | None = None
) -> Appointment:
    """Put an appointment on the first free place; the database decides between two at once, the later one tries the next."""
    for place in free_places(desk.capacity, taken_places(session, desk, slot, but)):
        point = session.begin_nested()
        try:
            made = put(place)
            session.flush()
        except IntegrityError as fault:
            point.rollback()
            if getattr(getattr(fault.orig, "diag", None), "constraint_name", "") != "ex_appointments_place":
                raise
        else:
            point.commit()
            return made
    raise BadInput(FULL, field="slot")


def _slot(session: Session, actor: Actor, asked: SlotAsked, now: datetime) -> tuple[AppointmentDesk, Slot]:
    desk = one_desk(session, actor, asked.desk_id, Permission.APPOINTMENT_BOOK)
    if desk is None:
        raise BadInput(NO_DESK, field="slot")
    rule = DeskRule(desk.name, desk.slot_minutes, desk.capacity, desk.days_ahead)
    fault = slot_fault(calendar_at(session, desk.unit_code, now), rule, asked.starts_at, now)
    if fault:
        raise BadInput(fault, field="slot")
    return desk, Slot(asked.starts_at, asked.starts_at + timedelta(minutes=desk.slot_minutes))


def move(
    session: Session, actor: Actor, *, appointment_id: int, slot: SlotAsked, change: Changed, now: datetime
) -> Appointment:
    """Move an appointment to another slot, with a reason; history keeps the earlier time.

    Raises ``NotFound``, ``Conflict`` (somebody was first, or it is over), ``BadInput``.
    """
    found = _locked(session, actor, appointment_id, AppointmentAct.MOVE, change.seen, now)
    desk, to = _slot(session, actor, slot, now)
    if desk.unit_code != found.unit_code:
        raise BadInput("只能改到同一中心的窗口；去其他中心的，请取消后重新预约。", field="slot")
    if (found.desk_id, found.starts_at) == (desk.id, to.starts_at):
        raise BadInput("与原来的时段相同，没有需要保存的改动。", field="slot")

    def put(place: int) -> Appointment:
        found.desk_id, found.place, found.starts_at, found.ends_at = desk.id, place, to.starts_at, to.ends_at
        return found

    _placed(session, desk, to, put, found.id)
    _note(session, actor, found, desk, AppointmentAct.MOVE, now, change.reason)
    return found


def cancel(session: Session, actor: Actor, *, appointment_id: int, change: Changed, now: datetime) -> Appointment:
    """Cancel an appointment, with a reason; its slot is free again. Raises as ``move``."""
    found = _locked(session, actor, appointment_id, AppointmentAct.CANCEL, change.seen, now)
    found.state = AppointmentState.CANCELLED.value
    _note(session, actor, found, desk_of(session, found), AppointmentAct.CANCEL, now, change.reason)
    return found


def arrive(session: Session, actor: Actor, *, appointment_id: int, seen: int, now: datetime) -> Appointment:
    """Note that who has an appointment today came. Raises as ``move``."""
    found = _locked(session, actor, appointment_id, AppointmentAct.ARRIVE, seen, now)
    found.state = AppointmentState.ARRIVED.value
    _note(session, actor, found, desk_of(session, found), AppointmentAct.ARRIVE, now)
    return found


def miss(session: Session, actor: Actor, *, appointment_id: int, seen: int, now: datetime) -> Appointment:
    """Note that nobody came (爽约). Raises as ``move``."""
    found = _locked(session, actor, appointment_id, AppointmentAct.MISS, seen, now)
    found.state = AppointmentState.MISSED.value
    _note(session, actor, found, desk_of(session, found), AppointmentAct.MISS, now)
    return found


def join_to_case(session: Session, actor: Actor, *, appointment_id: int, case: Case, now: datetime) -> Appointment:
    """Join an appointment, whose person came, to the case that was registered of it. Raises ``NotFound``, ``Conflict``."""
    found = _found(session, actor, appointment_id)
    if found.state != AppointmentState.ARRIVED or found.case_code:
        raise Conflict("该预约没有登记到访，或已登记过事件，请回到预约页核对。")
    if found.county_code != case.county_code:
        raise BadInput("该预约属于其他区县，请核对。", field="appointment")
    found.case_code = case.case_code
    _note(session, actor, found, desk_of(session, found), AppointmentAct.REGISTER, now, case.case_code)
    return found


def open_appointment(session: Session, actor: Actor, *, appointment_id: int, purpose: str) -> AppointmentView:
    """Open name and telephone of an appointment in full for a purpose, and record it. Raises ``NotFound``, ``KeyFault``."""
    found = visible_appointments(actor).where(Appointment.id == min(appointment_id, 2**63 - 1))
    row: Appointment | None = session.scalars(found).one_or_none()
    if row is None:
        raise NotFound(MISSING)
    audit.record(session, actor, "appointment.opened", str(row.id), row.unit_code, purpose=purpose)
    session.flush()
    return shown(session, row, full=True)


def save_desk(
    session: Session, actor: Actor, *, unit_code: int, desk_id: int | None, rule: DeskRule
) -> AppointmentDesk:
    """Add a desk to a unit, or change one; appointments made before stay as they are.

    Raises ``Forbidden``, ``NotFound``; ``BadInput`` for a name that is taken.
    """
    if desk_id is None:
        _permit(actor, Permission.APPOINTMENT_EDIT, unit_code)
        desk = AppointmentDesk(county_code=unit_code // 10**9, unit_code=unit_code, row_version=0)
        session.add(desk)
    else:
        desk = _locked_desk(session, actor, desk_id)
    desk.name, desk.slot_minutes, desk.capacity, desk.days_ahead = (
        rule.name, rule.slot_minutes, rule.capacity, rule.days_ahead,
    )  # fmt: skip
    desk.row_version += 1
    try:
        session.flush()
    except IntegrityError as fault:
        raise from_database(fault) from fault
    facts = {"name": rule.name, "slot_minutes": rule.slot_minutes, "capacity": rule.capacity}
    audit.record(session, actor, "appointment.desk_saved", str(desk.id), desk.unit_code, **facts)
    return desk


def close_desk(session: Session, actor: Actor, *, desk_id: int, now: datetime) -> AppointmentDesk:
    """Take a desk out of use. Raises ``NotFound``, ``Conflict`` while somebody has a time at it that is to come."""
    desk = _locked_desk(session, actor, desk_id)
    waiting = select(Appointment.id).where(
        Appointment.county_code == desk.county_code,
        Appointment.desk_id == desk.id,
        Appointment.state == AppointmentState.BOOKED.value,
        Appointment.ends_at > now,
    )
    count = len(session.scalars(waiting).all())
    if count:
        raise Conflict(f"“{desk.name}”还有 {count} 个待到访的预约，请先改期或取消，再停用。")
    desk.closed_at = now
    audit.record(session, actor, "appointment.desk_closed", str(desk.id), desk.unit_code, name=desk.name)
    session.flush()
    return desk


def _locked_desk(session: Session, actor: Actor, desk_id: int) -> AppointmentDesk:
    query = visible_desks(actor, Permission.APPOINTMENT_EDIT).where(AppointmentDesk.id == min(desk_id, 2**63 - 1))
    desk: AppointmentDesk | None = session.scalars(query.with_for_update()).one_or_none()
    if desk is None:
        raise NotFound(NO_DESK)
    return desk


def _permit(actor: Actor, permission: Permission, unit_code: int | None = None) -> None:
    decision = actor.may(permission, unit_code)
    if not decision:
        raise Forbidden(decision.reason)


def _found(session: Session, actor: Actor, appointment_id: int) -> Appointment:
    query = visible_appointments(actor).where(Appointment.id == min(appointment_id, 2**63 - 1)).with_for_update()
    found: Appointment | None = session.scalars(query).one_or_none()
    if found is None:
        raise NotFound(MISSING)
    return found


def _locked(
    session: Session, actor: Actor, appointment_id: int, act: AppointmentAct, seen: int, now: datetime
) -> Appointment:
    found = _found(session, actor, appointment_id)
    if seen != found.row_version:
        raise Conflict("该预约刚被他人修改，您的操作没有保存，请刷新核对后再试。")
    fault = act_fault(AppointmentState(found.state), found.starts_at, act, now)
    if fault:
        raise Conflict(fault)
    return found


def _note(
    session: Session,
    actor: Actor,
    found: Appointment,
    desk: AppointmentDesk,
    act: AppointmentAct,
    now: datetime,
    reason: str = "",
) -> None:
    """Write what was done into the appointment's history and the log."""
    found.row_version += act is not AppointmentAct.BOOK
    step = AppointmentStep(
        county_code=found.county_code, unit_code=found.unit_code, appointment_id=found.id, act=act.value, at=now,
        actor_id=actor.account_id, actor_name=actor.name, desk_name=desk.name, starts_at=found.starts_at, reason=reason,
    )  # fmt: skip
    session.add(step)
    facts = {"act": act.value, "starts_at": found.starts_at.isoformat()}
    audit.record(session, actor, "appointment.changed", str(found.id), found.unit_code, **facts)
    session.flush()
