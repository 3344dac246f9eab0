"""Appointments of the demonstration: desks at the centres of its towns, and fictional people with a time at them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.orm import Session

from gridmap.access import significant_digits
from gridmap.cases.models import Appointment, AppointmentDesk, AppointmentStep
from gridmap.cases.queries.appointments import sealed_at
from gridmap.cases.rules.appointments import AppointmentAct, AppointmentState, Slot, slots_on
from gridmap.crypto import KeyRing, ring_of
from gridmap.worktime.queries import calendar_at
from gridmap.worktime.rules import WorkCalendar

DESKS = (("综合接待窗口", 30, 2), ("法律咨询窗口", 60, 1))
DAYS = 3  # work days on which somebody comes
TOPICS = (
    ("何示例", "13900000001", "楼上漏水，想请社区一起上门看看"),
    ("吕示例", "13900000002", "咨询低保申请要带哪些材料"),
    ("施示例", "13900000003", "邻居占用楼道堆放杂物"),
    ("孔示例", "13900000004", "装修押金迟迟不退"),
    ("曹示例", "13900000005", "土地承包合同到期续签"),
)


def load_appointments(session: Session, units: Iterable[int], as_of: date, clerk: str) -> int:
    """Give the centres of towns among ``units`` desks, and people on the first work days from ``as_of`` on; return how many people.

    Names and telephones are sealed with the keys of this instance. Raises ``KeyFault`` when they are another database's.
    """
    now, count = datetime.now(UTC), 0
    towns = sorted(unit for unit in units if significant_digits(unit) == 9)
    if not towns:
        return 0
    ring = ring_of(session)
    for unit in towns:
        calendar = calendar_at(session, unit, now)
        days = [day for day in (as_of + timedelta(days=number) for number in range(15)) if calendar.windows_on(day)]
        for number, (name, minutes, capacity) in enumerate(DESKS):
            desk = AppointmentDesk(
                county_code=unit // 10**9, unit_code=unit, name=name, slot_minutes=minutes, capacity=capacity, days_ahead=30
            )  # fmt: skip
            session.add(desk)
            session.flush()
            for day in days[:DAYS]:
                count += _people(session, ring, calendar, desk, day, clerk, number)
    return count


def _people(
    session: Session, ring: KeyRing, calendar: WorkCalendar, desk: AppointmentDesk, day: date, clerk: str, shift: int
) -> int:
    """Give every third slot of a day to somebody."""
    slots = slots_on(calendar, day, desk.slot_minutes)[1 + shift :: 3]
    for slot, person in zip(slots, TOPICS[shift:], strict=False):
        _one(session, ring, desk, slot, person, clerk)
    return min(len(slots), len(TOPICS) - shift)


def _one(
    session: Session, ring: KeyRing, desk: AppointmentDesk, slot: Slot, person: tuple[str, str, str], clerk: str
) -> None:
    (name, phone, topic), key = person, uuid.uuid4()
    where = {"county_code": desk.county_code, "unit_code": desk.unit_code}
    sealed = {
        column: ring.seal(value, sealed_at(desk.county_code, key, column))
        for column, value in (("name", name), ("phone", phone))
    }
    made = Appointment(
        **where, **sealed, desk_id=desk.id, place=1, starts_at=slot.starts_at, ends_at=slot.ends_at, topic=topic,
        state=AppointmentState.BOOKED.value, row_key=key,
    )  # fmt: skip
    session.add(made)
    session.flush()
    session.add(
        AppointmentStep(
            **where,
            appointment_id=made.id,
            act=AppointmentAct.BOOK.value,
            at=slot.starts_at - timedelta(days=2),
            actor_name=clerk,
            desk_name=desk.name,
            starts_at=slot.starts_at,
        )
    )
