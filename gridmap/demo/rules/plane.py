"""A local plane in metres around one county: good enough to draw in, never used to measure or to publish."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians
from typing import TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = 111_319.49
GRID_DEGREES = 1e-9
"""Outlines are noded and kept on this grid (0.1 mm), as imported ones are, so that they nest in a real county outline."""

G = TypeVar("G", bound=BaseGeometry)
Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """Equirectangular plane with its origin at ``lon0``, ``lat0`` (WGS-84 degrees); axes in metres, east and north."""

    lon0: float
    lat0: float

    @classmethod
    def around(cls, geom: BaseGeometry) -> Plane:
        """Return the plane whose origin is the middle of the bounds of ``geom`` (lon, lat degrees)."""
        west, south, east, north = geom.bounds
        return cls((west + east) / 2, (south + north) / 2)

    @property
    def scale(self) -> Points:
        """Metres per degree, east and north."""
        return np.array([METRES_PER_DEGREE * cos(radians(self.lat0)), METRES_PER_DEGREE])

    def to_metres(self, geom: G) -> G:
        """Return ``geom`` (lon, lat degrees) in metres of this plane."""
        return shapely.transform(geom, self.metres)

    def to_degrees(self, geom: G) -> G:
        """Return ``geom`` (metres of this plane) in lon, lat degrees, not rounded."""
        return shapely.transform(geom, self.degrees)

    def metres(self, lonlat: Points) -> Points:
        """Return an (n, 2) array of lon, lat degrees as metres."""
        return (lonlat - np.array([self.lon0, self.lat0])) * self.scale

    def degrees(self, xy: Points) -> Points:
        """Return an (n, 2) array of metres as lon, lat degrees."""
        return xy / self.scale + np.array([self.lon0, self.lat0])
