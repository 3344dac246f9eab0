"""Why a limit falls due when it does: every counted and every skipped interval, with its reason in Chinese, and the total."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from gridmap.worktime.rules.calendar import (
    DAY,
    KIND_NAMES,
    MINUTE,
    TimeKind,
    WorkCalendar,
    instant_of,
    local_date,
    microseconds,
    midnight,
)
from gridmap.worktime.rules.limits import (
    Limit,
    Pause,
    counting_from,
    day_of_mark,
    due_at,
    merged_pauses,
    worked,
)
from gridmap.worktime.rules.timers import Calendars, Timer, calendar_for, timer_due_at

NOON = (11 * 60, 15 * 60)  # a gap between windows that meets these hours is the lunch break


@dataclass(frozen=True)
class Span:
    """One interval: whether it counts, why, and how much (hours, or counted days)."""

    start_at: datetime
    end_at: datetime
    is_counted: bool
    reason: str
    amount: timedelta = timedelta(0)


@dataclass(frozen=True)
class Explanation:
    """All intervals from the start to the due time (or to now), their total, and what should be known about them."""

    kind: TimeKind
    limit: Limit
    calendar_label: str
    start_at: datetime
    end_at: datetime
    due_at: datetime
    spans: tuple[Span, ...]
    total: timedelta
    notes: tuple[str, ...]


def explain(
    start: datetime,
    limit: Limit,
    calendar: WorkCalendar,
    pauses: Sequence[Pause] = (),
    *,
    until: datetime | None = None,
) -> Explanation:
    """Explain ``due_at`` of the same arguments; ``until``: explain only what is used until then (at most until due)."""
    due = due_at(start, limit, calendar, pauses)
    end = min(until, due) if until else due
    make = _days if limit.kind.in_days else _hours
    spans = tuple(_merged(make(start, end, limit, calendar, merged_pauses(pauses))))
    return Explanation(
        limit.kind,
        limit,
        calendar.label,
        start,
        end,
        due,
        spans,
        sum((span.amount for span in spans), timedelta(0)),
        unpublished_notes(start, end, calendar, limit.kind),
    )


def explain_timer(timer: Timer, calendars: Calendars, *, until: datetime | None = None) -> Explanation:
    """Explain when a timer falls due; ``until`` as in ``explain``."""
    calendar = calendar_for(timer, calendars)
    told = explain(timer.started_at, timer.limit, calendar, timer.pauses, until=until)
    due = timer_due_at(timer, calendars)
    if due > told.due_at:
        note = "变更时限时，已用的时间已超过新时限，因此自变更时起即到期，变更前不算超时。"
        return replace(told, due_at=due, notes=(note, *told.notes))
    return told


def unpublished_notes(start: datetime, end: datetime, calendar: WorkCalendar, kind: TimeKind) -> tuple[str, ...]:
    """Say which years of an interval were counted without knowing their holidays."""
    if not kind.needs_holidays:
        return ()
    years = range(local_date(start).year, day_of_mark(end).year + 1)
    return tuple(f"{y} 年的放假安排尚未公布，按周末计算。" for y in years if not calendar.is_published(y))


def _hours(
    start: datetime, end: datetime, limit: Limit, calendar: WorkCalendar, pauses: Sequence[Pause]
) -> Iterator[Span]:
    """Yield the intervals of a limit in hours; a pause is one interval, whatever lies within."""
    begin = start
    for pause in pauses:
        if pause.until_at <= begin or pause.paused_at >= end:
            continue
        yield from _open_hours(begin, pause.paused_at, limit.kind, calendar)
        yield Span(max(begin, pause.paused_at), min(end, pause.until_at), False, f"暂停：{pause.reason}")
        begin = pause.until_at
    yield from _open_hours(begin, end, limit.kind, calendar)


def _open_hours(start: datetime, end: datetime, kind: TimeKind, calendar: WorkCalendar) -> Iterator[Span]:
    if start >= end:
        return
    if kind is TimeKind.EMERGENCY_HOURS:
        yield Span(start, end, True, "昼夜连续计算", end - start)
        return
    on = local_date(start)
    while midnight(on) < end:
        for piece in _pieces(on, calendar):
            begin, stop = max(piece.start_at, start), min(piece.end_at, end)
            if begin < stop:
                amount = worked(begin, stop, calendar, kind) if piece.is_counted else timedelta(0)
                yield replace(piece, start_at=begin, end_at=stop, amount=amount)
        on += DAY


def _pieces(on: date, calendar: WorkCalendar) -> Iterator[Span]:
    """Yield a day from 0:00 to 24:00 in windows and gaps, as the calendar's own arrays have them."""
    day, arrays = microseconds(midnight(on)), calendar.year(on.year)
    here = slice(bisect_left(arrays.opens, day), bisect_left(arrays.opens, day + 1440 * MINUTE))
    inside = [
        ((a - day) // MINUTE, instant_of(a), instant_of(b))
        for a, b in zip(arrays.opens[here], arrays.closes[here], strict=True)
    ]
    named_by = calendar
    if inside and calendar.earlier and not calendar.is_workday(on):  # people worked until the calendar changed that day
        named_by = calendar.earlier[1]
    name, end_of_day = named_by.day_name(on), midnight(on + DAY)
    if not inside:
        yield Span(midnight(on), end_of_day, False, name)
        return
    begin = midnight(on)
    for number, (opens_minute, opens, closes) in enumerate(inside):
        gap = "午休" if number and _is_noon(on, begin, opens_minute) else ("间休" if number else "下班时间")
        if begin < opens:
            yield Span(begin, opens, False, gap)
        yield Span(opens, closes, True, name)
        begin = closes
    if begin < end_of_day:
        yield Span(begin, end_of_day, False, "下班时间")


def _is_noon(on: date, gap_from: datetime, gap_to_minute: int) -> bool:
    return (gap_from - midnight(on)) < timedelta(minutes=NOON[1]) and gap_to_minute > NOON[0]


def _days(
    start: datetime, end: datetime, limit: Limit, calendar: WorkCalendar, pauses: Sequence[Pause]
) -> Iterator[Span]:
    """Yield one interval for each day: it counts at its end, unless that lies in a pause."""
    origin, on, number = counting_from(start, calendar, limit.kind), local_date(start), 0
    while midnight(on) < end:
        begin, stop = max(midnight(on), start), min(midnight(on + DAY), end)
        whole = worked(max(begin, origin), midnight(on + DAY), calendar, limit.kind)
        runs = worked(max(begin, origin), stop, calendar, limit.kind, pauses)
        if runs and number < limit.length.days:
            number += runs.days
            kind = KIND_NAMES[limit.kind]
            yield Span(begin, stop, True, f"第 {number} 个{kind}（{_day_word(on, calendar)}）", runs)
        else:
            yield Span(begin, stop, False, _why_not(on, begin, origin, whole, limit, calendar, pauses, number))
        on += DAY


def _why_not(
    on: date,
    begin: datetime,
    origin: datetime,
    whole: timedelta,
    limit: Limit,
    calendar: WorkCalendar,
    pauses: Sequence[Pause],
    number: int,
) -> str:
    if begin < origin:
        return "起算当日不计"
    if number >= limit.length.days:
        return f"最后一日遇{_day_word(on, calendar)}，顺延" if not calendar.is_workday(on) else "顺延至此日"
    if not whole:
        return calendar.day_name(on) if not calendar.is_workday(on) else "起算时当日工作已结束"
    paused = next((p for p in pauses if p.paused_at < midnight(on + DAY) and p.until_at > begin), None)
    return f"暂停：{paused.reason}" if paused else "尚未到当日截止时间"


def _day_word(on: date, calendar: WorkCalendar) -> str:
    name = calendar.day_name(on)
    return "工作日" if name == "上班时间" else name


def _merged(spans: Iterator[Span]) -> Iterator[Span]:
    """Join neighbours that are skipped for the same reason."""
    last: Span | None = None
    for span in spans:
        if last and not span.is_counted and last.reason == span.reason and last.end_at == span.start_at:
            last = replace(last, end_at=span.end_at)
            continue
        if last:
            yield last
        last = span
    if last:
        yield last
