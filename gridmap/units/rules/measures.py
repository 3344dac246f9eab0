"""Areas and lengths on the ellipsoid, and a local plane in metres for work on small regions.

Geometry here is WGS-84 lon lat (EPSG 4326). Areas are geodesic (pyproj.Geod, Karney 2013), so they do not depend on
where in the country a unit lies.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Geod
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

GEOD = Geod(ellps="WGS84")
CHINA_BOX = (73.0, 3.0, 136.0, 54.0)
"""West, south, east, north that hold all of China with its seas; a sanity bound, not a border."""


def area_m2(geom: BaseGeometry) -> float:
    """Return the geodesic area in m² of a polygonal geometry (lon lat); other parts count nothing."""
    if geom.is_empty:
        return 0.0
    return float(sum(_polygon_m2(part) for part in shapely.get_parts(geom) if isinstance(part, Polygon)))


def _polygon_m2(part: Polygon) -> float:
    return _ring_m2(part.exterior) - sum(_ring_m2(ring) for ring in part.interiors)


def _ring_m2(ring: BaseGeometry) -> float:
    points = shapely.get_coordinates(ring)
    return float(abs(GEOD.polygon_area_perimeter(points[:, 0], points[:, 1])[0]))


def length_m(geom: BaseGeometry) -> float:
    """Return the geodesic length in metres of lines, or the perimeter of polygons (lon lat)."""
    if geom.is_empty:
        return 0.0
    return float(GEOD.geometry_length(geom.boundary if geom.geom_type.endswith("Polygon") else geom))


def approximate_areas_m2(geoms: npt.NDArray[np.object_]) -> npt.NDArray[np.float64]:
    """Return planar areas in m² scaled at each geometry's own latitude: within 1 % below 100 km, for sieving only."""
    bounds = shapely.bounds(geoms)
    lat = np.nan_to_num((bounds[..., 1] + bounds[..., 3]) / 2.0)
    per_degree = np.asarray(metres_per_degree(lat))
    return np.asarray(shapely.area(geoms) * per_degree[0] * per_degree[1])


def metres_per_degree(lat: npt.ArrayLike) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return metres per degree of longitude and of latitude on WGS-84 at a latitude in degrees."""
    phi = np.radians(np.asarray(lat, dtype=float))
    curve = 1.0 - GEOD.es * np.sin(phi) ** 2
    east = np.pi / 180.0 * GEOD.a / np.sqrt(curve) * np.cos(phi)
    north = np.pi / 180.0 * GEOD.a * (1.0 - GEOD.es) / curve**1.5
    return east, north


@dataclass(frozen=True)
class Plane:
    """A plane in metres around one latitude: lon lat scaled per axis, so equal vertices stay equal both ways."""

    lon: float
    lat: float

    @classmethod
    def around(cls, bounds: npt.ArrayLike) -> Plane:
        """Return the plane centred on bounds (west, south, east, north) in degrees."""
        west, south, east, north = np.asarray(bounds, dtype=float)
        return cls((west + east) / 2.0, (south + north) / 2.0)

    @property
    def scale(self) -> npt.NDArray[np.float64]:
        """Return metres per degree, east and north."""
        east, north = metres_per_degree(self.lat)
        return np.array([float(east), float(north)])

    def to_metres(self, geoms: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Return geometries in plane metres."""
        origin, scale = np.array([self.lon, self.lat]), self.scale
        return np.asarray(shapely.transform(geoms, lambda xy: (xy - origin) * scale), dtype=object)

    def to_degrees(self, geoms: npt.NDArray[np.object_]) -> npt.NDArray[np.object_]:
        """Return geometries in lon lat degrees, rounded to 1e-10 so that a there-and-back is the identity."""
        origin, scale = np.array([self.lon, self.lat]), self.scale
        return np.asarray(shapely.transform(geoms, lambda xy: np.round(xy / scale + origin, 10)), dtype=object)


def polygons_only(geom: BaseGeometry | None) -> MultiPolygon:
    """Return the polygonal part of any geometry as a MultiPolygon, perhaps empty; heights are dropped."""
    if geom is None:
        return MultiPolygon()
    parts = shapely.get_parts(shapely.get_parts(shapely.force_2d(geom)))
    return MultiPolygon([part for part in parts if part.geom_type == "Polygon" and not part.is_empty])


def multipolygon(parts: Iterable[BaseGeometry]) -> MultiPolygon:
    """Return polygons as one MultiPolygon. Raises ``TypeError`` when a part is no polygon."""
    return MultiPolygon(list(parts))  # type: ignore[arg-type]


def rounded(geom: BaseGeometry, digits: int = 9) -> BaseGeometry:
    """Return the geometry with vertices rounded to ``digits`` decimals of a degree (9: 0.1 mm)."""
    return shapely.transform(geom, lambda xy: np.round(xy, digits))


def fingerprint(geom: BaseGeometry) -> bytes:
    """Return 32 bytes that are equal for equal outlines: SHA-256 of the rounded geometry in canonical order."""
    return hashlib.sha256(shapely.to_wkb(shapely.normalize(rounded(geom)), byte_order=1)).digest()
