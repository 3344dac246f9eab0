"""Datums of Chinese map data: WGS-84, CGCS2000, GCJ-02 and BD-09, both ways, vectorised.

Everything is stored in WGS-84 (EPSG 4326, lon lat). CGCS2000 (EPSG 4490) agrees with WGS-84 within centimetres, far
below any outline's accuracy, and is taken over unchanged.

GCJ-02 was never published officially. The formula is the one known from the public implementations
(googollee/eviltransform, wandergis/coordtransform): a polynomial plus sines around 105° E 35° N, on the Krassowsky
ellipsoid (a = 6378245 m, e² = 0.00669342162296594323). BD-09 is Baidu's further shift of GCJ-02 in polar form, from
the same sources. Neither inverse has a closed form: both are solved by fixed-point iteration to below 1e-10 degrees
(0.01 mm), where the published one-step inverses are off by up to several metres.

The offset applies in China only. The public formula takes the box 72.004–137.8347° E, 0.8293–55.8271° N for China,
and so do we; points outside it pass unchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

Array = npt.NDArray[np.float64]
Pair = tuple[Array, Array]

SEMI_MAJOR_M = 6378245.0
ECCENTRICITY_SQUARED = 0.00669342162296594323
BD_TURN = np.pi * 3000.0 / 180.0
BOX = (72.004, 0.8293, 137.8347, 55.8271)
TOLERANCE_DEG = 1e-10
MAX_ROUNDS = 40


class Datum(StrEnum):
    """Datum of given coordinates; the value is what commands, files and tables hold."""

    WGS84 = "wgs84"
    CGCS2000 = "cgcs2000"
    GCJ02 = "gcj02"
    BD09 = "bd09"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return DATUM_LABELS[self]


DATUM_LABELS = {
    Datum.WGS84: "WGS-84（GPS 原始坐标）",
    Datum.CGCS2000: "CGCS2000（国家大地坐标系）",
    Datum.GCJ02: "GCJ-02（高德、腾讯等地图坐标）",
    Datum.BD09: "BD-09（百度地图坐标）",
}


def in_box(lon: Array, lat: Array) -> npt.NDArray[np.bool_]:
    """Tell which points (degrees) lie in the box to which the GCJ-02 offset applies."""
    west, south, east, north = BOX
    return np.asarray((lon >= west) & (lon <= east) & (lat >= south) & (lat <= north))


def _waves(x: Array) -> Array:
    return np.asarray((20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0)


def _offset(lon: Array, lat: Array) -> Pair:
    """Return the GCJ-02 offset (degrees) at WGS-84 points, wherever they lie."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    north_m = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + _waves(x)
    north_m += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north_m += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east_m = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + _waves(x)
    east_m += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east_m += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    phi = np.radians(lat)
    curve = 1.0 - ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_SQUARED) / curve**1.5
    parallel_m = SEMI_MAJOR_M / np.sqrt(curve) * np.cos(phi)
    return np.degrees(east_m / parallel_m), np.degrees(north_m / meridian_m)


def _wgs84_to_gcj02(lon: Array, lat: Array) -> Pair:
    east, north = _offset(lon, lat)
    return lon + east, lat + north


def _gcj02_to_bd09(lon: Array, lat: Array) -> Pair:
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * BD_TURN)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * BD_TURN)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _wgs84_to_bd09(lon: Array, lat: Array) -> Pair:
    return _gcj02_to_bd09(*_wgs84_to_gcj02(lon, lat))


def _solve(forward: Callable[[Array, Array], Pair], lon: Array, lat: Array) -> Pair:
    """Return the points that ``forward`` maps to ``lon, lat``: p ← p + (target − forward(p)), a contraction here."""
    at_lon, at_lat = lon.copy(), lat.copy()
    for _ in range(MAX_ROUNDS):
        got_lon, got_lat = forward(at_lon, at_lat)
        step_lon, step_lat = lon - got_lon, lat - got_lat
        at_lon += step_lon
        at_lat += step_lat
        if not at_lon.size or max(np.abs(step_lon).max(), np.abs(step_lat).max()) < TOLERANCE_DEG:
            break
    return at_lon, at_lat


def _inverse(forward: Callable[[Array, Array], Pair]) -> Callable[[Array, Array], Pair]:
    def backward(lon: Array, lat: Array) -> Pair:
        return _solve(forward, lon, lat)

    return backward


STEPS: dict[tuple[Datum, Datum], Callable[[Array, Array], Pair]] = {
    (Datum.WGS84, Datum.GCJ02): _wgs84_to_gcj02,
    (Datum.GCJ02, Datum.BD09): _gcj02_to_bd09,
    (Datum.WGS84, Datum.BD09): _wgs84_to_bd09,
    (Datum.GCJ02, Datum.WGS84): _inverse(_wgs84_to_gcj02),
    (Datum.BD09, Datum.GCJ02): _inverse(_gcj02_to_bd09),
    (Datum.BD09, Datum.WGS84): _inverse(_wgs84_to_bd09),
}


def convert(lon: npt.ArrayLike, lat: npt.ArrayLike, source: Datum, target: Datum) -> Pair:
    """Convert points in degrees from one datum to another; arrays of any shape, lon and lat alike.

    Points outside the box of China pass unchanged, whichever the datums. NaN passes through.
    """
    lon_deg, lat_deg = np.array(lon, dtype=float, ndmin=1), np.array(lat, dtype=float, ndmin=1)
    step = STEPS.get((_geodetic(source), _geodetic(target)))
    if step is None:
        return lon_deg, lat_deg
    here = in_box(lon_deg, lat_deg)
    lon_deg[here], lat_deg[here] = step(lon_deg[here], lat_deg[here])
    return lon_deg, lat_deg


def convert_point(lon: float, lat: float, source: Datum, target: Datum = Datum.WGS84) -> tuple[float, float]:
    """Convert one point (degrees, lon lat)."""
    lon_deg, lat_deg = convert(lon, lat, source, target)
    return float(lon_deg[0]), float(lat_deg[0])


def convert_geometry(geom: BaseGeometry, source: Datum, target: Datum = Datum.WGS84) -> BaseGeometry:
    """Convert every vertex of a geometry in lon lat degrees; heights are dropped.

    Only vertices move. The offset would bend the edge between two of them by at most 0.2 m where they are 1 km apart
    and by up to 17 m at 10 km; outlines are drawn much more densely than that.
    """
    if _geodetic(source) == _geodetic(target):
        return shapely.force_2d(geom)

    def move(points: Array) -> Array:
        return np.column_stack(convert(points[:, 0], points[:, 1], source, target))

    return shapely.transform(shapely.force_2d(geom), move)


def convert_geometries(
    geoms: npt.NDArray[np.object_], source: Datum, target: Datum = Datum.WGS84
) -> npt.NDArray[np.object_]:
    """Convert an array of geometries in one pass over all their vertices; heights are dropped."""
    flat = shapely.force_2d(geoms)
    if _geodetic(source) == _geodetic(target):
        return np.asarray(flat, dtype=object)
    points = shapely.get_coordinates(flat)
    moved = np.column_stack(convert(points[:, 0], points[:, 1], source, target))
    return np.asarray(shapely.set_coordinates(flat.copy(), moved), dtype=object)


def _geodetic(datum: Datum) -> Datum:
    """Return WGS-84 for CGCS2000, which agrees with it within centimetres."""
    return Datum.WGS84 if datum is Datum.CGCS2000 else datum
