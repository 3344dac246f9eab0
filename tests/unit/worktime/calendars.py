"""Calendars for tests: the real holidays of 2026 around 国庆 and 元旦, eight hours with a lunch break."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from gridmap.worktime.rules import ZONE, Counting, Day, DayEnd, TimeKind, Window, WorkCalendar

WINDOWS = (Window(510, 720), Window(810, 1080))  # 08:30–12:00, 13:30–18:00
COUNTING = {
    TimeKind.WORK_DAYS: Counting(False, DayEnd.CLOSE, False, "民法典"),
    TimeKind.NATURAL_DAYS: Counting(False, DayEnd.MIDNIGHT, True, "民法典"),
}
HOLIDAYS_2026 = (
    *(Day(date(2026, 10, day), False, "国庆节") for day in range(1, 8)),
    Day(date(2026, 10, 10), True, "国庆节"),  # a Saturday
    Day(date(2026, 9, 20), True, "国庆节"),  # a Sunday
    Day(date(2026, 1, 1), False, "元旦"),
    Day(date(2026, 1, 2), False, "元旦"),
    Day(date(2026, 1, 3), False, "元旦"),
    Day(date(2026, 1, 4), True, "元旦"),
)


def calendar(
    version_id: int = 1,
    *,
    days: Iterable[Day] = HOLIDAYS_2026,
    windows: tuple[Window, ...] = WINDOWS,
    years: Iterable[int] = (2025, 2026),
    **counting: Counting,
) -> WorkCalendar:
    """A calendar of five work days a week."""
    return WorkCalendar(
        version_id,
        f"全国工作日历第 {version_id} 版",
        {weekday: windows for weekday in range(1, 6)},
        {day.on: day for day in days},
        frozenset(years),
        {**COUNTING, **{TimeKind(kind): rule for kind, rule in counting.items()}},
    )


def at(text: str) -> datetime:
    """An instant by its local time, ``2026-10-08 12:00``."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)
