"""Coverage is drawn batch by batch as points arrive, and merged by a bitwise OR: done again, or in another order, it gives the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache

import numpy as np
from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.access import subtree
from gridmap.clock import local
from gridmap.patrols.models import CoverageFrame, Duty, TrackBatch
from gridmap.patrols.queries import ground as reads
from gridmap.patrols.queries.settings import filter_limits
from gridmap.patrols.rules.ground import Frame, covered, frame_of, pack, to_bits, unpack
from gridmap.patrols.rules.segments import Limits, Segments, walked
from gridmap.patrols.rules.tracks import DAY_ZERO

AT_ONCE = 10_000  # points
EPOCH_DAY, CHINA_S, DAY_S = 10_957, 28_800, 86_400  # of 2000-01-01; ahead of UTC
_MERGE = text(
    "insert into coverage_days as d (county_code, unit_code, frame_id, on_day, bits, drawn_at)"
    " values (:county, :unit, :frame, :on, cast(cast(:bits as text) as bit varying), :now)"
    " on conflict (county_code, frame_id, on_day) do update set bits = d.bits | excluded.bits, drawn_at = excluded.drawn_at"
    " where d.bits is distinct from d.bits | excluded.bits"
)


def queue_drawing(session: Session, duty: Duty) -> None:
    """See to it that what was just taken for a duty is drawn once this transaction commits; one waiting job is enough."""
    lock = f"patrols.draw/{duty.county_code}/{duty.id}"
    jobs.defer_once(session, "patrols.draw", lock=lock, county_code=duty.county_code, duty_id=duty.id)


def draw_duty(session: Session, *, county_code: int, duty_id: int, now: datetime) -> int:
    """Draw the batches of a duty that wait (a job); return how many."""
    waiting = select(TrackBatch).where(
        TrackBatch.county_code == county_code,
        TrackBatch.duty_id == duty_id,
        TrackBatch.drawn_at.is_(None),
        TrackBatch.taken > 0,
    )
    limits = filter_limits(session)
    found = session.scalars(waiting.order_by(TrackBatch.device, TrackBatch.number).with_for_update()).all()
    for several in _at_once(found):
        _draw(session, several, limits, now)
    return len(found)


def _at_once(batches: Sequence[TrackBatch]) -> Iterator[list[TrackBatch]]:
    """Cut batches into runs of one phone that are drawn together, of up to ``AT_ONCE`` points."""
    several: list[TrackBatch] = []
    for batch in batches:
        full = sum(one.taken for one in several) + batch.taken > AT_ONCE
        if several and (full or several[0].device != batch.device):
            yield several
            several = []
        several.append(batch)
    if several:
        yield several


def _draw(session: Session, batches: list[TrackBatch], limits: Limits, now: datetime) -> None:
    """Draw batches of one phone and duty."""
    stretches = _around(session, batches, limits)
    for batch in batches:
        touching = stretches.pick((stretches.batches == batch.number).any(axis=1))
        _sum_up(session, batch, touching)
        if len(touching):
            batch.west, batch.south, batch.east, batch.north = _box(touching)
        batch.drawn_at = now
    if len(stretches):
        county = subtree(batches[0].county_code * 10**9)
        for outline_id, unit in reads.outlines_near(session, county, _box(stretches), local(now).date()):
            row = _frame_to_draw_on(session, outline_id, unit, now)
            if row is not None:
                _merge(session, row, stretches, now)
    session.flush()


_OUTLINE = text("select pg_advisory_xact_lock(hashtextextended(:key, 15))")


def _frame_to_draw_on(session: Session, outline_id: int, unit_code: int, now: datetime) -> CoverageFrame | None:
    """Return the lattice of an outline; ``None`` when it has no cell, or is a new outline of a grid that had another.

    On a new one all that is kept is drawn, not only what came just now: a job does it once this transaction has ended.
    """
    row = reads.stored_frame(session, unit_code // 10**9, outline_id)
    if row is not None:
        return row
    session.execute(_OUTLINE, {"key": str(outline_id)})  # that job makes it just now, or does not see what came
    if reads.has_other_frame(session, unit_code, outline_id) and not reads.stored_frame(
        session, unit_code // 10**9, outline_id
    ):
        jobs.defer_once(session, "patrols.outlines", lock="patrols.outlines")
        return None
    return keep_frame(session, outline_id, unit_code, now)


def _box(stretches: Segments) -> tuple[float, float, float, float]:
    """Return what stretches lie in: west, south, east, north in degrees."""
    lon, lat = stretches.ends[:, (0, 2)], stretches.ends[:, (1, 3)]
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())


def _around(session: Session, batches: list[TrackBatch], limits: Limits) -> Segments:
    """Return the stretches of batches of one phone and duty, and those that join them to the batches before and after."""
    near = reads.beside(session, batches, limits.gap_s)
    from_at, to_at = reads.span_of(batches)
    return walked(
        reads.fix_arrays(session, near, from_at.timestamp() - limits.gap_s, to_at.timestamp() + limits.gap_s), limits
    )


def _sum_up(session: Session, batch: TrackBatch, stretches: Segments) -> None:
    """Keep how long the track of a batch is, and how long the links to its neighbours are, on the later batch of each."""
    own = (stretches.batches == batch.number).all(axis=1)
    batch.length_m, batch.recorded_s = float(stretches.length_m[own].sum()), float(stretches.lasts_s[own].sum())
    links = stretches.batches[:, 0] != stretches.batches[:, 1]
    for n in np.flatnonzero(links):
        if batch.number in stretches.batches[n]:
            session.execute(
                _LINK,
                {
                    "county": batch.county_code, "duty": batch.duty_id, "device": batch.device,
                    "number": int(stretches.batches[n, 1]), "m": float(stretches.length_m[n]),
                    "s": float(stretches.lasts_s[n]),
                },
            )  # fmt: skip


_LINK = text(
    "update track_batches set link_m = :m, link_s = :s where county_code = :county and duty_id = :duty and device = :device"
    " and number = :number"
)


def _merge(session: Session, row: CoverageFrame, stretches: Segments, now: datetime) -> None:
    """Add what these stretches cover of a grid to its bitmaps, day by day (in China)."""
    frame = _frame(row)
    days = (np.floor(stretches.at_s + CHINA_S) // DAY_S).astype(np.int64) - EPOCH_DAY
    for day in np.unique(days):
        cells = covered(frame, stretches.ends[days == day])
        if cells.any():
            on: date = DAY_ZERO + timedelta(days=int(day))
            values = {"county": row.county_code, "unit": row.unit_code, "frame": row.id, "on": on, "now": now}
            session.execute(_MERGE, {**values, "bits": to_bits(cells)})


def _frame(row: CoverageFrame) -> Frame:
    return _unpacked(row.west, row.south, row.metres_lon, row.metres_lat, row.cols, row.rows, row.inside)


@lru_cache(maxsize=64)
def _unpacked(west: float, south: float, lon: float, lat: float, cols: int, rows: int, inside: bytes) -> Frame:
    return Frame(west, south, lon, lat, cols, rows, unpack(inside, cols, rows))


def keep_frame(session: Session, outline_id: int, unit_code: int, now: datetime) -> CoverageFrame | None:
    """Return the lattice of an outline, made the first time; ``None`` for an outline without a single cell."""
    county_code = unit_code // 10**9
    row = reads.stored_frame(session, county_code, outline_id)
    if row is not None:
        return row
    frame = frame_of(reads.outline_shape(session, outline_id))
    if not frame.cells:
        return None
    made = insert(CoverageFrame).values(
        county_code=county_code, unit_code=unit_code, outline_id=outline_id, west=frame.west, south=frame.south,
        metres_lon=frame.metres_lon, metres_lat=frame.metres_lat, cols=frame.cols, rows=frame.rows, cells=frame.cells,
        inside=pack(frame), made_at=now,
    )  # fmt: skip
    session.execute(made.on_conflict_do_nothing())  # two workers of the queue may come to it at once
    return reads.stored_frame(session, county_code, outline_id)


def redraw(session: Session, *, outline_id: int, unit_code: int, now: datetime) -> int:
    """Draw on the lattice of a new outline whatever raw points there still are near it (a job); return of how many batches."""
    session.execute(_OUTLINE, {"key": str(outline_id)})
    row = keep_frame(session, outline_id, unit_code, now)
    if row is None:
        return 0
    box = reads.outline_shape(session, outline_id).bounds
    limits = filter_limits(session)
    found = reads.batches_in(session, row.county_code, box)
    for batch in found:
        stretches = _around(session, [batch], limits)
        if len(stretches):
            _merge(session, row, stretches, now)
    return len(found)
