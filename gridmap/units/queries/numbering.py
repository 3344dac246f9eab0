"""Codes that are still free below a unit. Codes are never used again, so ended units count as taken."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.units.models import Unit
from gridmap.units.rules.codes import child_level, subtree, unit_span


def free_codes(session: Session, parent_code: int, count: int) -> list[int]:
    """Return up to ``count`` unused codes of children, following the highest one in use before filling holes."""
    level = child_level(parent_code)
    if level is None:
        return []
    lo, hi = subtree(parent_code)
    step = unit_span(level)
    used = set(session.scalars(select(Unit.unit_code).where(Unit.parent_code == parent_code)))
    top = max(used, default=lo)
    after = [code for code in range(top + step, hi, step) if code not in used]
    before = [code for code in range(lo + step, top, step) if code not in used]
    return [*after, *before][:count]


def taken_codes(session: Session, codes: Collection[int]) -> set[int]:
    """Return which of the codes belong to a unit already, in force, ended or in a draft."""
    return set(session.scalars(select(Unit.unit_code).where(Unit.unit_code.in_(codes))))
