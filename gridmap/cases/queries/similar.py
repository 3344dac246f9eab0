"""Open cases that may be the same thing as one that is being told: near and of the same kind, or in like words in the same town.

Under row-level security no trigram index may be used (its operators are not leakproof, decision 0008). So likeness is measured on a
bounded set that B-trees find: the newest open cases of the town. Nearness goes by ranges of ``zkey``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import Float, and_, cast, func, or_, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, significant_digits, subtree
from gridmap.cases.models import Case, Category
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.rules import county_of
from gridmap.cases.rules.cover import zkey_ranges
from gridmap.units.rules.measures import CHINA_BOX

NEAR_M = 50.0
NEAR_HOURS = 24
WORDS_DAYS = 30
MOST_READ = 250
MOST_SHOWN = 5
LEAST_LIKENESS = 0.2  # of pg_trgm, 0…1; Chinese titles are short, so even near-equal ones share few trigrams
LEAST_LETTERS = 3
METRES_PER_DEGREE = 110_574.0  # a degree of latitude at the equator, where it is shortest (WGS-84)


@dataclass(frozen=True)
class Told:
    """What is known so far of what is being told; ``lon``, ``lat`` in WGS-84 degrees."""

    category_code: str = ""
    title: str = ""
    address_text: str = ""
    lon: float | None = None
    lat: float | None = None
    unit_code: int | None = None


@dataclass(frozen=True)
class Similar:
    """A case that may be the same thing: how far away (m; ``None`` when a position is missing), how old, and why it is shown."""

    case_code: str
    title: str
    address_text: str
    status: str
    distance_m: float | None
    age: timedelta
    near: bool
    likeness: float


def similar_cases(session: Session, actor: Actor, told: Told, now: datetime) -> list[Similar]:
    """Return at most five visible open cases that may be the same: first those near and of the same kind, then by likeness."""
    found = {item.case_code: item for item in _near(session, actor, told, now)}
    for item in _alike(session, actor, told, now):
        found.setdefault(item.case_code, item)
    return list(found.values())[:MOST_SHOWN]


def same_thing(session: Session, actor: Actor, case: Case, lon: float, lat: float) -> list[Similar]:
    """Return at most five visible open cases of the county that may be the same thing as a visible one at lon, lat (WGS-84).

    Of the same class within 50 m, and received within 24 hours before or after it; ``age``: by how much earlier than it.
    """
    told = Told(case.category.code, lon=lon, lat=lat)
    found = _near(session, actor, told, case.received_at)
    others = (item for item in found if item.case_code != case.case_code and item.age >= -timedelta(hours=NEAR_HOURS))
    return [item for item in others if county_of(item.case_code) == case.county_code][:MOST_SHOWN]


def _away(told: Told) -> Any:
    if told.lon is None or told.lat is None:
        return cast(None, Float)
    here = cast(func.st_setsrid(func.st_makepoint(told.lon, told.lat), 4326), Geography)
    return cast(func.st_distance(cast(Case.geom, Geography), here), Float)


def box_around(lon: float, lat: float, radius_m: float) -> tuple[float, float, float, float]:
    """Return west, south, east, north in degrees (WGS-84) of a box that holds everything within ``radius_m`` of a point."""
    up = radius_m / METRES_PER_DEGREE
    side = up / math.cos(math.radians(lat))
    return lon - side, lat - up, lon + side, lat + up


def _near(session: Session, actor: Actor, told: Told, now: datetime) -> list[Similar]:
    """Same subcategory within 50 m (geodesic) and 24 hours, nearest first."""
    if told.lon is None or told.lat is None or not told.category_code:
        return []
    west, south, east, north = CHINA_BOX
    if not (west <= told.lon <= east and south <= told.lat <= north):
        return []
    box = box_around(told.lon, told.lat, NEAR_M)
    query = (
        visible_cases(actor)
        .join(Case.category)
        .with_only_columns(Case.case_code, Case.title, Case.address_text, Case.status, _away(told), Case.received_at)
        .where(
            or_(*[and_(Case.zkey >= lo, Case.zkey < hi) for lo, hi in zkey_ranges(box, most=4)]),
            Case.closed_at.is_(None),
            Case.received_at >= now - timedelta(hours=NEAR_HOURS),
            Category.code == told.category_code,
        )
    )
    found = [_similar(row, now, near=True) for row in session.execute(query)]
    close = [item for item in found if item.distance_m is not None and item.distance_m <= NEAR_M]
    return sorted(close, key=lambda item: (item.distance_m, item.age))


def _alike(session: Session, actor: Actor, told: Told, now: datetime) -> list[Similar]:
    """In like words: title and address against the newest open cases of the town, likest first."""
    words = f"{told.title} {told.address_text}".strip().lower()
    if len(words) < LEAST_LETTERS or told.unit_code is None:
        return []
    session.execute(
        text("select set_config('max_parallel_workers_per_gather', '0', true)")
    )  # starting one takes longer
    unit = told.unit_code // 10**6 * 10**6 if significant_digits(told.unit_code) > 9 else told.unit_code
    span = subtree(unit)
    recent = (
        visible_cases(actor)
        .with_only_columns(
            Case.case_code, Case.title, Case.address_text, Case.status, _away(told).label("away"), Case.received_at
        )
        .where(
            Case.unit_code >= span.lo,
            Case.unit_code < span.hi,
            Case.received_at >= now - timedelta(days=WORDS_DAYS),
            Case.closed_at.is_(None),
        )
        .order_by(Case.received_at.desc())
        .limit(MOST_READ)
        .subquery()
    )
    likeness = func.greatest(
        func.similarity(func.lower(recent.c.title), told.title.lower()),
        func.similarity(func.lower(recent.c.title + " " + recent.c.address_text), words),
    ).label("likeness")
    inner = select(recent, likeness).subquery()
    query = select(inner).where(inner.c.likeness >= LEAST_LIKENESS).order_by(inner.c.likeness.desc()).limit(MOST_SHOWN)
    return [_similar(row[:6], now, near=False, likeness=row.likeness) for row in session.execute(query)]


def _similar(row: Any, now: datetime, *, near: bool, likeness: float = 0.0) -> Similar:
    code, title, address, status, away, received_at = row
    return Similar(code, title, address, status, away, now - received_at, near, likeness)
