"""A work calendar as a plain value: windows by weekday, special days, and how each kind of time is counted.

All arithmetic is done on whole microseconds since 1970 (UTC), looked up by bisection in arrays that are made once per calendar
and year, so a deadline over months costs a few lookups. Local time is that of Asia/Shanghai, whatever zone the server has.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import accumulate
from typing import NamedTuple
from zoneinfo import ZoneInfo

from gridmap.errors import BadInput

ZONE = ZoneInfo("Asia/Shanghai")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
MINUTE = 60_000_000
DAY = timedelta(days=1)
MOST_YEARS = 60  # how far a limit is followed before the calendar is called empty


class TimeKind(StrEnum):
    """The four kinds of time in which limits are given."""

    EMERGENCY_HOURS = "emergency_hours"
    WORK_HOURS = "work_hours"
    WORK_DAYS = "work_days"
    NATURAL_DAYS = "natural_days"

    @property
    def in_days(self) -> bool:
        """Whether it is counted in whole days."""
        return self in (TimeKind.WORK_DAYS, TimeKind.NATURAL_DAYS)

    @property
    def needs_holidays(self) -> bool:
        """Whether the holidays of a year can change the result."""
        return self is not TimeKind.EMERGENCY_HOURS


KIND_NAMES = {
    TimeKind.EMERGENCY_HOURS: "紧急工作时",
    TimeKind.WORK_HOURS: "工作时",
    TimeKind.WORK_DAYS: "工作日",
    TimeKind.NATURAL_DAYS: "自然日",
}


class DayEnd(StrEnum):
    """At what time of its last day a limit in days falls due."""

    CLOSE = "close"  # the end of the day's last work window; 24:00 on a rest day
    MIDNIGHT = "midnight"  # 24:00


@dataclass(frozen=True)
class Counting:
    """How a kind of day is counted: data of a calendar, with where the rule comes from."""

    counts_start_day: bool
    ends_at: DayEnd
    last_day_moves: bool  # a last day that is a rest day moves to the next work day
    source: str


class Window(NamedTuple):
    """Work time of a day: minutes since midnight, ``opens_minute <= t < closes_minute``, at most 1440."""

    opens_minute: int
    closes_minute: int


@dataclass(frozen=True)
class Day:
    """A day that differs from its weekday: a holiday, a 调休 work day, or other windows (``None``: those of the weekday)."""

    on: date
    is_workday: bool
    name: str
    source: str = ""
    windows: tuple[Window, ...] | None = None


class Year(NamedTuple):
    """One year ready for bisection. Instants and lengths in microseconds; marks are the ends of the days that count."""

    opens: list[int]
    closes: list[int]
    before: list[int]  # work time of the year before each window; one more entry: the whole year
    work_marks: list[int]
    natural_marks: list[int]


def microseconds(instant: datetime) -> int:
    """Return an aware instant as microseconds since 1970 UTC. Raises ``ValueError`` for a naive one."""
    if instant.tzinfo is None:
        raise ValueError("an instant must be aware")
    return (instant - EPOCH) // MICROSECOND


def instant_of(value: int) -> datetime:
    """Return microseconds since 1970 as an aware instant in UTC."""
    return EPOCH + timedelta(microseconds=value)


def local_date(instant: datetime) -> date:
    """Return the civil date in Asia/Shanghai."""
    return instant.astimezone(ZONE).date()


def midnight(on: date) -> datetime:
    """Return 00:00 of a civil date in Asia/Shanghai, in UTC."""
    return datetime(on.year, on.month, on.day, tzinfo=ZONE).astimezone(UTC)


@dataclass(frozen=True, eq=False)
class WorkCalendar:
    """One version of a calendar; it never changes.

    ``weekly``: ISO weekday (1 Monday … 7 Sunday) → windows in order; a weekday without windows is a rest day.
    ``earlier``: what counted until an instant, for a timer that went over to this version while it ran.
    """

    version_id: int
    label: str
    weekly: Mapping[int, tuple[Window, ...]]
    days: Mapping[date, Day]
    published_years: frozenset[int]
    counting: Mapping[TimeKind, Counting]
    earlier: tuple[datetime, WorkCalendar] | None = None
    _years: dict[int, Year] = field(default_factory=dict, repr=False)
    _joins: dict[int, Year] = field(default_factory=dict, repr=False)

    def after(self, at: datetime, earlier: WorkCalendar) -> WorkCalendar:
        """Return this calendar counting from ``at`` on, and ``earlier`` until then."""
        return replace(self, earlier=(at, earlier), _joins={})

    def on_date(self, on: date) -> WorkCalendar:
        """Return the version that counts at the end of a date."""
        if self.earlier and on < local_date(self.earlier[0]):
            return self.earlier[1].on_date(on)
        return self

    def is_workday(self, on: date) -> bool:
        """Say whether people work on a date."""
        return bool(self.windows_on(on))

    def windows_on(self, on: date) -> tuple[Window, ...]:
        """Return the windows of a date; a 调休 work day takes those of the first work day of the week, if it names none."""
        source = self.on_date(on)
        usual = source.weekly.get(on.isoweekday(), ())
        day = source.days.get(on)
        if day is None:
            return usual
        if not day.is_workday:
            return ()
        if day.windows is not None:
            return day.windows
        return usual or next((source.weekly[d] for d in range(1, 8) if source.weekly.get(d)), ())

    def day_name(self, on: date) -> str:
        """Say what a date is: 国庆节, 周末, 上班时间, 调休上班（国庆节）…"""
        source = self.on_date(on)
        day, usual = source.days.get(on), bool(source.weekly.get(on.isoweekday()))
        if not source.windows_on(on):
            return (day.name if day else "") or ("周末" if on.isoweekday() > 5 else "休息日")
        word = "上班时间" if usual else "调休上班"
        return f"{word}（{day.name}）" if day and day.name else word

    def is_published(self, year: int) -> bool:
        """Say whether the holidays of a year are known to this version."""
        return year in self.on_date(date(year, 12, 31)).published_years

    def year(self, number: int) -> Year:
        """Return the arrays of a year, made at first use."""
        if self.earlier is None:
            return self._own(number)
        found = self._joins.get(number)
        if found is None:
            found = self._joins[number] = self._joined(number, *self.earlier)
        return found

    def _own(self, number: int) -> Year:
        found = self._years.get(number)
        if found is None:
            found = self._years[number] = replace(self, earlier=None)._compiled(number)
        return found

    def _compiled(self, number: int) -> Year:
        opens, closes, work_marks, natural_marks = [], [], [], []
        on = date(number, 1, 1)
        while on.year == number:
            start = microseconds(midnight(on))
            windows = self.windows_on(on)
            opens += [start + window.opens_minute * MINUTE for window in windows]
            closes += [start + window.closes_minute * MINUTE for window in windows]
            close = closes[-1] if windows else start + 1440 * MINUTE
            if windows:
                work_marks.append(self._mark(TimeKind.WORK_DAYS, start, close))
            natural_marks.append(self._mark(TimeKind.NATURAL_DAYS, start, close))
            on += DAY
        return _year(opens, closes, work_marks, natural_marks)

    def _mark(self, kind: TimeKind, start: int, close: int) -> int:
        return close if self.counting[kind].ends_at is DayEnd.CLOSE else start + 1440 * MINUTE

    def _joined(self, number: int, change: datetime, earlier: WorkCalendar) -> Year:
        """Join two versions at the instant of the change; the day of the change still counts once."""
        change_year = local_date(change).year
        if number != change_year:
            return self._own(number) if number > change_year else earlier.year(number)
        at, old, new = microseconds(change), earlier.year(number), self._own(number)
        spans = [(a, min(b, at)) for a, b in zip(old.opens, old.closes, strict=True) if a < at]
        spans += [(max(a, at), b) for a, b in zip(new.opens, new.closes, strict=True) if b > at]
        day = microseconds(midnight(local_date(change)))
        return _year(
            [a for a, _ in spans],
            [b for _, b in spans],
            _joined_marks(old.work_marks, new.work_marks, at, day),
            _joined_marks(old.natural_marks, new.natural_marks, at, day),
        )


def _year(opens: list[int], closes: list[int], work_marks: list[int], natural_marks: list[int]) -> Year:
    lengths = (b - a for a, b in zip(opens, closes, strict=True))
    return Year(opens, closes, list(accumulate(lengths, initial=0)), work_marks, natural_marks)


def _joined_marks(old: list[int], new: list[int], at: int, day: int) -> list[int]:
    """Old marks up to the change, new ones after it; a day that both count is counted once, if need be at the change."""
    kept = [mark for mark in old if mark <= at]
    counted_today = bool(kept) and kept[-1] > day
    rest = [mark for mark in new if mark > day and not (counted_today and mark <= day + 1440 * MINUTE)]
    return kept + [max(mark, at + 1) if mark <= at else mark for mark in rest]


def position(year: Year, kind: TimeKind, at: int) -> int:
    """Return what counted in a year until ``at``: microseconds of work time, or days."""
    if kind is TimeKind.WORK_HOURS:
        index = bisect_right(year.opens, at) - 1
        return 0 if index < 0 else year.before[index] + min(at, year.closes[index]) - year.opens[index]
    return bisect_right(year.work_marks if kind is TimeKind.WORK_DAYS else year.natural_marks, at)


def counted(calendar: WorkCalendar, kind: TimeKind, start: int, end: int) -> int:
    """Return what counts in ``(start, end]``: microseconds for hours, days for days."""
    if end <= start:
        return 0
    if kind is TimeKind.EMERGENCY_HOURS:
        return end - start
    first, last = local_date(instant_of(start)).year, local_date(instant_of(end)).year
    years = [calendar.year(number) for number in range(first, last + 1)]
    return sum(position(year, kind, end) - position(year, kind, start) for year in years)


def reach(calendar: WorkCalendar, kind: TimeKind, start: int, need: int) -> int:
    """Return the first instant at which ``need`` has counted since ``start``. Raises ``BadInput`` if there is none."""
    if kind is TimeKind.EMERGENCY_HOURS:
        return start + need
    first = local_date(instant_of(start)).year
    for number in range(first, first + MOST_YEARS):
        year = calendar.year(number)
        passed = position(year, kind, start)
        marks = year.work_marks if kind is TimeKind.WORK_DAYS else year.natural_marks
        whole = year.before[-1] if kind is TimeKind.WORK_HOURS else len(marks)
        if passed + need > whole:
            need -= whole - passed
        elif kind is TimeKind.WORK_HOURS:
            index = bisect_left(year.before, passed + need) - 1
            return year.opens[index] + passed + need - year.before[index]
        else:
            return marks[passed + need - 1]
    raise BadInput(f"{calendar.label}里没有足够的工作时间，算不出到期时间，请检查工作日历的上班时段。")
