"""What was pointed out of tracks, for who may see those tracks."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, subtree
from gridmap.db import in_ranges
from gridmap.patrols.models import Duty, PatrolAnomaly, TrackBatch
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.rules.anomalies import Odd

MOST_LISTED = 200
_VALUE = text("select value from system_settings where key = 'patrols.odd'")


def odd_limits(session: Session) -> Odd:
    """Return from where on a track is pointed out."""
    value: dict[str, Any] = session.execute(_VALUE).scalar_one()
    return Odd(*(float(value[name]) for name in ("speed_kmh", "apart_m", "within_s")))


def _visible(actor: Actor) -> Select[Any]:
    ranges = actor.granted_ranges(Permission.TRACK_READ)
    return select(PatrolAnomaly).where(in_ranges(PatrolAnomaly.unit_code, ranges))


def list_anomalies(session: Session, actor: Actor, unit_code: int, period: Period) -> list[PatrolAnomaly]:
    """Return what was pointed out under a unit in a period: what nobody has looked at first, then by time, newest first."""
    within, (begins, ends) = subtree(unit_code), period.bounds
    found = _visible(actor).where(
        PatrolAnomaly.unit_code >= within.lo,
        PatrolAnomaly.unit_code < within.hi,
        PatrolAnomaly.at >= begins,
        PatrolAnomaly.at < ends,
    )
    order = (PatrolAnomaly.seen_at.is_not(None), PatrolAnomaly.at.desc(), PatrolAnomaly.id)
    return list(session.scalars(found.order_by(*order).limit(MOST_LISTED)))


def one_anomaly(session: Session, actor: Actor, anomaly_id: int) -> PatrolAnomaly | None:
    """Return one of them, held until the transaction ends."""
    return session.scalars(_visible(actor).where(PatrolAnomaly.id == anomaly_id).with_for_update()).one_or_none()


def anomalies_of(session: Session, duty: Duty) -> list[PatrolAnomaly]:
    """Return what was pointed out of a duty whose track may be seen: its worker reads it too."""
    found = select(PatrolAnomaly).where(PatrolAnomaly.county_code == duty.county_code, PatrolAnomaly.duty_id == duty.id)
    return list(session.scalars(found.order_by(PatrolAnomaly.at)))


def duties_since(session: Session, since: datetime) -> list[tuple[int, int]]:
    """Return (county, duty) of the duties for which points came since an instant; for the job."""
    came = select(TrackBatch.county_code, TrackBatch.duty_id).where(
        TrackBatch.received_at >= since, TrackBatch.taken > 0
    )
    return [(row[0], row[1]) for row in session.execute(came.distinct().order_by(*came.selected_columns))]
