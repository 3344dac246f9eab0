"""One area into several, without gaps or overlaps: Voronoi cells, loose pieces given away, borders grown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import LineString, MultiPoint, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gridmap.demo.rules.borders import grow
from gridmap.demo.rules.plane import Points
from gridmap.demo.rules.seeds import nearest_seed

NODE_GRID_M = 0.001
"""Line work is noded on this grid (metres) inside the plane."""
OVERSHOOT_M = 0.03
"""Lines run past the border they end on by this, so that rounding cannot open them."""

COMPASS = np.stack([np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6)], axis=1)


@dataclass(frozen=True, slots=True)
class Mosaic:
    """Parts of an area, in the order of the seeds, and the lines drawn between them (metres)."""

    parts: list[Polygon]
    lines: list[LineString]


def split(area: Polygon, seeds: Points, rng: Generator, *, roughness: float, step_m: float) -> Mosaic:
    """Return ``area`` (metres) as one polygon for each seed (k, 2), neighbours sharing every border exactly.

    Raises ``ValueError`` when a seed lies outside the area.
    """
    if len(seeds) == 1:
        return Mosaic([area], [])
    edges = shapely.voronoi_polygons(MultiPoint(seeds), extend_to=area.envelope.buffer(1000), only_edges=True)
    pieces = noded(area.boundary, shapely.intersection(edges, area))
    faces = faces_of(pieces)
    middles = shapely.get_coordinates(shapely.point_on_surface(faces))
    labels = joined(faces, nearest_seed(middles, seeds), len(seeds))
    straight = dissolve(faces, labels, len(seeds))
    arcs = inner_arcs(pieces, area.boundary, faces, labels)
    fence = shapely.line_merge(shapely.union_all(pieces[~_inside(pieces, area.boundary)]))
    grown = grow(arcs, fence, rng, roughness=roughness, step_m=step_m)
    parts = matched(faces_of(noded(area.boundary, *grown)), straight)
    lines = grown if parts else arcs
    return Mosaic(parts or straight, overshot(lines, area))


def noded(*lines: BaseGeometry) -> np.ndarray:
    """Return the line work of ``lines`` as single pieces that meet only at their ends."""
    united = shapely.union_all(list(lines), grid_size=NODE_GRID_M)
    parts: np.ndarray = shapely.get_parts(united)
    return parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING]


def faces_of(pieces: np.ndarray) -> np.ndarray:
    """Return the polygons enclosed by noded pieces."""
    faces: np.ndarray = shapely.get_parts(shapely.polygonize(pieces))
    return faces


def joined(faces: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the labels changed so that the faces of each label hang together.

    The largest face of a label stays; a loose one goes to the neighbour with which it shares the longest border.
    Raises ``ValueError`` when a label has no face at all.
    """
    labels = labels.copy()
    for label in range(count):
        if not (labels == label).any():
            raise ValueError(f"seed {label} lies outside the area")
    for _ in range(len(faces)):
        loose = _loose(faces, labels, count)
        if not len(loose):
            break
        for index in loose:
            others = np.flatnonzero(labels != labels[index])
            shared = shapely.length(shapely.intersection(faces[others], faces[index]))
            labels[index] = labels[others[np.argmax(shared)]]
    return labels


def _loose(faces: np.ndarray, labels: np.ndarray, count: int) -> np.ndarray:
    """Return the faces that do not hang together with the largest face of their label."""
    loose: list[int] = []
    for label in np.flatnonzero(np.bincount(labels, minlength=count) > 1):
        members = np.flatnonzero(labels == label)
        body = shapely.coverage_union_all(faces[members])
        bodies = shapely.get_parts(body)
        if len(bodies) > 1:
            main = bodies[np.argmax(shapely.area(bodies))]
            inside = shapely.contains(main, shapely.point_on_surface(faces[members]))
            loose.extend(members[~inside])
    return np.array(loose, dtype=int)


def dissolve(faces: np.ndarray, labels: np.ndarray, count: int) -> list[Polygon]:
    """Return one polygon for each label 0 … count − 1; raises ``ValueError`` when one does not hang together."""
    order = np.argsort(labels, kind="stable")
    bounds = np.searchsorted(labels[order], np.arange(count + 1))
    return [one_piece(faces[order[a:b]]) for a, b in pairwise(bounds)]


def one_piece(parts: np.ndarray | list[Polygon]) -> Polygon:
    """Return the union of polygons that share their borders exactly; raises ``ValueError`` when it is not one polygon."""
    body = parts[0] if len(parts) == 1 else shapely.coverage_union_all(parts)
    if not isinstance(body, Polygon):
        raise ValueError("生成的示例边界不是一整块。")
    return body


def inner_arcs(pieces: np.ndarray, boundary: BaseGeometry, faces: np.ndarray, labels: np.ndarray) -> list[LineString]:
    """Return the lines between faces of different labels, merged from node to node."""
    inner = pieces[_inside(pieces, boundary)]
    tree = shapely.STRtree(faces)
    middles = shapely.line_interpolate_point(inner, 0.5, normalized=True)
    near, face = tree.query(middles, predicate="dwithin", distance=NODE_GRID_M * 2)
    low, high = np.full(len(inner), len(faces)), np.full(len(inner), -1)
    np.minimum.at(low, near, labels[face])
    np.maximum.at(high, near, labels[face])
    kept = inner[low < high]
    merged = shapely.get_parts(shapely.line_merge(shapely.multilinestrings(kept)))
    return list(merged)


def overshot(lines: list[LineString], area: Polygon) -> list[LineString]:
    """Return the lines drawn ``OVERSHOOT_M`` out of ``area`` at every end that lies on its border.

    The last step goes where it leads farthest from the border: a line that grazes the border would not cross it.
    """
    border = area.boundary
    shapely.prepare([area, border])
    longer: list[LineString] = []
    for line in lines:
        points = shapely.get_coordinates(line)
        for reverse in (False, True):
            points = points[::-1] if reverse else points
            if shapely.dwithin(border, Point(points[0]), NODE_GRID_M * 2):
                points = np.concatenate([[_way_out(points[0], area, border)], points])
        longer.append(LineString(points[::-1]))
    return longer


def _way_out(end: Points, area: Polygon, border: BaseGeometry) -> Points:
    """Return the point ``OVERSHOOT_M`` from ``end`` that lies outside ``area`` and farthest from its border."""
    round_ = end + OVERSHOOT_M * COMPASS
    outside = ~shapely.contains_xy(area, round_[:, 0], round_[:, 1])
    away = shapely.distance(shapely.points(round_), border)
    found: Points = round_[np.argmax(np.where(outside, away, -1.0))]
    return found


def _inside(pieces: np.ndarray, boundary: BaseGeometry) -> np.ndarray:
    """Return which pieces do not run along ``boundary``."""
    middles = shapely.line_interpolate_point(pieces, 0.5, normalized=True)
    inside: np.ndarray = shapely.distance(middles, boundary) > NODE_GRID_M * 2
    return inside


def matched(faces: np.ndarray, straight: list[Polygon]) -> list[Polygon]:
    """Return the grown faces in the order of the straight parts; empty when they do not fit one to one."""
    if len(faces) != len(straight):
        return []
    tree = shapely.STRtree(faces)
    taken: list[int] = []
    for part in straight:
        near = tree.query(part)
        overlap = shapely.area(shapely.intersection(faces[near], part))
        taken.append(int(near[np.argmax(overlap)]))
    return [faces[index] for index in taken] if len(set(taken)) == len(taken) else []
