"""The location map of a case file: outlines of units and the place, drawn as SVG by ourselves, with no tiles and no network.

Coordinates come as WGS-84 lon, lat; the drawing is an equirectangular projection about its own middle (at the size of a town the
error stays far below the width of a line).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from shapely.geometry.base import BaseGeometry

METRES_PER_DEGREE = 111_320.0  # of latitude, spherical earth
WIDTH, HEIGHT, EDGE = 1560.0, 1500.0, 60.0  # SVG units; ten to a millimetre on the page
BAR_WANTED = WIDTH / 4


@dataclass(frozen=True)
class Area:
    """An outline on the map: ``role`` is "ground" (the outermost), "beside", or "own" (where the case belongs)."""

    name: str
    role: str
    geom: BaseGeometry


@dataclass(frozen=True)
class Frame:
    """How lon, lat become SVG units."""

    west: float
    north: float
    scale: float  # SVG units per degree of latitude
    squeeze: float  # cosine of the latitude of the middle
    left: float
    top: float

    def place(self, lon: float, lat: float) -> tuple[float, float]:
        """Return x, y in SVG units."""
        x = self.left + (lon - self.west) * self.squeeze * self.scale
        return round(x, 1), round(self.top + (self.north - lat) * self.scale, 1)

    @property
    def units_per_metre(self) -> float:
        """Return SVG units per metre."""
        return self.scale / METRES_PER_DEGREE


def frame_of(areas: Sequence[Area], spot: tuple[float, float] | None) -> Frame:
    """Return the frame that shows all areas and the place."""
    boxes = [area.geom.bounds for area in areas]
    if spot:
        boxes.append((spot[0] - 0.002, spot[1] - 0.002, spot[0] + 0.002, spot[1] + 0.002))
    west, south = min(box[0] for box in boxes), min(box[1] for box in boxes)
    east, north = max(box[2] for box in boxes), max(box[3] for box in boxes)
    squeeze = math.cos(math.radians((south + north) / 2))
    wide, high = max((east - west) * squeeze, 1e-6), max(north - south, 1e-6)
    scale = min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high)
    return Frame(west, north, scale, squeeze, (WIDTH - wide * scale) / 2, (HEIGHT - high * scale) / 2)


LOOKS = {
    "ground": 'fill="#f7f7f4" stroke="#333" stroke-width="5"',
    "beside": 'fill="none" stroke="#8a8a8a" stroke-width="2"',
    "own": 'fill="#dce8f7" stroke="#1c5aa8" stroke-width="5"',
}


def location_map(areas: Sequence[Area], spot: tuple[float, float] | None) -> str:
    """Return the map as an SVG element; ``spot`` is lon, lat, or ``None`` for a case without a position, which is not drawn."""
    frame = frame_of(areas, spot)
    order = {"ground": 0, "own": 1, "beside": 2}
    shapes = "".join(
        f'<path d="{_path(area.geom, frame)}" fill-rule="evenodd" {LOOKS[area.role]}/>'
        for area in sorted(areas, key=lambda item: order[item.role])
    )
    names = _labels(areas, frame, frame.place(*spot) if spot else None)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:g} {HEIGHT:g}" width="156mm" height="150mm">'
        f'<rect x="1" y="1" width="{WIDTH - 2:g}" height="{HEIGHT - 2:g}" fill="#fff" stroke="#333" stroke-width="2"/>'
        f"{shapes}{names}{_pin(frame.place(*spot)) if spot else ''}{_north()}{_bar(frame)}</svg>"
    )


def _path(geom: BaseGeometry, frame: Frame) -> str:
    parts = []
    tolerance = 0.8 / frame.scale  # degrees: less than the eye sees
    plain = geom.simplify(tolerance, preserve_topology=True)
    for polygon in getattr(plain, "geoms", [plain]):
        for ring in (polygon.exterior, *polygon.interiors):
            points = [frame.place(x, y) for x, y, *_ in ring.coords]
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z")
    return "".join(parts)


def _labels(areas: Sequence[Area], frame: Frame, pin: tuple[float, float] | None) -> str:
    """Return the names inside their areas: one's own always, others where they fit and cover nothing."""
    taken: list[tuple[float, float, float, float]] = []
    if pin:
        taken.append((pin[0] - 36, pin[1] - 36, pin[0] + 36, pin[1] + 36))
    out = []
    smallest_first = sorted(areas, key=lambda area: (area.role != "own", area.geom.area, area.name))
    for area in smallest_first:
        if area.role == "ground":
            continue
        size = 38 if area.role == "own" else 30
        west, _south, east, _north = area.geom.bounds
        point = area.geom.representative_point()
        x, y = frame.place(point.x, point.y)
        half = len(area.name) * size / 2
        if area.role == "own" and pin and abs(y - pin[1]) < 80 and abs(x - pin[0]) < half + 40:
            y = pin[1] + 84
        spot = (x - half, y - size, x + half, y + size / 4)
        fits = (east - west) * frame.squeeze * frame.scale >= 2 * half
        if area.role != "own" and (not fits or any(_cover(spot, other) for other in taken)):
            continue
        taken.append(spot)
        out.append(_label(area, x, y, size))
    return "".join(out)


def _cover(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _label(area: Area, x: float, y: float, size: int) -> str:
    face = "font-family=\"'Noto Sans CJK SC', sans-serif\""
    weight = ' font-weight="bold" fill="#123d73"' if area.role == "own" else ' fill="#555"'
    return (
        f'<text x="{x:g}" y="{y:g}" text-anchor="middle" {face} font-size="{size}"{weight}>{escape(area.name)}</text>'
    )


def _pin(at: tuple[float, float]) -> str:
    x, y = at
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="30" fill="none" stroke="#c81010" stroke-width="6"/>'
        f'<circle cx="{x:g}" cy="{y:g}" r="12" fill="#c81010"/>'
    )


def _north() -> str:
    x, y = WIDTH - 90, 60
    return (
        f'<path d="M{x:g} {y:g}L{x + 26:g} {y + 90:g}L{x:g} {y + 70:g}L{x - 26:g} {y + 90:g}Z" fill="#333"/>'
        f'<text x="{x:g}" y="{y + 130:g}" text-anchor="middle" font-family="\'Noto Sans CJK SC\', sans-serif" font-size="36">北</text>'
    )


def _bar(frame: Frame) -> str:
    """Return a scale bar of a round length."""
    wanted = BAR_WANTED / frame.units_per_metre
    power = 10 ** math.floor(math.log10(wanted))
    metres = max(step * power for step in (1, 2, 5) if step * power <= wanted)
    length = metres * frame.units_per_metre
    words = f"{metres / 1000:g} 千米" if metres >= 1000 else f"{metres:g} 米"
    x, y = 60, HEIGHT - 60
    return (
        f'<path d="M{x} {y - 14:g}V{y:g}H{x + length:.1f}V{y - 14:g}" fill="none" stroke="#333" stroke-width="5"/>'
        f'<text x="{x}" y="{y - 28:g}" font-family="\'Noto Sans CJK SC\', sans-serif" font-size="34">{words}</text>'
    )
