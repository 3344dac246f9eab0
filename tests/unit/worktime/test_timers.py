"""A limit that runs: paused, resumed, its class changed, its calendar edited."""

from __future__ import annotations

from datetime import timedelta

import pytest

from gridmap.errors import BadInput
from gridmap.worktime import rules
from gridmap.worktime.rules import Day, Limit, TimeKind, Timer
from tests.unit.worktime.calendars import HOLIDAYS_2026, at, calendar

K = TimeKind
CALENDAR = calendar()
FOUR_HOURS = Limit(K.WORK_HOURS, 4)  # type: ignore[arg-type]
THREE_DAYS = Limit(K.WORK_DAYS, 3)  # type: ignore[arg-type]


def started(limit: Limit = FOUR_HOURS, when: str = "2026-10-08 09:00") -> Timer:
    return rules.start(limit, at(when), CALENDAR)


def test_pause_and_early_resume() -> None:
    timer = rules.pause(started(), at("2026-10-08 10:00"), reason=" 等鉴定 ", until=at("2026-10-12 10:00"))
    assert rules.timer_due_at(timer, CALENDAR) == at("2026-10-12 14:30")
    assert timer.paused_at(at("2026-10-09 10:00")).reason == "等鉴定"  # type: ignore[union-attr]
    timer = rules.resume(timer, at("2026-10-08 11:00"))
    assert rules.timer_due_at(timer, CALENDAR) == at("2026-10-08 15:30")
    assert rules.timer_used(timer, at("2026-10-08 12:00"), CALENDAR) == timedelta(hours=2)


def test_a_pause_ends_by_itself() -> None:
    timer = rules.pause(started(), at("2026-10-08 10:00"), reason="等鉴定", until=at("2026-10-08 11:00"))
    assert timer.paused_at(at("2026-10-08 11:00")) is None
    assert rules.timer_remaining(timer, at("2026-10-08 12:00"), CALENDAR) == timedelta(hours=2)


@pytest.mark.parametrize(
    ("reason", "until", "words"),
    [
        ("", "2026-10-09 10:00", "填写暂停计时的原因"),
        ("  ", "2026-10-09 10:00", "填写暂停计时的原因"),
        ("长" * 201, "2026-10-09 10:00", "最多 200 个字"),
        ("等鉴定", "2026-10-08 10:00", "晚于现在"),
    ],
)
def test_a_pause_needs_a_reason_and_an_end(reason: str, until: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        rules.pause(started(), at("2026-10-08 10:00"), reason=reason, until=at(until))


def test_what_cannot_be_done_is_refused_in_words() -> None:
    timer = started()
    with pytest.raises(BadInput, match="没有暂停"):
        rules.resume(timer, at("2026-10-08 10:00"))
    with pytest.raises(BadInput, match="早于上一次"):
        rules.stop(timer, at("2026-10-08 08:00"))
    paused = rules.pause(timer, at("2026-10-08 10:00"), reason="等鉴定", until=at("2026-10-09 10:00"))
    with pytest.raises(BadInput, match="已经暂停"):
        rules.pause(paused, at("2026-10-08 11:00"), reason="再等", until=at("2026-10-09 10:00"))
    stopped = rules.stop(timer, at("2026-10-08 10:00"))
    for change in (
        lambda: rules.stop(stopped, at("2026-10-08 11:00")),
        lambda: rules.recompute(stopped, THREE_DAYS, at("2026-10-08 11:00"), keep_used=True),
        lambda: rules.adopt(stopped, at("2026-10-08 11:00"), calendar(2)),
    ):
        with pytest.raises(BadInput, match="已经结束"):
            change()


def test_stopped_time_stands_still() -> None:
    timer = rules.stop(started(), at("2026-10-08 10:00"))
    later = at("2026-12-01 10:00")
    assert rules.timer_used(timer, later, CALENDAR) == timedelta(hours=1)
    assert rules.timer_remaining(timer, later, CALENDAR) == timedelta(hours=3)
    assert not rules.is_overdue(timer, later, CALENDAR)
    late = rules.stop(started(), at("2026-10-09 10:00"))
    assert rules.is_overdue(late, later, CALENDAR)
    assert rules.timer_remaining(late, later, CALENDAR) < timedelta(0)


def test_class_changed_while_paused_keeps_the_pause_and_what_was_used() -> None:
    paused = rules.pause(started(), at("2026-10-08 10:00"), reason="等鉴定", until=at("2026-10-09 10:00"))
    changed = rules.recompute(paused, Limit(K.WORK_HOURS, 8), at("2026-10-08 16:00"), keep_used=True)  # type: ignore[arg-type]
    # one hour used before the pause, seven left after it: two to lunch on the 9th, 4.5 after it, half an hour on the 调休 Saturday
    assert rules.timer_due_at(changed, CALENDAR) == at("2026-10-10 09:00")
    assert rules.timer_used(changed, at("2026-10-09 10:00"), CALENDAR) == timedelta(hours=1)


def test_class_changed_while_paused_and_started_anew() -> None:
    paused = rules.pause(started(), at("2026-10-08 10:00"), reason="等鉴定", until=at("2026-10-09 10:00"))
    changed = rules.recompute(paused, FOUR_HOURS, at("2026-10-08 16:00"), keep_used=False)
    assert changed.paused_at(at("2026-10-08 17:00")) is not None
    assert rules.timer_due_at(changed, CALENDAR) == at("2026-10-09 15:30")
    assert rules.timer_used(changed, at("2026-10-09 11:00"), CALENDAR) == timedelta(hours=1)


def test_a_shorter_limit_makes_nobody_late_for_the_past() -> None:
    timer = started(THREE_DAYS)
    when = at("2026-10-09 17:00")
    changed = rules.recompute(timer, Limit(K.WORK_HOURS, 2), when, keep_used=True)  # type: ignore[arg-type]
    assert rules.timer_due_at(changed, CALENDAR) == when
    assert not rules.is_overdue(changed, when, CALENDAR)
    assert rules.timer_remaining(changed, when, CALENDAR) == timedelta(0)
    assert "自变更时起即到期" in rules.explain_timer(changed, CALENDAR).notes[0]


def test_a_change_says_what_it_did() -> None:
    timer = started(THREE_DAYS)
    changed = rules.recompute(timer, Limit(K.WORK_HOURS, 8), at("2026-10-08 11:00"), keep_used=True)  # type: ignore[arg-type]
    assert rules.spoken_change(timer, changed, CALENDAR) == (
        "时限由 3 工作日 改为 8 工作时，已用 2 小时计入新时限；到期时间由 2026 年 10 月 12 日（星期一）18:00 "
        "改为 2026 年 10 月 9 日（星期五）09:00。"
    )
    anew = rules.recompute(timer, FOUR_HOURS, at("2026-10-08 11:00"), keep_used=False)
    assert "已用时间不计入，自变更时起算" in rules.spoken_change(timer, anew, CALENDAR)


def test_calendar_edited_later_never_rewrites_the_past() -> None:
    timer = started(THREE_DAYS, "2026-10-08 09:00")  # 9, 10 (调休), 12
    edited = calendar(2, days=[*HOLIDAYS_2026, Day(at("2026-10-09").date(), False, "停工"), Day(at("2026-10-12").date(), False, "停工")])  # fmt: skip
    known = {1: CALENDAR, 2: edited}
    assert rules.timer_due_at(timer, known) == at("2026-10-12 18:00")  # it keeps its version
    gone_over = rules.adopt(timer, at("2026-10-11 10:00"), edited)
    assert rules.timer_used(gone_over, at("2026-10-11 10:00"), known) == timedelta(days=2)  # the 9th stays counted
    assert rules.timer_due_at(gone_over, known) == at("2026-10-13 18:00")
    assert gone_over.versions == {1, 2}


def test_calendar_edited_in_the_middle_of_a_day() -> None:
    shorter = calendar(2, windows=(rules.Window(600, 660),))  # 10:00–11:00 only
    timer = rules.adopt(started(), at("2026-10-08 10:30"), shorter)
    known = {1: CALENDAR, 2: shorter}
    # 09:00–10:30 by the old windows, half an hour more that day, an hour each on the 9th and the 10th
    assert rules.timer_due_at(timer, known) == at("2026-10-10 11:00")
    told = rules.explain_timer(timer, known)
    assert told.total == timedelta(hours=4)
    days = rules.adopt(started(THREE_DAYS, "2026-10-08 09:00"), at("2026-10-09 12:00"), shorter)
    assert rules.timer_due_at(days, known) == at("2026-10-12 11:00")  # the 9th counts though its new end had passed


def test_a_timer_survives_being_stored() -> None:
    timer = rules.pause(started(), at("2026-10-08 10:00"), reason="等鉴定", until=at("2026-10-09 10:00"))
    timer = rules.recompute(timer, THREE_DAYS, at("2026-10-08 11:00"), keep_used=True)
    timer = rules.adopt(timer, at("2026-10-08 12:00"), calendar(2))
    assert rules.timer_from(rules.timer_data(timer)) == timer
    stopped = rules.stop(timer, at("2026-10-09 12:00"))
    assert rules.timer_from(rules.timer_data(stopped)) == stopped


def test_spoken_times_and_lengths() -> None:
    midnight = at("2027-01-01 00:00")
    assert rules.spoken_time(midnight, is_end=True) == "2026 年 12 月 31 日（星期四）24:00"
    assert rules.spoken_time(midnight) == "2027 年 1 月 1 日（星期五）00:00"
    assert rules.spoken_length(timedelta(hours=3, minutes=20), K.WORK_HOURS) == "3 小时 20 分钟"
    assert rules.spoken_length(timedelta(seconds=30), K.WORK_HOURS) == "不足 1 分钟"
    assert rules.spoken_remaining(timedelta(days=2), K.WORK_DAYS, is_overdue=False) == "剩余 2 个工作日"
    assert rules.spoken_remaining(-timedelta(days=1), K.NATURAL_DAYS, is_overdue=True) == "已超时 1 个自然日"
    assert rules.spoken_remaining(timedelta(0), K.WORK_DAYS, is_overdue=True) == "已超时，不足 1 天"
