"""Questions about indicators → typed values, with messages for people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from gridmap.analysis.rules.indicators import BY_CODE, SIDE_NAMES, Indicator, Side, periods
from gridmap.cases.forms import CaseFilter, refuse_others
from gridmap.errors import BadInput, NotFound

MOST_NUMBER = 2**63 - 1


@dataclass(frozen=True)
class Question:
    """The filter (unit, classes, first and last day) under which indicators are asked for."""

    wanted: CaseFilter
    since: date
    until: date

    @classmethod
    def from_args(cls, args: Mapping[str, str], today: date, *own: str) -> Question:
        """Read ``unit``, ``family``, ``category``, ``from`` and ``to``; the usual period where a day is not given.

        Raises ``BadInput``, for parameters that are neither these nor the door's ``own`` too.
        """
        refuse_others(args, "unit", "family", "category", "from", "to", *own)
        given = CaseFilter.from_args(args)
        _name, first, last = periods(today)[0]
        since, until = given.since or min(first, given.until or first), given.until or max(last, given.since or last)
        wanted = CaseFilter(unit=given.unit, family=given.family, category=given.category)
        return cls(wanted, since, until)

    def to_args(self) -> dict[str, str]:
        """Return the query parameters of this question."""
        return replace(self.wanted, since=self.since, until=self.until).to_args()


def read_indicator(code: str) -> Indicator:
    """Return an indicator by its code. Raises ``NotFound``."""
    if code not in BY_CODE:
        raise NotFound("没有这个指标，请从指标页选择。")
    return BY_CODE[code]


def read_side(args: Mapping[str, str]) -> Side:
    """Return which rows are asked for, the denominator when not said. Raises ``BadInput``."""
    text = args.get("side") or Side.ALL.value
    if text not in set(Side):
        known = "、".join(f"{side.value}（{SIDE_NAMES[side]}）" for side in Side)
        raise BadInput(f"明细范围“{text[:20]}”无法识别，可用：{known}。", field="side")
    return Side(text)


def read_department(args: Mapping[str, str]) -> int | None:
    """Return the number of a department, or ``None``. Raises ``BadInput``."""
    text = args.get("department", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text) > MOST_NUMBER:
        raise BadInput("部门编号应为整数，请从指标页的部门表中选择。", field="department")
    return int(text)
