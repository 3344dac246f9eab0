"""点位: put up, renamed, given a new sign, taken down; and checking in at them while on duty."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.cases.queries import placing
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.patrols.actions.duty import NO_DUTY
from gridmap.patrols.forms.points import PointEntry
from gridmap.patrols.models import Duty, PatrolCheckIn, PatrolPoint
from gridmap.patrols.queries.ground import GRID_LEVEL
from gridmap.patrols.queries.points import check_in_limits, one_point, own_check_in, point_of_code
from gridmap.patrols.queries.settings import duty_limits, retention_days
from gridmap.patrols.queries.tracks import own_duty
from gridmap.patrols.rules.points import Method, code_in, new_code, too_far
from gridmap.patrols.rules.tracks import clock_offset, duty_span
from gridmap.units.rules.measures import GEOD

MISSING = "没有找到该点位，可能不在您负责的范围内。"
GONE = "该点位已停用。"
UNKNOWN_CODE = "没有认出这个二维码，没有打卡：不是您网格的点位，或二维码已更换。"


@dataclass(frozen=True)
class Here:
    """Where a phone says it is: WGS-84 degrees, radius of the 68 % circle in metres."""

    lon: float
    lat: float
    accuracy_m: float


@dataclass(frozen=True)
class Shown:
    """How a worker shows that they are at a point: what was scanned, or (by position) the point's number; and the phone's place."""

    code: str | None
    point_id: int | None
    here: Here | None


def add_point(session: Session, actor: Actor, *, entry: PointEntry, now: datetime) -> PatrolPoint:
    """Put a point up in the grid in which it lies. Raises ``BadInput`` (in no grid of the actor's)."""
    spot = entry.spot
    found = placing(session, actor, lon=spot.lon, lat=spot.lat, accuracy_m=None, on=local(now).date())
    grid = found.inside
    if grid is None or grid.level != GRID_LEVEL:
        raise BadInput("该位置不在任何已划定的网格内，请在网格内选点。", field="lon")
    if not actor.may(Permission.PATROL_PLAN, grid.code):
        raise BadInput(f"该位置属于“{grid.path}”，不在您负责的区划范围内。", field="lon")
    point = PatrolPoint(
        county_code=grid.code // 10**9, unit_code=grid.code, name=entry.name, lon=spot.lon, lat=spot.lat,
        radius_m=entry.radius_m, code=new_code(), code_at=now, made_at=now, made_name=actor.name,
    )  # fmt: skip
    session.add(point)
    session.flush()
    audit.record(session, actor, "point.added", str(point.id), point.unit_code, name=point.name)
    session.flush()
    return point


def _held(session: Session, actor: Actor, point_id: int) -> PatrolPoint:
    point = one_point(session, actor, point_id, Permission.PATROL_PLAN)
    if point is None:
        raise NotFound(MISSING)
    session.refresh(point, with_for_update=True)
    if point.ended_at is not None:
        raise Conflict(GONE)
    return point


def change_point(session: Session, actor: Actor, *, point_id: int, name: str, radius_m: int) -> PatrolPoint:
    """Give a point another name or reach (metres). Raises ``NotFound``, ``Conflict`` (taken down)."""
    point = _held(session, actor, point_id)
    point.name, point.radius_m = name, radius_m
    audit.record(session, actor, "point.changed", str(point.id), point.unit_code, name=name, radius_m=radius_m)
    session.flush()
    return point


def renew_code(session: Session, actor: Actor, *, point_id: int, now: datetime) -> PatrolPoint:
    """Give a point a new sign: the old one stops working, but for what was scanned before. Raises ``NotFound``, ``Conflict``."""
    point = _held(session, actor, point_id)
    point.old_code, point.code, point.code_at = point.code, new_code(), now
    audit.record(session, actor, "point.renewed", str(point.id), point.unit_code)
    session.flush()
    return point


def end_point(session: Session, actor: Actor, *, point_id: int, now: datetime) -> PatrolPoint:
    """Take a point down; who was there stays on record. Raises ``NotFound``, ``Conflict``."""
    point = _held(session, actor, point_id)
    point.ended_at = now
    audit.record(session, actor, "point.ended", str(point.id), point.unit_code)
    session.flush()
    return point


def check_in(
    session: Session,
    actor: Actor,
    *,
    client_id: uuid.UUID,
    duty: uuid.UUID,
    shown: Shown,
    phone_at: datetime,
    phone_sent_at: datetime,
    now: datetime,
) -> tuple[PatrolCheckIn, PatrolPoint]:
    """Record that the actor was at a point at ``phone_at`` by the phone's clock; the same check-in sent twice is one.

    ``duty``: the client id of the duty during which it was. Raises ``NotFound`` (no such duty, point or sign), ``BadInput`` (not on
    duty then; by position: too far, or the fix is too vague).
    """
    known = own_check_in(session, actor, client_id)
    if known is not None:
        return known, _point_of(session, known)
    on = own_duty(session, actor, duty)
    if on is None:
        raise NotFound(NO_DUTY)
    tolerance_s, longest_hours = duty_limits(session)
    at = min(phone_at + clock_offset(phone_sent_at, now, tolerance_s), now)
    if at not in duty_span(on.on_at, on.off_at, now, tolerance_s, longest_hours):
        raise BadInput("打卡的时间不在这次在岗时间内，没有打卡。")
    point = _shown_point(session, actor, shown, at)
    distance_m = _distance_m(point, shown.here)
    if shown.code is None:
        _refuse_elsewhere(session, point, shown.here, distance_m)
    row = _row(actor, on, point, shown.here, distance_m)
    row.client_id, row.method = client_id, (Method.POSITION if shown.code is None else Method.QR).value
    row.at, row.phone_at, row.received_at = at, phone_at, now
    return _stored(session, actor, row, point)


def _stored(
    session: Session, actor: Actor, row: PatrolCheckIn, point: PatrolPoint
) -> tuple[PatrolCheckIn, PatrolPoint]:
    """Store a check-in; the database decides between two requests at once."""
    held = session.begin_nested()
    try:
        session.add(row)
        session.flush()
    except IntegrityError:
        held.rollback()
        known = own_check_in(session, actor, row.client_id)
        if known is None:
            raise
        return known, point
    held.commit()
    return row, point


def _row(actor: Actor, on: Duty, point: PatrolPoint, here: Here | None, distance_m: float | None) -> PatrolCheckIn:
    place = {"lon": here.lon, "lat": here.lat, "accuracy_m": here.accuracy_m} if here else {}
    return PatrolCheckIn(
        county_code=point.county_code, unit_code=point.unit_code, point_id=point.id, duty_id=on.id,
        account_id=actor.account_id, account_name=actor.name, distance_m=distance_m, **place,
    )  # fmt: skip


def _point_of(session: Session, row: PatrolCheckIn) -> PatrolPoint:
    return session.get_one(PatrolPoint, (row.county_code, row.point_id))


def _shown_point(session: Session, actor: Actor, shown: Shown, at: datetime) -> PatrolPoint:
    if shown.code is not None:
        code = code_in(shown.code)
        point = point_of_code(session, actor, code, at) if code else None
        missing = UNKNOWN_CODE
    else:
        point = one_point(session, actor, shown.point_id or 0, Permission.PATROL_RECORD)
        missing = MISSING
    if point is None:
        raise NotFound(missing)
    if point.ended_at is not None and point.ended_at <= at:
        raise BadInput(GONE + "没有打卡。")
    return point


def _distance_m(point: PatrolPoint, here: Here | None) -> float | None:
    return float(GEOD.inv(point.lon, point.lat, here.lon, here.lat)[2]) if here else None


def _refuse_elsewhere(session: Session, point: PatrolPoint, here: Here | None, distance_m: float | None) -> None:
    if here is None or distance_m is None:
        raise BadInput("没有定位，没有打卡。请打开定位后再试，或扫描点位上的二维码。")
    most = check_in_limits(session).accuracy_m
    if here.accuracy_m > most:
        raise BadInput(
            f"定位误差约 {here.accuracy_m:.0f} 米，超过 {most:.0f} 米，没有打卡。请到开阔处再试，或扫描点位上的二维码。"
        )
    if too_far(distance_m, here.accuracy_m, point.radius_m):
        raise BadInput(
            f"距“{point.name}”约 {distance_m:.0f} 米，超过 {point.radius_m} 米，没有打卡。请走近后再试，或扫描点位上的二维码。"
        )


def forget_places(session: Session, *, now: datetime) -> int:
    """Forget where phones were as they checked in, as long ago as raw points are kept (a job); return how many. That they were there stays."""
    gone = session.execute(
        text(
            "update patrol_check_ins set lon = null, lat = null, accuracy_m = null where at < :before and lon is not null"
        ),
        {"before": now - timedelta(days=retention_days(session))},
    )
    return int(getattr(gone, "rowcount", 0))
