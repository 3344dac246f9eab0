"""Edits of outlines on the map as pure geometry: split, merge, move a border. WGS-84 lon lat.

All three work on one planar arrangement: every line involved is noded once and the faces between the lines are dealt
out to the units. Neighbours are built from the same faces, so their shared borders are equal vertex by vertex and no
gap or overlap can arise; what all units cover together is the same before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.checks.faults import area_words
from gridmap.units.rules.codes import short_code
from gridmap.units.rules.measures import Plane, area_m2, polygons_only

Outlines = dict[int, MultiPolygon]
HAIR_DEG = 1e-6
GRAIN_M2 = 0.01
"""Faces below this come from rounding of crossing points and are never a unit's whole share."""


class EditError(ValueError):
    """An edit that would leave the map wrong; the message is Chinese and says why."""


@dataclass(frozen=True)
class Split:
    """Outcome of a split: the parts, largest first, and neighbours that gained a vertex where the line ends."""

    parts: tuple[MultiPolygon, ...]
    neighbours: Outlines


def split(
    unit: BaseGeometry, line: LineString, neighbours: Mapping[int, BaseGeometry], *, least_m2: float = 1.0
) -> Split:
    """Cut ``unit`` along ``line`` (which must cross it from edge to edge) into two or more parts.

    Pieces of ground that the line does not cut (exclaves) go with the nearest part. Neighbours that lie over the unit make
    no parts; they stay what they are. Raises ``EditError`` when the line does not cut the unit, or a part would be smaller
    than ``least_m2``.
    """
    _require_line(line)
    if not unit.is_valid:
        raise EditError("该区划的边界线不合法，不能分割：请先在检查结果里修正边界线。")
    if not line.intersects(unit):
        raise EditError("分割线没有经过该区划，请从边界外一侧画到另一侧。")
    cut = _cutting(line, unit)
    pieces, rest = _pieces(unit, cut)
    if not pieces:
        raise EditError("分割线没有把该区划切开：线的两端都要到达或越过边界。")
    for piece in pieces:
        if area_m2(piece) < least_m2:
            raise EditError(f"分割后有一块只有 {area_words(area_m2(piece))}，过小，请重新画分割线。")
    faces = _faces([unit, *neighbours.values()], extra=[cut])
    whole = [face for face in faces if unit.covers(face.representative_point())]
    parts = tuple(sorted(_dealt_out(whole, _with_rest(pieces, rest)), key=lambda part: -part.area))
    return Split(parts, _changed(neighbours, _rebuilt(neighbours, faces)))


def _pieces(unit: BaseGeometry, cut: BaseGeometry) -> tuple[list[BaseGeometry], list[BaseGeometry]]:
    """Return the pieces of the polygons that ``cut`` divides, and the polygons that it leaves whole."""
    faces = [face for face in _faces([unit], extra=[cut]) if unit.covers(face.representative_point())]
    pieces: list[BaseGeometry] = []
    rest: list[BaseGeometry] = []
    for polygon in polygons_only(unit).geoms:
        inside = [face for face in faces if polygon.covers(face.representative_point())]
        (pieces if len(inside) > 1 else rest).extend(inside)
    return pieces, rest


def _with_rest(pieces: Sequence[BaseGeometry], rest: Sequence[BaseGeometry]) -> list[list[BaseGeometry]]:
    """Return each piece with those of ``rest`` that lie nearest to it, on the ground; the larger piece when equally near."""
    groups = [[piece] for piece in pieces]
    if rest:
        plane = Plane.around(shapely.total_bounds([*pieces, *rest]))
        placed = plane.to_metres(np.array(list(pieces), dtype=object))
        for polygon, spot in zip(rest, plane.to_metres(np.array(list(rest), dtype=object)), strict=True):
            away_m = np.round(shapely.distance(placed, spot), 3)
            groups[int(np.lexsort((-shapely.area(placed), away_m))[0])].append(polygon)
    return groups


def _dealt_out(faces: Sequence[BaseGeometry], groups: Sequence[Sequence[BaseGeometry]]) -> list[MultiPolygon]:
    """Build a part for each group from the faces that lie in it, so that parts and neighbours share every vertex."""
    grounds = np.array([shapely.multipolygons(np.array(list(group), dtype=object)) for group in groups], dtype=object)
    held: list[list[BaseGeometry]] = [[] for _ in groups]
    for face in faces:
        held[int(np.argmin(shapely.distance(grounds, face.representative_point())))].append(face)
    return [polygons_only(shapely.coverage_union_all(kept)) for kept in held]


def merge(units: Mapping[int, BaseGeometry]) -> MultiPolygon:
    """Return the union of adjacent units. Raises ``EditError`` when they do not hang together by edges."""
    if len(units) < 2:
        raise EditError("合并至少需要两个区划。")
    left = dict(units)
    reached = [left.pop(next(iter(left)))]
    while left:
        code = next((c for c, geom in left.items() if any(_share_edge(geom, done) for done in reached)), None)
        if code is None:
            raise EditError(
                "所选区划不相邻（没有共用边界），不能合并：" + "、".join(short_code(c) for c in left) + "。"
            )
        reached.append(left.pop(code))
    geoms = np.array(list(units.values()), dtype=object)
    exact = bool(shapely.coverage_is_valid(geoms))
    return polygons_only(shapely.coverage_union_all(geoms) if exact else shapely.union_all(geoms))


def reshape(
    code: int,
    new: BaseGeometry,
    units: Mapping[int, BaseGeometry],
    *,
    fixed: Mapping[int, BaseGeometry] | None = None,
    snap_deg: float = 1e-6,
    least_m2: float = 1.0,
) -> Outlines:
    """Give ``code`` the outline ``new`` and let its neighbours take what it gives up or lose what it takes.

    ``units`` holds the unit and the neighbours that may change; ``fixed`` other outlines that share its outer border
    and only gain vertices. Vertices of ``new`` within ``snap_deg`` of an old border are put on it. What ``units``
    cover together stays the same. Returns the outlines that change. Raises ``EditError`` when ``new`` leaves the area
    of ``units`` (the neighbours' or the parent's), would erase a neighbour, or leaves ground to nobody.
    """
    if code not in units:
        raise EditError("找不到要修改的区划。")
    target = _snapped(new, list(units.values()), snap_deg)
    others = {key: geom for key, geom in units.items() if key != code}
    beyond = shapely.difference(target, shapely.union_all(list(units.values())))
    if area_m2(beyond) > least_m2:
        raise EditError(
            f"新边界超出了该区划及相邻区划的范围 {area_words(area_m2(beyond))}：请不要越过上级边界或不相邻的区划。"
        )
    faces = _faces([*units.values(), *(fixed or {}).values()], extra=[target.boundary])
    owners = _owners(faces, code, target, units[code], others)
    result = _dealt({**units, **(fixed or {})}, faces, owners, fixed or {})
    for key, geom in units.items():
        if area_m2(result.get(key, MultiPolygon())) < min(least_m2, area_m2(geom)):
            gone = f"这样修改会使相邻区划 {short_code(key)} 消失：如需撤销它，请使用“合并”。"
            raise EditError(gone if key != code else "新边界太小，请重新绘制。")
    return _changed({**units, **(fixed or {})}, result)


def move_border(
    first: int,
    second: int,
    line: LineString,
    units: Mapping[int, BaseGeometry],
    *,
    least_m2: float = 1.0,
) -> Outlines:
    """Replace the border between two adjacent units by ``line``, which must cross the two from edge to edge.

    Each side of the line goes to the unit that had the larger part of its own ground there, so that a small unit may grow
    over most of a large one. ``units`` holds both and the neighbours that may gain vertices. Returns the outlines that
    change. Raises ``EditError`` when the line does not divide them.
    """
    _require_line(line)
    if first not in units or second not in units:
        raise EditError("找不到要修改的区划。")
    if not _share_edge(units[first], units[second]):
        raise EditError("两个区划没有共用边界，不能移动边界。")
    both = merge({first: units[first], second: units[second]})
    others = {key: geom for key, geom in units.items() if key not in (first, second)}
    faces = _faces([both, *others.values()], extra=[_cutting(line, both)])
    sides = [face for face in faces if both.covers(face.representative_point())]
    if len(sides) <= len(both.geoms):
        raise EditError("新边界线没有把两个区划分开：线的两端都要到达或越过外边界。")
    given: dict[int, list[BaseGeometry]] = {first: [], second: []}
    for side in sides:
        shares = [side.intersection(units[code]).area / units[code].area for code in (first, second)]
        given[first if shares[0] >= shares[1] else second].append(side)
    if any(sum(area_m2(face) for face in kept) < least_m2 for kept in given.values()):
        raise EditError("这样移动会使其中一个区划消失：如需撤销它，请使用“合并”。")
    result = {key: polygons_only(shapely.coverage_union_all(kept)) for key, kept in given.items()}
    return _changed(units, {**result, **_rebuilt(others, faces)})


def _require_line(line: BaseGeometry) -> None:
    if line.geom_type != "LineString" or line.is_empty or line.length == 0:
        raise EditError("请画一条至少两个点的线。")


def _cutting(line: LineString, area: BaseGeometry) -> BaseGeometry:
    """Return the part of a line that cuts ``area``, reaching a hair (0.1 m) over its border so that noding finds the
    crossing.
    """
    points = shapely.get_coordinates(line)
    for end, inner in ((0, 1), (-1, -2)):
        step = points[end] - points[inner]
        points[end] += step / max(float(np.hypot(*step)), 1e-12) * HAIR_DEG
    return shapely.intersection(LineString(points), area.buffer(HAIR_DEG))


def _snapped(new: BaseGeometry, borders: Sequence[BaseGeometry], snap_deg: float) -> MultiPolygon:
    """Return the wanted outline, valid, with vertices near old borders put onto them."""
    wanted = polygons_only(new)
    if wanted.is_empty:
        raise EditError("新边界不是面：请画一个闭合的多边形。")
    if not wanted.is_valid:
        raise EditError("新边界自相交，请重新绘制。")
    lines = shapely.union_all([geom.boundary for geom in borders])

    def onto(points: np.ndarray) -> np.ndarray:
        spots = shapely.points(points)
        near = shapely.shortest_line(spots, lines)
        ends = shapely.get_coordinates(shapely.get_point(near, 1))
        close = np.asarray(shapely.length(near)) <= snap_deg
        return np.where(close[:, None], ends, points)

    moved = shapely.transform(shapely.snap(wanted, lines, snap_deg), onto)
    return polygons_only(moved) if moved.is_valid else wanted


def _faces(areas: Sequence[BaseGeometry], *, extra: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Return the faces of the arrangement of all borders and the extra lines."""
    lines = [geom.boundary for geom in areas] + [line for line in extra if not line.is_empty]
    return list(shapely.get_parts(shapely.polygonize([shapely.union_all(lines)])))


def _owners(
    faces: Sequence[BaseGeometry],
    code: int,
    target: BaseGeometry,
    old: BaseGeometry,
    others: Mapping[int, BaseGeometry],
) -> list[int | None]:
    """Return who gets each face: the unit inside its new outline, else the old owner, else a neighbour by longest
    edge.
    """
    owners: list[int | None] = []
    freed: list[int] = []
    for place, face in enumerate(faces):
        spot = face.representative_point()
        former = next((key for key, geom in others.items() if geom.covers(spot)), None)
        if target.covers(spot) and (former is not None or old.covers(spot)):
            owners.append(code)
        else:
            owners.append(former)
            if former is None and old.covers(spot):
                freed.append(place)
    _give_away(faces, owners, freed, code)
    return owners


def _give_away(faces: Sequence[BaseGeometry], owners: list[int | None], freed: list[int], code: int) -> None:
    """Give each freed face to the neighbour that shares its longest edge, outermost first, in place."""
    while freed:
        best: tuple[float, int, int] | None = None
        for place in freed:
            edges: dict[int, float] = {}
            for other, owner in enumerate(owners):
                if owner is not None and owner != code:
                    shared = faces[place].boundary.intersection(faces[other].boundary).length
                    edges[owner] = edges.get(owner, 0.0) + shared
            top = max(edges, key=lambda key: edges[key], default=None)
            if top is not None and edges[top] > 0 and (best is None or edges[top] > best[0]):
                best = (edges[top], place, top)
        if best is None:
            lost = area_m2(shapely.union_all([faces[place] for place in freed]))
            if lost > GRAIN_M2:
                raise EditError(f"新边界会留下 {area_words(lost)}不属于任何区划：让出的部分没有相邻区划可以接收。")
            return
        owners[best[1]] = best[2]
        freed.remove(best[1])


def _dealt(
    units: Mapping[int, BaseGeometry],
    faces: Sequence[BaseGeometry],
    owners: Sequence[int | None],
    fixed: Mapping[int, BaseGeometry],
) -> Outlines:
    """Build every unit from its faces; fixed outlines from the faces they held before."""
    held: dict[int, list[BaseGeometry]] = {key: [] for key in units}
    for face, owner in zip(faces, owners, strict=True):
        if owner is not None:
            held[owner].append(face)
    built = {key: polygons_only(shapely.coverage_union_all(kept)) for key, kept in held.items() if key not in fixed}
    return {**built, **_rebuilt(fixed, faces)}


def _rebuilt(units: Mapping[int, BaseGeometry], faces: Sequence[BaseGeometry]) -> Outlines:
    """Build unchanged units from the faces inside them, so that they share every new vertex."""
    return {key: _keep_vertices(geom, faces) for key, geom in units.items()}


def _keep_vertices(geom: BaseGeometry, faces: Sequence[BaseGeometry]) -> MultiPolygon:
    shapely.prepare(geom)
    inside = [face for face in faces if geom.covers(face.representative_point())]
    return polygons_only(shapely.coverage_union_all(inside))


def _changed(before: Mapping[int, BaseGeometry], after: Mapping[int, BaseGeometry]) -> Outlines:
    """Return the outlines whose vertices differ from before."""
    return {
        key: polygons_only(geom) for key, geom in after.items() if key not in before or not _same(geom, before[key])
    }


def _same(one: BaseGeometry, two: BaseGeometry) -> bool:
    """Tell whether two outlines are equal vertex by vertex, wherever their rings start."""
    return bool(shapely.equals_identical(*shapely.normalize([polygons_only(one), polygons_only(two)])))


def _share_edge(one: BaseGeometry, two: BaseGeometry) -> bool:
    """Tell whether two outlines share a line, not just points; overlap counts too."""
    common = shapely.intersection(one, two)
    return bool(common.length > 1e-9) or bool(common.area > 0)
