"""Where cases happen: inside their own grid, around hot spots and hamlets, else anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from numpy.typing import NDArray

from gridmap.demo.rules.plane import METRES_PER_DEGREE, Points

Ints = NDArray[np.int64]
HAMLETS = 3
"""Hamlets or built-up blocks in every grid."""
IN_HAMLET = {"rural": (0.75, 160.0), "urban": (0.65, 230.0)}
"""By kind of place: share of the cases that happen in a hamlet or block, and its radius in metres."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The grids of all cases, index by index: codes, outlines (lon, lat), kind of place and weight."""

    codes: Ints
    outlines: np.ndarray
    profiles: np.ndarray
    weights: Points

    @property
    def villages(self) -> Ints:
        """Codes of the villages the grids lie in."""
        return self.codes // 1000 * 1000


@dataclass(frozen=True, slots=True)
class Spots:
    """Hot spots: their grid (index), place (lon, lat), favourite subject (index) and whether they began lately."""

    grid: Ints
    point: Points
    subject: Ints
    recent: NDArray[np.bool_]


def anywhere(outlines: np.ndarray, which: Ints, rng: Generator) -> Points:
    """Return one point (lon, lat, rounded to 1e-7) strictly inside ``outlines[which[i]]`` for every i."""
    bounds = shapely.bounds(outlines)[which]
    found = np.empty((len(which), 2))
    open_ = np.arange(len(which))
    while len(open_):
        west, south, east, north = bounds[open_].T
        points = np.stack(
            [west + rng.random(len(open_)) * (east - west), south + rng.random(len(open_)) * (north - south)], 1
        )
        points = np.round(points, 7)
        hit = shapely.contains_xy(outlines[which[open_]], points[:, 0], points[:, 1])
        found[open_[hit]] = points[hit]
        open_ = open_[~hit]
    return found


def around(centres: Points, radius_m: float, outlines: np.ndarray, which: Ints, rng: Generator) -> Points:
    """Return one point near each of ``centres`` (normal, standard deviation ``radius_m``), strictly inside its outline.

    Near a border the spread shrinks until the point falls inside; the centre itself is the last resort.
    """
    found = np.round(centres, 7)
    open_ = np.arange(len(which))
    for attempt in range(8):
        east = METRES_PER_DEGREE * np.cos(np.radians(centres[open_, 1]))
        step = rng.standard_normal((len(open_), 2)) * radius_m * 0.8**attempt
        points = np.round(centres[open_] + step / np.stack([east, np.full(len(open_), METRES_PER_DEGREE)], 1), 7)
        hit = shapely.contains_xy(outlines[which[open_]], points[:, 0], points[:, 1])
        found[open_[hit]] = points[hit]
        open_ = open_[~hit]
        if not len(open_):
            break
    return found


def hot_spots(ground: Ground, odds: Mapping[str, Points], course: Mapping[str, Any], rng: Generator) -> Spots:
    """Return hot spots in some of the grids, busier grids first, each with the subject that keeps coming back there."""
    count = max(1, round(len(ground.codes) * course["hot_spots"]))
    grid = rng.choice(len(ground.codes), size=count, p=ground.weights / ground.weights.sum())
    subject = np.empty(count, dtype=np.int64)
    for profile in np.unique(ground.profiles):
        here = np.flatnonzero(ground.profiles[grid] == profile)
        subject[here] = rng.choice(len(odds[profile]), size=len(here), p=odds[profile])
    return Spots(grid, anywhere(ground.outlines, grid, rng), subject, rng.random(count) < course["hot_recent"])


def scatter(ground: Ground, which: Ints, rng: Generator) -> Points:
    """Return a point inside its grid for every case: mostly around a few hamlets or blocks of each grid."""
    points = anywhere(ground.outlines, which, rng)
    everyone = np.repeat(np.arange(len(ground.codes)), HAMLETS)
    hamlets = anywhere(ground.outlines, everyone, rng)
    for profile, (share, radius_m) in IN_HAMLET.items():
        here = np.flatnonzero((ground.profiles[which] == profile) & (rng.random(len(which)) < share))
        centre = hamlets[which[here] * HAMLETS + rng.integers(0, HAMLETS, len(here))]
        points[here] = around(centre, radius_m, ground.outlines, which[here], rng)
    return points
