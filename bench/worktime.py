"""Limits: how long a deadline over 60 work days takes, with and without pauses, and its explanation."""

from __future__ import annotations

import timeit
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from bench.measure import Measure
from gridmap.worktime.rules import ZONE, Counting, DayEnd, Limit, Pause, TimeKind, Window, WorkCalendar, due_at, explain
from gridmap.worktime.rules.published import published_days, published_years

BAR_MS = 0.2
START = datetime(2026, 9, 30, 17, 30, tzinfo=ZONE)
WINDOWS = (Window(510, 720), Window(810, 1080))


def calendar() -> WorkCalendar:
    """Return a calendar of eight hours a day with every holiday that is known."""
    days = {day.on: day for year in published_years() for day in published_days(year)}
    rule = Counting(False, DayEnd.CLOSE, False, "")
    counting = {TimeKind.WORK_DAYS: rule, TimeKind.NATURAL_DAYS: rule}
    weekly = {weekday: WINDOWS for weekday in range(1, 6)}
    return WorkCalendar(1, "日历", weekly, days, frozenset(published_years()), counting)


def measures() -> list[Measure]:
    """Return milliseconds a call, the best of five runs, on a calendar that has been used before as in a server."""
    used, hours = calendar(), Limit(TimeKind.WORK_HOURS, 480)  # type: ignore[arg-type]
    days = Limit(TimeKind.WORK_DAYS, 60)  # type: ignore[arg-type]
    first = START.replace(month=10, day=9)
    pauses = [Pause(first + timedelta(days=9 * n), first + timedelta(days=9 * n + 2), "等") for n in range(5)]
    sides: list[tuple[str, Callable[[], Any], float | None]] = [
        ("60_work_days", lambda: due_at(START, days, used), BAR_MS),
        ("480_work_hours", lambda: due_at(START, hours, used), BAR_MS),
        ("60_work_days_5_pauses", lambda: due_at(START, days, used, pauses), BAR_MS),
        ("60_work_days_new_calendar", lambda: due_at(START, days, calendar()), None),
        ("explain_480_work_hours", lambda: explain(START, hours, used), None),
    ]
    assert due_at(START, days, used).astimezone(ZONE).date() == date(2026, 12, 29)
    return [Measure(f"limit.{name}", best_ms(call), "ms", bar) for name, call, bar in sides]


def best_ms(call: Callable[[], Any]) -> float:
    """Return the milliseconds of a call: the best of five runs, each of some 50 ms."""
    once = max(timeit.timeit(call, number=3) / 3, 1e-6)
    number = max(1, int(0.05 / once))
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1000


if __name__ == "__main__":
    for row in measures():
        print(row)
