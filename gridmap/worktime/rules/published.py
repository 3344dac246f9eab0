"""The holidays and 调休 work days that the State Council announced, as the library ``chinese_calendar`` knows them."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version

from chinese_calendar.constants import Holiday, holidays, workdays

from gridmap.worktime.rules.calendar import Day, WorkCalendar

SOURCE = "chinese_calendar"
DAY_WORD = {"清明": "清明节", "端午": "端午节", "中秋": "中秋节"}


def published_years() -> tuple[int, ...]:
    """Return the years whose holidays the library knows, ascending."""
    return tuple(sorted({on.year for on in holidays}))


def published_days(year: int) -> tuple[Day, ...]:
    """Return the days of a year that differ from their weekday, ascending."""
    source = f"{SOURCE} {version(SOURCE)}"
    off = [Day(on, False, holiday_name(name), source) for on, name in holidays.items() if on.year == year]
    on_again = [Day(on, True, holiday_name(name), source) for on, name in workdays.items() if on.year == year]
    return tuple(sorted(off + on_again, key=lambda day: day.on))


def holiday_name(name: str) -> str:
    """Return the Chinese name of one of the library's holidays."""
    chinese = Holiday(name).chinese
    return DAY_WORD.get(chinese, chinese)


def is_imported(day: Day) -> bool:
    """Say whether a day came from the library, not from a person."""
    return day.source.startswith(SOURCE)


def with_published(calendar: WorkCalendar, years: tuple[int, ...]) -> WorkCalendar:
    """Return ``calendar`` with the library's days of ``years``; days that a person set stay as they are."""
    wanted = set(years) & set(published_years())
    kept = {on: day for on, day in calendar.days.items() if on.year not in wanted or not is_imported(day)}
    fresh = {day.on: day for year in wanted for day in published_days(year)}
    merged = dict(sorted((fresh | kept).items()))
    return replace(calendar, days=merged, published_years=calendar.published_years | wanted, _years={}, _joins={})
