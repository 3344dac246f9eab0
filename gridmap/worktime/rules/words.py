"""Times, lengths and changes of limits in Chinese words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

from gridmap.worktime.rules.calendar import (
    DAY,
    KIND_NAMES,
    ZONE,
    Counting,
    DayEnd,
    TimeKind,
    Window,
    WorkCalendar,
)
from gridmap.worktime.rules.timers import Calendars, Timer, timer_due_at, timer_used

WEEKDAYS = "一二三四五六日"


def spoken_time(at: datetime, *, is_end: bool = False) -> str:
    """Return an instant as 2026 年 10 月 8 日（星期四）12:00; the end of something at 0:00 is 24:00 of the day before."""
    local = at.astimezone(ZONE)
    clock = f"{local:%H:%M}"
    if is_end and (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
        local, clock = local - DAY, "24:00"
    return f"{local.year} 年 {local.month} 月 {local.day} 日（星期{WEEKDAYS[local.weekday()]}）{clock}"


def spoken_length(length: timedelta, kind: TimeKind) -> str:
    """Return a length in words, rounded down to minutes: 3 小时 20 分钟, 2 个工作日, 2 日."""
    if kind.in_days:
        return f"{abs(length).days} 个{KIND_NAMES[kind]}"
    minutes = abs(length) // timedelta(minutes=1)
    hours, rest = divmod(minutes, 60)
    text = " ".join(part for part in (f"{hours} 小时" if hours else "", f"{rest} 分钟" if rest else "") if part)
    return text or "不足 1 分钟"


def spoken_remaining(left: timedelta, kind: TimeKind, *, is_overdue: bool) -> str:
    """Return what is left, or by how much it is late: 剩余 3 小时, 已超时 1 个工作日."""
    if is_overdue:
        return f"已超时 {spoken_length(left, kind)}" if left else f"已超时，不足 1 {'天' if kind.in_days else '分钟'}"
    return f"剩余 {spoken_length(left, kind)}"


def spoken_change(before: Timer, after: Timer, calendars: Calendars) -> str:
    """Say what a change of the limit did, for the history and the person: old and new limit, what was kept, both due times."""
    old, new = timer_due_at(before, calendars), timer_due_at(after, calendars)
    at = after.changed_at or after.started_at
    kept = timer_used(after, at, calendars)
    counts = f"已用 {spoken_length(kept, after.limit.kind)}计入新时限" if kept else "已用时间不计入，自变更时起算"
    if after.started_at == before.started_at and not kept:
        counts = "此前没有已用时间"
    return (
        f"时限由 {before.limit.name} 改为 {after.limit.name}，{counts}；"
        f"到期时间由 {spoken_time(old, is_end=True)} 改为 {spoken_time(new, is_end=True)}。"
    )


def spoken_clock(minute: int) -> str:
    """Return minutes since midnight as 08:30; the end of the day is 24:00."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def spoken_window_list(windows: Sequence[Window]) -> str:
    """Return the windows of a day as 08:30–12:00、13:30–18:00."""
    return "、".join(f"{spoken_clock(w.opens_minute)}–{spoken_clock(w.closes_minute)}" for w in windows)


def spoken_windows(weekly: Mapping[int, tuple[Window, ...]]) -> str:
    """Return the windows of a week, weekdays with the same windows together: 星期一至星期五 08:30–12:00、13:30–18:00."""
    runs: list[tuple[int, int, tuple[Window, ...]]] = []
    for weekday in range(1, 8):
        windows = tuple(weekly.get(weekday, ()))
        if runs and runs[-1][1] == weekday - 1 and runs[-1][2] == windows:
            runs[-1] = (runs[-1][0], weekday, windows)
        else:
            runs.append((weekday, weekday, windows))
    parts = []
    for first, last, windows in runs:
        if windows:
            days = f"星期{WEEKDAYS[first - 1]}" + (f"至星期{WEEKDAYS[last - 1]}" if last > first else "")
            parts.append(f"{days} {spoken_window_list(windows)}")
    return "；".join(parts) or "没有上班时段"


def spoken_day(calendar: WorkCalendar, on: date) -> str:
    """Say what a date is and when people work on it: 调休上班（国庆节） 08:30–12:00、13:30–18:00."""
    windows = calendar.windows_on(on)
    return f"{calendar.day_name(on)} {spoken_window_list(windows)}".strip()


def spoken_counting(kind: TimeKind, rule: Counting) -> str:
    """Say how days are counted."""
    first = "当日计入" if rule.counts_start_day else "当日不计入，自次日起算"
    end = "最后一日下班时到期" if rule.ends_at is DayEnd.CLOSE else "最后一日 24:00 到期"
    if kind is TimeKind.WORK_DAYS:  # the n-th work day is never a rest day
        return f"{first}；{end}"
    moves = "最后一日是休息日的顺延至下一个工作日" if rule.last_day_moves else "最后一日是休息日的不顺延"
    return f"{first}；{end}；{moves}"
