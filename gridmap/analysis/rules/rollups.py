"""What the rollups keep, and which questions they can answer: pure functions over codes, dates and filters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from gridmap.access import LEVEL_DIGITS, Range, significant_digits

UNIT_LEVELS = (6, 9)
"""Levels (digits) the rollups are kept for. Below a town there are so few cases that counting them is as fast."""
CELL_LEVELS = tuple(range(3, 15))
"""Zooms of the Web-Mercator cells that cases are gathered in for low zooms of the map."""
KEY_ZOOM = 22
LEVELS = tuple(LEVEL_DIGITS.values())
ROLLED = frozenset({"unit", "family", "status", "risk", "located"})
"""Fields of a case filter that every rollup can answer."""
PERIOD = frozenset({"since", "until"})
"""Fields that the totals by month answer, with the days at both ends counted from rows."""


def unit_step(level: int) -> int:
    """Return the size of the code range of a unit at ``level`` digits: codes at that level are multiples of it."""
    return 10 ** (15 - level)


def next_level(unit_code: int) -> int | None:
    """Return the level (digits) below a unit's own, or ``None`` for a grid."""
    digits = significant_digits(unit_code)
    return next((level for level in LEVELS if level > digits), None)


def rollup_level(ranges: Iterable[Range]) -> int | None:
    """Return the coarsest kept level whose units the ``ranges`` cut nowhere; ``None`` when rows must be read."""
    ends = [end for item in ranges for end in item]
    return next((level for level in UNIT_LEVELS if all(end % unit_step(level) == 0 for end in ends)), None)


def narrowed(ranges: Iterable[Range], within: Range) -> tuple[Range, ...]:
    """Return the parts of ``ranges`` that lie in ``within``."""
    cut = (Range(max(r.lo, within.lo), min(r.hi, within.hi)) for r in ranges)
    return tuple(r for r in cut if r.lo < r.hi)


@dataclass(frozen=True)
class Months:
    """A period of whole days as whole months ``first <= month < last``, and the days left over as ``[from, to)`` spans."""

    first: date | None
    last: date | None
    rest: tuple[tuple[date, date], ...]


def split_period(since: date | None, until: date | None) -> Months | None:
    """Split inclusive days ``since`` … ``until`` into whole months and the days at both ends.

    ``None`` when not one whole month lies inside. An open side has no left-over days.
    """
    end = until + timedelta(days=1) if until else None
    first = since if since is None or since.day == 1 else _next_month(since)
    last = end.replace(day=1) if end else None
    if first and last and first >= last:
        return None
    rest = []
    if since and first and since < first:
        rest.append((since, first))
    if end and last and last < end:
        rest.append((last, end))
    return Months(first, last, tuple(rest))


def _next_month(on: date) -> date:
    return date(on.year + on.month // 12, on.month % 12 + 1, 1)
