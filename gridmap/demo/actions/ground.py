"""Units and outlines: the whole tree of real divisions, real county outlines, and 示例边界 below some of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import shapely
from numpy.random import PCG64, Generator
from shapely.geometry import MultiPolygon, Polygon
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.access import significant_digits
from gridmap.demo.actions.copying import column, copy, geometry_column, next_id, reserve_ids
from gridmap.demo.queries import DATA, outline_files, real_outline
from gridmap.demo.rules.labels import label_points
from gridmap.demo.rules.nesting import Drawn, TownPlan, draw_county
from gridmap.demo.rules.planning import Division, allot, plan_towns
from gridmap.demo.rules.sizes import CountySize
from gridmap.demo.rules.tables import Tables
from gridmap.units.rules.measures import area_m2, fingerprint
from gridmap.units.rules.simplify import LOW_DEG, MID_DEG, simplified

REAL = "区县边界：高德 DataV GeoAtlas（GCJ-02），已转换为 WGS-84"
EXAMPLE = "示例边界：由区县真实边界按规则划分生成，非实际界线"
WHO = "示例数据装载"
PEOPLE_URBAN, PEOPLE_RURAL, PER_HOUSEHOLD = 980, 520, 2.6


@dataclass(frozen=True, slots=True)
class County:
    """One drawn county: its plan, its outlines, and residents by grid."""

    size: CountySize
    towns: tuple[TownPlan, ...]
    drawn: Drawn
    residents: Mapping[int, int]


def draw(size: CountySize, divisions: Sequence[Division], tables: Tables, seed: int) -> County:
    """Plan and draw the grids of a county; the same arguments give the same county."""
    rng = Generator(PCG64(np.random.SeedSequence([seed, size.code // 10**9, 1])))
    towns = plan_towns(divisions, size.code, size.grids, tables.plots, rng)
    outline, seat = real_outline(size.code // 10**9)
    drawn = draw_county(outline, seat, towns, int(rng.integers(2**31)))
    return County(size, towns, drawn, _residents(towns, size.residents, rng))


def _residents(towns: Sequence[TownPlan], fixed: Mapping[int, int], rng: Generator) -> dict[int, int]:
    """Return residents by grid; a 专属网格 has none of its own."""
    found: dict[int, int] = {}
    for town in towns:
        grids = [(g, v) for v in town.villages for g in v.grids]
        weights = [
            0.0 if g.sides_m else (PEOPLE_URBAN if v.urban else PEOPLE_RURAL) * float(rng.lognormal(0, 0.3))
            for g, v in grids
        ]
        total = fixed.get(town.code, round(sum(weights)))
        found.update({g.code: n for (g, _), n in zip(grids, allot(weights, total, least=0), strict=True)})
    return found


def load_units(session: Session, divisions: Sequence[Division], counties: Sequence[County], since: date) -> int:
    """Write the whole tree of real divisions and the invented grids; return how many units."""
    people: dict[int, int] = {}
    for county in counties:
        for grid, number in county.residents.items():
            for step in (1, 10**3, 10**6, 10**9):
                people[grid // step * step] = people.get(grid // step * step, 0) + number
    grids = [(g.code, g.name, g.kind) for c in counties for t in c.towns for v in t.villages for g in v.grids]
    codes = [d.code for d in divisions] + [code for code, _, _ in grids]
    kinds = [None] * len(divisions) + ["residential" if kind == "residential" else "dedicated" for *_, kind in grids]
    parents = [d.parent for d in divisions] + [code // 1000 * 1000 for code, _, _ in grids]
    counts = [people.get(code) for code in codes]
    columns = {
        "unit_code": column(codes),
        "county_code": column(code // 10**9 for code in codes),
        "level": column(significant_digits(code) for code in codes),
        "parent_code": column(parents),
        "name": column([d.name for d in divisions] + [name for _, name, _ in grids]),
        "kind": column(kinds),
        "residents": column(counts),
        "households": column(None if n is None else round(n / PER_HOUSEHOLD) for n in counts),
        "is_demo": column([False] * len(divisions) + [True] * len(grids)),
        "valid_from": column([since.isoformat()] * len(codes)),
    }
    return copy(session, "units", columns)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What the outlines of one published version have in common."""

    version: int
    source: int
    datum: str
    origin: str
    is_demo: bool
    since: date


def load_outlines(session: Session, counties: Sequence[County], since: date, step: Callable[[str], None]) -> int:
    """Write the real county outlines and the example outlines below them, as published versions; return how many."""
    first = next_id(session, "outlines")
    step("写入区县边界")
    count = _load_real(session, since, first)
    for county in counties:
        code = county.size.code
        step(f"写入示例边界 {code // 10**9}")
        parts = {"towns": county.drawn.towns, "villages": county.drawn.villages, "grids": county.drawn.grids}
        body = json.dumps({name: len(level) for name, level in parts.items()}).encode()
        source = _source(session, code, "示例边界（生成）", body, "wgs84", {"added": sum(map(len, parts.values()))})
        sheet = Sheet(_version(session, code, "示例边界", source, since), source, "wgs84", EXAMPLE, True, since)
        for level in parts.values():
            count += _copy_level(session, level, _light(level.values()), sheet, first + count)
    reserve_ids(session, "outlines")
    return count


def _load_real(session: Session, since: date, first: int) -> int:
    """Write the real outlines as received, each a version of its own county; return how many."""
    files = {int(file.name.split(".")[0]) * 10**9: file for file in outline_files()}
    outlines = {code: real_outline(code // 10**9)[0] for code in files}
    light = _light(outlines.values())
    for n, (code, file) in enumerate(files.items()):
        source = _source(session, code, file.name, file.read_bytes(), "gcj02", {"added": 1})
        sheet = Sheet(_version(session, code, "区县真实边界", source, since), source, "gcj02", REAL, False, since)
        _copy_level(session, {code: outlines[code]}, [each[n : n + 1] for each in light], sheet, first + n)
    return len(files)


def _light(shapes: Iterable[Polygon | MultiPolygon]) -> list[list[MultiPolygon]]:
    """Return the outlines of neighbours simplified together for middle and low zooms."""
    whole = list(shapes)
    return [simplified(whole, MID_DEG), simplified(whole, LOW_DEG)]


def load_sources(session: Session, divisions: int) -> None:
    """Record the file of division codes as an import of the whole system."""
    file: Path = DATA / "divisions" / "divisions.csv"
    _source(session, 0, file.name, file.read_bytes(), None, {"added": divisions}, kind="divisions")


def _source(
    session: Session,
    code: int,
    name: str,
    body: bytes,
    datum: str | None,
    report: dict[str, int],
    kind: str = "outlines",
) -> int:
    """Record where units or outlines came from; return the id."""
    statement = text(
        "insert into boundary_sources (county_code, unit_code, kind, file_name, sha256, size_bytes, datum, actor_name, report)"
        " values (:county, :unit, :kind, :name, :sha, :size, :datum, :who, cast(:report as jsonb)) returning id"
    )
    values = {
        "county": code // 10**9, "unit": code, "kind": kind, "name": name, "sha": hashlib.sha256(body).hexdigest(),
        "size": len(body), "datum": datum, "who": WHO, "report": json.dumps(report),
    }  # fmt: skip
    return int(session.execute(statement, values).scalar_one())


def _version(session: Session, code: int, label: str, source: int, since: date) -> int:
    """Record a version that is checked and published; return the id."""
    statement = text(
        "insert into outline_versions (county_code, unit_code, label, status, source_id, effective_on, actor_name,"
        " checked_at, error_count, warning_count, published_at, published_by)"
        " values (:county, :unit, :label, 'published', :source, :since, :who, now(), 0, 0, now(), :who) returning id"
    )
    values = {"county": code // 10**9, "unit": code, "label": label, "source": source, "since": since, "who": WHO}
    return int(session.execute(statement, values).scalar_one())


def _copy_level(
    session: Session,
    level: Mapping[int, Polygon | MultiPolygon],
    light: Sequence[Sequence[MultiPolygon]],
    sheet: Sheet,
    first: int,
) -> int:
    """Write the outlines of one level of one county, with their lighter versions; ids count from ``first``."""
    shapes = np.array(list(level.values()), dtype=object)
    whole = _multi(shapes)
    count = len(shapes)
    columns = {
        "id": column(range(first, first + count)),
        "unit_code": column(level),
        "version_id": column([sheet.version] * count),
        "level": column(significant_digits(code) for code in level),
        "geom": geometry_column(whole),
        "geom_mid": geometry_column(light[0]),
        "geom_low": geometry_column(light[1]),
        "label_point": geometry_column(label_points(shapes)),
        "area_m2": column(round(area_m2(shape), 3) for shape in shapes),
        "geom_hash": column(fingerprint(shape).hex() for shape in whole),
        "source_datum": column([sheet.datum] * count),
        "source_id": column([sheet.source] * count),
        "origin": column([sheet.origin] * count),
        "is_demo": column([sheet.is_demo] * count),
        "valid_from": column([sheet.since.isoformat()] * count),
    }
    return copy(session, "outlines", columns)


def _multi(shapes: np.ndarray) -> list[MultiPolygon]:
    """Return every shape as a MultiPolygon."""
    return [MultiPolygon([shape]) if isinstance(shape, Polygon) else shape for shape in shapes]


def prepared(county: County) -> tuple[np.ndarray, np.ndarray]:
    """Return (codes, prepared outlines) of the grids of a county, in the order of its plan."""
    codes = [g.code for t in county.towns for v in t.villages for g in v.grids]
    outlines = np.array([county.drawn.grids[code] for code in codes], dtype=object)
    shapely.prepare(outlines)
    return np.array(codes), outlines
