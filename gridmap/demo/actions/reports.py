"""Cases, written county by county."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import numpy as np
import shapely
from numpy.random import PCG64, Generator, SeedSequence
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.cases.rules import case_code
from gridmap.demo.actions.copying import column, copy, geometry_column, instant_column
from gridmap.demo.actions.ground import County, prepared
from gridmap.demo.actions.histories import OWN_EYES
from gridmap.demo.actions.people import Staff
from gridmap.demo.rules.course import NEVER
from gridmap.demo.rules.incidents import Incidents, imagine
from gridmap.demo.rules.places import Ground
from gridmap.demo.rules.rhythm import UTC_OFFSET_S
from gridmap.demo.rules.tables import Tables
from gridmap.demo.rules.wording import addresses, descriptions
from gridmap.units.rules.datum import Datum, convert

BUSY_PLOT = 260.0
"""A 专属网格 sees as much as a grid of this many residents."""
MANY = 200_000
"""From this many cases on, indexes are made after the rows."""


def load_reports(
    session: Session, county: County, tables: Tables, categories: dict[str, int], staff: Staff, as_of: date, seed: int
) -> int:
    """Imagine and write the cases of one county; return how many."""
    ground, names = ground_of(county)
    seed = seed * 1_000_003 + county.size.code // 10**9
    cases = imagine(ground, county.size.cases, tables, as_of, seed)
    code = county.size.code // 10**9
    case_codes = _codes(session, code, cases)
    columns = _columns(cases, ground, code, case_codes, tables, categories, staff)
    columns |= _texts(cases, ground, names, tables, seed)
    return copy(session, "cases", columns)


def ground_of(county: County) -> tuple[Ground, list[str]]:
    """Return the grids of a county as the imagination needs them, and their names."""
    codes, outlines = prepared(county)
    grids = [(g, v) for t in county.towns for v in t.villages for g in v.grids]
    kinds = [g.kind if g.sides_m else "urban" if v.urban else "rural" for g, v in grids]
    rng = np.random.default_rng(county.size.code)
    weights = np.array([BUSY_PLOT if g.sides_m else 40.0 + county.residents[g.code] for g, _ in grids])
    weights *= rng.lognormal(0, 0.45, len(weights))
    return Ground(codes, outlines, np.array(kinds, dtype=object), weights), [g.name for g, _ in grids]


def _codes(session: Session, county: int, cases: Incidents) -> list[str]:
    """Return the code of every case, counting up within each year, and leave the counters where they are to go on."""
    years = (cases.received + UTC_OFFSET_S).astype("datetime64[s]").astype("datetime64[Y]").astype(int) + 1970
    last: Counter[int] = Counter()
    found = []
    for year in years.tolist():
        last[year] += 1
        found.append(case_code(county, year, last[year]))
    for year, number in last.items():
        session.execute(
            text("insert into case_numbers values (:county, :year, :last)"),
            {"county": county, "year": year, "last": number},
        )
    return found


def _columns(
    cases: Incidents,
    ground: Ground,
    county: int,
    codes: list[str],
    tables: Tables,
    categories: dict[str, int],
    staff: Staff,
) -> dict[str, list[str]]:
    """Return everything but the words as COPY text. A case without position belongs to its village."""
    located = cases.method != "none"
    units = ground.codes[cases.grid]
    units = np.where(located, units, units // 1000 * 1000)
    category = np.array([categories[s.code] for s in tables.subjects])[cases.subject]
    reporters = column(number for number, _ in _reporters(cases, ground, staff))
    return {
        "county_code": [str(county)] * len(cases),
        "unit_code": column(units.tolist()),
        "case_code": codes,
        "category_id": column(category.tolist()),
        "channel": cases.channel.tolist(),
        "grade": cases.grade.tolist(),
        "scale": cases.scale.tolist(),
        "status": cases.course.status.tolist(),
        "risk": column(cases.risk.tolist()),
        "occurred_at": instant_column(cases.occurred),
        "received_at": instant_column(cases.received),
        "due_at": instant_column(cases.course.due),
        "stage_due_at": instant_column(np.where(cases.course.closed == NEVER, cases.course.due, NEVER)),
        "closed_at": instant_column(cases.course.closed),
        "updated_at": instant_column(np.maximum(cases.course.closed, cases.received)),
        "created_by": reporters,
        "duty_account_id": reporters,
        **_positions(cases, located),
    }


def _positions(cases: Incidents, located: np.ndarray) -> dict[str, list[str]]:
    """Return the columns of the position: what was given is kept beside it in its own datum."""
    points = np.asarray(shapely.points(cases.point))
    points[~located] = None
    foreign = np.isin(cases.method, ["address", "imported"])
    lon, lat = cases.point.T
    gcj_lon, gcj_lat = convert(lon[foreign], lat[foreign], Datum.WGS84, Datum.GCJ02)
    given = np.where(located[:, None], cases.point, np.nan)
    given[foreign] = np.round(np.stack([gcj_lon, gcj_lat], axis=1), 7)
    datum = np.where(foreign, Datum.GCJ02.value, Datum.WGS84.value).astype(object)
    datum[~located] = None
    return {
        "geom": geometry_column(points),
        "position_method": cases.method.tolist(),
        "position_accuracy_m": column(cases.accuracy_m.tolist()),
        "source_datum": column(datum.tolist()),
        "source_lon": column(given[:, 0].tolist()),
        "source_lat": column(given[:, 1].tolist()),
    }


def _reporters(cases: Incidents, ground: Ground, staff: Staff) -> Iterator[tuple[int | None, str]]:
    """Return who registered each case: the grid's worker for what was seen on the spot, else the town's desk."""
    codes = ground.codes.tolist()
    nobody: tuple[int | None, str] = (None, "系统")
    workers = [staff.workers.get(code) for code in codes]
    desks = [staff.desks.get(code // 10**6 * 10**6, nobody) for code in codes]
    for grid, channel in zip(cases.grid.tolist(), cases.channel.tolist(), strict=True):
        yield (workers[grid] or desks[grid]) if channel in OWN_EYES else desks[grid]


def _texts(cases: Incidents, ground: Ground, names: list[str], tables: Tables, seed: int) -> dict[str, list[str]]:
    """Return title, description and address of every case."""
    rng = Generator(PCG64(SeedSequence([seed, 4])))
    index = cases.grid.tolist()
    places = addresses(ground.profiles[cases.grid], [names[n] for n in index], tables.names, rng)
    titles, texts = descriptions(cases.subject, tables.subjects, places, tables.names, rng)
    return {"title": titles, "description": texts, "address_text": places}


@contextmanager
def indexes_afterwards(session: Session, count: int) -> Iterator[None]:
    """For very many cases: drop the indexes of ``cases`` but the primary key, and make them again after the block.

    Policies, triggers and grants are not touched; everything is part of the session's transaction.
    """
    if count < MANY:
        yield
        return
    found = session.execute(
        text("select indexname, indexdef from pg_indexes where tablename = 'cases' and indexname not like 'pk\\_%'")
    ).all()
    for name, _ in found:
        session.execute(text(f"drop index {name}"))
    yield
    session.execute(text("set local maintenance_work_mem = '512MB'"))
    for _, definition in found:
        session.connection().exec_driver_sql(definition.replace("%", "%%"))
