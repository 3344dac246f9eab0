"""专属网格: a school, market or park cut out of the 综合网格 around it, as a turned rectangle."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import Generator
from shapely.affinity import rotate, translate
from shapely.geometry import LineString, Polygon, box

from gridmap.demo.rules.mosaic import Mosaic
from gridmap.demo.rules.plane import Points

TRIES = 12
CLEARANCE = 0.35
"""Free width kept to the village's border, as a share of the rectangle's longer side."""


def carve(area: Polygon, mosaic: Mosaic, sides_m: list[tuple[float, float]], rng: Generator) -> Mosaic:
    """Return the mosaic of ``area`` with one more part for each of ``sides_m`` (width, height in metres).

    The rectangles come last, in order. One that would not fit is made smaller; every older part stays one piece.
    """
    parts, lines = list(mosaic.parts), list(mosaic.lines)
    ordinary = len(parts)
    for width, height in sides_m:
        plot, rest = _place(area, parts, ordinary, width, height, rng)
        parts = [*rest, plot]
        lines = [*_outside(lines, plot), LineString(plot.exterior)]
    return Mosaic(parts, lines)


def _place(
    area: Polygon, parts: list[Polygon], ordinary: int, width: float, height: float, rng: Generator
) -> tuple[Polygon, list[Polygon]]:
    """Return the rectangle and the older parts without it."""
    limit = 0.10 * area.area
    shrink = min(1.0, float(np.sqrt(limit / (width * height))))
    for attempt in range(200):
        size = shrink * 0.85 ** (attempt // TRIES)
        centre = _centre(parts, ordinary, rng, corner=attempt % 3 != 2)
        plot = _rectangle(centre, width * size, height * size, rng)
        if not area.contains(plot) or area.exterior.distance(plot) < CLEARANCE * max(width, height) * size:
            continue
        rest = _without(parts, ordinary, plot)
        if rest:
            return plot, rest
    raise ValueError("no room for a 专属网格")


def _centre(parts: list[Polygon], ordinary: int, rng: Generator, *, corner: bool) -> Points:
    """Return a point on an inner border (``corner``) or within an ordinary part."""
    part = parts[int(rng.integers(ordinary))]
    if corner and ordinary > 1:
        ring = shapely.get_coordinates(part.exterior)
        found: Points = ring[int(rng.integers(len(ring)))]
        return found
    west, south, east, north = part.bounds
    cloud = rng.random((64, 2)) * [east - west, north - south] + [west, south]
    inside = cloud[shapely.contains_xy(part, cloud[:, 0], cloud[:, 1])]
    return inside[0] if len(inside) else shapely.get_coordinates(part.representative_point())[0]


def _rectangle(centre: Points, width: float, height: float, rng: Generator) -> Polygon:
    """Return a rectangle around ``centre``, turned by up to 30 degrees."""
    plain = box(-width / 2, -height / 2, width / 2, height / 2)
    turned: Polygon = translate(rotate(plain, float(rng.uniform(-30, 30))), *centre)
    return turned


def _without(parts: list[Polygon], ordinary: int, plot: Polygon) -> list[Polygon]:
    """Return the parts less the plot; empty when one would vanish, fall apart or an older plot would be touched."""
    rest: list[Polygon] = []
    for index, part in enumerate(parts):
        if not part.intersects(plot):
            rest.append(part)
            continue
        left = part.difference(plot)
        if index >= ordinary or not isinstance(left, Polygon) or left.area < 0.5 * part.area:
            return []
        rest.append(left)
    return rest


def _outside(lines: list[LineString], plot: Polygon) -> list[LineString]:
    """Return the lines without what lies inside the plot."""
    left = shapely.get_parts(shapely.difference(np.array(lines, dtype=object), plot))
    return [line for line in left if not line.is_empty]
