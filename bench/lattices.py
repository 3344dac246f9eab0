"""Wavy lattices of grids: a coverage without gaps or overlaps, whose neighbours share every vertex."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyogrio
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

VILLAGE = 620702100001000
STEP = 0.003


def lattice(
    across: int, up: int, *, lon: float = 100.0, lat: float = 39.0, step: float = STEP, bends: int = 6, seed: int = 1
) -> dict[tuple[int, int], MultiPolygon]:
    """Return grids by (column, row); ``step`` in degrees, ``bends`` vertices on each side."""
    rng = np.random.default_rng(seed)

    def side(start: tuple[float, float], end: tuple[float, float]) -> list[tuple[float, float]]:
        t = np.linspace(0, 1, bends + 2)
        wave = np.sin(np.pi * t) * rng.uniform(-0.1, 0.1)
        x = start[0] + (end[0] - start[0]) * t - (end[1] - start[1]) * wave
        y = start[1] + (end[1] - start[1]) * t + (end[0] - start[0]) * wave
        return [(round(float(a), 9), round(float(b), 9)) for a, b in zip(x, y, strict=True)]

    def at(i: int, j: int) -> tuple[float, float]:
        return lon + i * step, lat + j * step

    east = {(i, j): side(at(i, j), at(i + 1, j)) for i in range(across) for j in range(up + 1)}
    north = {(i, j): side(at(i, j), at(i, j + 1)) for i in range(across + 1) for j in range(up)}
    made = {}
    for i in range(across):
        for j in range(up):
            ring = east[i, j][:-1] + north[i + 1, j][:-1] + east[i, j + 1][::-1][:-1] + north[i, j][::-1]
            made[i, j] = MultiPolygon([Polygon(ring)])
    return made


def village(across: int = 4, up: int = 3, **options: float) -> dict[int, MultiPolygon]:
    """Return the grids of one village by code, and the village itself."""
    cells = lattice(across, up, **options)  # type: ignore[arg-type]
    coded = {VILLAGE + 1 + place: geom for place, geom in enumerate(cells.values())}
    whole = shapely.coverage_union_all(list(coded.values()))
    return {VILLAGE: _multi(whole), **coded}


@dataclass(frozen=True)
class County:
    """A county of towns, villages and grids, all wavy and without gaps: outlines by code, and every unit's name."""

    outlines: dict[int, MultiPolygon]
    names: dict[int, str]

    def grids(self) -> dict[int, MultiPolygon]:
        """Return the outlines of the grids."""
        return {code: geom for code, geom in self.outlines.items() if code % 1000}

    def above(self) -> dict[int, MultiPolygon]:
        """Return the outlines of the county, its towns and villages."""
        return {code: geom for code, geom in self.outlines.items() if code % 1000 == 0}


def county(across: int, up: int, *, block: int = 10, code: int = 620702, bends: int = 20, seed: int = 1) -> County:
    """Return a county of ``across × up`` grids; each ``block × block`` of them is a village, each column of villages a town."""
    cells = lattice(across, up, bends=bends, seed=seed)
    top = code * 10**9
    outlines: dict[int, MultiPolygon] = {}
    members: dict[int, list[MultiPolygon]] = defaultdict(list)
    for (i, j), geom in cells.items():
        village_code = top + (i // block + 1) * 10**6 + (j // block + 1) * 10**3
        grid = village_code + 1 + (i % block) * block + j % block
        outlines[grid] = geom
        for above in (village_code, village_code // 10**6 * 10**6, top):
            members[above].append(geom)
    for above, parts in members.items():
        whole = shapely.coverage_union_all(parts)
        outlines[above] = _multi(whole)
    words = {3: "网格", 6: "村", 9: "镇"}
    names = {unit: f"示例{unit % 10**9 // 1000:06d}{_word(unit, words)}" for unit in outlines}
    names |= {code // 10**4 * 10**13: "示例省", code // 100 * 10**11: "示例市"}
    return County(outlines, names)


def _multi(geom: BaseGeometry) -> MultiPolygon:
    return MultiPolygon([part for part in shapely.get_parts(geom) if isinstance(part, Polygon)])


def _word(unit: int, words: dict[int, str]) -> str:
    zeros = 15 - len(str(unit).rstrip("0"))
    return next((word for most, word in words.items() if zeros < most), "区")


def write_divisions(path: Path, made: County, *, grids: bool = False) -> Path:
    """Write codes and names as a divisions CSV, without the grids unless asked."""
    lines = ["code,name"]
    lines += [f"{short(code)},{name}" for code, name in sorted(made.names.items()) if grids or code % 1000 == 0]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def short(code: int) -> str:
    """Return a code as people write it."""
    return next(str(code)[:n] for n in (2, 4, 6, 9, 12, 15) if not int(str(code)[n:] or "0"))


def write_geopackage(path: Path, outlines: dict[int, MultiPolygon], names: dict[int, str]) -> Path:
    """Write outlines as a GeoPackage in CGCS2000 lon lat (EPSG 4490)."""
    codes = sorted(outlines)
    pyogrio.raw.write(
        path,
        shapely.to_wkb([outlines[code] for code in codes]),
        [
            np.array([short(code) for code in codes], dtype=object),
            np.array([names[code] for code in codes], dtype=object),
        ],
        ["网格代码", "网格名称"],
        layer="grids",
        geometry_type="MultiPolygon",
        crs="EPSG:4490",
        driver="GPKG",
    )
    return path
