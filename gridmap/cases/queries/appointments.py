"""Reading 预约: the desks somebody serves, a day at them with its slots, one appointment masked or in full, its history."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.models import Appointment, AppointmentDesk, AppointmentStep, Case
from gridmap.cases.rules.appointments import AppointmentState, Slot, closed_reason, free_places, holidays_note, slots_on
from gridmap.cases.rules.parties import mask_name, mask_number
from gridmap.crypto import KeyRing, Where, ring_of
from gridmap.db import in_ranges
from gridmap.worktime.queries import calendar_at
from gridmap.worktime.rules.calendar import midnight

ENDED = (AppointmentState.CANCELLED,)


@dataclass(frozen=True)
class AppointmentView:
    """An appointment as a page shows it; ``repr`` tells neither name nor telephone."""

    row: Appointment
    desk_name: str
    name: str = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True)
class SlotRow:
    """A slot of a day: who has it, and how many more may; ``free`` is 0 for what is past."""

    slot: Slot
    held: tuple[AppointmentView, ...]
    free: int


@dataclass(frozen=True)
class DeskDay:
    """A day at a desk."""

    desk: AppointmentDesk
    rows: tuple[SlotRow, ...]


@dataclass(frozen=True)
class DayList:
    """A day at the desks of a unit: ``closed`` says why nobody is received, ``note`` what is not certain yet."""

    on: date
    closed: str
    note: str
    desks: tuple[DeskDay, ...]
    cancelled: tuple[AppointmentView, ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many appointments of the day there are in each state."""
        held = [view.row.state for desk in self.desks for row in desk.rows for view in row.held]
        return {state.value: held.count(state.value) for state in AppointmentState if state not in ENDED}


def sealed_at(county_code: int, row_key: uuid.UUID, column: str) -> Where:
    """Return what a sealed value of an appointment is bound to."""
    return Where("appointments", column, county_code, row_key)


def visible_desks(actor: Actor, permission: Permission = Permission.APPOINTMENT_BOOK) -> Any:
    """Return the desks in use within the units where the actor holds ``permission``."""
    mine = in_ranges(AppointmentDesk.unit_code, actor.granted_ranges(permission))
    return select(AppointmentDesk).where(mine, AppointmentDesk.closed_at.is_(None))


def list_desks(
    session: Session, actor: Actor, permission: Permission = Permission.APPOINTMENT_BOOK
) -> list[AppointmentDesk]:
    """Return the desks in use where the actor holds ``permission``, by unit and name."""
    query = visible_desks(actor, permission).order_by(AppointmentDesk.unit_code, AppointmentDesk.name)
    return list(session.scalars(query))


def one_desk(session: Session, actor: Actor, desk_id: int, permission: Permission) -> AppointmentDesk | None:
    """Return a desk in use, or ``None``."""
    if desk_id >= 2**63:
        return None
    return session.scalars(visible_desks(actor, permission).where(AppointmentDesk.id == desk_id)).one_or_none()


def visible_appointments(actor: Actor) -> Any:
    """Return the appointments of the units whose desk the actor serves."""
    mine = in_ranges(Appointment.unit_code, actor.granted_ranges(Permission.APPOINTMENT_BOOK))
    return select(Appointment).where(mine)


def one_appointment(session: Session, actor: Actor, appointment_id: int) -> Appointment | None:
    """Return a visible appointment, or ``None``."""
    if appointment_id >= 2**63:
        return None
    return session.scalars(visible_appointments(actor).where(Appointment.id == appointment_id)).one_or_none()


def desk_of(session: Session, found: Appointment) -> AppointmentDesk:
    """Return the desk of a visible appointment, also one that was closed since."""
    mine = AppointmentDesk.county_code == found.county_code, AppointmentDesk.id == found.desk_id
    return session.scalars(select(AppointmentDesk).where(*mine)).one()


def shown(session: Session, found: Appointment, *, full: bool = False) -> AppointmentView:
    """Return a visible appointment masked; ``full`` only for an action that has recorded it. Raises ``KeyFault``."""
    return _view(ring_of(session), found, desk_of(session, found).name, full)


def _view(ring: KeyRing, found: Appointment, desk_name: str, full: bool = False) -> AppointmentView:
    name, phone = (
        ring.unseal(value, sealed_at(found.county_code, found.row_key, column))
        for column, value in (("name", found.name), ("phone", found.phone))
    )
    return AppointmentView(
        found, desk_name, name if full else mask_name(name), phone if full else mask_number(phone)
    )  # fmt: skip


def steps_of(session: Session, found: Appointment) -> list[AppointmentStep]:
    """Return what was done to a visible appointment, the newest first."""
    mine = AppointmentStep.county_code == found.county_code, AppointmentStep.appointment_id == found.id
    return list(session.scalars(select(AppointmentStep).where(*mine).order_by(AppointmentStep.id.desc())))


def taken_places(session: Session, desk: AppointmentDesk, slot: Slot, but: int | None = None) -> list[int]:
    """Return the places of a desk that somebody has at any time of a slot, not counting the appointment ``but``."""
    query = select(Appointment.place).where(
        Appointment.county_code == desk.county_code,
        Appointment.desk_id == desk.id,
        Appointment.starts_at < slot.ends_at,
        Appointment.ends_at > slot.starts_at,
        Appointment.state != AppointmentState.CANCELLED.value,
        Appointment.id.is_distinct_from(but),
    )
    return list(session.scalars(query))


def day_list(
    session: Session, actor: Actor, desks: Sequence[AppointmentDesk], unit_code: int, on: date, now: datetime
) -> DayList:
    """Return a day at the given desks, which the actor serves and which are all of one unit. Raises ``NotReady``, ``KeyFault``."""
    calendar = calendar_at(session, unit_code, now)
    begin, end = midnight(on), midnight(on + timedelta(days=1))
    query = visible_appointments(actor).where(
        Appointment.unit_code == unit_code, Appointment.starts_at >= begin, Appointment.starts_at < end
    )
    found = list(session.scalars(query.order_by(Appointment.starts_at, Appointment.place, Appointment.id)))
    names = {desk.id: desk.name for desk in desks}
    ring = ring_of(session) if found else None
    views = [_view(ring, row, names.get(row.desk_id, "已停用的窗口")) for row in found] if ring else []
    held = [view for view in views if view.row.state not in ENDED]
    days = [DeskDay(desk, _rows(calendar, desk, held, on, now)) for desk in desks]
    cancelled = tuple(view for view in views if view.row.state in ENDED)
    return DayList(on, closed_reason(calendar, on), holidays_note(calendar, on), tuple(days), cancelled)


def _rows(
    calendar: Any, desk: AppointmentDesk, views: Sequence[AppointmentView], on: date, now: datetime
) -> tuple[SlotRow, ...]:
    """Return the slots of a desk, with those of appointments that were made under earlier hours."""
    own = [view for view in views if view.row.desk_id == desk.id]
    regular = set(slots_on(calendar, on, desk.slot_minutes))
    slots = sorted(regular | {Slot(view.row.starts_at, view.row.ends_at) for view in own})
    return tuple(_row(desk, slot, own, slot in regular and slot.starts_at > now) for slot in slots)


def _row(desk: AppointmentDesk, slot: Slot, own: Sequence[AppointmentView], bookable: bool) -> SlotRow:
    held = tuple(view for view in own if (view.row.starts_at, view.row.ends_at) == tuple(slot))
    over = [v.row.place for v in own if v.row.starts_at < slot.ends_at and v.row.ends_at > slot.starts_at]
    return SlotRow(slot, held, len(free_places(desk.capacity, over)) if bookable else 0)


def next_open_day(session: Session, unit_code: int, after: date, now: datetime) -> date:
    """Return the first day after a date on which people are received, at most 60 days on."""
    calendar = calendar_at(session, unit_code, now)
    days = (after + timedelta(days=count) for count in range(1, 61))
    return next((day for day in days if calendar.windows_on(day)), after + timedelta(days=1))


def of_case(session: Session, actor: Actor, case: Case) -> list[tuple[Appointment, str]]:
    """Return the appointments of desks the actor serves that a visible case came of, with the name of the desk."""
    query = (
        visible_appointments(actor)
        .where(Appointment.county_code == case.county_code, Appointment.case_code == case.case_code)
        .join(
            AppointmentDesk,
            (AppointmentDesk.county_code == Appointment.county_code) & (AppointmentDesk.id == Appointment.desk_id),
        )
        .add_columns(AppointmentDesk.name)
        .order_by(Appointment.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]
