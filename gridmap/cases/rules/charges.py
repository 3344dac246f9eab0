"""领导包案 as plain values: what a leader in charge owes a case, when each duty is due, and what stands in the way of closing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any


class ChargeState(StrEnum):
    """How far a charge is; the last three are its end."""

    ASKED = "asked"
    OPEN = "open"
    DECLINED = "declined"
    REPLACED = "replaced"
    ENDED = "ended"


CHARGE_STATE_NAMES = {
    ChargeState.ASKED: "待领导答复",
    ChargeState.OPEN: "包案中",
    ChargeState.DECLINED: "未接受",
    ChargeState.REPLACED: "已由他人接任",
    ChargeState.ENDED: "已结束",
}


@dataclass(frozen=True)
class DutyPlan:
    """A duty of the template. Days are natural days: ``first_days`` after taking charge (``None``: whenever before the end),
    then every ``every_days`` (``None``: once). ``needed``: to be done at least once before the case is closed."""

    name: str
    first_days: int | None = None
    every_days: int | None = None
    needed: bool = True

    @property
    def words(self) -> str:
        """The rhythm in words: 7 日内，以后每 30 日一次."""
        first = f"{self.first_days} 日内" if self.first_days else "结束前"
        return f"{first}，以后每 {self.every_days} 日一次" if self.every_days else f"{first}一次"

    def plain(self) -> dict[str, Any]:
        """Return the duty as the template keeps it."""
        return {
            "name": self.name,
            "first_days": self.first_days,
            "every_days": self.every_days,
            "needed": self.needed,
        }


@dataclass(frozen=True)
class InCharge:
    """The leader in charge as the guards see them; ``undone`` are the needed duties that were never done."""

    account_id: int
    name: str
    holds_closing: bool
    undone: tuple[str, ...] = ()

    @property
    def obstacle(self) -> str:
        """Why the case is not closed yet, in words; '' where nothing is owed, or the template does not ask for it."""
        if not (self.holds_closing and self.undone):
            return ""
        return f"包案领导{self.name}还没有完成：{'、'.join(self.undone)}。请先“包案履职”，或说明理由“结束包案”。"


def plans_from(kept: Iterable[Mapping[str, Any]]) -> tuple[DutyPlan, ...]:
    """Return the duties as a template keeps them."""
    return tuple(DutyPlan(**duty) for duty in kept)


def first_due(plan: DutyPlan, taken_on: date) -> date | None:
    """Return the last day (civil, China) for a duty to be done for the first time; ``None``: any day before the end."""
    return taken_on + timedelta(days=plan.first_days) if plan.first_days else None


def next_due(due_on: date | None, every_days: int | None, done_on: date) -> date | None:
    """Return when a duty is due again after it was done; a duty done early does not move its rhythm forward for ever.

    A date that was written down later than a newer one leaves the later due date.
    """
    if every_days is None:
        return None
    following = done_on + timedelta(days=every_days)
    return max(following, due_on) if due_on and done_on < due_on - timedelta(days=every_days) else following


def charge_facts(found: Iterable[Any] | None) -> tuple[InCharge | None, tuple[int, str] | None]:
    """Return the leader in charge and the one who was asked (account, name), from their column of facts."""
    rows = list(found or ())
    taken = next((row for row in rows if row[0] == ChargeState.OPEN), None)
    asked = next((row for row in rows if row[0] == ChargeState.ASKED), None)
    leading = InCharge(taken[1], taken[2], taken[3], tuple(taken[4])) if taken else None
    return leading, (asked[1], asked[2]) if asked else None
