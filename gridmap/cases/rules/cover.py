"""Z-order cover of a rectangle: which ranges of ``zkey`` can hold points inside it. The twin of SQL ``gridmap_zkey``."""

from __future__ import annotations

import math

ZOOM = 22  # a zkey numbers the Web-Mercator cells of this zoom
CELLS = 1 << ZOOM
MERCATOR_EDGE = 85.0511287
Box = tuple[float, float, float, float]


def column(lon: float) -> int:
    """Return the cell column of a longitude (degrees), clamped to the world."""
    return min(max(math.floor((lon + 180) / 360 * CELLS), 0), CELLS - 1)


def row(lat: float) -> int:
    """Return the cell row of a latitude (degrees), from the north, clamped to Mercator's edge."""
    phi = math.radians(min(max(lat, -MERCATOR_EDGE), MERCATOR_EDGE))
    share = (1 - math.log(math.tan(phi) + 1 / math.cos(phi)) / math.pi) / 2
    return min(max(math.floor(share * CELLS), 0), CELLS - 1)


def interleave(x: int, y: int) -> int:
    """Return the Morton number of a cell: bits of ``x`` at even places, of ``y`` at odd ones."""
    out = 0
    for bit in range(ZOOM):
        out |= ((x >> bit) & 1) << (2 * bit) | ((y >> bit) & 1) << (2 * bit + 1)
    return out


def zkey_ranges(box: Box, most: int = 16) -> list[tuple[int, int]]:
    """Return at most ``most`` half-open ranges of zkey that cover ``box`` (west, south, east, north in degrees).

    The cover may hold points outside the box (the exact test comes after), never misses one inside. Quadrants are split
    breadth first until the budget is spent; neighbours are joined. One cell of margin absorbs rounding between
    floating-point implementations.
    """
    west, south, east, north = box
    x0, x1 = max(column(west) - 1, 0), min(column(east) + 1, CELLS - 1)
    y0, y1 = max(row(north) - 1, 0), min(row(south) + 1, CELLS - 1)
    cells = [(0, 0, 0)]  # zoom, x, y of quadrants that touch the box
    for zoom in range(1, ZOOM + 1):
        split = [
            (zoom, 2 * x + dx, 2 * y + dy)
            for _, x, y in cells
            for dy in (0, 1)
            for dx in (0, 1)
            if _touches(zoom, 2 * x + dx, 2 * y + dy, (x0, y0, x1, y1))
        ]
        if len(split) > most:
            break
        cells = split
    return _joined([_span(cell) for cell in cells])


def _touches(zoom: int, x: int, y: int, bounds: tuple[int, int, int, int]) -> bool:
    shift = ZOOM - zoom
    x0, y0, x1, y1 = bounds
    return x0 >> shift <= x <= x1 >> shift and y0 >> shift <= y <= y1 >> shift


def _span(cell: tuple[int, int, int]) -> tuple[int, int]:
    zoom, x, y = cell
    shift = 2 * (ZOOM - zoom)
    first = interleave(x, y)
    return first << shift, (first + 1) << shift


def _joined(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for lo, hi in sorted(spans):
        if out and out[-1][1] == lo:
            out[-1] = (out[-1][0], hi)
        else:
            out.append((lo, hi))
    return out
