"""How the limits of a case stand, as plain values: what guards look at; the ladder of supervision; quiet hours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum

from gridmap.access import LEVEL_DIGITS
from gridmap.worktime.rules import ZONE


class Supervision(StrEnum):
    """督办, in the order of its ladder."""

    ORDINARY = "ordinary"
    YELLOW = "yellow"
    RED = "red"


SUPERVISION_NAMES = {
    Supervision.ORDINARY: "普通督办",
    Supervision.YELLOW: "黄牌督办",
    Supervision.RED: "红牌督办",
}
LADDER = tuple(Supervision)


class ExtensionStatus(StrEnum):
    """How far a request for more time is."""

    ASKED = "asked"
    GRANTED = "granted"
    REFUSED = "refused"
    LAPSED = "lapsed"  # the handling ended before anybody decided


EXTENSION_STATUS_NAMES = {
    ExtensionStatus.ASKED: "待审批",
    ExtensionStatus.GRANTED: "已同意",
    ExtensionStatus.REFUSED: "未同意",
    ExtensionStatus.LAPSED: "已失效",
}
LAPSED_WORDS = "办理环节已结束，申请自动失效。"


class AppealStatus(StrEnum):
    """How far an appeal against a time-out is."""

    ASKED = "asked"
    FIRST_AGREED = "first_agreed"
    GRANTED = "granted"
    REFUSED = "refused"


APPEAL_STATUS_NAMES = {
    AppealStatus.ASKED: "待初审",
    AppealStatus.FIRST_AGREED: "初审通过，待复审",
    AppealStatus.GRANTED: "已免责，不计入超时统计",
    AppealStatus.REFUSED: "未通过",
}


@dataclass(frozen=True)
class Late:
    """A time-out that was not yet appealed against, and whose it is: the department that led then, ``None`` for the centre."""

    timer_id: int
    stage: str
    due_at: datetime
    department_id: int | None = None
    department_name: str = "综治中心"


@dataclass(frozen=True)
class Clocks:
    """The timers of a case, and what was asked about them."""

    running: frozenset[str] = frozenset()
    paused: bool = False
    asked_by: int | None = None  # who asked for more time, while that waits
    supervision: Supervision | None = None
    late: tuple[Late, ...] = ()  # the oldest first
    appeal: AppealStatus | None = None  # the open one
    appellant: int | None = None
    first_reviewer: int | None = None


def higher(level: Supervision | None) -> Supervision | None:
    """Return the next step of the ladder, or ``None`` at its top: no step is left out."""
    return LADDER[0] if level is None else next(iter(LADDER[LADDER.index(level) + 1 :]), None)


@dataclass(frozen=True)
class QuietHours:
    """From when to when no notice goes out, by the clock in China; may run over midnight. Equal ends: never quiet."""

    begins: time
    ends: time

    def tell_at(self, at: datetime) -> datetime:
        """Return when a notice made at ``at`` (aware) goes out: then, or at the end of the quiet hours it falls into."""
        local = at.astimezone(ZONE)
        now = local.time()
        over_midnight = self.begins > self.ends
        quiet = now >= self.begins or now < self.ends if over_midnight else self.begins <= now < self.ends
        if not quiet:
            return at
        on = local.date() + timedelta(days=1 if over_midnight and now >= self.begins else 0)
        return datetime.combine(on, self.ends, tzinfo=ZONE).astimezone(at.tzinfo)


NEVER_QUIET = QuietHours(time(), time())


def quiet_at(hours: Mapping[int, QuietHours], unit_code: int) -> QuietHours:
    """Return the quiet hours that count at a unit: its own or those of the nearest unit above, the country (0) last."""
    above = (unit_code // 10 ** (15 - digits) * 10 ** (15 - digits) for digits in reversed(LEVEL_DIGITS.values()))
    return next((hours[code] for code in (*above, 0) if code in hours), NEVER_QUIET)
