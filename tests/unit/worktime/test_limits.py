"""When limits fall due: the hard cases."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from gridmap.errors import BadInput
from gridmap.worktime.rules import (
    Counting,
    Day,
    DayEnd,
    Limit,
    Pause,
    TimeKind,
    Window,
    due_at,
    remaining,
    used,
    worked,
)
from tests.unit.worktime.calendars import at, calendar

K = TimeKind
CALENDAR = calendar()


def due(start: str, amount: object, kind: TimeKind, *pauses: Pause, **more: object) -> str:
    """The due time as local text."""
    limit = Limit(kind, amount, **more)  # type: ignore[arg-type]
    return f"{due_at(at(start), limit, CALENDAR, pauses).astimezone(at('2026-01-01').tzinfo):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        ("2026-09-25 17:30", 4, "2026-09-28 12:00"),  # Friday 17:30: half an hour, then Monday morning
        ("2026-09-30 17:30", 4, "2026-10-08 12:00"),  # the evening before 国庆: seven days off
        ("2026-10-09 17:30", 4, "2026-10-10 12:00"),  # a Friday before a 调休 Saturday
        ("2026-10-08 11:30", 1, "2026-10-08 14:00"),  # across lunch
        ("2026-10-08 12:30", 1, "2026-10-08 14:30"),  # received at lunch
        ("2026-10-08 08:30", "3.5", "2026-10-08 12:00"),  # exactly to lunch, not to its end
        ("2026-10-08 23:59", 8, "2026-10-09 18:00"),  # received at night
        ("2026-10-11 10:00", "0.5", "2026-10-12 09:00"),  # received on a Sunday
        ("2025-12-31 17:59", 1, "2026-01-04 09:29"),  # 31 December; 4 January is a 调休 Sunday
    ],
)
def test_work_hours(start: str, amount: object, expected: str) -> None:
    assert due(start, amount, K.WORK_HOURS) == expected


@pytest.mark.parametrize(
    ("start", "amount", "expected"),
    [
        ("2026-09-25 17:30", 1, "2026-09-28 18:00"),  # the day of the start is not counted
        ("2026-09-25 00:00", 1, "2026-09-28 18:00"),
        ("2026-09-24 23:59", 1, "2026-09-25 18:00"),
        ("2026-09-30 09:00", 3, "2026-10-10 18:00"),  # 8, 9 and the 调休 Saturday
        ("2026-10-03 09:00", 1, "2026-10-08 18:00"),  # received on a holiday
        ("2025-12-31 23:59", 1, "2026-01-04 18:00"),
        ("2026-01-01 00:00", 1, "2026-01-04 18:00"),
    ],
)
def test_work_days(start: str, amount: int, expected: str) -> None:
    assert due(start, amount, K.WORK_DAYS) == expected


@pytest.mark.parametrize(
    ("start", "amount", "moves", "expected"),
    [
        ("2026-10-08 09:00", 1, None, "2026-10-10 00:00"),  # 24:00 of the 9th
        ("2026-09-30 09:00", 2, None, "2026-10-09 00:00"),  # 2 October is a holiday: moves to the 8th, 24:00
        ("2026-09-30 09:00", 2, False, "2026-10-03 00:00"),  # unless the limit says that it stays
        ("2025-12-30 09:00", 1, None, "2026-01-01 00:00"),  # 24:00 of 31 December
        ("2025-12-31 00:00", 1, None, "2026-01-05 00:00"),  # 1 January: moves to the 调休 Sunday
    ],
)
def test_natural_days(start: str, amount: int, moves: bool | None, expected: str) -> None:
    assert due(start, amount, K.NATURAL_DAYS, last_day_moves=moves) == expected


def test_emergency_runs_through_nights_and_holidays() -> None:
    assert due("2026-09-30 23:00", 4, K.EMERGENCY_HOURS) == "2026-10-01 03:00"
    assert due("2026-12-31 23:30", "0.5", K.EMERGENCY_HOURS) == "2027-01-01 00:00"


def test_a_pause_within_work_time_moves_the_end_by_its_work_time() -> None:
    pause = Pause(at("2026-10-08 10:00"), at("2026-10-08 14:30"), "等鉴定")
    assert due("2026-10-08 09:00", 4, K.WORK_HOURS, pause) == "2026-10-08 17:30"


def test_pauses_that_overlap_count_once() -> None:
    pauses = [Pause(at("2026-10-08 09:00"), at("2026-10-08 11:00"), "甲"), Pause(at("2026-10-08 10:00"), at("2026-10-08 11:30"), "乙")]  # fmt: skip
    assert due("2026-10-08 09:00", 1, K.WORK_HOURS, *pauses) == "2026-10-08 14:00"


def test_a_day_counts_if_the_clock_runs_at_its_end() -> None:
    over_the_end = Pause(at("2026-10-12 17:00"), at("2026-10-13 09:00"), "等鉴定")
    within = Pause(at("2026-10-12 09:00"), at("2026-10-12 11:00"), "等鉴定")
    assert due("2026-10-09 09:00", 2, K.WORK_DAYS) == "2026-10-12 18:00"
    assert due("2026-10-09 09:00", 2, K.WORK_DAYS, over_the_end) == "2026-10-13 18:00"
    assert due("2026-10-09 09:00", 2, K.WORK_DAYS, within) == "2026-10-12 18:00"


def test_a_moved_last_day_does_not_fall_into_a_pause() -> None:
    pause = Pause(at("2026-10-08 09:00"), at("2026-10-09 10:00"), "等鉴定")
    assert due("2026-09-30 09:00", 2, K.NATURAL_DAYS, pause) == "2026-10-10 00:00"


def test_how_days_are_counted_is_data() -> None:
    rules = calendar(
        work_days=Counting(True, DayEnd.MIDNIGHT, False, "某地规定"),
        natural_days=Counting(True, DayEnd.CLOSE, False, "某地规定"),
    )
    start = at("2026-10-08 09:00")
    assert due_at(start, Limit(K.WORK_DAYS, 1), rules) == at("2026-10-09 00:00")
    assert due_at(start, Limit(K.NATURAL_DAYS, 1), rules) == at("2026-10-08 18:00")
    assert due_at(at("2026-10-08 19:00"), Limit(K.NATURAL_DAYS, 1), rules) == at("2026-10-09 18:00")


def test_a_day_with_windows_of_its_own() -> None:
    half = calendar(days=[Day(at("2026-10-08").date(), True, "台风停工", windows=(Window(510, 720),))])
    assert due_at(at("2026-10-08 11:00"), Limit(K.WORK_HOURS, 2), half) == at("2026-10-09 09:30")
    assert due_at(at("2026-10-07 11:00"), Limit(K.WORK_DAYS, 1), half) == at("2026-10-08 12:00")


def test_remaining_and_overdue() -> None:
    start, limit = at("2026-09-30 17:30"), Limit(K.WORK_HOURS, 4)
    assert remaining(start, limit, at("2026-10-05 12:00"), CALENDAR) == timedelta(hours=3.5)
    assert remaining(start, limit, at("2026-10-08 12:00"), CALENDAR) == timedelta(0)
    assert remaining(start, limit, at("2026-10-08 13:40"), CALENDAR) == -timedelta(minutes=10)
    days = Limit(K.WORK_DAYS, 3)
    assert remaining(start, days, start, CALENDAR) == timedelta(days=3)
    assert remaining(start, days, at("2026-10-09 19:00"), CALENDAR) == timedelta(days=1)


def test_used_leaves_out_the_day_of_the_start_and_worked_does_not() -> None:
    start, end = at("2026-10-08 09:00"), at("2026-10-09 18:00")
    assert worked(start, end, CALENDAR, K.WORK_DAYS) == timedelta(days=2)
    assert used(start, end, CALENDAR, K.WORK_DAYS) == timedelta(days=1)
    assert worked(end, start, CALENDAR) == timedelta(0)


@pytest.mark.parametrize(
    ("kind", "amount", "words"),
    [
        (K.WORK_DAYS, 0, "大于 0"),
        (K.WORK_DAYS, "1.5", "整数"),
        (K.WORK_HOURS, "0.001", "精确到分钟"),
        (K.WORK_HOURS, -1, "大于 0"),
        (K.NATURAL_DAYS, 99999, "不超过 3660"),
    ],
)
def test_odd_limits_are_refused_in_words(kind: TimeKind, amount: object, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        Limit(kind, amount)  # type: ignore[arg-type]


def test_a_calendar_without_work_time_says_so() -> None:
    with pytest.raises(BadInput, match="没有足够的工作时间"):
        due_at(at("2026-10-08 09:00"), Limit(K.WORK_HOURS, 1), calendar(windows=()))


def test_naive_instants_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="aware"):
        due_at(datetime(2026, 10, 8, 9), Limit(K.WORK_HOURS, 1), CALENDAR)  # noqa: DTZ001
