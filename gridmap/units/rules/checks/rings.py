"""Faults of single outlines: empty, invalid, swapped axes, far away, slivers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import MultiPolygon, Point
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.checks.faults import Fault, Kind, Repair, Severity, Shape, Tolerances, area_words
from gridmap.units.rules.measures import CHINA_BOX, area_m2, length_m, polygons_only

REASONS = {
    "Self-intersection": "边界线自相交",
    "Ring Self-intersection": "边界线自相交",
    "Hole lies outside shell": "内部空洞落在外边界之外",
    "Holes are nested": "内部空洞互相嵌套",
    "Interior is disconnected": "内部被边界线割断",
    "Nested shells": "多个部分互相嵌套",
    "Duplicate Rings": "边界线重复",
    "Too few points in geometry component": "边界点少于 3 个",
    "Invalid Coordinate": "坐标值无效",
    "Ring is not closed": "边界线没有闭合",
}


def ring_faults(shapes: Sequence[Shape], tolerances: Tolerances) -> list[Fault]:
    """Return the faults that each outline has by itself. Shapes without outline have none."""
    given = [shape for shape in shapes if shape.geom is not None]
    geoms = np.array([shape.geom for shape in given], dtype=object)
    if not given:
        return []
    empty, valid, bounds = shapely.is_empty(geoms), shapely.is_valid(geoms), shapely.bounds(geoms)
    found: list[Fault] = []
    for place, shape in enumerate(given):
        if empty[place]:
            found.append(_empty(shape))
            continue
        far = _place_fault(shape, bounds[place])
        if far is not None:
            found.append(far)
        if not valid[place]:
            found.append(_invalid(shape, geoms[place]))
        else:
            found.extend(_slivers(shape, geoms[place], tolerances))
    return found


def looks_swapped(bounds: Sequence[float]) -> bool:
    """Tell whether bounds (degrees) lie in China only when read as lat lon."""
    west, south, east, north = CHINA_BOX
    return bool(south <= bounds[0] and bounds[2] <= north and west <= bounds[1] and bounds[3] <= east)


def in_china(bounds: Sequence[float]) -> bool:
    """Tell whether bounds (degrees) lie wholly within the box that holds China."""
    west, south, east, north = CHINA_BOX
    return bool(west <= bounds[0] and bounds[2] <= east and south <= bounds[1] and bounds[3] <= north)


def _empty(shape: Shape) -> Fault:
    return Fault(
        Kind.EMPTY,
        Severity.ERROR,
        shape.code,
        f"“{shape.name}”的图形是空的。",
        "请在原文件中补画边界后重新导入，或从本次导入中去掉该行。",
    )


def _place_fault(shape: Shape, bounds: Sequence[float]) -> Fault | None:
    """Return the fault of an outline that is not in China, or ``None``."""
    if in_china(bounds):
        return None
    if looks_swapped(bounds):
        return Fault(
            Kind.SWAPPED_AXES,
            Severity.ERROR,
            shape.code,
            f"“{shape.name}”的经度和纬度写反了（经度 {bounds[0]:.4f}，纬度 {bounds[1]:.4f}）。",
            "请按“经度在前、纬度在后”重新导出，或使用“交换经纬度”。",
            geom=shape.geom or MultiPolygon(),
            repair=Repair.SWAP_AXES,
        )
    return Fault(
        Kind.OUTSIDE_CHINA,
        Severity.ERROR,
        shape.code,
        f"“{shape.name}”不在中国范围内（经度 {bounds[0]:.4f}，纬度 {bounds[1]:.4f}）。",
        "请核对坐标系：文件声明的坐标系可能与实际坐标不符。",
        geom=shape.geom or MultiPolygon(),
    )


def _invalid(shape: Shape, geom: BaseGeometry) -> Fault:
    reason = shapely.is_valid_reason(geom)
    words = next((text for key, text in REASONS.items() if reason.startswith(key)), "边界线不合法")
    where = re.search(r"\[(\S+) (\S+)\]", reason)
    place = Point(float(where[1]), float(where[2])) if where else Point(geom.bounds[:2])
    return Fault(
        Kind.INVALID_RING,
        Severity.ERROR,
        shape.code,
        f"“{shape.name}”{words}，位置：经度 {place.x:.6f}，纬度 {place.y:.6f}。",
        "可使用“自动修正边界线”，修正后请核对形状。",
        geom=place,
        repair=Repair.MAKE_VALID,
    )


def _slivers(shape: Shape, geom: BaseGeometry, tolerances: Tolerances) -> list[Fault]:
    """Return one warning when parts of an outline are too small or too thin to be meant."""
    parts = [part for part in shapely.get_parts(geom) if part.geom_type == "Polygon"]
    thin = [part for part in parts if is_sliver(part, tolerances)]
    if not thin:
        return []
    shown = MultiPolygon(thin)
    size = area_m2(shown)
    whole = len(thin) == len(parts)
    return [
        Fault(
            Kind.SLIVER,
            Severity.WARNING,
            shape.code,
            f"“{shape.name}”有 {len(thin)} 处细碎图形，共 {area_words(size)}。",
            "整个图形都过细，请核对是否画错。" if whole else "可使用“去除细碎图形”。",
            area_m2=size,
            geom=shown,
            repair=Repair.NONE if whole else Repair.DROP_SLIVERS,
        )
    ]


def is_sliver(part: BaseGeometry, tolerances: Tolerances) -> bool:
    """Tell whether one polygon is below the area or the mean width (2 × area / perimeter) of the tolerances."""
    lean_m = 60_000.0  # a degree is longer than this everywhere in China, so these are lower bounds
    wide = 2 * part.area / max(part.length, 1e-12) * lean_m > tolerances.sliver_width_m
    if wide and part.area * lean_m**2 > tolerances.sliver_area_m2:
        return False
    size = area_m2(part)
    return size < tolerances.sliver_area_m2 or 2 * size / max(length_m(part), 1e-9) < tolerances.sliver_width_m


def usable(geom: BaseGeometry | None) -> BaseGeometry | None:
    """Return the polygonal geometry that overlays can work on: itself when valid, else made valid; ``None`` when
    nothing is left.
    """
    if geom is None or geom.is_empty:
        return None
    if geom.is_valid:
        return geom
    fixed = polygons_only(shapely.make_valid(geom, method="structure", keep_collapsed=False))
    return None if fixed.is_empty else fixed
