"""The same place again after closing: which closed case happened where a new one is registered, and how near and lately counts.

Nothing of another town is looked at: a case is told to its own town, and what it says must not tell of a neighbour's.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from geoalchemy2 import Geography
from sqlalchemy import Float, and_, cast, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, significant_digits, subtree
from gridmap.cases.models import Case, Category
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.similar import box_around
from gridmap.cases.rules.cover import zkey_ranges
from gridmap.cases.rules.similar import SamePlace
from gridmap.cases.rules.terms import Status
from gridmap.errors import NotReady

SETTING = "cases.repeat_place"
SETTLED = (Status.CLOSED.value, Status.ARCHIVED.value)


def same_place(session: Session) -> SamePlace:
    """Return how near (m) and how lately closed (days) counts as the same place. Raises ``NotReady`` when the setting is damaged."""
    value = session.scalar(text("select value from system_settings where key = :key"), {"key": SETTING})
    try:
        return SamePlace.from_setting(value)
    except ValueError as fault:
        raise NotReady(f'设置 {SETTING} 无法识别，应为 {{"radius_m": 50, "days": 180}}。') from fault


def earlier_at_place(session: Session, actor: Actor, case: Case, now: datetime) -> str | None:
    """Return the code of the nearest closed case of the same subcategory and town at the place of ``case``, or ``None``.

    Both borders count as within: a distance (geodesic) of just the radius, and closed just the days ago.
    """
    # the new row may hold the geometry as it was given: the database is asked for its point
    where = select(func.st_x(Case.geom), func.st_y(Case.geom)).where(
        Case.county_code == case.county_code, Case.id == case.id
    )
    lon, lat = session.execute(where).one()
    if lon is None:
        return None
    near = same_place(session)
    here = cast(func.st_setsrid(func.st_makepoint(lon, lat), 4326), Geography)
    away: Any = cast(func.st_distance(cast(Case.geom, Geography), here), Float).label("away")
    town = subtree(case.unit_code // 10**6 * 10**6 if significant_digits(case.unit_code) > 9 else case.unit_code)
    kind, own = aliased(Category), aliased(Category)
    query = (
        visible_cases(actor)
        .join(kind, kind.id == Case.category_id)
        .join(own, and_(own.code == kind.code, own.id == case.category_id))
        .with_only_columns(Case.case_code, away, Case.closed_at)
        .where(
            or_(
                *[and_(Case.zkey >= lo, Case.zkey < hi) for lo, hi in zkey_ranges(box_around(lon, lat, near.radius_m))]
            ),
            Case.unit_code >= town.lo,
            Case.unit_code < town.hi,
            Case.status.in_(SETTLED),
            Case.closed_at >= now - timedelta(days=near.days),
            Case.closed_at <= now,
            Case.case_code != case.case_code,
        )
    )
    close = [row for row in session.execute(query) if row.away <= near.radius_m]
    return min(close, key=lambda row: (row.away, -row.closed_at.timestamp())).case_code if close else None


def visible_earlier(session: Session, actor: Actor, case: Case) -> Case | None:
    """Return the earlier case at the same place of a visible case when this person may read it (it or the case may have moved)."""
    if case.repeat_of is None:
        return None
    query = visible_cases(actor).where(Case.county_code == case.county_code, Case.case_code == case.repeat_of)
    return session.scalars(query).unique().one_or_none()
