"""预约 as plain values: slots of a day from the calendar, closed days with their reason, what may be done when."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from gridmap.cases.rules.appointments import (
    AppointmentAct,
    AppointmentState,
    DeskRule,
    act_fault,
    closed_reason,
    free_places,
    holidays_note,
    slot_fault,
    slots_on,
)
from gridmap.clock import CHINA, local
from gridmap.worktime.rules import Counting, Day, DayEnd, TimeKind, Window, WorkCalendar

MORNING, AFTERNOON = Window(510, 690), Window(810, 1050)  # 08:30–11:30, 13:30–17:30
RULE = DeskRule("一号窗口", 30, 2, 30)
COUNTING = Counting(False, DayEnd.CLOSE, True, "")
CALENDAR = WorkCalendar(
    1,
    "测试日历",
    {day: (MORNING, AFTERNOON) for day in range(1, 6)},
    {
        date(2026, 10, 1): Day(date(2026, 10, 1), False, "国庆节"),
        date(2026, 10, 10): Day(date(2026, 10, 10), True, "国庆节"),
        date(2026, 11, 25): Day(date(2026, 11, 25), True, "", windows=(Window(540, 625),)),
    },
    frozenset({2026}),
    {TimeKind.WORK_DAYS: COUNTING, TimeKind.NATURAL_DAYS: COUNTING},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


def times(on: date, minutes: int) -> list[str]:
    return [f"{local(slot.starts_at):%H:%M}" for slot in slots_on(CALENDAR, on, minutes)]


def test_slots_are_cut_from_the_work_windows_and_leave_the_lunch_out() -> None:
    assert times(date(2026, 11, 24), 60) == ["08:30", "09:30", "10:30", "13:30", "14:30", "15:30", "16:30"]


def test_what_is_left_at_the_end_of_a_window_is_no_slot() -> None:
    assert times(date(2026, 11, 25), 30) == ["09:00", "09:30"]  # the window ends at 10:25


def test_a_holiday_and_a_weekend_are_closed_with_their_reason_and_a_makeup_day_is_open() -> None:
    assert closed_reason(CALENDAR, date(2026, 10, 1)) == "10月1日是国庆节，不接待，请选择其他日期。"
    assert closed_reason(CALENDAR, date(2026, 11, 28)) == "11月28日是周末，不接待，请选择其他日期。"
    assert closed_reason(CALENDAR, date(2026, 10, 10)) == ""
    assert len(slots_on(CALENDAR, date(2026, 10, 10), 30)) == 14
    assert slots_on(CALENDAR, date(2026, 10, 1), 30) == ()


def test_a_year_without_published_holidays_says_so() -> None:
    assert holidays_note(CALENDAR, date(2026, 12, 31)) == ""
    assert "2027 年放假安排尚未公布" in holidays_note(CALENDAR, date(2027, 1, 4))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2026-11-24T09:00", ""),
        ("2026-11-23T08:30", "已经开始或过去"),
        ("2026-11-24T09:10", "不是可以预约的时段"),
        ("2026-11-24T12:00", "不是可以预约的时段"),
        ("2026-11-28T09:00", "周末"),
        ("2026-12-24T09:00", "30 天以内"),
    ],
)
def test_why_a_slot_cannot_be_had(asked: str, words: str) -> None:
    fault = slot_fault(CALENDAR, RULE, at(asked), at("2026-11-23T09:00"))
    assert (words in fault) if words else not fault


def test_free_places_fill_the_gap_first() -> None:
    assert free_places(3, [1, 3]) == [2]
    assert free_places(1, [1]) == []
    assert free_places(1, [1, 2]) == []  # the capacity was lowered after they were booked


def test_arriving_is_for_today_missing_for_what_began_and_nothing_for_what_is_over() -> None:
    start = at("2026-11-24T09:00")
    booked = AppointmentState.BOOKED
    assert act_fault(booked, start, AppointmentAct.ARRIVE, at("2026-11-24T08:00")) == ""
    assert "不在今天" in act_fault(booked, start, AppointmentAct.ARRIVE, at("2026-11-23T09:00"))
    assert "还没有到" in act_fault(booked, start, AppointmentAct.MISS, at("2026-11-24T08:59"))
    assert act_fault(booked, start, AppointmentAct.MISS, start + timedelta(minutes=1)) == ""
    late = act_fault(AppointmentState.MISSED, start, AppointmentAct.ARRIVE, start.astimezone(UTC) + timedelta(hours=1))
    assert late == ""  # who comes late the same day is received
    for act in (AppointmentAct.MOVE, AppointmentAct.CANCEL, AppointmentAct.MISS, AppointmentAct.ARRIVE):
        assert "已取消" in act_fault(AppointmentState.CANCELLED, start, act, start)
