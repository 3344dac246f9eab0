"""What the map would look like if a version were published: the published state with the version's changes laid over
it.

Only what a check needs is read: the changed units, their parents, siblings and children, and whoever they touch.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from gridmap.units.models import Outline, OutlineVersion, Unit
from gridmap.units.queries.outlines import (
    Drawn,
    draft_outlines,
    drawn,
    latest,
    one_of,
    published_outlines,
    touching_draft,
)
from gridmap.units.rules.checks import Shape
from gridmap.units.rules.codes import BY_DIGITS, ancestors_of, parent_of


@dataclass(frozen=True)
class Candidate:
    """Shapes for the checks, and the outlines they were made of."""

    shapes: tuple[Shape, ...]
    drafts: dict[int, Drawn]
    published: dict[int, Drawn]


def candidate_state(session: Session, version: OutlineVersion) -> Candidate:
    """Return the candidate state of a version around what it changes."""
    drafts = draft_outlines(session, version.id)
    ended = set(version.ended_codes)
    changed = set(drafts) | ended
    families = changed | {above for code in changed if (above := parent_of(code)) is not None}
    uplines = {up for code in changed for up in ancestors_of(code)}
    codes = changed | uplines | touching_draft(session, version.id)
    units = units_around(session, codes, families, version.id)
    published = published_outlines(session, [code for code in units if code not in ended])
    shapes = []
    for code, unit in units.items():
        if code in ended:
            continue
        outline = drafts.get(code) or published.get(code)
        shapes.append(
            Shape(
                code,
                unit.name,
                outline.geom if outline else None,
                BY_DIGITS[unit.level],
                changed=code in drafts or bool(ended & siblings_key(code, ended)),
            )
        )
    return Candidate(tuple(shapes), drafts, published)


def siblings_key(code: int, ended: Collection[int]) -> set[int]:
    """Return the ended units with the same parent: their former place may now be a gap beside ``code``."""
    return {gone for gone in ended if parent_of(gone) == parent_of(code)}


def units_around(
    session: Session, codes: Collection[int], families: Collection[int], version_id: int
) -> dict[int, Unit]:
    """Return the units among ``codes`` or with a parent in ``families`` that are in force or come with the version."""
    coming = Unit.unit_code.in_(select(Outline.unit_code).where(Outline.version_id == version_id))
    query = select(Unit).where(
        or_(one_of(Unit.unit_code, codes), one_of(Unit.parent_code, families)),
        or_(and_(Unit.valid_from.is_not(None), Unit.valid_to.is_(None)), Unit.version_id == version_id, coming),
    )
    return {unit.unit_code: unit for unit in session.scalars(query)}


def whole_state(session: Session, lo: int, hi: int) -> tuple[Shape, ...]:
    """Return every published unit with ``lo <= code < hi`` as the checks see it, all as changed."""
    found = {
        item.unit_code: item.geom for item in drawn(session, latest(), Outline.unit_code >= lo, Outline.unit_code < hi)
    }
    query = select(Unit).where(
        Unit.unit_code >= lo, Unit.unit_code < hi, Unit.valid_from.is_not(None), Unit.valid_to.is_(None)
    )
    return tuple(
        Shape(unit.unit_code, unit.name, found.get(unit.unit_code), BY_DIGITS[unit.level])
        for unit in session.scalars(query.order_by(Unit.unit_code))
    )
