"""Where the middles of places lie: points spread evenly, denser around a core (weighted Lloyd relaxation)."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry import Polygon

from gridmap.demo.rules.plane import Points

SAMPLES_PER_SEED = 160


def spread(
    area: Polygon, count: int, rng: Generator, *, core: Points, radius_m: float, fall: float, rounds: int = 5
) -> Points:
    """Return ``count`` points inside ``area`` (metres) as an array (count, 2).

    The density falls as ``(1 + d / radius_m) ** -fall`` with the distance d to ``core``; ``fall`` 0 is even.
    A few rounds of Lloyd's relaxation (S. Lloyd, 1982) over points drawn from that density make places of like
    weight, without ending in the honeycomb that many rounds give.
    """
    cloud = density_cloud(area, max(600, count * SAMPLES_PER_SEED), rng, core=core, radius_m=radius_m, fall=fall)
    seeds = cloud[rng.choice(len(cloud), size=count, replace=False)]
    for _ in range(rounds):
        nearest = nearest_seed(cloud, seeds)
        totals = np.bincount(nearest, minlength=count).astype(float)
        sums = np.stack([np.bincount(nearest, weights=cloud[:, axis], minlength=count) for axis in (0, 1)], axis=1)
        kept = totals > 0
        seeds[kept] = sums[kept] / totals[kept, None]
    outside = ~shapely.contains_xy(area, seeds[:, 0], seeds[:, 1])
    for index in np.flatnonzero(outside):
        seeds[index] = cloud[np.argmin(((cloud - seeds[index]) ** 2).sum(axis=1))]
    return seeds


def density_cloud(area: Polygon, size: int, rng: Generator, *, core: Points, radius_m: float, fall: float) -> Points:
    """Return at least ``size`` points of ``area`` drawn from the density around ``core``.

    Distances are drawn first and places second (half around the core, half everywhere, weighed afterwards), so that a
    small dense core of a large county is still sampled well.
    """
    west, south, east, north = area.bounds
    batches: list[Points] = []
    weights: list[Points] = []
    reach = np.hypot(east - west, north - south)
    found = 0
    while found < size * 3:
        even = rng.random((size * 4, 2)) * [east - west, north - south] + [west, south]
        angle = rng.random(size * 4) * 2 * np.pi
        far = rng.random(size * 4) * reach
        polar = core + np.stack([far * np.cos(angle), far * np.sin(angle)], axis=1)
        points = np.concatenate([even, polar])
        points = points[shapely.contains_xy(area, points[:, 0], points[:, 1])]
        distance = np.hypot(*(points - core).T)
        drawn = 1 / ((east - west) * (north - south)) + 1 / (2 * np.pi * reach * np.maximum(distance, 1.0))
        batches.append(points)
        weights.append((1 + distance / radius_m) ** -fall / drawn)
        found += len(points)
    points, weight = np.concatenate(batches), np.concatenate(weights)
    return points[rng.choice(len(points), size=size, p=weight / weight.sum())]


def nearest_seed(points: Points, seeds: Points) -> np.ndarray:
    """Return for each of the points (n, 2) the index of the nearest of the seeds (k, 2)."""
    square = (points**2).sum(axis=1)[:, None] + (seeds**2).sum(axis=1)[None, :]
    found: np.ndarray = np.argmin(square - 2 * points @ seeds.T, axis=1)
    return found
