"""A year laid out in months and weeks for the eye, and its holidays as a list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

from gridmap.worktime.rules.calendar import DAY, WorkCalendar
from gridmap.worktime.rules.words import spoken_day

Look = Literal["work", "rest", "holiday", "makeup", "changed"]
LOOK_NAMES: dict[Look, str] = {
    "work": "工作日",
    "rest": "周末",
    "holiday": "放假",
    "makeup": "调休上班",
    "changed": "上班时间有调整",
}


@dataclass(frozen=True)
class Cell:
    """One day: how it looks, and what it is in words."""

    on: date
    look: Look
    words: str


@dataclass(frozen=True)
class Month:
    """Weeks from Monday to Sunday; ``None`` is a day of another month."""

    number: int
    weeks: tuple[tuple[Cell | None, ...], ...]


@dataclass(frozen=True)
class Holiday:
    """Days off in a row under one name, and the days worked for them."""

    name: str
    first_on: date
    last_on: date
    makeup_on: tuple[date, ...]

    @property
    def days(self) -> int:
        """How many days off."""
        return (self.last_on - self.first_on).days + 1


def look_of(calendar: WorkCalendar, on: date) -> Look:
    """Return how a day looks."""
    special, usual = on in calendar.days, bool(calendar.weekly.get(on.isoweekday()))
    if not calendar.windows_on(on):
        return "holiday" if special else "rest"
    if not usual:
        return "makeup"
    return "changed" if special else "work"


def months_of(calendar: WorkCalendar, year: int) -> tuple[Month, ...]:
    """Return the twelve months of a year."""
    return tuple(_month(calendar, year, number) for number in range(1, 13))


def _month(calendar: WorkCalendar, year: int, number: int) -> Month:
    on = date(year, number, 1)
    cells: list[Cell | None] = [None] * (on.isoweekday() - 1)
    while on.month == number:
        cells.append(Cell(on, look_of(calendar, on), spoken_day(calendar, on)))
        on += DAY
    cells += [None] * (-len(cells) % 7)
    return Month(number, tuple(tuple(cells[i : i + 7]) for i in range(0, len(cells), 7)))


def holidays_of(calendar: WorkCalendar, year: int) -> tuple[Holiday, ...]:
    """Return the holidays of a year in order, with the work days that make up for each."""
    days = [day for on, day in sorted(calendar.days.items()) if on.year == year]
    runs: list[tuple[str, date, date]] = []
    for day in days:
        if day.is_workday:
            continue
        if runs and runs[-1][0] == day.name and day.on - runs[-1][2] == DAY:
            runs[-1] = (day.name, runs[-1][1], day.on)
        else:
            runs.append((day.name, day.on, day.on))
    longest: dict[str, tuple[str, date, date]] = {}
    for run in runs:
        if run[0] not in longest or run[2] - run[1] > longest[run[0]][2] - longest[run[0]][1]:
            longest[run[0]] = run
    made_up = {name: tuple(d.on for d in days if d.is_workday and d.name == name) for name in longest}
    return tuple(Holiday(*run, made_up[run[0]] if longest[run[0]] == run else ()) for run in runs)
