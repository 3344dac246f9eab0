"""What the drawing of coverage reads, as the job role: fixes as arrays, and the lattices of the grids that a track comes near."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from geoalchemy2.shape import to_shape
from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from gridmap.access import Range
from gridmap.clock import local
from gridmap.patrols.models import CoverageFrame, TrackBatch, TrackPoint
from gridmap.patrols.rules.segments import Fixes
from gridmap.patrols.rules.tracks import BATCH_BITS, days_of, point_ids
from gridmap.units.models import Outline

GRID_LEVEL = 15
MARGIN_DEG = 0.0006  # more than 30 m either way, up to 60 degrees of latitude


def beside(session: Session, batch: TrackBatch, gap_s: float) -> list[TrackBatch]:
    """Return a batch with those of the same phone and duty that may touch it in time, in the order of their numbers."""
    assert batch.from_at is not None
    assert batch.to_at is not None
    gap = timedelta(seconds=gap_s)
    found = select(TrackBatch).where(
        TrackBatch.county_code == batch.county_code,
        TrackBatch.duty_id == batch.duty_id,
        TrackBatch.device == batch.device,
        TrackBatch.from_at <= batch.to_at + gap,
        TrackBatch.to_at >= batch.from_at - gap,
    )
    return list(session.scalars(found.order_by(TrackBatch.number, TrackBatch.id)))


def fix_arrays(session: Session, batches: list[TrackBatch], from_s: float, to_s: float) -> Fixes:
    """Return the stored points of batches between two instants (seconds since 1970), in the order of the batches."""
    parts = [_points(session, batch) for batch in batches]
    table = np.concatenate(parts) if parts else np.zeros((0, 5))
    table = table[(table[:, 0] >= from_s) & (table[:, 0] <= to_s)]
    return Fixes(table[:, 0], table[:, 1], table[:, 2], table[:, 3], table[:, 4].astype(np.int64))


def _points(session: Session, batch: TrackBatch) -> Any:
    if batch.from_at is None or batch.to_at is None:
        return np.zeros((0, 5))
    spans = [point_ids(on, batch.id) for on in days_of(local(batch.from_at).date(), local(batch.to_at).date())]
    seconds = func.extract("epoch", TrackPoint.at)
    statement = (
        select(TrackPoint.id, seconds, TrackPoint.lon, TrackPoint.lat, TrackPoint.accuracy_m)
        .where(TrackPoint.county_code == batch.county_code)
        .where(or_(*[(TrackPoint.id >= ids.start) & (TrackPoint.id < ids.stop) for ids in spans]))
    )
    rows = [
        (row[0] % (1 << BATCH_BITS), float(row[1]), row[2], row[3], np.nan if row[4] is None else row[4], batch.number)
        for row in session.execute(statement)
    ]
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, 6)[:, 1:]


def in_force(on: date) -> ColumnElement[bool]:
    """Return the condition that an outline is the one of its unit on a day."""
    return (Outline.valid_from <= on) & or_(Outline.valid_to.is_(None), Outline.valid_to > on)


def outlines_near(
    session: Session, county: Range, box: tuple[float, float, float, float], on: date
) -> list[tuple[int, int]]:
    """Return (outline, unit code) of the grids of a county in force on a day that a box (degrees) comes within 30 m of."""
    west, south, east, north = box
    reach = func.ST_MakeEnvelope(west - MARGIN_DEG, south - MARGIN_DEG, east + MARGIN_DEG, north + MARGIN_DEG, 4326)
    found = select(Outline.id, Outline.unit_code).where(
        Outline.level == GRID_LEVEL,
        Outline.unit_code >= county.lo,
        Outline.unit_code < county.hi,
        in_force(on),
        func.ST_Intersects(Outline.geom, reach),
    )
    return [(row.id, row.unit_code) for row in session.execute(found.order_by(Outline.unit_code))]


def outline_shape(session: Session, outline_id: int) -> Any:
    """Return the shape of an outline, lon lat."""
    return to_shape(session.scalars(select(Outline.geom).where(Outline.id == outline_id)).one())


def stored_frame(session: Session, county_code: int, outline_id: int) -> CoverageFrame | None:
    """Return the lattice that was made for an outline."""
    found = select(CoverageFrame).where(
        CoverageFrame.county_code == county_code, CoverageFrame.outline_id == outline_id
    )
    return session.scalars(found).one_or_none()


def outlines_without_frame(session: Session, on: date) -> list[tuple[int, int]]:
    """Return (outline, unit code) of grids whose outline in force has no lattice though an earlier one has."""
    here = select(CoverageFrame.id).where(CoverageFrame.outline_id == Outline.id)
    earlier = select(CoverageFrame.id).where(CoverageFrame.unit_code == Outline.unit_code)
    found = select(Outline.id, Outline.unit_code).where(
        Outline.level == GRID_LEVEL, in_force(on), ~here.exists(), earlier.exists()
    )
    return [(row.id, row.unit_code) for row in session.execute(found.order_by(Outline.unit_code))]


def batches_in(session: Session, county_code: int, box: tuple[float, float, float, float]) -> list[TrackBatch]:
    """Return the drawn batches of a county whose stretches may come within reach of a box (degrees)."""
    west, south, east, north = box
    found = select(TrackBatch).where(
        TrackBatch.county_code == county_code,
        TrackBatch.west <= east + MARGIN_DEG,
        TrackBatch.east >= west - MARGIN_DEG,
        TrackBatch.south <= north + MARGIN_DEG,
        TrackBatch.north >= south - MARGIN_DEG,
    )
    return list(session.scalars(found.order_by(TrackBatch.id)))
