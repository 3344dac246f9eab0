"""三级调解 as plain values: tiers, sessions, rooms, agreements and what is promised in them. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from gridmap.worktime.rules import ZONE, Limit

Busy = tuple[datetime, datetime]  # from, until: half open


class MediationState(StrEnum):
    """How far the mediation on one tier is; all but the first are its end."""

    OPEN = "open"
    MOVED_UP = "moved_up"
    AGREED = "agreed"
    FAILED = "failed"


MEDIATION_STATE_NAMES = {
    MediationState.OPEN: "调解中",
    MediationState.MOVED_UP: "已移交上一级",
    MediationState.AGREED: "已达成协议",
    MediationState.FAILED: "未达成协议",
}


class SessionResult(StrEnum):
    """How a session ended; a postponed one was not held and does not count."""

    AGREED = "agreed"
    NOT_AGREED = "not_agreed"
    POSTPONED = "postponed"


SESSION_RESULT_NAMES = {
    SessionResult.AGREED: "达成一致",
    SessionResult.NOT_AGREED: "未达成一致",
    SessionResult.POSTPONED: "改期（未召开，不计次数）",
}


class Confirmation(StrEnum):
    """司法确认 of an agreement."""

    NONE = "none"
    APPLIED = "applied"
    CONFIRMED = "confirmed"


CONFIRMATION_NAMES = {
    Confirmation.NONE: "不申请司法确认",
    Confirmation.APPLIED: "已申请司法确认",
    Confirmation.CONFIRMED: "已司法确认",
}


class DutyState(StrEnum):
    """Whether what was promised was done."""

    WAITING = "waiting"
    PERFORMED = "performed"
    FAILED = "failed"


DUTY_STATE_NAMES = {DutyState.WAITING: "待履行", DutyState.PERFORMED: "已履行", DutyState.FAILED: "未履行"}


class ReminderLevel(StrEnum):
    """Which reminder of a promise: each goes out once."""

    SOON = "soon"
    DUE = "due"
    OVERDUE = "overdue"


REMINDER_WORDS = {
    ReminderLevel.SOON: "即将到履行日期",
    ReminderLevel.DUE: "今日应履行",
    ReminderLevel.OVERDUE: "已过履行日期",
}
SUCCESS_FORMULA = (
    "调解成功率 = 期内以达成协议结束的调解件数 ÷ 期内结束的调解件数 × 100%。一件调解从启动到达成协议或终结为止，"
    "移交上一级不算结束；有多名当事人的，至少签订一份协议即计为达成协议。"
)


@dataclass(frozen=True)
class Tier:
    """A row of the template. ``most_sessions`` and ``limit`` are ``None`` where the tier has no bound.

    ``remind_hours`` is how many hours before its time ends people are told; ``None``: not before.
    """

    number: int
    name: str
    most_sessions: int | None = None
    limit: Limit | None = None
    remind_hours: int | None = None

    @property
    def words(self) -> str:
        """The bounds in words: 至多 3 次、7 自然日内."""
        times = f"至多 {self.most_sessions} 次" if self.most_sessions else "次数不限"
        return f"{times}，{self.limit.name}内" if self.limit else f"{times}，期限不限"


@dataclass(frozen=True)
class Mediating:
    """The open mediation of a case as the guards see it: its tier and how many sessions there are of each kind."""

    tier: int
    name: str
    most: int | None
    last: bool
    channels: str
    planned: int = 0
    agreed: int = 0
    failed: int = 0
    agreements: int = 0

    @property
    def taken(self) -> int:
        """Sessions held or planned."""
        return self.planned + self.agreed + self.failed


def tier_after(tiers: Sequence[Tier], number: int) -> Tier | None:
    """Return the tier above ``number``, or ``None`` after the last one."""
    return next((tier for tier in sorted(tiers, key=lambda t: t.number) if tier.number > number), None)


def clashes(busy: Iterable[Busy], starts_at: datetime, ends_at: datetime) -> list[Busy]:
    """Return what overlaps with ``[starts_at, ends_at)``: sessions may follow each other without a break."""
    return [(begin, end) for begin, end in busy if begin < ends_at and starts_at < end]


def next_free(
    busy: Sequence[Busy], wanted_at: datetime, length: timedelta, hours: Callable[[date], Sequence[Busy]]
) -> datetime | None:
    """Return when a room is next free for ``length`` at or after ``wanted_at``, within two weeks, in work time.

    ``hours`` gives the stretches of work time of a civil date, as instants. ``None`` when there is no such time.
    """
    first = wanted_at.astimezone(ZONE).date()
    windows = [window for n in range(15) for window in hours(first + timedelta(days=n))]
    starts = sorted({max(wanted_at, opens) for opens, _ in windows} | {end for _, end in busy if end >= wanted_at})
    for begin in starts:
        end = begin + length
        if any(opens <= begin and end <= closes for opens, closes in windows) and not clashes(busy, begin, end):
            return begin
    return None


def reminder_level(due_on: date, today: date, soon_days: int) -> ReminderLevel | None:
    """Return which reminder is due on ``today`` (civil dates of China), or ``None`` when it is too early."""
    if today > due_on:
        return ReminderLevel.OVERDUE
    if today == due_on:
        return ReminderLevel.DUE
    return ReminderLevel.SOON if due_on - today <= timedelta(days=soon_days) else None


class TierReminder(StrEnum):
    """Which word about the time of a tier: each goes out once."""

    SOON = "soon"
    OVER = "over"


MOST_REMIND_HOURS = 720


def tier_reminder(
    started_at: datetime, due_at: datetime, now: datetime, remind_hours: int | None
) -> TierReminder | None:
    """Return what is to be told at ``now`` of a tier whose time ends at ``due_at`` (all aware), or ``None``.

    A lead as long as the whole time says nothing that the start did not: then only the end is told.
    """
    if now >= due_at:
        return TierReminder.OVER
    if remind_hours is None:
        return None
    soon_at = due_at - timedelta(hours=remind_hours)
    return TierReminder.SOON if started_at < soon_at <= now else None


def rate(agreed: int, ended: int) -> float | None:
    """Return agreed ÷ ended as a percentage with two decimals, cut off and not rounded up; ``None`` without any ended."""
    return agreed * 10_000 // ended / 100 if ended else None


def pack(tiers: Sequence[Mapping[str, Any]], reason: str, following: str) -> dict[str, Any]:
    """Assemble the hand-over pack (移交材料) from the tiers tried so far, oldest first, each with its ``sessions``.

    What the parties claim and offer is what they said last; why it failed is told session by session.
    """
    sessions = [session for tier in tiers for session in tier["sessions"]]

    def newest(name: str) -> str:
        return next((str(item[name]) for item in reversed(sessions) if item.get(name)), "")

    return {
        "tiers": [dict(tier) for tier in tiers],
        "claims": newest("claims"),
        "offers": newest("offers"),
        "failures": [
            f"{tier['name']}第 {item['number']} 次：{item['reason']}"
            for tier in tiers
            for item in tier["sessions"]
            if item["result"] == SessionResult.NOT_AGREED and item["reason"]
        ],
        "reason": reason,
        "next": following,
    }
