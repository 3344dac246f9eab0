"""Lighter outlines for low zooms that stay gap-free: neighbours are simplified together, edge by shared edge.

Uses the coverage simplifier of GEOS (Visvalingam–Whyatt on shared edges): its tolerance is the square root of the
area, here in degrees, that a vertex may cut off.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules.checks.rings import usable
from gridmap.units.rules.measures import polygons_only

MID_DEG = 0.0003
"""About 30 m: less than a pixel at zoom 12, where ``geom_mid`` is last drawn."""
LOW_DEG = 0.002
"""About 200 m: less than a pixel at zoom 8, where ``geom_low`` is last drawn."""
MEND_DEG = 1e-5
"""About 1 m: gaps narrower than this are closed before simplifying, so that they do not open wide."""


def simplified(geoms: Sequence[BaseGeometry], tolerance_deg: float) -> list[MultiPolygon]:
    """Return the outlines of one level (WGS-84 lon lat) simplified together; each keeps its place in the list.

    Outlines that overlap or miss each other by a little are matched first. One that would vanish is returned whole.
    """
    if not geoms:
        return []
    whole = np.array([usable(geom) or MultiPolygon() for geom in geoms], dtype=object)
    matched = whole
    if len(whole) > 1 and not shapely.coverage_is_valid(whole):
        matched = shapely.coverage_clean(whole, gap_width=MEND_DEG)  # type: ignore[attr-defined]
    light = shapely.coverage_simplify(matched, tolerance_deg)
    return [polygons_only(whole[place] if thin is None or thin.is_empty else thin) for place, thin in enumerate(light)]
