"""From line work drawn in metres to published outlines: one noding in degrees, so every vertex is shared."""

from __future__ import annotations

import numpy as np
import shapely
from shapely.geometry import LineString, Polygon

from gridmap.demo.rules.mosaic import dissolve, joined
from gridmap.demo.rules.plane import GRID_DEGREES, Plane


def lay_down(outline: Polygon, lines: list[LineString], leaves: dict[int, Polygon], plane: Plane) -> dict[int, Polygon]:
    """Return code → polygon (lon, lat degrees on a grid of 1e-9) for the leaves drawn in metres.

    All lines of all levels and the outline are noded together on the published grid (snap rounding), the faces take
    the code of the leaf they lie in, and faces made by rounding go to a neighbour. Raises ``ValueError`` when the
    result is not a valid coverage.
    """
    ring = shapely.set_precision(outline, GRID_DEGREES).boundary
    drawn = shapely.transform(np.array(lines, dtype=object), plane.degrees) if lines else np.array([], dtype=object)
    united = shapely.union_all([ring, *drawn], grid_size=GRID_DEGREES)
    faces = shapely.get_parts(shapely.polygonize(shapely.get_parts(united)))
    codes = np.array(list(leaves), dtype=np.int64)
    labels = _labels(faces, np.array(list(leaves.values()), dtype=object), plane)
    if len(faces) != len(codes):
        labels = joined(faces, labels, len(codes))
    parts = [shapely.normalize(part) for part in dissolve(faces, labels, len(codes))]
    if not shapely.coverage_is_valid(parts):
        raise ValueError("生成的示例边界存在缝隙或重叠。")
    return dict(zip(codes.tolist(), parts, strict=True))


def _labels(faces: np.ndarray, leaves: np.ndarray, plane: Plane) -> np.ndarray:
    """Return for each face (degrees) the index of the leaf (metres) it lies in, or the nearest."""
    middles = shapely.transform(shapely.point_on_surface(faces), plane.metres)
    found: np.ndarray = shapely.STRtree(leaves).nearest(middles)
    return found
