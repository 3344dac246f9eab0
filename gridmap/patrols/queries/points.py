"""点位 of a unit with when somebody was there last, and the check-ins at one."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, Permission, subtree
from gridmap.db import in_ranges
from gridmap.patrols.models import PatrolCheckIn, PatrolPoint
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.queries.ground import in_force
from gridmap.units.models import Outline, Unit

MOST_CHECK_INS = 200
_VALUE = text("select value from system_settings where key = 'patrols.check_in'")


@dataclass(frozen=True)
class CheckInLimits:
    """Metres: the reach of a new point, the error a fix may have to check in by, and how far off a scan is pointed out."""

    radius_m: int
    accuracy_m: float
    far_m: float


@dataclass(frozen=True)
class PointRow:
    """A point, the name of its grid, how often somebody was there in the period and when last (ever)."""

    point: PatrolPoint
    unit_name: str
    times: int
    last_at: datetime | None


def check_in_limits(session: Session) -> CheckInLimits:
    """Return what a place has set for checking in."""
    value: dict[str, Any] = session.execute(_VALUE).scalar_one()
    return CheckInLimits(int(value["radius_m"]), float(value["accuracy_m"]), float(value["far_m"]))


def visible_points(actor: Actor, permission: Permission = Permission.PATROL_READ) -> Select[Any]:
    """Return the points at the units where ``permission`` is granted."""
    return select(PatrolPoint).where(in_ranges(PatrolPoint.unit_code, actor.granted_ranges(permission)))


def list_points(session: Session, actor: Actor, unit_code: int, period: Period) -> list[PointRow]:
    """Return the points in use under a unit, by grid and name."""
    within, (begins, ends) = subtree(unit_code), period.bounds
    been = (
        select(
            func.count().filter(PatrolCheckIn.at >= begins, PatrolCheckIn.at < ends).label("times"),
            func.max(PatrolCheckIn.at).label("last_at"),
        )
        .where(PatrolCheckIn.county_code == PatrolPoint.county_code, PatrolCheckIn.point_id == PatrolPoint.id)
        .lateral()
    )
    village = aliased(Unit)
    rows = (
        visible_points(actor)
        .add_columns((func.coalesce(village.name, "") + Unit.name).label("unit_name"), been.c.times, been.c.last_at)
        .join(Unit, Unit.unit_code == PatrolPoint.unit_code)
        .outerjoin(village, village.unit_code == Unit.parent_code)
        .join(been, text("true"))
        .where(PatrolPoint.ended_at.is_(None), PatrolPoint.unit_code >= within.lo, PatrolPoint.unit_code < within.hi)
        .order_by(PatrolPoint.unit_code, PatrolPoint.name, PatrolPoint.id)
    )
    return [PointRow(row[0], row.unit_name, row.times, row.last_at) for row in session.execute(rows)]


def box_of(session: Session, unit_code: int, on: date) -> list[float] | None:
    """Return what the outline of a unit lies in on a day: west, south, east, north in degrees; ``None`` for one without an outline."""
    box = func.box2d(Outline.geom)
    found = select(func.st_xmin(box), func.st_ymin(box), func.st_xmax(box), func.st_ymax(box))
    row = session.execute(found.where(Outline.unit_code == unit_code, in_force(on))).first()
    return list(row) if row else None


def own_points(session: Session, actor: Actor) -> list[tuple[PatrolPoint, datetime | None]]:
    """Return the points in use in the actor's own grids, each with when the actor was there last: what their phone takes along."""
    mine = (
        select(func.max(PatrolCheckIn.at))
        .where(
            PatrolCheckIn.county_code == PatrolPoint.county_code,
            PatrolCheckIn.point_id == PatrolPoint.id,
            PatrolCheckIn.account_id == actor.account_id,
        )
        .scalar_subquery()
    )
    found = visible_points(actor, Permission.PATROL_RECORD).add_columns(mine).where(PatrolPoint.ended_at.is_(None))
    return [(row[0], row[1]) for row in session.execute(found.order_by(PatrolPoint.unit_code, PatrolPoint.id))]


def one_point(session: Session, actor: Actor, point_id: int, permission: Permission) -> PatrolPoint | None:
    """Return a point where ``permission`` is granted, in use or not."""
    return session.scalars(visible_points(actor, permission).where(PatrolPoint.id == point_id)).one_or_none()


def point_of_code(session: Session, actor: Actor, code: str, at: datetime) -> PatrolPoint | None:
    """Return the point whose sign showed ``code`` at an instant, in one of the actor's own grids."""
    then = or_(PatrolPoint.code == code, (PatrolPoint.old_code == code) & (PatrolPoint.code_at > at))
    return session.scalars(visible_points(actor, Permission.PATROL_RECORD).where(then)).first()


def own_check_in(session: Session, actor: Actor, client_id: uuid.UUID) -> PatrolCheckIn | None:
    """Return the actor's own check-in that their phone named so."""
    mine = select(PatrolCheckIn).where(
        PatrolCheckIn.account_id == actor.account_id, PatrolCheckIn.client_id == client_id
    )
    return session.scalars(mine).one_or_none()


def check_ins_at(session: Session, point: PatrolPoint, period: Period) -> list[PatrolCheckIn]:
    """Return who was at a point in a period, newest first, at most ``MOST_CHECK_INS``. For who may see who is on duty."""
    begins, ends = period.bounds
    found = select(PatrolCheckIn).where(
        PatrolCheckIn.county_code == point.county_code,
        PatrolCheckIn.point_id == point.id,
        PatrolCheckIn.at >= begins,
        PatrolCheckIn.at < ends,
    )
    return list(session.scalars(found.order_by(PatrolCheckIn.at.desc(), PatrolCheckIn.id).limit(MOST_CHECK_INS)))
