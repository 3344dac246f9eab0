"""Repairs that can be suggested and, on a person's word, applied.

Geometry is WGS-84 lon lat; nothing is changed in place.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.checks.faults import Fault, Repair, Tolerances
from gridmap.units.rules.checks.rings import is_sliver
from gridmap.units.rules.codes import short_code
from gridmap.units.rules.measures import Plane, area_m2, polygons_only


class RepairError(ValueError):
    """A repair that would do harm or has nothing to work on; the message is Chinese."""


def make_valid(geom: BaseGeometry) -> MultiPolygon:
    """Return a valid outline that keeps what its rings mean (GEOS "structure" method).

    Raises ``RepairError`` when nothing is left.
    """
    fixed = polygons_only(shapely.make_valid(shapely.force_2d(geom), method="structure", keep_collapsed=False))
    if fixed.is_empty:
        raise RepairError("修正后图形为空：边界点太少或全部重合，请重新绘制。")
    return fixed


def swap_axes(geom: BaseGeometry) -> MultiPolygon:
    """Return the outline with lon and lat exchanged."""
    return polygons_only(shapely.transform(geom, lambda xy: xy[:, ::-1]))


def drop_slivers(geom: BaseGeometry, tolerances: Tolerances) -> MultiPolygon:
    """Return the outline without its sliver parts. Raises ``RepairError`` when all of it is slivers."""
    kept = [part for part in polygons_only(geom).geoms if not is_sliver(part, tolerances)]
    if not kept:
        raise RepairError("整个图形都过细，去除后什么也不剩，请重新绘制。")
    return MultiPolygon(kept)


def snap_together(units: Mapping[int, BaseGeometry], tolerances: Tolerances) -> dict[int, MultiPolygon]:
    """Return the outlines as a clean coverage: shared borders identical, no overlaps, no gaps narrower than
    ``snap_m``.

    Uses the coverage cleaner of GEOS 3.14 in a local plane in metres. An overlap goes to the unit with the longest
    border to it. Raises ``RepairError`` when a unit would vanish or change by more than a strip of ``snap_m`` along
    its border: then the overlap is a disagreement for a person, not a slip of the mouse.
    """
    codes = list(units)
    geoms = np.array([units[code] for code in codes], dtype=object)
    plane = Plane.around(shapely.total_bounds(geoms))
    flat = plane.to_metres(geoms)
    cleaned = shapely.coverage_clean(  # type: ignore[attr-defined]
        flat, gap_width=tolerances.snap_m, snapping_distance=min(0.01, tolerances.snap_m)
    )
    for code, before, after in zip(codes, flat, cleaned, strict=True):
        if after is None or after.is_empty:
            raise RepairError(f"对齐会使 {short_code(code)} 消失：它几乎全部与相邻区划重叠，请人工处理。")
        moved_m2 = shapely.symmetric_difference(before, after).area
        if moved_m2 > before.length * tolerances.snap_m:
            limit = f"超出允许的 {tolerances.snap_m:g} 米"
            raise RepairError(f"对齐会改变 {short_code(code)} 约 {moved_m2:,.0f} 平方米，{limit}，请人工处理。")
    back = plane.to_degrees(cleaned)
    return {code: polygons_only(geom) for code, geom in zip(codes, back, strict=True)}


def clip_to_parent(geom: BaseGeometry, parent: BaseGeometry) -> MultiPolygon:
    """Return the part of the outline inside its parent. Raises ``RepairError`` when less than half would remain."""
    inside = polygons_only(shapely.intersection(geom, parent))
    if area_m2(inside) < 0.5 * area_m2(geom):
        raise RepairError("一半以上在上级边界之外，裁剪会丢掉大部分图形：请先核对代码和坐标系。")
    return inside


def fill_gap(gap: BaseGeometry, neighbours: Mapping[int, BaseGeometry]) -> tuple[int, MultiPolygon]:
    """Return (code, new outline) of the neighbour that shares the longest edge with the gap and takes it over.

    Raises ``RepairError`` when no neighbour shares an edge.
    """
    rim = gap.buffer(1e-8)
    shared = {code: shapely.intersection(geom.boundary, rim).length for code, geom in neighbours.items()}
    best = max(shared, key=lambda code: shared[code], default=None)
    if best is None or shared[best] <= 1e-7:
        raise RepairError("空隙没有与任何区划共用边界，无法自动并入。")
    return best, polygons_only(shapely.union_all([neighbours[best], shapely.snap(gap, neighbours[best], 1e-9)]))


def repaired(fault: Fault, units: Mapping[int, BaseGeometry], tolerances: Tolerances) -> dict[int, MultiPolygon]:
    """Return the outlines that change when ``fault`` is mended: code → new outline.

    ``units`` holds the outlines around the fault (its units, their neighbours and the parent). Raises ``RepairError``
    when the fault has no repair, an outline is missing, or the repair would do harm.
    """
    code = fault.unit_code
    if fault.repair is Repair.NONE or code is None or code not in units:
        raise RepairError("这个问题不能自动修正，请在编辑页处理。")
    geom = units[code]
    if fault.repair is Repair.MAKE_VALID:
        return {code: make_valid(geom)}
    if fault.repair is Repair.SWAP_AXES:
        return {code: swap_axes(geom)}
    if fault.repair is Repair.DROP_SLIVERS:
        return {code: drop_slivers(geom, tolerances)}
    if fault.repair is Repair.CLIP_TO_PARENT:
        if fault.other_code is None or fault.other_code not in units:
            raise RepairError("上级没有边界，无法裁剪。")
        return {code: clip_to_parent(geom, units[fault.other_code])}
    if fault.repair is Repair.SNAP:
        return {
            key: new for key, new in snap_together(units, tolerances).items() if not new.equals_exact(units[key], 1e-10)
        }
    return _gaps_filled(fault, units)


def _gaps_filled(fault: Fault, units: Mapping[int, BaseGeometry]) -> dict[int, MultiPolygon]:
    """Give every part of a gap to the neighbour with the longest shared edge, one after the other."""
    now: dict[int, BaseGeometry] = dict(units)
    changed: dict[int, MultiPolygon] = {}
    for gap in polygons_only(fault.geom).geoms:
        code, grown = fill_gap(gap, now)
        now[code] = changed[code] = grown
    return changed
