"""Questions about patrols → typed values, with messages for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from gridmap.errors import BadInput, NotFound

MOST_DAYS = 90
PRESETS = ((1, "今日"), (7, "7 天"), (30, "30 天"))


@dataclass(frozen=True)
class Asking:
    """The unit (15 digits as a number) and the last so many days, today included."""

    unit_code: int
    days: int
    today: date

    @property
    def from_on(self) -> date:
        """Return the first day."""
        return self.today - timedelta(days=self.days - 1)


def read_asking(args: Mapping[str, str], home: int, today: date) -> Asking:
    """Read ``unit`` (``home`` when not given) and ``days`` (7 when not given). Raises ``BadInput``, ``NotFound``."""
    wrong = next((name for name in args if name not in ("unit", "days")), None)
    if wrong is not None:
        raise BadInput(
            f"没有“{wrong[:40]}”这个筛选条件，可用的条件：unit（区划）、days（最近几天）。", field=wrong[:40]
        )
    return Asking(_unit(args.get("unit", ""), home), _days(args.get("days", "")), today)


def _unit(text: str, home: int) -> int:
    if not text:
        return home
    if not re.fullmatch(r"[0-9]{15}", text):
        raise NotFound("没有找到该区划，可能不在您负责的范围内。")
    return int(text)


def _days(text: str) -> int:
    if not text:
        return 7
    if not re.fullmatch(r"[0-9]{1,3}", text) or not 1 <= int(text) <= MOST_DAYS:
        raise BadInput(f"天数应为 1 至 {MOST_DAYS} 的整数。", field="days")
    return int(text)
