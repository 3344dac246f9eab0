"""Codes that are still free below a unit. Codes are never used again, so ended units count as taken."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.units.models import Unit
from gridmap.units.rules.codes import Level, level_of, parent_of, subtree, unit_span


def free_codes(session: Session, parent_code: int, count: int, level: Level) -> list[int]:
    """Return up to ``count`` unused codes of ``level`` below a unit, following the highest one in use before filling holes.

    The level is that of the unit that is split: below a city without counties (4419) stand towns.
    """
    lo, hi = subtree(parent_code)
    step = unit_span(level)
    used = set(session.scalars(select(Unit.unit_code).where(Unit.parent_code == parent_code)))
    top = max(used, default=lo)
    found = (code for places in ((top + step, hi), (lo + step, top)) for code in range(*places, step))
    free = (code for code in found if code not in used and level_of(code) is level and parent_of(code) == parent_code)
    return list(islice(free, count))


def taken_codes(session: Session, codes: Collection[int]) -> set[int]:
    """Return which of the codes belong to a unit already, in force, ended or in a draft."""
    return set(session.scalars(select(Unit.unit_code).where(Unit.unit_code.in_(codes))))
