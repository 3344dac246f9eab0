"""A county outline into nested towns, villages and grids: 示例边界, without gaps or overlaps."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.random import PCG64, Generator
from shapely.geometry import LineString, MultiPolygon, Point, Polygon

from gridmap.demo.rules.carving import carve
from gridmap.demo.rules.mosaic import Mosaic, one_piece, split
from gridmap.demo.rules.noding import lay_down
from gridmap.demo.rules.plane import GRID_DEGREES, Plane, Points
from gridmap.demo.rules.seeds import spread


@dataclass(frozen=True, slots=True)
class GridPlan:
    """One grid to be drawn: its 15-digit code, and for a 专属网格 the sides of its plot in metres."""

    code: int
    name: str
    kind: str = ""
    sides_m: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class VillagePlan:
    """One village or community with its real code (15 digits, padded) and the grids to be drawn in it."""

    code: int
    name: str
    urban: bool
    grids: tuple[GridPlan, ...]


@dataclass(frozen=True, slots=True)
class TownPlan:
    """One town or sub-district with its real code; ``urban`` is true for 街道."""

    code: int
    name: str
    urban: bool
    villages: tuple[VillagePlan, ...]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The outlines below one county: code → polygon (lon, lat, WGS-84, on a grid of 1e-9)."""

    towns: dict[int, Polygon] = field(default_factory=dict)
    villages: dict[int, Polygon] = field(default_factory=dict)
    grids: dict[int, Polygon] = field(default_factory=dict)


def draw_county(outline: Polygon | MultiPolygon, core: Point, towns: tuple[TownPlan, ...], seed: int) -> Drawn:
    """Return nested outlines of all ``towns``; the same arguments give the same coordinates.

    ``outline`` and ``core`` (the seat of the county) are lon, lat in WGS-84. 街道 lie around the core. Raises
    ``ValueError`` when the outline is not one piece.
    """
    polygon = outline if isinstance(outline, Polygon) else shapely.get_parts(outline)[0]
    if isinstance(outline, MultiPolygon) and len(outline.geoms) != 1:
        raise ValueError("区县边界由多块组成，无法生成示例边界。")
    plane = Plane.around(polygon)
    rng = Generator(PCG64(seed))
    area = plane.to_metres(shapely.set_precision(polygon, GRID_DEGREES))
    lines: list[LineString] = []
    leaves: dict[int, Polygon] = {}
    heart = plane.metres(shapely.get_coordinates(core))[0]
    for town, part in _draw_towns(area, heart, towns, rng, lines):
        for village, ground in _draw_villages(part, heart, town, rng, lines):
            mosaic = _draw_grids(ground, village, rng)
            lines.extend(mosaic.lines)
            leaves.update(zip([grid.code for grid in village.grids], mosaic.parts, strict=True))
    grids = lay_down(polygon, lines, leaves, plane)
    return _gathered(grids, towns)


def _gathered(grids: dict[int, Polygon], towns: tuple[TownPlan, ...]) -> Drawn:
    """Build villages from grids and towns from villages, vertex for vertex."""
    villages = {v.code: one_piece([grids[g.code] for g in v.grids]) for t in towns for v in t.villages}
    drawn = {t.code: one_piece([villages[v.code] for v in t.villages]) for t in towns}
    return Drawn(drawn, villages, grids)


def _draw_towns(
    area: Polygon, heart: Points, towns: tuple[TownPlan, ...], rng: Generator, lines: list[LineString]
) -> list[tuple[TownPlan, Polygon]]:
    """Split the county: 街道 nearest to the core, the others by how many villages they hold."""
    reach = float(np.sqrt(area.area / np.pi))
    urban = sum(town.urban for town in towns) / len(towns)
    seeds = spread(area, len(towns), rng, core=heart, radius_m=reach * (0.06 + 0.24 * urban**2), fall=2.8, rounds=4)
    mosaic = split(area, seeds, rng, roughness=0.16, step_m=max(120.0, reach / 90))
    lines.extend(mosaic.lines)
    order = np.argsort(np.hypot(*(seeds - heart).T))
    inner = [town for town in towns if town.urban]
    outer = sorted((t for t in towns if not t.urban), key=lambda t: (-len(t.villages), t.code))
    far = sorted(order[len(inner) :], key=lambda i: -mosaic.parts[i].area)
    placed = list(zip(inner, order[: len(inner)], strict=True)) + list(zip(outer, far, strict=True))
    return [(town, mosaic.parts[index]) for town, index in sorted(placed, key=lambda pair: pair[0].code)]


def _draw_villages(
    area: Polygon, heart: Points, town: TownPlan, rng: Generator, lines: list[LineString]
) -> list[tuple[VillagePlan, Polygon]]:
    """Split a town: communities nearest to its seat, which leans towards the county's core."""
    reach = float(np.sqrt(area.area / np.pi))
    seat = _seat(area, heart)
    fall = 0.4 if town.urban else 1.6
    seeds = spread(area, len(town.villages), rng, core=seat, radius_m=reach * 0.25, fall=fall)
    mosaic = split(area, seeds, rng, roughness=0.07 if town.urban else 0.14, step_m=max(40.0, reach / 40))
    lines.extend(mosaic.lines)
    order = np.argsort(np.hypot(*(seeds - seat).T))
    ranked = sorted(town.villages, key=lambda v: (not v.urban, v.code))
    placed = zip(ranked, order, strict=True)
    return [(village, mosaic.parts[index]) for village, index in sorted(placed, key=lambda pair: pair[0].code)]


def _seat(area: Polygon, heart: Points) -> Points:
    """Return where a town's own centre is thought to lie: its middle, a quarter of the way to the county's core."""
    middle = shapely.get_coordinates(shapely.point_on_surface(area))[0]
    leaning = middle + (heart - middle) * 0.25
    return leaning if area.contains(Point(leaning)) else middle


def _draw_grids(area: Polygon, village: VillagePlan, rng: Generator) -> Mosaic:
    """Split a village into its 综合网格 and cut out its 专属网格; parts come in the order of ``village.grids``."""
    reach = float(np.sqrt(area.area / np.pi))
    ordinary = sum(grid.sides_m is None for grid in village.grids)
    seat = shapely.get_coordinates(shapely.point_on_surface(area))[0]
    seeds = spread(area, ordinary, rng, core=seat, radius_m=reach * 0.5, fall=0.0 if village.urban else 1.0)
    rough = 0.05 if village.urban else 0.11
    mosaic = split(area, seeds, rng, roughness=rough, step_m=max(20.0, reach / 12))
    return carve(area, mosaic, [grid.sides_m for grid in village.grids if grid.sides_m is not None], rng)
