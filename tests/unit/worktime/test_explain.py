"""Every minute has a reason."""

from __future__ import annotations

from datetime import timedelta

from gridmap.worktime.rules import Explanation, Limit, Pause, TimeKind, explain
from tests.unit.worktime.calendars import at, calendar

K = TimeKind
CALENDAR = calendar()


def lines(told: Explanation) -> list[str]:
    """The intervals as text: local from–to, + or -, reason."""
    zone = at("2026-01-01").tzinfo
    return [
        f"{s.start_at.astimezone(zone):%m-%d %H:%M}–{s.end_at.astimezone(zone):%m-%d %H:%M} {'+' if s.is_counted else '-'} {s.reason}"
        for s in told.spans
    ]


def test_friday_evening_before_the_holidays() -> None:
    told = explain(at("2026-09-30 17:30"), Limit(K.WORK_HOURS, 8), CALENDAR)  # type: ignore[arg-type]
    assert lines(told) == [
        "09-30 17:30–09-30 18:00 + 上班时间",
        "09-30 18:00–10-01 00:00 - 下班时间",
        "10-01 00:00–10-08 00:00 - 国庆节",
        "10-08 00:00–10-08 08:30 - 下班时间",
        "10-08 08:30–10-08 12:00 + 上班时间",
        "10-08 12:00–10-08 13:30 - 午休",
        "10-08 13:30–10-08 17:30 + 上班时间",
    ]
    assert told.total == timedelta(hours=8)
    assert told.notes == ()


def test_a_compensation_saturday_and_a_pause() -> None:
    pause = Pause(at("2026-10-10 09:30"), at("2026-10-12 08:30"), "等待鉴定结果")
    told = explain(at("2026-10-09 17:30"), Limit(K.WORK_HOURS, 2), CALENDAR, [pause])  # type: ignore[arg-type]
    assert lines(told) == [
        "10-09 17:30–10-09 18:00 + 上班时间",
        "10-09 18:00–10-10 08:30 - 下班时间",
        "10-10 08:30–10-10 09:30 + 调休上班（国庆节）",
        "10-10 09:30–10-12 08:30 - 暂停：等待鉴定结果",
        "10-12 08:30–10-12 09:00 + 上班时间",
    ]


def test_work_days() -> None:
    pause = Pause(at("2026-10-09 17:00"), at("2026-10-09 19:00"), "等待鉴定结果")
    told = explain(at("2026-09-30 09:00"), Limit(K.WORK_DAYS, 3), CALENDAR, [pause])  # type: ignore[arg-type]
    assert lines(told) == [
        "09-30 09:00–10-01 00:00 - 起算当日不计",
        "10-01 00:00–10-08 00:00 - 国庆节",
        "10-08 00:00–10-09 00:00 + 第 1 个工作日（工作日）",
        "10-09 00:00–10-10 00:00 - 暂停：等待鉴定结果",
        "10-10 00:00–10-11 00:00 + 第 2 个工作日（调休上班（国庆节））",
        "10-11 00:00–10-12 00:00 - 周末",
        "10-12 00:00–10-12 18:00 + 第 3 个工作日（工作日）",
    ]


def test_a_last_day_that_moves() -> None:
    told = explain(at("2026-09-30 09:00"), Limit(K.NATURAL_DAYS, 1), CALENDAR)  # type: ignore[arg-type]
    assert lines(told) == [
        "09-30 09:00–10-01 00:00 - 起算当日不计",
        "10-01 00:00–10-02 00:00 + 第 1 个自然日（国庆节）",
        "10-02 00:00–10-08 00:00 - 最后一日遇国庆节，顺延",
        "10-08 00:00–10-09 00:00 - 顺延至此日",
    ]


def test_emergency_is_one_interval() -> None:
    told = explain(at("2028-09-30 23:00"), Limit(K.EMERGENCY_HOURS, 4), CALENDAR)  # type: ignore[arg-type]
    assert lines(told) == ["09-30 23:00–10-01 03:00 + 昼夜连续计算"]
    assert told.notes == ()


def test_a_year_not_yet_published_is_said() -> None:
    told = explain(at("2027-12-31 17:00"), Limit(K.WORK_HOURS, 2), CALENDAR)  # type: ignore[arg-type]
    assert told.notes == ("2027 年的放假安排尚未公布，按周末计算。", "2028 年的放假安排尚未公布，按周末计算。")
    inside = explain(at("2026-12-30 09:00"), Limit(K.NATURAL_DAYS, 1), CALENDAR)  # type: ignore[arg-type]
    assert inside.due_at == at("2027-01-01 00:00")
    assert inside.notes == ()  # 24:00 of 31 December needs no holiday of 2027


def test_only_until_now() -> None:
    told = explain(at("2026-10-08 09:00"), Limit(K.WORK_HOURS, 8), CALENDAR, until=at("2026-10-08 10:00"))  # type: ignore[arg-type]
    assert told.total == timedelta(hours=1)
    assert told.due_at == at("2026-10-09 09:00")
