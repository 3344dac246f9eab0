"""A running limit as a plain value: started, paused, resumed, stopped, recomputed. Each change returns a new timer.

A timer keeps which calendar versions it ran under and from when, so editing a calendar never changes what was counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from gridmap.errors import BadInput
from gridmap.worktime.rules.calendar import WorkCalendar
from gridmap.worktime.rules.limits import Limit, Pause, due_at, remaining, used, worked

MOST_REASON = 200


class CalendarSpan(NamedTuple):
    """From when on which version of a calendar counts."""

    from_at: datetime
    version_id: int


@dataclass(frozen=True)
class Timer:
    """One limit running. ``changed_at``: when the limit was last changed; it never falls due before."""

    limit: Limit
    started_at: datetime
    calendars: tuple[CalendarSpan, ...]
    pauses: tuple[Pause, ...] = ()
    stopped_at: datetime | None = None
    changed_at: datetime | None = None

    @property
    def calendar_version(self) -> int:
        """The version that counts now."""
        return self.calendars[-1].version_id

    @property
    def versions(self) -> frozenset[int]:
        """All versions that are needed to compute with this timer."""
        return frozenset(span.version_id for span in self.calendars)

    def paused_at(self, now: datetime) -> Pause | None:
        """Return the pause in force at ``now``; a pause ends by itself at its end."""
        return next((p for p in self.pauses if p.paused_at <= now < p.until_at), None)


Calendars = WorkCalendar | Mapping[int, WorkCalendar]


def start(limit: Limit, at: datetime, calendar: WorkCalendar) -> Timer:
    """Start a limit."""
    return Timer(limit, at, (CalendarSpan(at, calendar.version_id),))


def pause(timer: Timer, at: datetime, *, reason: str, until: datetime) -> Timer:
    """Pause a running timer until an end. Raises ``BadInput`` without a reason or an end, or when it does not run."""
    _check_running(timer, at)
    if timer.paused_at(at):
        raise BadInput("计时已经暂停，不能重复暂停。")
    if not reason.strip():
        raise BadInput("请填写暂停计时的原因。", field="reason")
    if len(reason.strip()) > MOST_REASON:
        raise BadInput(f"暂停计时的原因最多 {MOST_REASON} 个字。", field="reason")
    if until <= at:
        raise BadInput("暂停计时的结束时间应晚于现在。", field="until")
    return replace(timer, pauses=(*timer.pauses, Pause(at, until, reason.strip())))


def resume(timer: Timer, at: datetime) -> Timer:
    """End the pause in force. Raises ``BadInput`` when there is none."""
    _check_running(timer, at)
    current = timer.paused_at(at)
    if current is None:
        raise BadInput("计时没有暂停，不需要恢复。")
    rest = tuple(p for p in timer.pauses if p != current)
    return replace(timer, pauses=(*rest, replace(current, until_at=at)) if at > current.paused_at else rest)


def stop(timer: Timer, at: datetime) -> Timer:
    """Stop the timer for good; a pause in force ends with it. Raises ``BadInput`` when it is stopped already."""
    _check_running(timer, at)
    cut = (replace(p, until_at=min(p.until_at, at)) for p in timer.pauses)
    return replace(timer, stopped_at=at, pauses=tuple(p for p in cut if p.paused_at < p.until_at))


def recompute(timer: Timer, limit: Limit, at: datetime, *, keep_used: bool) -> Timer:
    """Change the limit from ``at`` on (class or grade changed).

    ``keep_used``: what was used so far counts towards the new limit, measured in its kind of time; else the new limit starts
    at ``at``. Either way it cannot fall due before ``at``: nobody is late by a limit that was not theirs.
    """
    _check_running(timer, at)
    if keep_used:
        return replace(timer, limit=limit, changed_at=at)
    ahead = tuple(replace(p, paused_at=max(p.paused_at, at)) for p in timer.pauses if p.until_at > at)
    return Timer(limit, at, (CalendarSpan(at, timer.calendar_version),), ahead, changed_at=at)


def adopt(timer: Timer, at: datetime, calendar: WorkCalendar) -> Timer:
    """Let another version of the calendar count from ``at`` on; what was counted before stays."""
    _check_running(timer, at)
    if calendar.version_id == timer.calendar_version:
        return timer
    kept = tuple(span for span in timer.calendars if span.from_at < at)
    return replace(timer, calendars=(*kept, CalendarSpan(at, calendar.version_id)))


def calendar_for(timer: Timer, calendars: Calendars) -> WorkCalendar:
    """Return the one calendar a timer counts by: its versions joined. ``calendars``: by version id, or the only one.

    Raises ``LookupError`` when a version is not given.
    """
    if isinstance(calendars, WorkCalendar):
        calendars = {calendars.version_id: calendars}
    joined = calendars[timer.calendars[0].version_id]
    for span in timer.calendars[1:]:
        joined = calendars[span.version_id].after(span.from_at, joined)
    return joined


def timer_due_at(timer: Timer, calendars: Calendars) -> datetime:
    """Return when the timer falls due, in UTC. Raises ``BadInput`` when the calendar holds no time for it."""
    due = due_at(timer.started_at, timer.limit, calendar_for(timer, calendars), timer.pauses)
    return max(due, timer.changed_at) if timer.changed_at else due


def timer_used(timer: Timer, now: datetime, calendars: Calendars) -> timedelta:
    """Return how much is used at ``now`` (or when it stopped)."""
    end = min(now, timer.stopped_at) if timer.stopped_at else now
    return used(timer.started_at, end, calendar_for(timer, calendars), timer.limit.kind, timer.pauses)


def timer_remaining(timer: Timer, now: datetime, calendars: Calendars) -> timedelta:
    """Return what is left at ``now`` (or when it stopped); negative when overdue."""
    calendar = calendar_for(timer, calendars)
    end = min(now, timer.stopped_at) if timer.stopped_at else now
    due = timer_due_at(timer, calendar if len(timer.calendars) == 1 else calendars)
    if end > due:
        return -worked(due, end, calendar, timer.limit.kind)
    if timer.changed_at == due:
        return timedelta(0)
    return remaining(timer.started_at, timer.limit, end, calendar, timer.pauses)


def is_overdue(timer: Timer, now: datetime, calendars: Calendars) -> bool:
    """Say whether the timer was or is late: it ran beyond its due time."""
    return (timer.stopped_at or now) > timer_due_at(timer, calendars)


def timer_data(timer: Timer) -> dict[str, Any]:
    """Return a timer as JSON values, for a column of the case's own."""
    return {
        "kind": timer.limit.kind.value,
        "amount": f"{timer.limit.amount:f}",
        "last_day_moves": timer.limit.last_day_moves,
        "started_at": timer.started_at.isoformat(),
        "calendars": [[span.from_at.isoformat(), span.version_id] for span in timer.calendars],
        "pauses": [[p.paused_at.isoformat(), p.until_at.isoformat(), p.reason] for p in timer.pauses],
        "stopped_at": timer.stopped_at.isoformat() if timer.stopped_at else None,
        "changed_at": timer.changed_at.isoformat() if timer.changed_at else None,
    }


def timer_from(data: Mapping[str, Any]) -> Timer:
    """Return the timer that ``timer_data`` wrote."""
    read = datetime.fromisoformat
    return Timer(
        Limit(data["kind"], data["amount"], data["last_day_moves"]),
        read(data["started_at"]),
        tuple(CalendarSpan(read(at), version) for at, version in data["calendars"]),
        tuple(Pause(read(a), read(b), reason) for a, b, reason in data["pauses"]),
        read(data["stopped_at"]) if data["stopped_at"] else None,
        read(data["changed_at"]) if data["changed_at"] else None,
    )


def _check_running(timer: Timer, at: datetime) -> None:
    if timer.stopped_at is not None:
        raise BadInput("计时已经结束，不能再更改。")
    latest = max([timer.started_at, *(p.paused_at for p in timer.pauses)])
    if at < latest:
        raise BadInput("时间早于上一次计时操作，请检查时间。")
