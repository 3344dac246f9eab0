"""Faults between neighbours: overlaps, gaps, and shared borders whose vertices do not match.

Built on the coverage functions of GEOS 3.12+ (Shapely 2.1+): outlines whose edges all match need no pairwise work, so
a clean set costs one pass. Only outlines with invalid edges are overlaid, found through an STR-tree.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.checks.faults import Fault, Kind, Repair, Severity, Tolerances, area_words
from gridmap.units.rules.codes import Level, level_of, parent_of, short_code
from gridmap.units.rules.measures import approximate_areas_m2, area_m2, length_m, multipolygon, polygons_only

Array = npt.NDArray[np.object_]
GROUP_ABOVE = 5
"""More gaps than this between the same two units are told as one fault."""


@dataclass(frozen=True)
class Outlined:
    """A unit with a usable (valid, not empty) outline in WGS-84 lon lat."""

    code: int
    name: str
    geom: BaseGeometry
    changed: bool


def overlap_faults(units: Sequence[Outlined], tolerances: Tolerances) -> tuple[list[Fault], set[int]]:
    """Return the overlaps between units of one level, and the codes of all units whose edges do not match a
    neighbour's.
    """
    geoms = np.array([unit.geom for unit in units], dtype=object)
    edges = shapely.coverage_invalid_edges(geoms) if len(units) > 1 else np.array([])
    suspects = np.flatnonzero([edge is not None and not edge.is_empty for edge in edges])
    if not suspects.size:
        return [], set()
    first, second = shapely.STRtree(geoms[suspects]).query(geoms[suspects], predicate="intersects")
    keep = first < second
    first, second = suspects[first[keep]], suspects[second[keep]]
    shared = shapely.intersection(geoms[first], geoms[second])
    big = approximate_areas_m2(shared) > tolerances.overlap_m2
    found = []
    for place in np.flatnonzero(big):
        one, two = units[int(first[place])], units[int(second[place])]
        if one.changed or two.changed:
            found.append(_overlap(one, two, polygons_only(shared[place]), tolerances))
    return found, {units[int(place)].code for place in suspects}


def severity_below(parent: int | None, tolerances: Tolerances) -> Severity:
    """Return how grave a fault between children of ``parent`` is."""
    level = Level.PROVINCE if parent is None else level_of(parent)
    return Severity.WARNING if level in tolerances.upper_level_warns else Severity.ERROR


def _overlap(one: Outlined, two: Outlined, shared: MultiPolygon, tolerances: Tolerances) -> Fault:
    size = area_m2(shared)
    thin = 2 * size / max(length_m(shared), 1e-9) <= tolerances.snap_m
    return Fault(
        Kind.OVERLAP,
        severity_below(parent_of(one.code), tolerances),
        one.code,
        f"“{one.name}”与“{two.name}”重叠 {area_words(size)}。",
        "重叠较窄，可使用“与相邻区划对齐”。" if thin else "请确认重叠处归谁，在编辑页移动共用边界。",
        other_code=two.code,
        area_m2=size,
        geom=shared,
        repair=Repair.SNAP if thin else Repair.NONE,
    )


def unmatched_faults(units: Sequence[Outlined], codes: set[int], explained: set[int]) -> list[Fault]:
    """Return one warning per parent about borders that meet without sharing vertices (no area to speak of)."""
    groups: dict[int | None, list[Outlined]] = defaultdict(list)
    for unit in units:
        if unit.changed and unit.code in codes - explained:
            groups[parent_of(unit.code)].append(unit)
    found = []
    for members in groups.values():
        names = "、".join(f"“{unit.name}”" for unit in members[:3]) + ("等" if len(members) > 3 else "")
        found.append(
            Fault(
                Kind.UNMATCHED_EDGE,
                Severity.WARNING,
                members[0].code,
                f"{names}共 {len(members)} 个区划与相邻区划的共用边界顶点没有对齐，放大后可能看到细缝。",
                "可使用“与相邻区划对齐”。",
                geom=members[0].geom.boundary if len(members) == 1 else MultiPolygon(),
                repair=Repair.SNAP,
            )
        )
    return found


@dataclass(frozen=True)
class Family:
    """The children of one parent: ``complete`` when every registered child has an outline."""

    parent: int
    parent_name: str
    parent_geom: BaseGeometry | None
    children: tuple[Outlined, ...]
    complete: bool
    matched: bool
    """No child has an invalid edge, so the fast coverage union is exact."""


def gap_faults(family: Family, others: Array, tolerances: Tolerances) -> list[Fault]:
    """Return the places of the parent (or enclosed by its children) that belong to no child.

    ``others`` are outlines of the same level under other parents: what they cover is no gap.
    """
    if not family.children:
        return []
    geoms = np.array([child.geom for child in family.children], dtype=object)
    union = shapely.coverage_union_all(geoms) if family.matched else shapely.union_all(geoms)
    holes = _holes(union)
    free = shapely.difference(family.parent_geom, union) if family.parent_geom is not None and family.complete else None
    missing = holes if free is None else shapely.union_all([free, *([holes] if not holes.is_empty else [])])
    if len(others) and not missing.is_empty:
        missing = shapely.difference(missing, shapely.union_all(others[shapely.intersects(others, missing)]))
    parts = np.array([part for part in polygons_only(missing).geoms], dtype=object)
    if not parts.size:
        return []
    parts = parts[approximate_areas_m2(parts) > tolerances.gap_m2]
    if not family.complete:
        parts = np.array([part for part in parts if _width_m(part) < tolerances.narrow_gap_m], dtype=object)
    return _grouped(family, geoms, parts, tolerances)


def _holes(union: BaseGeometry) -> BaseGeometry:
    """Return what the polygons of ``union`` enclose without covering, with islands in the holes taken out."""
    rings = [Polygon(ring) for part in polygons_only(union).geoms for ring in part.interiors]
    return shapely.difference(shapely.union_all(rings), union) if rings else MultiPolygon()


def _width_m(part: BaseGeometry) -> float:
    return 2 * area_m2(part) / max(length_m(part), 1e-9)


def _grouped(family: Family, geoms: Array, parts: Array, tolerances: Tolerances) -> list[Fault]:
    """Tell each gap by itself, or together where many lie between the same units."""
    tree = shapely.STRtree(geoms)
    groups: dict[tuple[int, ...], list[BaseGeometry]] = defaultdict(list)
    for part in parts:
        near = _by_shared_edge(tree, geoms, part)
        if any(family.children[place].changed for place in near) or not near:
            groups[tuple(sorted(near[:2]))].append(part)
    found: list[Fault] = []
    for places, gaps in groups.items():
        neighbours = [family.children[place] for place in places]
        batches = [multipolygon(gaps)] if len(gaps) > GROUP_ABOVE else [multipolygon([gap]) for gap in gaps]
        found.extend(_gap(family, neighbours, batch, tolerances) for batch in batches)
    return found


def _by_shared_edge(tree: shapely.STRtree, geoms: Array, gap: BaseGeometry) -> list[int]:
    """Return the places of the neighbours of a gap, the one with the longest shared edge first."""
    rim = gap.buffer(1e-8)
    near = tree.query(rim, predicate="intersects")
    shared = shapely.length(shapely.intersection(shapely.boundary(geoms[near]), rim))
    return [int(place) for place in near[np.argsort(-shared, kind="stable")]]


def _gap(family: Family, neighbours: Sequence[Outlined], gaps: MultiPolygon, tolerances: Tolerances) -> Fault:
    size, count = area_m2(gaps), len(gaps.geoms)
    severity = severity_below(family.parent, tolerances) if family.complete else Severity.WARNING
    between = "与".join(f"“{unit.name}”" for unit in neighbours)
    where = f"{between}{'之间' if len(neighbours) > 1 else '旁边'}" if neighbours else f"“{family.parent_name}”内"
    words = f"有 {count} 处空隙，共 {area_words(size)}" if count > 1 else f"有 {area_words(size)}空隙"
    return Fault(
        Kind.GAP,
        severity,
        neighbours[0].code if neighbours else family.parent,
        f"{where}{words}，不属于任何{_child_words(family)}。",
        f"可使用“并入共用边界最长的相邻区划”，或补画缺少的{_child_words(family)}。"
        if neighbours
        else "请补画缺少的区划。",
        other_code=neighbours[1].code if len(neighbours) > 1 else None,
        area_m2=size,
        geom=gaps,
        repair=Repair.FILL_GAP if neighbours else Repair.NONE,
    )


def _child_words(family: Family) -> str:
    return level_of(family.children[0].code).label.removesuffix("级")


def outside_faults(parent: Outlined, children: Sequence[Outlined], tolerances: Tolerances) -> list[Fault]:
    """Return the children that stick out of ``parent``, with the area in m²."""
    if not children:
        return []
    geoms = np.array([child.geom for child in children], dtype=object)
    shapely.prepare(parent.geom)
    astray = np.flatnonzero(~shapely.covers(parent.geom, geoms))
    out = shapely.difference(geoms[astray], parent.geom)
    big = approximate_areas_m2(out) > tolerances.outside_m2
    return [
        _outside(parent, children[place], polygons_only(piece), tolerances)
        for place, piece in zip(astray[big], out[big], strict=True)
    ]


def _outside(parent: Outlined, child: Outlined, out: MultiPolygon, tolerances: Tolerances) -> Fault:
    size = area_m2(out)
    share = 100 * size / max(area_m2(child.geom), 1e-9)
    away = share > 99.9
    message = f"“{child.name}”超出上级“{parent.name}”的边界 {area_words(size)}（占本身 {share:.1f}%）。"
    if away:
        message = f"“{child.name}”完全不在上级“{parent.name}”的边界内。"
    return Fault(
        Kind.OUTSIDE_PARENT,
        severity_below(parent.code, tolerances),
        child.code,
        message,
        f"请核对代码 {short_code(child.code)} 与坐标系。" if away else "可使用“裁剪到上级边界内”，或先更正上级边界。",
        other_code=parent.code,
        area_m2=size,
        geom=out,
        repair=Repair.NONE if away else Repair.CLIP_TO_PARENT,
    )
