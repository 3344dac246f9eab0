"""Tile arithmetic and what each layer shows at which zoom: pure, and the one place that TileJSON, SQL and the map page read."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from gridmap.access import Range
from gridmap.analysis.rules import CELL_LEVELS, KEY_ZOOM
from gridmap.cases.rules import Lateness, Risk, Status

MAX_ZOOM = 22
EXTENT = 4096
LAYERS = ("units", "cases", "heat")
UNIT_LEVELS_BY_ZOOM = ((0, 6), (7, 9), (10, 12), (12, 15))
"""From which zoom which level (digits) is the deepest drawn; the levels above are drawn with it."""
MID_ZOOM, FULL_ZOOM = 9, 13
"""Zooms from which ``geom_mid`` and then the full ``geom`` of outlines are drawn; below, ``geom_low``."""
UNIT_BUFFER = 64
"""Margin of unit polygons around the tile, in its 4096 units, so that drawn borders do not break at its edge."""
ROW_ZOOM = 14
"""From here on every case is a point of its own; below, clusters."""
CLUSTER_STEP = 3
"""A tile holds 8 × 8 cluster cells: 64 pixels each at MapLibre's 512."""
HEAT_STEP = 4
"""A tile holds 16 × 16 heat cells."""
FAMILIES = (1, 2, 3, 4, 5)
NO_RISK = "none"
ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "family": tuple(str(family) for family in FAMILIES),
    "status": tuple(status.value for status in Status),
    "risk": (*(risk.value for risk in Risk), NO_RISK),
    "lateness": tuple(item.value for item in Lateness),
}
"""What clusters can be coloured by: their counts are the properties ``<attribute>_<value>``."""
BY_DEFAULT = ("family", "risk")
ROW_FIELDS = {
    "case_code": "事件编号",
    "title": "标题",
    "family": "大类（1–5）",
    "category": "小类名称",
    "status": "状态",
    "risk": "风险等级（high、medium、low、none）",
    "lateness": "期限",
    "n": "数量（单个事件为 1）",
}
UNIT_FIELDS = {
    "code": "15 位区划代码",
    "name": "名称",
    "level": "层级（代码有效位数 2、4、6、9、12、15）",
    "parent": "上级区划代码",
    "kind": "网格类型",
    "is_demo": "示例边界",
}


class Tile(NamedTuple):
    """A tile of the Web-Mercator pyramid; y counts from the north."""

    z: int
    x: int
    y: int

    @property
    def keys(self) -> Range:
        """The range of ``zkey`` that holds exactly the points of this tile."""
        shift = 2 * (KEY_ZOOM - self.z)
        first = interleave(self.x, self.y) << shift
        return Range(first, first + (1 << shift))


def tile_of(z: int, x: int, y: int) -> Tile | None:
    """Return the tile, or ``None`` when there is no such tile."""
    return Tile(z, x, y) if 0 <= z <= MAX_ZOOM and 0 <= x < 1 << z and 0 <= y < 1 << z else None


def interleave(x: int, y: int) -> int:
    """Return the Z-order (Morton) number of a cell: bits of ``x`` at even places, of ``y`` at odd ones."""
    return _spread(x) | _spread(y) << 1


def _spread(v: int) -> int:
    for shift, mask in ((16, 0x0000FFFF0000FFFF), (8, 0x00FF00FF00FF00FF), (4, 0x0F0F0F0F0F0F0F0F)):
        v = (v | v << shift) & mask
    v = (v | v << 2) & 0x3333333333333333
    return (v | v << 1) & 0x5555555555555555


def tile_at(lon: float, lat: float, z: int) -> Tile:
    """Return the tile of zoom ``z`` that holds a point (degrees)."""
    size = 1 << z
    phi = math.radians(max(-85.0511287, min(85.0511287, lat)))
    x = (lon + 180) / 360 * size
    y = (1 - math.log(math.tan(phi) + 1 / math.cos(phi)) / math.pi) / 2 * size
    return Tile(z, min(max(int(x), 0), size - 1), min(max(int(y), 0), size - 1))


def unit_level_at(z: int) -> int:
    """Return the deepest level (digits) drawn at a zoom."""
    return max(level for zoom, level in UNIT_LEVELS_BY_ZOOM if z >= zoom)


def outline_column(z: int) -> str:
    """Return the column of outlines that is detailed enough for a zoom."""
    return "geom_low" if z < MID_ZOOM else "geom_mid" if z < FULL_ZOOM else "geom"


@dataclass(frozen=True)
class LevelZooms:
    """At which zooms a level is the deepest one drawn."""

    level: int
    minzoom: int
    maxzoom: int


def level_zooms() -> list[LevelZooms]:
    """Return the table of levels and zooms for the map page."""
    ends = [zoom - 1 for zoom, _ in UNIT_LEVELS_BY_ZOOM[1:]] + [MAX_ZOOM]
    return [LevelZooms(level, zoom, end) for (zoom, level), end in zip(UNIT_LEVELS_BY_ZOOM, ends, strict=True)]


def cell_level(z: int, step: int) -> int:
    """Return the zoom of the cells that a tile of zoom ``z`` gathers points in."""
    return min(z + step, KEY_ZOOM)


def heat_step(z: int) -> int:
    """Return how much finer than a tile its heat cells are; at the last kept zooms, as fine as is kept."""
    return CLUSTER_STEP if z + CLUSTER_STEP == CELL_LEVELS[-1] else HEAT_STEP


def is_kept(level: int) -> bool:
    """Say whether cells of this zoom are kept in the rollup; others are gathered from rows."""
    return level in CELL_LEVELS


def expand_zoom(z: int) -> int:
    """Return the zoom at which a cluster of a tile of zoom ``z`` has surely come apart into finer ones."""
    return min(z + CLUSTER_STEP, ROW_ZOOM) if z < ROW_ZOOM else z


def max_zoom(layer: str) -> int:
    """Return the last zoom worth asking for; beyond it the map draws the last tiles larger."""
    return {"units": 16, "cases": 18, "heat": 16}[layer]


def vector_layers(layer: str) -> list[dict[str, object]]:
    """Return the ``vector_layers`` of a layer's TileJSON: every property with what it means."""
    if layer == "units":
        labels = {**UNIT_FIELDS, "area_m2": "面积（平方米），大者先标注"}
        return [{"id": "units", "fields": UNIT_FIELDS}, {"id": "unit_labels", "fields": labels}]
    if layer == "heat":
        return [{"id": "heat", "fields": {"n": "数量"}}]
    counts = {f"{name}_{value}": "数量，缺省为 0" for name, values in ATTRIBUTES.items() for value in values}
    return [{"id": "cases", "fields": {**ROW_FIELDS, "expand": "聚合点展开到的级别", **counts}}]
