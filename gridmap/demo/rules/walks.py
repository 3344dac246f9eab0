"""Walks of the demonstration's grid workers: from one place of their grid to the next, at a walker's pace."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from numpy.random import Generator
from shapely.geometry.base import BaseGeometry

EVERY_S, PACE_MPS = 10, 1.2
DEGREE_M = 111_000  # of latitude; of longitude times the cosine
ACCURACY_M = 8


def walk_in(area: BaseGeometry, points: int, rng: Generator) -> np.ndarray[Any, Any]:
    """Return ``points`` places (lon lat), one each ``EVERY_S``, of a walk between random places of an area."""
    west, south, east, north = area.bounds
    scale = np.array([DEGREE_M * np.cos(np.radians((south + north) / 2)), DEGREE_M])
    shapely.prepare(area)
    tried = np.column_stack((rng.uniform(west, east, 400), rng.uniform(south, north, 400)))
    stops = tried[shapely.contains_xy(area, tried)]
    if len(stops) < 2:
        stops = np.array([area.representative_point().coords[0]] * 2)
    way = (stops - stops[0]) * scale
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(way, axis=0).T))))
    at = np.minimum(np.arange(points) * EVERY_S * PACE_MPS, along[-1])
    metres = np.column_stack((np.interp(at, along, way[:, 0]), np.interp(at, along, way[:, 1])))
    return np.asarray(stops[0] + (metres + rng.normal(0, 2, metres.shape)) / scale)


def as_phone(places: np.ndarray[Any, Any], start: datetime, slept: range = range(0)) -> str:
    """Return a walk as a phone writes it; of the points in ``slept`` it recorded none."""
    first = round(start.timestamp() * 1000)
    return json.dumps(
        [
            {
                "t": first + n * EVERY_S * 1000,
                "lon": round(float(lon), 7),
                "lat": round(float(lat), 7),
                "a": ACCURACY_M,
                "v": PACE_MPS,
            }
            for n, (lon, lat) in enumerate(places)
            if n not in slept
        ]
    )
