"""What is stored beside an outline: coarser versions for small scales, and where its label stands."""

from __future__ import annotations

import numpy as np
import shapely

MID_DEGREES = 0.0002
"""About 20 m: less than a pixel at zoom 12."""
LOW_DEGREES = 0.002
"""About 200 m: less than a pixel at zoom 8."""


def coarser(outlines: np.ndarray, tolerance: float) -> np.ndarray:
    """Return a coverage simplified without opening gaps (Visvalingam–Whyatt on shared edges), ``tolerance`` in degrees."""
    simple: np.ndarray = shapely.coverage_simplify(outlines, tolerance)
    lost = shapely.is_empty(simple) | ~shapely.is_valid(simple)
    return np.where(lost, outlines, simple)


def label_points(outlines: np.ndarray) -> np.ndarray:
    """Return for each outline the middle of a circle that fits well inside it (lon, lat), for its label."""
    circles = shapely.maximum_inscribed_circle(outlines, tolerance=1e-4)
    points = shapely.set_precision(shapely.get_point(circles, 0), 1e-7)
    inside = shapely.contains(outlines, points)
    return np.where(inside, points, shapely.point_on_surface(outlines))
