"""Which limit a stage has: rows as data, the nearest area wins, then the most specific row; and when its levels are reached."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from gridmap.access import significant_digits, subtree
from gridmap.cases.rules.acts import Stage
from gridmap.errors import BadInput
from gridmap.worktime.rules import KIND_NAMES, Limit, TimeKind, Timer, timer_due_at
from gridmap.worktime.rules.timers import Calendars


class Level(StrEnum):
    """What is reached of a limit, in order."""

    REMIND = "remind"
    OVERDUE = "overdue"
    SECOND = "second"


LEVEL_NAMES = {Level.REMIND: "到期前提醒", Level.OVERDUE: "超时", Level.SECOND: "再次超时"}
LEVELS = tuple(Level)
DAY_HOURS = 24


@dataclass(frozen=True)
class StageLimit:
    """A row of the limits: in an area (0: everywhere), for a class (or its family) and a grade, ``None`` where it holds for all.

    ``remind_before`` and ``second_after`` are amounts of the same kind of time, before and after the limit.
    """

    id: int | None
    stage: Stage
    kind: TimeKind
    amount: Decimal
    category: str | None = None
    family: int | None = None
    grade: str | None = None
    remind_before: Decimal | None = None
    second_after: Decimal | None = None
    source_note: str = ""
    area: int = 0

    @property
    def limit(self) -> Limit:
        """The limit itself."""
        return Limit(self.kind, self.amount)

    @property
    def rank(self) -> tuple[int, bool, bool, bool]:
        """How near and how specific it is: the nearest area before all, then class before family before grade."""
        near = significant_digits(self.area)
        return near, self.category is not None, self.family is not None, self.grade is not None

    def fits(self, unit_code: int, category: str, family: int, grade: str) -> bool:
        """Say whether it holds for a case."""
        return (
            unit_code in subtree(self.area)
            and self.category in (None, category)
            and self.family in (None, family)
            and self.grade in (None, grade)
        )


def limit_of(
    rows: Iterable[StageLimit],
    stage: Stage,
    *,
    unit_code: int,
    category: str,
    family: int,
    grade: str,
    plain_hours: int | None,
) -> StageLimit | None:
    """Return the limit of a stage at a unit, or ``None``: of the rows that fit that of the nearest area, then the most specific.

    ``plain_hours`` is what the list of classes itself says for the whole course (see ``plain_limit``): as specific as a row of the
    class for the whole system, and less than one.
    """
    fitting = [row for row in rows if row.stage is stage and row.fits(unit_code, category, family, grade)]
    if stage is Stage.WHOLE and plain_hours:
        plain = plain_limit(plain_hours)
        own = StageLimit(None, stage, plain.kind, plain.amount, category=category, source_note="类别清单所列期限")
        fitting.append(own)
    return max(fitting, key=lambda row: (row.rank, row.id is not None, row.id or 0), default=None)


def plain_limit(hours: int) -> Limit:
    """Return what the list of classes means by its hours: up to a day by the clock, whole days beyond that 自然日, as it is written."""
    if hours > DAY_HOURS and hours % DAY_HOURS == 0:
        return Limit(TimeKind.NATURAL_DAYS, Decimal(hours // DAY_HOURS))
    return Limit(TimeKind.EMERGENCY_HOURS, Decimal(hours))


@dataclass(frozen=True)
class ExtensionBound:
    """How far a limit of the handling is extended at most: granted ``times``, and ``share`` of the limit itself in all."""

    times: int
    share: Decimal

    @classmethod
    def from_setting(cls, value: Any) -> ExtensionBound:
        """Read the setting. Raises ``ValueError`` for anything but 1…20 times and a share above 0 and up to 10."""
        times: Any
        share: Any
        times, share = (value.get("times"), value.get("share")) if isinstance(value, dict) else (None, None)
        numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (times, share))
        if not numbers or times != int(times) or not 1 <= times <= 20 or not 0 < share <= 10:
            raise ValueError("times 1…20, share above 0 and up to 10")
        return cls(int(times), Decimal(str(share)))

    def fault(self, limit: Limit, granted: Sequence[Decimal], amount: Decimal) -> str:
        """Say why ``amount`` more than ``granted`` is too much for a limit as it was at first; blank when it is not."""
        if len(granted) >= self.times:
            return f"办理时限至多延期 {self.times} 次，已同意 {len(granted)} 次，不能再延；请反馈办理情况，或退单。"
        most = limit.amount * self.share
        left = most - sum(granted, Decimal(0))
        if amount <= left:
            return ""
        kind = KIND_NAMES[limit.kind]
        used = f"，已延 {(most - left).normalize():f} {kind}" if granted else ""
        return f"原办理时限为 {limit.name}，延期合计不超过 {most.normalize():f} {kind}{used}，请改小“延长”。"


def check_amounts(kind: TimeKind, amount: Decimal, remind_before: Decimal | None, second_after: Decimal | None) -> None:
    """Check a new row. Raises ``BadInput`` with the field and the remedy."""
    Limit(kind, amount)
    if remind_before is not None:
        if not 0 < remind_before < amount:
            raise BadInput("提前提醒应大于 0、小于时限本身。", field="remind_before")
        _whole(kind, remind_before, "remind_before")
    if second_after is not None:
        if second_after <= 0:
            raise BadInput("再次超时应大于 0。", field="second_after")
        _whole(kind, second_after, "second_after")
        Limit(kind, amount + second_after)


def _whole(kind: TimeKind, amount: Decimal, field: str) -> None:
    try:
        Limit(kind, amount)
    except BadInput as fault:
        raise BadInput(fault.message, field=field) from fault


def level_times(
    timer: Timer, remind_before: Decimal | None, second_after: Decimal | None, calendars: Calendars
) -> tuple[datetime | None, datetime, datetime | None]:
    """Return when each level of a running timer is reached (``None``: it has no such level); aware, in UTC.

    An extension keeps the distances; a limit changed to less than the reminder has none.
    """
    amount = timer.limit.amount

    def at(total: Decimal) -> datetime:
        return timer_due_at(replace(timer, limit=replace(timer.limit, amount=total)), calendars)

    remind = at(amount - remind_before) if remind_before and remind_before < amount else None
    second = at(amount + second_after) if second_after else None
    return remind, at(amount), second


def next_time(times: tuple[datetime | None, datetime | None, datetime | None], reached: int) -> datetime | None:
    """Return when the next level is reached after the first ``reached`` ones are done, or ``None``."""
    return next((at for at in times[reached:] if at is not None), None)


def amount_words(kind: TimeKind | str, amount: Decimal | None) -> str:
    """Return an amount in words: 4 工作时; blank for none."""
    return "" if amount is None else f"{amount.normalize():f} {KIND_NAMES[TimeKind(kind)]}"
