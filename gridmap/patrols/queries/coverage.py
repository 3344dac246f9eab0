"""Coverage of grids over some days: how much a track came near, and what is to be said of the rest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import JSON, Integer, Text, and_, cast, func, select
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, Permission, above, subtree
from gridmap.clock import CHINA, local
from gridmap.db import in_ranges
from gridmap.patrols.models import CoverageDay, CoverageFrame, Duty, TrackBatch
from gridmap.patrols.queries.ground import GRID_LEVEL, in_force
from gridmap.patrols.queries.settings import recorded_share
from gridmap.patrols.rules.ground import Frame, from_bits, outlines_of, unpack
from gridmap.patrols.rules.states import Known, Watch, known
from gridmap.units.models import Outline, Unit

CELL_M2 = 100


@dataclass(frozen=True)
class Period:
    """Civil days of China, both included."""

    from_on: date
    to_on: date

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """Return the instants at which the period begins and ends."""
        first = datetime.combine(self.from_on, time(), CHINA)
        return first, datetime.combine(self.to_on + timedelta(days=1), time(), CHINA)


@dataclass(frozen=True)
class GridCoverage:
    """What is known of one grid (its name begins with its village's): cells of 100 m² it has and a track came near, on how many days of the period, time on duty.

    ``last_on``: the last day ever on which a track came near; ``unseen_days``: how many days ago, ``None`` when there is none.
    """

    unit_code: int
    name: str
    cells: int
    seen: int
    days: int
    last_on: date | None
    unseen_days: int | None
    watch: Watch
    known: Known

    def forgotten(self, most_days: int) -> bool:
        """Say whether no track came near for at least so many days."""
        return self.unseen_days is None or self.unseen_days >= most_days


def list_coverage(
    session: Session, actor: Actor, unit_code: int, period: Period, *, now: datetime
) -> list[GridCoverage]:
    """Return the coverage of the grids of a unit that the actor may see, in the order of their codes."""
    within = subtree(unit_code)
    ranges = actor.granted_ranges(Permission.PATROL_READ)
    seen = _seen(session, actor, unit_code, period)
    watches = _watches(session, actor, period, now)
    last = _last(session, actor, unit_code)
    today = local(now).date()
    enough = recorded_share(session)
    village = aliased(Unit)
    grids = (
        select(Outline.unit_code, (func.coalesce(village.name, "") + Unit.name).label("name"), Outline.area_m2)
        .join(Unit, Unit.unit_code == Outline.unit_code)
        .outerjoin(village, village.unit_code == Unit.parent_code)
        .where(Outline.level == GRID_LEVEL, in_force(period.to_on), in_ranges(Outline.unit_code, ranges))
        .where(Outline.unit_code >= within.lo, Outline.unit_code < within.hi)
        .order_by(Outline.unit_code)
    )
    out = []
    for row in session.execute(grids):
        cells, near, days = seen.get(row.unit_code, (round(row.area_m2 / CELL_M2), 0, 0))
        last_on = last.get(row.unit_code)
        unseen = (today - last_on).days if last_on else None
        watch = sum((watches[code] for code in above(row.unit_code) if code in watches), Watch())
        state = known(cells, near, watch, enough)
        out.append(GridCoverage(row.unit_code, row.name, cells, near, days, last_on, unseen, watch, state))
    return out


def _seen(session: Session, actor: Actor, unit_code: int, period: Period) -> dict[int, tuple[int, int, int]]:
    """Return unit code → (cells, cells that were seen, days with a track) of grids with a lattice."""
    within = subtree(unit_code)
    ranges = actor.granted_ranges(Permission.PATROL_READ)
    day = and_(
        CoverageDay.county_code == CoverageFrame.county_code,
        CoverageDay.frame_id == CoverageFrame.id,
        CoverageDay.on_day >= period.from_on,
        CoverageDay.on_day <= period.to_on,
    )
    near = cast(func.coalesce(func.bit_count(func.bit_or(CoverageDay.bits)), 0), Integer)
    statement = (
        select(
            CoverageFrame.unit_code, CoverageFrame.cells, near, func.count(CoverageDay.id), func.max(CoverageDay.on_day)
        )
        .join(Outline, Outline.id == CoverageFrame.outline_id)
        .outerjoin(CoverageDay, day)
        .where(in_force(period.to_on), in_ranges(CoverageFrame.unit_code, ranges))
        .where(CoverageFrame.unit_code >= within.lo, CoverageFrame.unit_code < within.hi)
        .group_by(CoverageFrame.county_code, CoverageFrame.id)
    )
    return {row[0]: (row[1], row[2], row[3]) for row in session.execute(statement)}


def list_seen(session: Session, actor: Actor, unit_code: int, period: Period) -> list[list[float]]:
    """Return what tracks came near in the grids of a unit as rectangles, [west, south, east, north] in degrees."""
    within = subtree(unit_code)
    ranges = actor.granted_ranges(Permission.PATROL_READ)
    statement = (
        select(CoverageFrame, cast(func.bit_or(CoverageDay.bits), Text))
        .join(Outline, Outline.id == CoverageFrame.outline_id)
        .join(
            CoverageDay,
            (CoverageDay.county_code == CoverageFrame.county_code) & (CoverageDay.frame_id == CoverageFrame.id),
        )
        .where(CoverageDay.on_day >= period.from_on, CoverageDay.on_day <= period.to_on)
        .where(in_force(period.to_on), in_ranges(CoverageFrame.unit_code, ranges))
        .where(CoverageFrame.unit_code >= within.lo, CoverageFrame.unit_code < within.hi)
        .group_by(CoverageFrame.county_code, CoverageFrame.id)
    )
    found: list[list[float]] = []
    for row, bits in session.execute(statement):
        inside = unpack(row.inside, row.cols, row.rows)
        frame = Frame(row.west, row.south, row.metres_lon, row.metres_lat, row.cols, row.rows, inside)
        found += outlines_of(frame, from_bits(frame, bits))
    return found


def shapes_of(session: Session, actor: Actor, unit_code: int, on: date) -> dict[int, Any]:
    """Return unit code → outline (GeoJSON geometry) of the grids of a unit that the actor may see."""
    within = subtree(unit_code)
    statement = (
        select(Outline.unit_code, cast(func.ST_AsGeoJSON(Outline.geom, 6), JSON))
        .where(Outline.level == GRID_LEVEL, in_force(on))
        .where(in_ranges(Outline.unit_code, actor.granted_ranges(Permission.PATROL_READ)))
        .where(Outline.unit_code >= within.lo, Outline.unit_code < within.hi)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _last(session: Session, actor: Actor, unit_code: int) -> dict[int, date]:
    """Return unit code → the last day on which a track came near."""
    within = subtree(unit_code)
    ranges = actor.granted_ranges(Permission.PATROL_READ)
    statement = (
        select(CoverageDay.unit_code, func.max(CoverageDay.on_day))
        .where(in_ranges(CoverageDay.unit_code, ranges))
        .where(CoverageDay.unit_code >= within.lo, CoverageDay.unit_code < within.hi)
        .group_by(CoverageDay.unit_code)
    )
    return {row[0]: row[1] for row in session.execute(statement)}


def _watches(session: Session, actor: Actor, period: Period, now: datetime) -> dict[int, Watch]:
    """Return unit code → time on duty and time recorded within the period, of duties at that very unit."""
    ranges = actor.granted_ranges(Permission.PATROL_READ)
    start, end = period.bounds
    end = min(end, now)
    ended = func.least(func.coalesce(Duty.off_at, now), end)
    lasted = func.extract("epoch", func.sum(ended - func.greatest(Duty.on_at, start)))
    duties = (
        select(Duty.unit_code, lasted)
        .where(in_ranges(Duty.unit_code, ranges), Duty.on_at < end, func.coalesce(Duty.off_at, now) > start)
        .group_by(Duty.unit_code)
    )
    recorded = (
        select(TrackBatch.unit_code, func.sum(TrackBatch.recorded_s + TrackBatch.link_s))
        .where(in_ranges(TrackBatch.unit_code, ranges), TrackBatch.to_at >= start, TrackBatch.to_at < end)
        .group_by(TrackBatch.unit_code)
    )
    seconds = {row[0]: float(row[1] or 0) for row in session.execute(recorded)}
    return {row[0]: Watch(float(row[1] or 0), seconds.get(row[0], 0.0)) for row in session.execute(duties)}
