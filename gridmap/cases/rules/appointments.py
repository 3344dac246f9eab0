"""预约 as plain values: the slots of a day, why a day or a slot cannot be had, what can be done to an appointment. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from gridmap.worktime.rules import WorkCalendar
from gridmap.worktime.rules.calendar import local_date, midnight


class AppointmentState(StrEnum):
    """How far an appointment is."""

    BOOKED = "booked"
    ARRIVED = "arrived"
    MISSED = "missed"
    CANCELLED = "cancelled"


STATE_NAMES = {
    AppointmentState.BOOKED: "待到访",
    AppointmentState.ARRIVED: "已到访",
    AppointmentState.MISSED: "爽约",
    AppointmentState.CANCELLED: "已取消",
}


class AppointmentAct(StrEnum):
    """What is done to an appointment: each is a row of its history."""

    BOOK = "book"
    MOVE = "move"
    CANCEL = "cancel"
    ARRIVE = "arrive"
    MISS = "miss"
    REGISTER = "register"


ACT_NAMES = {
    AppointmentAct.BOOK: "预约",
    AppointmentAct.MOVE: "改期",
    AppointmentAct.CANCEL: "取消",
    AppointmentAct.ARRIVE: "到访",
    AppointmentAct.MISS: "标记爽约",
    AppointmentAct.REGISTER: "登记事件",
}


class Slot(NamedTuple):
    """A time that can be had: aware instants, ``starts_at <= t < ends_at``."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True)
class DeskRule:
    """How a reception desk takes appointments: minutes of a slot, people at a time, how many days ahead."""

    name: str
    slot_minutes: int
    capacity: int
    days_ahead: int


def slots_on(calendar: WorkCalendar, on: date, minutes: int) -> tuple[Slot, ...]:
    """Return the slots of a civil date: each work window cut into whole slots; what is left at its end is no slot."""
    start, length = midnight(on), timedelta(minutes=minutes)
    found = []
    for window in calendar.windows_on(on):
        begins, closes = (start + timedelta(minutes=minute) for minute in window)
        while begins + length <= closes:
            found.append(Slot(begins, begins + length))
            begins += length
    return tuple(found)


def closed_reason(calendar: WorkCalendar, on: date) -> str:
    """Say why nobody is received on a date, empty when somebody is."""
    if calendar.windows_on(on):
        return ""
    return f"{on.month}月{on.day}日是{calendar.day_name(on)}，不接待，请选择其他日期。"


def holidays_note(calendar: WorkCalendar, on: date) -> str:
    """Say that the holidays of a year are not known yet, so that a date may still turn out closed."""
    return "" if calendar.is_published(on.year) else f"{on.year} 年放假安排尚未公布，暂按周末推算，公布后请核对。"


def slot_fault(calendar: WorkCalendar, rule: DeskRule, starts_at: datetime, now: datetime) -> str:
    """Say why a slot cannot be booked at ``now`` (both aware), empty when it can, whoever else has it."""
    on = local_date(starts_at)
    if starts_at <= now:
        return "该时段已经开始或过去，请选择以后的时段。"
    if on > local_date(now) + timedelta(days=rule.days_ahead):
        return f"“{rule.name}”只接受 {rule.days_ahead} 天以内的预约，请选择较近的日期。"
    reason = closed_reason(calendar, on)
    if reason:
        return reason
    if all(slot.starts_at != starts_at for slot in slots_on(calendar, on, rule.slot_minutes)):
        return "该时间不是可以预约的时段，请从当天的时段中选择。"
    return ""


def free_places(capacity: int, taken: Iterable[int]) -> list[int]:
    """Return the places (1 … ``capacity``) of a slot that nobody has, in order."""
    held = set(taken)
    return [place for place in range(1, capacity + 1) if place not in held]


def act_fault(state: AppointmentState, starts_at: datetime, act: AppointmentAct, now: datetime) -> str:
    """Say why something cannot be done to an appointment at ``now`` (aware), empty when it can."""
    late = state is AppointmentState.MISSED and act is AppointmentAct.ARRIVE  # who comes late the same day is received
    if state is not AppointmentState.BOOKED and not late:
        return f"该预约{STATE_NAMES[state]}，不能再{ACT_NAMES[act]}。"
    if act is AppointmentAct.ARRIVE and local_date(starts_at) != local_date(now):
        return "预约不在今天，不能登记到访；来人提前到的，请先改期。"
    if act is AppointmentAct.MISS and starts_at > now:
        return "预约时间还没有到，不能标记爽约。"
    return ""
