"""Borders that look grown rather than ruled: midpoint displacement between fixed ends, never crossing."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import PCG64, Generator
from shapely.geometry import LineString
from shapely.geometry.base import BaseGeometry

from gridmap.demo.rules.plane import Points

FINEST_M = 15.0
WILDEST = 0.5
SPREAD = 1.6
"""A midpoint moves at most this many standard deviations."""


def roughen(line: Points, rng: Generator, *, roughness: float, step_m: float) -> Points:
    """Return the polyline (n, 2) with each piece longer than ``step_m`` halved and its middle pushed aside.

    The push is normal, ``roughness`` × the length of the piece; both ends of the line stay where they are.
    (Midpoint displacement: A. Fournier, D. Fussell, L. Carpenter, 1982.) Raises ``ValueError`` above ``WILDEST``, where
    halves would no longer be shorter than the whole.
    """
    if roughness > WILDEST:
        raise ValueError(f"roughness {roughness} is above {WILDEST}")
    while True:
        delta = np.diff(line, axis=0)
        length = np.hypot(delta[:, 0], delta[:, 1])
        long = np.flatnonzero(length > step_m)
        if not len(long):
            return line
        side = np.stack([-delta[long, 1], delta[long, 0]], axis=1)
        push = np.clip(rng.standard_normal(len(long)), -SPREAD, SPREAD)[:, None] * roughness
        middle = (line[long] + line[long + 1]) / 2 + side * push
        line = np.insert(line, long + 1, middle, axis=0)


def grow(
    arcs: list[LineString], fence: BaseGeometry, rng: Generator, *, roughness: float, step_m: float
) -> list[LineString]:
    """Return the arcs roughened so that none crosses another, itself or the ``fence`` (the parent's outline).

    An arc that would cross is drawn again with half the roughness, at last straight: the arcs as given must not cross.
    """
    keys = rng.integers(0, 2**63, size=len(arcs))
    rough = np.full(len(arcs), roughness)
    grown = [_one(arc, key, roughness, step_m) for arc, key in zip(arcs, keys, strict=True)]
    while True:
        bad = _crossing(grown, fence)
        bad = bad[rough[bad] > 0]
        if not len(bad):
            break
        rough[bad] = np.where(rough[bad] < roughness / 4, 0.0, rough[bad] / 2)
        for index in bad:
            grown[index] = _one(arcs[index], keys[index], float(rough[index]), step_m)
    return grown


def _one(arc: LineString, key: int, roughness: float, step_m: float) -> LineString:
    """Draw one arc with its own noise, so that drawing a neighbour again does not change it.

    A short arc (in a town, where borders follow streets) is drawn finer and calmer than a long one.
    """
    if roughness == 0.0:
        return arc
    noise = Generator(PCG64(int(key)))
    calm = float(np.clip(arc.length / (step_m * 40), 0.5, 1.0))
    step_m, roughness = max(FINEST_M, min(step_m, arc.length / 14)), roughness * calm
    return LineString(roughen(shapely.get_coordinates(arc), noise, roughness=roughness, step_m=step_m))


def _crossing(lines: list[LineString], fence: BaseGeometry) -> np.ndarray:
    """Return the indices of lines that cross themselves, each other or the fence (touching at ends is right)."""
    array = np.array(lines, dtype=object)
    bad = ~shapely.is_simple(array) | shapely.crosses(array, fence)
    tree = shapely.STRtree(array)
    left, right = tree.query(array, predicate="crosses")
    bad[left] = bad[right] = True
    return np.flatnonzero(bad)
