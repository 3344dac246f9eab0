"""Times, lengths and changes of limits in Chinese words."""

from __future__ import annotations

from datetime import datetime, timedelta

from gridmap.worktime.rules.calendar import DAY, KIND_NAMES, ZONE, TimeKind
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
