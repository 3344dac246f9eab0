"""Where the name of a place stands on the map."""

from __future__ import annotations

import numpy as np
import shapely


def label_points(outlines: np.ndarray) -> np.ndarray:
    """Return for each outline the middle of a circle that fits well inside it (lon, lat), for its label."""
    circles = shapely.maximum_inscribed_circle(outlines, tolerance=1e-4)
    points = shapely.set_precision(shapely.get_point(circles, 0), 1e-7)
    inside = shapely.contains(outlines, points)
    return np.where(inside, points, shapely.point_on_surface(outlines))
