"""What the drawing of coverage reads, as the job role: fixes as arrays, and the lattices of the grids that a track comes near."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import reduce
from typing import Any

import numpy as np
from geoalchemy2.shape import to_shape
from sqlalchemy import Double, LargeBinary, cast, func, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.sql.elements import ColumnElement

from gridmap.access import Range
from gridmap.clock import local
from gridmap.patrols.models import CoverageFrame, TrackBatch, TrackPoint
from gridmap.patrols.rules.segments import Fixes
from gridmap.patrols.rules.tracks import BATCH_BITS, DAY_BITS, days_of, point_ids
from gridmap.units.models import Outline

GRID_LEVEL = 15
SPANS = 64  # ranges of points that one statement names
_PLACES, _BATCHES = (1 << BATCH_BITS) - 1, (1 << (DAY_BITS - BATCH_BITS)) - 1  # parts of the number of a point
MARGIN_DEG = 0.0006  # more than 30 m either way, up to 60 degrees of latitude


def beside(session: Session, batches: list[TrackBatch], gap_s: float) -> list[TrackBatch]:
    """Return batches of one phone and duty with those that may touch any of them in time, in the order of their numbers."""
    first, gap = batches[0], timedelta(seconds=gap_s)
    from_at, to_at = span_of(batches)
    found = select(TrackBatch).where(
        TrackBatch.county_code == first.county_code,
        TrackBatch.duty_id == first.duty_id,
        TrackBatch.device == first.device,
        TrackBatch.from_at <= to_at + gap,
        TrackBatch.to_at >= from_at - gap,
    )
    return list(session.scalars(found.order_by(TrackBatch.number, TrackBatch.id)))


def span_of(batches: list[TrackBatch]) -> tuple[datetime, datetime]:
    """Return from when to when these batches, of which each has points, recorded."""
    return (
        min(batch.from_at for batch in batches if batch.from_at),
        max(batch.to_at for batch in batches if batch.to_at),
    )


_COLUMNS = ("at_s", "lon", "lat", "accuracy_m")
_FIX = np.dtype([("id", ">i8"), *((name, ">f8") for name in _COLUMNS)])


def fix_arrays(session: Session, batches: list[TrackBatch], from_s: float, to_s: float) -> Fixes:
    """Return the stored points of batches of one county between two instants (seconds since 1970), in the order of the batches."""
    table = _points(session, batches)
    table = table[(table["at_s"] >= from_s) & (table["at_s"] <= to_s)]
    batch_id = table["id"] >> BATCH_BITS & _BATCHES
    turns = {batch.id: turn for turn, batch in enumerate(batches)}
    numbers = np.array([batch.number for batch in batches], dtype=np.int64)
    turn = np.array([turns[one] for one in batch_id.tolist()], dtype=np.int64)
    order = np.lexsort((table["id"] & _PLACES, turn))
    at_s, lon, lat, accuracy_m = (table[name][order].astype(np.float64) for name in _COLUMNS)
    return Fixes(at_s, lon, lat, accuracy_m, numbers[turn[order]] if len(order) else turn)


def _points(session: Session, batches: list[TrackBatch]) -> Any:
    spans = [
        point_ids(on, batch.id)
        for batch in batches
        if batch.from_at is not None and batch.to_at is not None
        for on in days_of(local(batch.from_at).date(), local(batch.to_at).date())
    ]
    packed = [
        session.execute(_packed(batches[0].county_code, spans[at : at + SPANS])).scalar_one()
        for at in range(0, len(spans), SPANS)
    ]
    return np.frombuffer(b"".join(packed), dtype=_FIX)


def _packed(county_code: int, spans: list[range]) -> Any:
    """Return the statement that gives points as one string of bytes, see ``_FIX``: a tenth of the time of rows.

    The ranges stand in it as numbers, so that the planner sees how narrow they are also before the table is analysed.
    """
    numbers: tuple[ColumnElement[Any], ...] = (
        func.int8send(TrackPoint.id),
        func.float8send(cast(func.extract("epoch", TrackPoint.at), Double)),
        func.float8send(TrackPoint.lon),
        func.float8send(TrackPoint.lat),
        func.float8send(cast(func.coalesce(TrackPoint.accuracy_m, float("nan")), Double)),
    )
    row = reduce(lambda left, right: left.op("||")(right), numbers)
    nothing = cast(b"", LargeBinary)
    within = or_(*[(TrackPoint.id >= ids.start) & (TrackPoint.id < ids.stop) for ids in spans])
    return select(func.coalesce(func.string_agg(row, nothing), nothing)).where(
        TrackPoint.county_code == county_code, within
    )


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


def has_other_frame(session: Session, unit_code: int, outline_id: int) -> bool:
    """Say whether a grid had another outline on which something was drawn."""
    other = select(CoverageFrame.id).where(
        CoverageFrame.county_code == unit_code // 10**9,
        CoverageFrame.unit_code == unit_code,
        CoverageFrame.outline_id != outline_id,
    )
    return session.scalars(other.limit(1)).first() is not None


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
