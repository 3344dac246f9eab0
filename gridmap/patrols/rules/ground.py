"""The ground of a grid in cells of 10 m, and which of them lie within 30 m of what was walked.

A cell counts when its centre lies within ``REACH_M`` of a stretch, exactly: the share of cells is then the share of the area of the
buffer, off by what the border of the buffer cuts (see decision 0014), and the union over stretches, batches and days is a bitwise OR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gridmap.patrols.rules.segments import Flags, Floats, Ints, metres_per_degree

CELL_M = 10.0
REACH_M = 30.0
PIECE_M = 10.0  # stretches are cut to pieces no longer: a window of WINDOW × WINDOW cells holds all that one may reach
WINDOW = 8
CHUNK = 4096  # pieces at a time: their windows stay in the cache of the processor


@dataclass(frozen=True)
class Frame:
    """The lattice of a grid's outline: its south-west corner, metres of a degree there, and which of its cells lie inside.

    ``inside`` are the flat places (row by row from the south-west) of the cells whose centre lies in the outline; bit n of a
    bitmap is cell ``inside[n]``. A bitmap is filled up with zeros to whole bytes.
    """

    west: float
    south: float
    metres_lon: float
    metres_lat: float
    cols: int
    rows: int
    inside: Ints

    @property
    def cells(self) -> int:
        """Return how many cells the grid has."""
        return len(self.inside)

    @property
    def length(self) -> int:
        """Return how many bits a bitmap has."""
        return -(-self.cells // 8) * 8


def frame_of(outline: BaseGeometry) -> Frame:
    """Return the lattice of an outline (polygons, WGS-84 lon lat)."""
    west, south, east, north = outline.bounds
    metres_lon, metres_lat = (float(m) for m in metres_per_degree((south + north) / 2))
    cols = max(1, int(np.ceil((east - west) * metres_lon / CELL_M)))
    rows = max(1, int(np.ceil((north - south) * metres_lat / CELL_M)))
    lon = west + (np.arange(cols) + 0.5) * CELL_M / metres_lon
    lat = south + (np.arange(rows) + 0.5) * CELL_M / metres_lat
    shapely.prepare(outline)
    held = [
        np.flatnonzero(shapely.contains_xy(outline, lon, np.full(cols, y))) + row * cols for row, y in enumerate(lat)
    ]
    return Frame(west, south, metres_lon, metres_lat, cols, rows, np.concatenate(held))


def covered(frame: Frame, ends: Floats) -> Flags:
    """Return for each cell of the grid whether its centre lies within ``REACH_M`` of any stretch (n × 4: lon lat lon lat)."""
    scale = np.array([frame.metres_lon, frame.metres_lat] * 2)
    metres = (ends - np.array([frame.west, frame.south] * 2)) * scale
    canvas = np.zeros((frame.rows + 2 * WINDOW, frame.cols + 2 * WINDOW), dtype=np.bool_)
    pieces = _pieces(_near(frame, metres))
    for at in range(0, len(pieces), CHUNK):
        _stamp(canvas, pieces[at : at + CHUNK])
    drawn = canvas[WINDOW:-WINDOW, WINDOW:-WINDOW].ravel()
    return np.asarray(drawn[frame.inside], dtype=np.bool_)


def _near(frame: Frame, metres: Floats) -> Floats:
    """Return the stretches that come within reach of the lattice."""
    low, high = np.minimum(metres[:, :2], metres[:, 2:]), np.maximum(metres[:, :2], metres[:, 2:])
    size = np.array([frame.cols, frame.rows]) * CELL_M
    return metres[((high >= -REACH_M) & (low <= size + REACH_M)).all(axis=1)]


def _pieces(metres: Floats) -> Floats:
    """Cut stretches into equal pieces no longer than ``PIECE_M``: their union is the stretch."""
    step = metres[:, 2:] - metres[:, :2]
    parts = np.maximum(1, np.ceil(np.hypot(step[:, 0], step[:, 1]) / PIECE_M)).astype(np.int64)
    of = np.repeat(np.arange(len(metres)), parts)
    nth = np.arange(len(of)) - np.repeat(np.cumsum(parts) - parts, parts)
    step = step[of] / parts[of, None]
    start = metres[of, :2] + step * nth[:, None]
    return np.concatenate((start, start + step), axis=1)


def _stamp(canvas: Flags, pieces: Floats) -> None:
    """Set the cells of ``canvas`` (the lattice with a margin of WINDOW) whose centres lie within reach of these pieces."""
    low = np.minimum(pieces[:, :2], pieces[:, 2:]) - REACH_M
    corner = np.ceil(low / CELL_M - 0.5)  # the first cell whose centre may be reached
    rows, cols = canvas.shape
    fits = ((corner >= -WINDOW) & (corner + WINDOW <= np.array([cols, rows]) - WINDOW)).all(axis=1)
    pieces, corner = pieces[fits], corner[fits]
    origin = (corner + 0.5) * CELL_M
    a = (pieces[:, :2] - origin).astype(np.float32)
    d = (pieces[:, 2:] - pieces[:, :2]).astype(np.float32)
    square = np.maximum(d[:, 0] ** 2 + d[:, 1] ** 2, np.float32(1e-6))
    lattice = np.arange(WINDOW, dtype=np.float32) * np.float32(CELL_M)
    x, y = lattice[None, :] - a[:, :1], lattice[None, :] - a[:, 1:]  # from the start of the piece to the centres
    along = (x * (d[:, :1] / square[:, None]))[:, None, :] + (y * (d[:, 1:] / square[:, None]))[:, :, None]
    np.clip(along, 0, 1, out=along)
    off_x = x[:, None, :] - along * d[:, 0, None, None]
    off_y = y[:, :, None] - along * d[:, 1, None, None]
    hit = off_x * off_x + off_y * off_y <= np.float32(REACH_M * REACH_M)
    first = ((corner[:, 1] + WINDOW) * cols + corner[:, 0] + WINDOW).astype(np.int64)
    window = np.arange(WINDOW)[:, None] * cols + np.arange(WINDOW)[None, :]
    canvas.reshape(-1)[(first[:, None, None] + window[None])[hit]] = True


def to_bits(cells: Flags) -> str:
    """Return cells as PostgreSQL reads a bit string in hexadecimal (``x…``)."""
    return "x" + np.packbits(cells).tobytes().hex()


def from_bits(frame: Frame, text: str) -> Flags:
    """Return the cells of a bit string as PostgreSQL writes it (``0110…``)."""
    return np.frombuffer(text.encode(), dtype=np.uint8)[: frame.cells] == ord("1")


def pack(frame: Frame) -> bytes:
    """Return which cells of the lattice lie inside, one bit each, to be stored."""
    mask = np.zeros(frame.cols * frame.rows, dtype=np.bool_)
    mask[frame.inside] = True
    return np.packbits(mask).tobytes()


def unpack(packed: bytes, cols: int, rows: int) -> Ints:
    """Return ``inside`` from what ``pack`` stored."""
    return np.flatnonzero(np.unpackbits(np.frombuffer(packed, dtype=np.uint8))[: cols * rows])


def outlines_of(frame: Frame, cells: Flags) -> list[list[float]]:
    """Return cells as rectangles, a run of neighbours in a row as one: [west, south, east, north] in degrees."""
    places = frame.inside[cells]
    if not len(places):
        return []
    breaks = np.flatnonzero((np.diff(places) != 1) | (places[1:] % frame.cols == 0)) + 1
    out: list[list[Any]] = []
    for run in np.split(places, breaks):
        row, col = divmod(int(run[0]), frame.cols)
        out.append(
            [
                frame.west + col * CELL_M / frame.metres_lon,
                frame.south + row * CELL_M / frame.metres_lat,
                frame.west + (col + len(run)) * CELL_M / frame.metres_lon,
                frame.south + (row + 1) * CELL_M / frame.metres_lat,
            ]
        )
    return out
