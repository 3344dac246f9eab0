"""The directory of units as its pages show it: rows with parent, children and outline; one unit; what happened to it.

Units in force are public within the system, so their table is not under a reading policy: every query here starts from
``visible_units``, which filters by the actor's ranges.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.audit import Event
from gridmap.clock import today
from gridmap.db import in_ranges, valid_on
from gridmap.units.models import BoundarySource, Outline, OutlineVersion, Unit
from gridmap.units.rules.codes import BY_DIGITS, Level, ancestors_of, code_text


@dataclass(frozen=True)
class UnitRow:
    """A unit as lists show it; ``area_m2`` is geodesic, ``None`` where the unit has no outline in force."""

    code: int
    name: str
    digits: int
    parent_code: int | None
    parent_name: str | None
    kind: str | None
    valid_from: date | None
    valid_to: date | None
    area_m2: float | None
    is_demo: bool
    children: int

    @property
    def level(self) -> Level:
        """Return the level."""
        return BY_DIGITS[self.digits]

    @property
    def in_force(self) -> bool:
        """Tell whether the unit is published and not ended."""
        return self.valid_from is not None and (self.valid_to is None or self.valid_to > today())


def is_unit(session: Session, unit_code: int, on: date) -> bool:
    """Say whether a unit is in force on a day."""
    query = select(Unit.unit_code).where(Unit.unit_code == unit_code, valid_on(Unit, on))
    return session.scalar(query) is not None


@dataclass(frozen=True)
class Filters:
    """What a list of units is narrowed to; empty values narrow nothing."""

    words: str = ""
    parent: int | None = None
    level: Level | None = None
    without_outline: bool = False


def visible_units(actor: Actor) -> Any:
    """Published units in the actor's ranges, ended ones included: where every read of this module starts."""
    return select(Unit).where(
        in_ranges(Unit.unit_code, actor.granted_ranges(Permission.UNIT_READ)), Unit.valid_from.is_not(None)
    )


def list_units(
    session: Session, actor: Actor, filters: Filters, *, limit: int = 50, offset: int = 0
) -> tuple[list[UnitRow], int]:
    """Return a page of the units in force, by code, and how many there are."""
    query = _narrowed(visible_units(actor).where(_current(Unit)), filters)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    page = query.order_by(Unit.unit_code).limit(limit).offset(offset)
    return _rows(session, page), total


def one_unit(session: Session, actor: Actor, code: int) -> UnitRow | None:
    """Return a unit in the actor's ranges, ended ones too, or ``None``."""
    rows = _rows(session, visible_units(actor).where(Unit.unit_code == code))
    return rows[0] if rows else None


def list_tops(session: Session, actor: Actor) -> list[UnitRow]:
    """Return the roots of the actor's tree: the highest units in each of their ranges."""
    mine = visible_units(actor).where(_current(Unit)).subquery()
    query = visible_units(actor).where(
        _current(Unit), or_(Unit.parent_code.is_(None), Unit.parent_code.not_in(select(mine.c.unit_code)))
    )
    return _rows(session, query.order_by(Unit.unit_code).limit(200))


def list_ancestors(session: Session, actor: Actor, code: int) -> list[tuple[int, str, bool]]:
    """Return (code, name, whether the actor may open it) of the units above, from the top. Names are public."""
    above = ancestors_of(code)
    names = _names(session, above)
    ranges = actor.granted_ranges(Permission.UNIT_READ)
    return [(up, names[up], any(up in r for r in ranges)) for up in above if up in names]


def count_levels(session: Session, actor: Actor) -> list[tuple[Level, int, int]]:
    """Return (level, units in force, of which have an outline in force) for each level that the actor sees."""
    mine = visible_units(actor).where(_current(Unit)).subquery()
    drawn = exists().where(Outline.unit_code == mine.c.unit_code, _current(Outline))
    query = select(mine.c.level, func.count(), func.count().filter(drawn)).group_by(mine.c.level)
    return [(BY_DIGITS[digits], total, outlined) for digits, total, outlined in sorted(session.execute(query))]


def list_outlines(session: Session, code: int) -> list[Any]:
    """Return the published outlines of a unit, newest first, with file name and version label where these are in scope.

    The caller has already found the unit through ``one_unit``.
    """
    query = (
        select(
            Outline.id,
            Outline.valid_from,
            Outline.valid_to,
            Outline.area_m2,
            Outline.source_datum,
            Outline.origin,
            Outline.is_demo,
            Outline.version_id,
            func.st_npoints(Outline.geom).label("vertices"),
            BoundarySource.file_name,
            OutlineVersion.label,
            OutlineVersion.published_by,
        )
        .outerjoin(BoundarySource, BoundarySource.id == Outline.source_id)
        .outerjoin(OutlineVersion, OutlineVersion.id == Outline.version_id)
        .where(Outline.unit_code == code, Outline.valid_from.is_not(None))
        .order_by(Outline.valid_from.desc(), Outline.id.desc())
    )
    return list(session.execute(query))


def list_events(session: Session, code: int, version_ids: Sequence[int], *, limit: int = 50) -> list[Event]:
    """Return what was done to a unit, newest first: to versions at it, and to those that brought in its outlines.

    Row-level security keeps to the actor's scope.
    """
    about = or_(Event.unit_code == code, Event.subject.in_([str(version) for version in version_ids]))
    query = select(Event).where(about, Event.kind.like("units.%"))
    return list(session.scalars(query.order_by(Event.at.desc(), Event.id.desc()).limit(limit)))


def shapes_around(session: Session, actor: Actor, code: int, *, outline_id: int | None = None) -> dict[str, Any]:
    """Return GeoJSON features for the map of one unit: itself (an earlier outline when asked), siblings, children, parent.

    Geometry is WGS-84 lon lat, simplified to about a metre except the unit's own. Only units the actor sees are there.
    """
    here = select(Unit.parent_code).where(Unit.unit_code == code).scalar_subquery()
    role = {"self": Unit.unit_code == code, "child": Unit.parent_code == code}
    relatives = or_(role["self"], role["child"], Unit.parent_code == here, Unit.unit_code == here)
    wanted = and_(Outline.unit_code == code, Outline.id == outline_id) if outline_id else None
    current = and_(_current(Outline), Outline.unit_code != code) if outline_id else _current(Outline)
    query = (
        select(
            Unit.unit_code,
            Unit.name,
            Unit.parent_code,
            Outline.is_demo,
            _geojson(Unit.unit_code == code),
            func.st_asgeojson(Outline.label_point, 7),
        )
        .join(Outline, Outline.unit_code == Unit.unit_code)
        .where(in_ranges(Unit.unit_code, actor.granted_ranges(Permission.UNIT_READ)), relatives)
        .where(or_(current, wanted) if wanted is not None else current)
    )
    features = []
    for unit, name, parent, is_demo, geometry, label in session.execute(query):
        kind = "self" if unit == code else "child" if parent == code else "parent" if unit == _up(code) else "sibling"
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "code": f"{unit:015d}",
                    "name": name,
                    "role": kind,
                    "is_demo": is_demo,
                    "label": json.loads(label)["coordinates"],
                },
                "geometry": json.loads(geometry),
            }
        )
    return {"type": "FeatureCollection", "features": features}


def _up(code: int) -> int | None:
    above = ancestors_of(code)
    return above[-1] if above else None


def _geojson(exact: Any) -> Any:
    """Return the outline as GeoJSON text, whole for the unit itself, to about a metre (1e-5 degrees) for the others."""
    from sqlalchemy import case

    light = func.st_simplifypreservetopology(Outline.geom, 0.00001)
    return func.st_asgeojson(case((exact, Outline.geom), else_=light), 7)


def _current(table: Any) -> Any:
    """Return the condition that a unit or outline is in force today."""
    return and_(
        table.valid_from.is_not(None),
        table.valid_from <= today(),
        or_(table.valid_to.is_(None), table.valid_to > today()),
    )


def _narrowed(query: Any, filters: Filters) -> Any:
    if filters.parent is not None:
        query = query.where(Unit.parent_code == filters.parent)
    if filters.level is not None:
        query = query.where(Unit.level == filters.level.digits)
    if filters.without_outline:
        query = query.where(~exists().where(Outline.unit_code == Unit.unit_code, _current(Outline)))
    if filters.words:
        query = query.where(_matching(filters.words))
    return query


def _matching(words: str) -> Any:
    """Return the condition of a search: the start of a code where there are only digits, else a part of the name."""
    digits = code_text(words)
    if digits.isascii() and digits.isdigit() and len(digits) <= 15:
        low = int(digits.ljust(15, "0"))
        return and_(Unit.unit_code >= low, Unit.unit_code < low + 10 ** (15 - len(digits)))
    like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return Unit.name.ilike(like)


def _rows(session: Session, query: Any) -> list[UnitRow]:
    """Run a query of units and add parent name, outline in force and number of children in three more reads at most."""
    units: Sequence[Unit] = session.scalars(query).all()
    if not units:
        return []
    codes = [unit.unit_code for unit in units]
    names = _names(session, {unit.parent_code for unit in units} - {None})
    drawn, below = _drawn(session, codes), _children(session, codes)
    return [
        UnitRow(
            code=unit.unit_code,
            name=unit.name,
            digits=unit.level,
            parent_code=unit.parent_code,
            parent_name=names.get(unit.parent_code or 0),
            kind=unit.kind,
            valid_from=unit.valid_from,
            valid_to=unit.valid_to,
            area_m2=drawn.get(unit.unit_code, (None, False))[0],
            is_demo=unit.is_demo or drawn.get(unit.unit_code, (None, False))[1],
            children=below.get(unit.unit_code, 0),
        )
        for unit in units
    ]


def _names(session: Session, codes: Collection[Any]) -> dict[int, str]:
    return dict(session.execute(select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(codes))).all())


def _drawn(session: Session, codes: Collection[int]) -> dict[int, tuple[float, bool]]:
    """Return area in m² and 示例边界 or not of the outlines in force."""
    query = select(Outline.unit_code, Outline.area_m2, Outline.is_demo)
    found = session.execute(query.where(Outline.unit_code.in_(codes), _current(Outline)))
    return {code: (area_m2, is_demo) for code, area_m2, is_demo in found}


def _children(session: Session, codes: Collection[int]) -> dict[int | None, int]:
    """Return how many children in force each unit has."""
    query = select(Unit.parent_code, func.count()).where(Unit.parent_code.in_(codes), _current(Unit))
    return dict(session.execute(query.group_by(Unit.parent_code)).all())
