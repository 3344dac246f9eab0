"""Workers: who is on duty now and where, and what each did in some days; others only where a post grants it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, subtree
from gridmap.db import in_ranges
from gridmap.patrols.models import Duty, TrackBatch
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.queries.settings import duty_limits
from gridmap.patrols.rules.states import Watch
from gridmap.units.models import Unit

MOST_LIVE = 5_000
MOST_WORKERS = 1_000


@dataclass(frozen=True)
class OnDuty:
    """Somebody on duty, and their last fix: WGS-84 degrees, accuracy in metres, when; ``None`` while the phone has sent none."""

    duty_id: int
    account_id: int
    account_name: str
    unit_code: int
    unit_name: str
    on_at: datetime
    fix_at: datetime | None
    lon: float | None
    lat: float | None
    accuracy_m: float | None


# The last fix of a duty: the last point of the batch that reaches furthest, by the numbers that its points have.
_LIVE = """
select d.id as duty_id, d.account_id, d.account_name, d.unit_code, u.name as unit_name, d.on_at,
  p.at as fix_at, p.lon, p.lat, p.accuracy_m
from duties d join units u on u.unit_code = d.unit_code
left join lateral (
  select b.id, b.to_at from track_batches b where b.county_code = d.county_code and b.duty_id = d.id and b.taken > 0
  order by b.to_at desc, b.id desc limit 1) b on true
left join lateral (
  select t.at, t.lon, t.lat, t.accuracy_m from track_points t where t.county_code = d.county_code
    and t.id >= ((((b.to_at at time zone 'Asia/Shanghai')::date - date '2000-01-01')::bigint << 48) | (b.id << 14))
    and t.id < ((((b.to_at at time zone 'Asia/Shanghai')::date - date '2000-01-01')::bigint << 48) | ((b.id + 1) << 14))
  order by t.id desc limit 1) p on true
where d.off_at is null and d.on_at > :since and d.unit_code >= :lo and d.unit_code < :hi
  and d.unit_code <@ cast(:ranges as int8multirange)
order by d.unit_code, d.on_at limit :most
"""


def list_on_duty(session: Session, actor: Actor, unit_code: int, *, now: datetime) -> list[OnDuty]:
    """Return who is on duty at a unit or below it, where the actor may see that, with their last fix."""
    ranges = actor.granted_ranges(Permission.DUTY_READ)
    within = subtree(unit_code)
    _, longest_hours = duty_limits(session)
    values = {
        "since": now - timedelta(hours=longest_hours), "lo": within.lo, "hi": within.hi, "most": MOST_LIVE,
        "ranges": "{" + ",".join(f"[{r.lo},{r.hi})" for r in ranges) + "}",
    }  # fmt: skip
    return [OnDuty(**row._mapping) for row in session.execute(text(_LIVE), values)]


@dataclass(frozen=True)
class WorkerRow:
    """What a worker did in a period at one unit: duties, time on duty and recorded, metres walked, points kept."""

    account_id: int
    account_name: str
    unit_code: int
    unit_name: str
    duties: int
    watch: Watch
    length_m: float
    points: int
    last_on_at: datetime


def list_workers(session: Session, actor: Actor, unit_code: int, period: Period, *, now: datetime) -> list[WorkerRow]:
    """Return the actor's own row, and those of others where a post grants it, by unit and name."""
    start, end = period.bounds
    end = min(end, now)
    within = subtree(unit_code)
    ended = func.least(func.coalesce(Duty.off_at, now), end)
    lasted = func.extract("epoch", func.sum(ended - func.greatest(Duty.on_at, start)))
    statement = (
        select(
            Duty.account_id, func.max(Duty.account_name), Duty.unit_code, Unit.name, func.count(), lasted, func.max(Duty.on_at)
        )
        .join(Unit, Unit.unit_code == Duty.unit_code)
        .where(_may_see(actor, Duty), Duty.unit_code >= within.lo, Duty.unit_code < within.hi)
        .where(Duty.on_at < end, func.coalesce(Duty.off_at, now) > start)
        .group_by(Duty.account_id, Duty.unit_code, Unit.name)
        .order_by(Duty.unit_code, Duty.account_id)
        .limit(MOST_WORKERS)
    )  # fmt: skip
    tracks = _tracks(session, actor, start, end)
    out = []
    for row in session.execute(statement):
        recorded, length, points = tracks.get((row[0], row[2]), (0.0, 0.0, 0))
        watch = Watch(float(row[5] or 0), recorded)
        out.append(WorkerRow(row[0], row[1], row[2], row[3], row[4], watch, length, points, row[6]))
    return out


def _may_see(actor: Actor, table: Any) -> Any:
    others = in_ranges(table.unit_code, actor.granted_ranges(Permission.DUTY_READ))
    return or_(table.account_id == actor.account_id, others)


def _tracks(
    session: Session, actor: Actor, start: datetime, end: datetime
) -> dict[tuple[int, int], tuple[float, float, int]]:
    """Return (account, unit) → (seconds recorded, metres, points) of batches that end within a time."""
    statement = (
        select(
            TrackBatch.account_id,
            TrackBatch.unit_code,
            func.sum(TrackBatch.recorded_s + TrackBatch.link_s),
            func.sum(TrackBatch.length_m + TrackBatch.link_m),
            func.sum(TrackBatch.taken),
        )
        .where(_may_see(actor, TrackBatch), TrackBatch.to_at >= start, TrackBatch.to_at < end)
        .group_by(TrackBatch.account_id, TrackBatch.unit_code)
    )
    return {(r[0], r[1]): (float(r[2] or 0), float(r[3] or 0), int(r[4])) for r in session.execute(statement)}
