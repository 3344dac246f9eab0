"""Cells within 30 m: against the exact buffer union, exactly 30 m, and together what each is alone."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import MultiPolygon, Point, Polygon, box

from gridmap.patrols.rules.ground import (
    CELL_M,
    REACH_M,
    Frame,
    covered,
    frame_of,
    from_bits,
    outlines_of,
    pack,
    to_bits,
    unpack,
)
from gridmap.patrols.rules.segments import metres_per_degree

WEST, SOUTH = 125.3, 43.8
PER_LON, PER_LAT = metres_per_degree(SOUTH)


def metres(*points: tuple[float, float]) -> list[tuple[float, float]]:
    """Points in metres east and north as degrees."""
    return [(WEST + x / PER_LON, SOUTH + y / PER_LAT) for x, y in points]


SHAPES = {
    "square": MultiPolygon([Polygon(metres((0, 0), (1160, 0), (1160, 1160), (0, 1160)))]),
    "slant": MultiPolygon([Polygon(metres((0, 200), (900, 0), (1300, 700), (500, 1100)))]),
    "two parts": MultiPolygon(
        [Polygon(metres((0, 0), (400, 0), (400, 900), (0, 900))), Polygon(metres((700, 0), (1100, 0), (1100, 900), (700, 900)))]
    ),
}  # fmt: skip


def track(seed: int, points: int, step_m: float) -> np.ndarray:
    """Stretches of a wandering walk that turns back at the borders of 1,300 m."""
    rng = np.random.default_rng(seed)
    heading = np.cumsum(rng.normal(0, 0.3, points))
    start = rng.uniform(0, 1300, 2)
    xy = np.abs((start + np.cumsum(np.column_stack((np.cos(heading), np.sin(heading))) * step_m, axis=0)) % 2600 - 1300)
    lonlat = np.array(metres(*xy))
    return np.concatenate((lonlat[:-1], lonlat[1:]), axis=1)


def exact_share(outline: MultiPolygon, frame: Frame, ends: np.ndarray) -> float:
    """The share of an outline within 30 m, by the union of buffers in its local projection."""
    scale = np.array([frame.metres_lon, frame.metres_lat])
    corner = np.array([frame.west, frame.south])
    lines = shapely.linestrings((ends.reshape(-1, 2, 2) - corner) * scale)
    union = shapely.union_all(shapely.buffer(lines, REACH_M, quad_segs=32))
    flat = shapely.transform(outline, lambda xy: (xy - corner) * scale)
    return float(shapely.area(shapely.intersection(union, flat)) / shapely.area(flat))


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize(
    ("seed", "points", "step_m"), [(1, 60, 6), (2, 400, 8), (3, 1500, 6), (4, 3, 90), (5, 300, 60)]
)
def test_share_is_that_of_the_buffer_union_within_one_point(shape: str, seed: int, points: int, step_m: float) -> None:
    outline = SHAPES[shape]
    frame = frame_of(outline)
    ends = track(seed, points, step_m)
    assert covered(frame, ends).mean() == pytest.approx(exact_share(outline, frame, ends), abs=0.01)


def test_cells_are_those_whose_centre_lies_in_the_outline() -> None:
    frame = frame_of(SHAPES["slant"])
    flat = shapely.area(shapely.transform(SHAPES["slant"], lambda xy: xy * [frame.metres_lon, frame.metres_lat]))
    assert frame.cells * CELL_M**2 == pytest.approx(flat, rel=0.005)
    held = frame_of(MultiPolygon([SHAPES["slant"].geoms[0], Polygon(metres((3000, 3000), (3010, 3000), (3000, 3010)))]))
    assert held.cols * held.rows > 80_000
    assert frame.cells <= held.cells <= frame.cells + 1


@given(st.floats(-60, 160), st.floats(-60, 160), st.floats(-60, 160), st.floats(-60, 160))
def test_every_cell_is_decided_by_the_distance_of_its_centre(ax: float, ay: float, bx: float, by: float) -> None:
    outline = MultiPolygon([Polygon(metres((0, 0), (100, 0), (100, 100), (0, 100)))])
    frame = frame_of(outline)
    ends = np.array([[*metres((ax, ay))[0], *metres((bx, by))[0]]])
    cells = covered(frame, ends)
    scale = np.array([frame.metres_lon, frame.metres_lat])
    a, b = (ends[0, :2] - [frame.west, frame.south]) * scale, (ends[0, 2:] - [frame.west, frame.south]) * scale
    line = shapely.linestrings([a, b])
    for n, place in enumerate(frame.inside):
        row, col = divmod(int(place), frame.cols)
        off = line.distance(Point((col + 0.5) * CELL_M, (row + 0.5) * CELL_M))
        if abs(off - REACH_M) > 0.01:  # float32
            assert cells[n] == (off < REACH_M), (row, col, off)


@given(st.integers(0, 2**31), st.integers(1, 5))
def test_drawn_in_parts_is_drawn_at_once(seed: int, parts: int) -> None:
    frame = frame_of(SHAPES["slant"])
    ends = track(seed, 80, 12)
    whole = covered(frame, ends)
    pieces = [covered(frame, part) for part in np.array_split(ends, parts)]
    assert (np.logical_or.reduce(pieces) == whole).all()


def test_bits_and_masks_come_back_as_they_went() -> None:
    frame = frame_of(SHAPES["two parts"])
    cells = covered(frame, track(7, 500, 6))
    written = to_bits(cells)
    assert written[0] == "x"
    bits = "".join(f"{int(digit, 16):04b}" for digit in written[1:])
    assert len(bits) == frame.length
    assert bits[frame.cells :].count("1") == 0
    assert (from_bits(frame, bits) == cells).all()
    assert (unpack(pack(frame), frame.cols, frame.rows) == frame.inside).all()


def test_cells_are_shown_as_rectangles_in_rows() -> None:
    frame = frame_of(SHAPES["two parts"])
    cells = covered(frame, track(7, 900, 6))
    shown = [box(*sides) for sides in outlines_of(frame, cells)]
    assert sum(s.area for s in shown) * frame.metres_lon * frame.metres_lat == pytest.approx(cells.sum() * CELL_M**2)
    assert shapely.union_all(shown).area == pytest.approx(sum(s.area for s in shown))
    assert outlines_of(frame, np.zeros(frame.cells, dtype=bool)) == []


def test_what_is_far_away_covers_nothing() -> None:
    frame = frame_of(SHAPES["square"])
    far = np.array([[0.0, 0.0, 0.001, 0.001], [126.0, 44.0, 126.001, 44.0]])
    assert not covered(frame, far).any()
    assert not covered(frame, np.zeros((0, 4))).any()
