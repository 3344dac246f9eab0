"""Which unit a point belongs to: by the outlines valid on a day, honest about borders that are nearer than the position is exact."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import Float, cast, exists, func, select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, Range, significant_digits, subtree
from gridmap.db import valid_on
from gridmap.units.models import Outline, Unit

GRID = 15
METRES_PER_DEGREE = 110_574.0  # a degree of latitude at the equator, where it is shortest (WGS-84)


@dataclass(frozen=True)
class UnitAt:
    """A unit at or near a point; ``distance_m`` is 0 inside. ``path`` is its name from the town down."""

    code: int
    level: int
    path: str
    distance_m: float


@dataclass(frozen=True)
class Placing:
    """What is known of a point: the deepest unit whose outline holds it, its neighbours within the accuracy, and what follows.

    ``choices`` are the units the actor may file the case under; more than one thing known means that the person is asked.
    ``pending``: no grid is certain (待定网格), the case goes under ``home``. ``refused``: it lies in somebody else's unit.
    """

    inside: UnitAt | None
    near: tuple[UnitAt, ...]
    choices: tuple[UnitAt, ...]
    pending: bool
    refused: bool
    home: int | None

    @property
    def asks(self) -> bool:
        """Say whether a border is nearer than the position is exact, so that the person must say which side it was."""
        return bool(self.near) and not self.refused and not self.pending


def placing(session: Session, actor: Actor, *, lon: float, lat: float, accuracy_m: float | None, on: date) -> Placing:
    """Place a point (WGS-84 degrees) for ``actor`` on a day; ``accuracy_m`` is the radius in which the truth lies."""
    ranges, home = actor.granted_ranges(Permission.CASE_CREATE), own_unit(actor)
    inside = _containing(session, lon, lat, on)
    if not inside:
        return Placing(None, (), (), True, False, home)
    first, near = inside[0], tuple(inside[1:])
    if accuracy_m:
        known = {unit.code for unit in inside}
        near += tuple(u for u in _neighbours(session, lon, lat, on, first.level, accuracy_m) if u.code not in known)
    choices = tuple(unit for unit in (first, *near) if any(unit.code in span for span in ranges))
    if choices:
        pending = not near and _has_deeper(session, first, on)
        return Placing(first, near, choices, pending, False, first.code)
    if any(_overlap(subtree(first.code), span) for span in ranges):
        return Placing(first, (), (), True, False, home)  # a unit above the actor's own: the grid is not drawn here
    return Placing(first, near, (), False, True, None)


def own_unit(actor: Actor) -> int | None:
    """Return the unit of the actor's widest post that may register cases; ``None`` without one or for the whole system."""
    posts = [post for post in actor.posts if actor.may(Permission.CASE_CREATE, post.unit_code) and post.unit_code]
    return max(posts, key=lambda post: (post.scope.hi - post.scope.lo, -post.unit_code)).unit_code if posts else None


def tell_name(session: Session, unit_code: int) -> str:
    """Return a unit's name with those above it, from the town down: 甲街道甲一社区第一网格."""
    digits = significant_digits(unit_code)
    codes = [int(f"{unit_code:015d}"[:n].ljust(15, "0")) for n in (9, 12, 15) if n <= digits] or [unit_code]
    names: Any = dict(session.execute(select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(codes))).all())
    return "".join(names.get(code, "") for code in codes) or str(unit_code)


def _point(lon: float, lat: float) -> Any:
    return func.st_setsrid(func.st_makepoint(lon, lat), 4326)


def _containing(session: Session, lon: float, lat: float, on: date) -> list[UnitAt]:
    """Return the units of the deepest level whose outline covers the point (several on a shared border), by code."""
    point = _point(lon, lat)
    query = select(Outline.unit_code, Outline.level).where(
        valid_on(Outline, on), Outline.geom.op("&&")(point), func.st_covers(Outline.geom, point)
    )
    rows = session.execute(query.order_by(Outline.level.desc(), Outline.unit_code)).all()
    return [UnitAt(r[0], r[1], tell_name(session, r[0]), 0.0) for r in rows if r[1] == rows[0][1]]


def _neighbours(session: Session, lon: float, lat: float, on: date, level: int, radius_m: float) -> list[UnitAt]:
    """Return the units of a level within ``radius_m`` of the point (geodesic), nearest first, at most five."""
    point = _point(lon, lat)
    up = radius_m / METRES_PER_DEGREE
    window = func.st_expand(point, up / max(math.cos(math.radians(lat)), 0.01), up)
    away = cast(func.st_distance(cast(Outline.geom, Geography), cast(point, Geography)), Float).label("away")
    query = select(Outline.unit_code, away).where(
        valid_on(Outline, on), Outline.level == level, Outline.geom.op("&&")(window)
    )
    rows = [row for row in session.execute(query.order_by(away, Outline.unit_code).limit(20)) if row.away <= radius_m]
    return [UnitAt(r.unit_code, level, tell_name(session, r.unit_code), round(r.away, 1)) for r in rows[:5]]


def _has_deeper(session: Session, unit: UnitAt, on: date) -> bool:
    if unit.level >= GRID:
        return False
    span = subtree(unit.code)
    inside = (Outline.unit_code > span.lo, Outline.unit_code < span.hi, Outline.level > unit.level)
    return bool(session.scalar(select(exists().where(valid_on(Outline, on), *inside))))


def _overlap(one: Range, other: Range) -> bool:
    return one.lo < other.hi and other.lo < one.hi
