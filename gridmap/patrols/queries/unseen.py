"""Grids on which no track came near for long, as the job role sees them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Unseen:
    """A grid without a track for ``days`` days or more; ``last_on`` is ``None`` where there never was one."""

    unit_code: int
    name: str
    last_on: date | None
    days: int


# Before the first track of a county nothing is said of it: its workers have no phones yet. A grid is as old as its outline.
_UNSEEN = text("""
with last as (
  select unit_code, max(on_day) as last_on from coverage_days where county_code = :county group by unit_code
), begun as (
  select min(on_day) as first_on from coverage_days where county_code = :county
)
select o.unit_code, coalesce(v.name, '') || u.name as name, l.last_on,
    cast(:today as date) - coalesce(l.last_on, greatest(b.first_on, o.valid_from)) as days
  from outlines o join units u on u.unit_code = o.unit_code left join units v on v.unit_code = u.parent_code
  left join last l on l.unit_code = o.unit_code cross join begun b
  where o.level = 15 and o.unit_code / 1000000000 = :county and b.first_on is not null
    and o.valid_from <= :today and (o.valid_to is null or o.valid_to > :today)
    and cast(:today as date) - coalesce(l.last_on, greatest(b.first_on, o.valid_from)) >= :days
  order by o.unit_code
""")


def patrolled_counties(session: Session) -> list[int]:
    """Return the counties (6 digits) in which a track ever covered something."""
    return list(session.scalars(text("select distinct county_code from coverage_days order by 1")))


def unseen_grids(session: Session, county_code: int, today: date, days: int) -> list[Unseen]:
    """Return the grids of a county on which no track came near for ``days`` days, by code."""
    values = {"county": county_code, "today": today, "days": days}
    return [Unseen(*row) for row in session.execute(_UNSEEN, values)]
