"""Questions about counts → typed values, with messages for people."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.access import significant_digits
from gridmap.analysis.rules import LEVELS, next_level
from gridmap.errors import BadInput


def read_child_level(args: Mapping[str, str], unit_code: int) -> int:
    """Return the level (digits) of the units to count: the unit's own or one below it, the next below when not said.

    A grid has nothing below it and is counted itself. Raises ``BadInput``.
    """
    text = args.get("level", "").strip()
    if not text:
        return next_level(unit_code) or LEVELS[-1]
    known = [level for level in LEVELS if level >= significant_digits(unit_code)]
    if text not in {str(level) for level in known}:
        shown = "、".join(str(level) for level in known)
        raise BadInput(f"层级“{text[:20]}”无法识别，该区划可用的值：{shown}（代码有效位数）。", field="level")
    return int(text)
