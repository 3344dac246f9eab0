"""What holds for every calendar, start, limit and pause; and whatever zone the server's clock has."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gridmap.worktime.rules import (
    Counting,
    Day,
    DayEnd,
    Limit,
    Pause,
    TimeKind,
    Window,
    WorkCalendar,
    due_at,
    explain,
    remaining,
    used,
    worked,
)

KINDS = st.sampled_from(list(TimeKind))
MOMENTS = st.datetimes(datetime(2025, 11, 1), datetime(2027, 3, 1), timezones=st.just(UTC))  # noqa: DTZ001
MINUTES = st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True).map(sorted)
FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def windows(draw: st.DrawFn) -> tuple[Window, ...]:
    """Disjoint windows of a day."""
    edges = draw(MINUTES)
    return tuple(Window(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False))


@st.composite
def calendars(draw: st.DrawFn) -> WorkCalendar:
    """A calendar with any windows, days off and days on."""
    usual = draw(windows())
    weekly = {weekday: draw(st.one_of(st.just(usual), windows())) for weekday in range(1, 6)}
    days = draw(st.dictionaries(st.dates(date(2025, 11, 1), date(2027, 3, 1)), st.booleans(), max_size=40))
    end, counts_start = st.sampled_from(DayEnd), st.booleans()
    return WorkCalendar(
        draw(st.integers(1, 9)),
        "日历",
        weekly,
        {on: Day(on, is_workday, "某日") for on, is_workday in days.items()},
        frozenset({2026}),
        {
            TimeKind.WORK_DAYS: Counting(draw(counts_start), draw(end), False, ""),
            TimeKind.NATURAL_DAYS: Counting(draw(counts_start), draw(end), draw(st.booleans()), ""),
        },
    )


@st.composite
def limits(draw: st.DrawFn) -> Limit:
    """A limit of any kind."""
    kind = draw(KINDS)
    return Limit(kind, draw(st.integers(1, 30) if kind.in_days else st.decimals(1, 80, places=0)))  # type: ignore[arg-type]


@st.composite
def pause_lists(draw: st.DrawFn) -> list[Pause]:
    """Pauses anywhere, overlapping too."""
    starts = draw(st.lists(MOMENTS, max_size=3))
    return [Pause(s, s + draw(st.timedeltas(timedelta(minutes=1), timedelta(days=9))), "等") for s in starts]


@FEW
@given(calendars(), KINDS, st.lists(MOMENTS, min_size=3, max_size=6), pause_lists())
def test_counting_is_additive_never_negative_and_monotone(
    calendar: WorkCalendar, kind: TimeKind, moments: list[datetime], pauses: list[Pause]
) -> None:
    moments.sort()
    parts = [worked(a, b, calendar, kind, pauses) for a, b in itertools.pairwise(moments)]
    assert all(part >= timedelta(0) for part in parts)
    assert sum(parts, timedelta(0)) == worked(moments[0], moments[-1], calendar, kind, pauses)
    assert worked(moments[-1], moments[0], calendar, kind, pauses) == timedelta(0)
    assert worked(moments[0], moments[-1], calendar, kind, pauses) <= worked(moments[0], moments[-1], calendar, kind)


@FEW
@given(calendars(), MOMENTS, limits(), pause_lists())
def test_due_and_used_are_inverse(calendar: WorkCalendar, start: datetime, limit: Limit, pauses: list[Pause]) -> None:
    due = due_at(start, limit, calendar, pauses)
    assert due > start
    if limit.kind is TimeKind.NATURAL_DAYS:
        limit = Limit(limit.kind, limit.amount, last_day_moves=False)
        assert due_at(start, limit, calendar, pauses) <= due
        due = due_at(start, limit, calendar, pauses)
    assert used(start, due, calendar, limit.kind, pauses) == limit.length
    assert used(start, due - timedelta(microseconds=1), calendar, limit.kind, pauses) < limit.length
    assert remaining(start, limit, due, calendar, pauses) == timedelta(0)


@FEW
@given(calendars(), MOMENTS, MOMENTS, limits(), pause_lists())
def test_later_starts_and_longer_limits_fall_due_later(
    calendar: WorkCalendar, one: datetime, other: datetime, limit: Limit, pauses: list[Pause]
) -> None:
    first, second = sorted((one, other))
    longer = Limit(limit.kind, limit.amount + 1, limit.last_day_moves)
    assert due_at(first, limit, calendar, pauses) <= due_at(second, limit, calendar, pauses)
    assert due_at(first, limit, calendar, pauses) <= due_at(first, longer, calendar, pauses)
    assert due_at(first, limit, calendar) <= due_at(first, limit, calendar, pauses)


@FEW
@given(calendars(), MOMENTS, MOMENTS, limits(), pause_lists())
def test_used_and_remaining_make_the_whole(
    calendar: WorkCalendar, start: datetime, now: datetime, limit: Limit, pauses: list[Pause]
) -> None:
    limit = Limit(limit.kind, limit.amount, last_day_moves=False)
    left = remaining(start, limit, max(start, now), calendar, pauses)
    if left > timedelta(0):
        assert used(start, max(start, now), calendar, limit.kind, pauses) + left == limit.length


@settings(FEW, max_examples=60)
@given(calendars(), MOMENTS, limits(), pause_lists())
def test_an_explanation_has_no_holes_and_adds_up(
    calendar: WorkCalendar, start: datetime, limit: Limit, pauses: list[Pause]
) -> None:
    told = explain(start, limit, calendar, pauses)
    assert told.spans[0].start_at == start
    assert told.spans[-1].end_at == told.due_at == due_at(start, limit, calendar, pauses)
    assert all(a.end_at == b.start_at for a, b in zip(told.spans, told.spans[1:], strict=False))
    assert all(span.reason and (span.amount > timedelta(0)) == span.is_counted for span in told.spans)
    assert told.total == limit.length


@settings(FEW, max_examples=60)
@given(calendars(), calendars(), MOMENTS, MOMENTS, MOMENTS, KINDS)
def test_going_over_to_another_calendar_keeps_the_past_and_counts_each_day_once(
    old: WorkCalendar, new: WorkCalendar, start: datetime, change: datetime, end: datetime, kind: TimeKind
) -> None:
    start, change, end = sorted((start, change, end))
    both = new.after(change, old)
    assert worked(start, change, both, kind) == worked(start, change, old, kind)
    if kind.in_days:
        days = (end + timedelta(hours=8)).date() - (start + timedelta(hours=8)).date()
        assert worked(start, end, both, kind) <= days + timedelta(days=1)
    else:
        assert worked(change, end, both, kind) == worked(change, end, new, kind)


@pytest.fixture(params=["UTC", "America/New_York", "Pacific/Kiritimati", "Asia/Shanghai"])
def server_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """Run with the server's clock in another zone."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


def test_the_zone_of_the_server_changes_nothing(server_zone: str) -> None:
    from tests.unit.worktime.calendars import at, calendar

    fresh = calendar()
    limits_and_ends = [
        (TimeKind.WORK_HOURS, 4, "2026-10-08 12:00"),
        (TimeKind.WORK_DAYS, 1, "2026-10-08 18:00"),
        (TimeKind.NATURAL_DAYS, 2, "2026-10-09 00:00"),
        (TimeKind.EMERGENCY_HOURS, 4, "2026-09-30 21:30"),
    ]
    for kind, amount, end in limits_and_ends:
        for zone in (None, UTC):
            start = at("2026-09-30 17:30").astimezone(zone)
            assert due_at(start, Limit(kind, amount), fresh) == at(end)  # type: ignore[arg-type]
