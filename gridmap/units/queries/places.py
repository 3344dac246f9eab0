"""Which unit a point lies in, at an instant, and which other units are so near that the position cannot tell.

Names and borders in force are public within the system, and a point may belong to somebody else's unit (then they are
told): so these reads take no actor. They give units, never what lies in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.clock import local

# All levels are asked at once; a point on a shared border lies in both, and the lower code is taken, always the same one.
WITHIN = text("""
select o.unit_code, u.name, o.level, o.valid_from > :on_day as assumed
from outlines o join units u on u.unit_code = o.unit_code
where st_covers(o.geom, st_setsrid(st_makepoint(:lon, :lat), 4326)) and o.valid_from is not null
  and ((o.valid_from <= :on_day and (o.valid_to is null or o.valid_to > :on_day))
    or (o.valid_from > :on_day and not exists (
      select 1 from outlines e where e.unit_code = o.unit_code and e.valid_from < o.valid_from
        and (e.valid_to is null or e.valid_to > e.valid_from))))
  and (o.valid_to is null or o.valid_to > o.valid_from)
order by assumed, o.level desc, o.unit_code limit 1
""")
NEAR = text("""
select o.unit_code, u.name, o.level,
  st_distance(o.geom::geography, st_setsrid(st_makepoint(:lon, :lat), 4326)::geography) as distance_m
from outlines o join units u on u.unit_code = o.unit_code
where o.geom && st_expand(st_setsrid(st_makepoint(:lon, :lat), 4326), :reach_deg)
  and o.valid_from <= :on_day and (o.valid_to is null or o.valid_to > :on_day)
  and o.level = :level and o.unit_code <> :here
  and st_dwithin(o.geom::geography, st_setsrid(st_makepoint(:lon, :lat), 4326)::geography, :accuracy_m)
order by distance_m, o.unit_code limit 8
""")
DEEPEST = text("""
select max(o.level) from outlines o
where o.geom && st_expand(st_setsrid(st_makepoint(:lon, :lat), 4326), :reach_deg)
  and o.valid_from <= :on_day and (o.valid_to is null or o.valid_to > :on_day)
  and st_dwithin(o.geom::geography, st_setsrid(st_makepoint(:lon, :lat), 4326)::geography, :accuracy_m)
""")


@dataclass(frozen=True)
class NearUnit:
    """A unit whose border is within the position's accuracy; ``distance_m`` is geodesic."""

    unit_code: int
    name: str
    level: int
    distance_m: float


@dataclass(frozen=True)
class Place:
    """The deepest unit at a point (``None``: outside every outline) and its neighbours within the accuracy.

    ``assumed`` says that no outline was in force then, and the unit's earliest one was used.
    """

    unit_code: int | None
    name: str
    level: int | None
    near: tuple[NearUnit, ...]
    assumed: bool = False


def find_unit_at(session: Session, lon: float, lat: float, at: datetime | date, *, accuracy_m: float = 0.0) -> Place:
    """Return the place of a WGS-84 point (degrees, lon lat) by the outlines in force at ``at`` (aware, or a civil
    day).

    With ``accuracy_m`` also the units of the same level whose outline comes within that distance: there the user is
    asked.
    """
    day = local(at).date() if isinstance(at, datetime) else at
    point = {"lon": float(lon), "lat": float(lat), "on_day": day}
    row = session.execute(WITHIN, point).first()
    near: tuple[NearUnit, ...] = ()
    if accuracy_m > 0:
        reach = {**point, "accuracy_m": accuracy_m, "reach_deg": accuracy_m / 50_000.0}  # wide enough up to 60° N
        level = row.level if row else session.scalar(DEEPEST, reach)
        if level is not None:
            found = session.execute(NEAR, {**reach, "level": level, "here": row.unit_code if row else 0})
            near = tuple(NearUnit(r.unit_code, r.name, r.level, float(r.distance_m)) for r in found)
    if row is None:
        return Place(None, "", None, near)
    return Place(row.unit_code, row.name, row.level, near, bool(row.assumed))
