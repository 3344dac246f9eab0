"""The Z-order cover of a rectangle misses no point inside it and stays within its budget."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gridmap.cases.rules.cover import CELLS, column, interleave, row, zkey_ranges

lons, lats, shares = st.floats(-179, 179), st.floats(-84, 84), st.floats(0, 1)


@given(lons, lats, st.floats(1e-6, 30), st.floats(1e-6, 30), shares, shares)
def test_every_point_inside_is_covered(west, south, width, height, across, up) -> None:
    box = (west, south, min(west + width, 180.0), min(south + height, 85.0))
    lon = box[0] + across * (box[2] - box[0])
    lat = box[1] + up * (box[3] - box[1])
    ranges = zkey_ranges(box)
    key = interleave(column(lon), row(lat))
    assert any(lo <= key < hi for lo, hi in ranges)
    assert 1 <= len(ranges) <= 16
    assert all(a[1] < b[0] for a, b in itertools.pairwise(ranges))


def test_the_world_is_one_range() -> None:
    assert zkey_ranges((-180, -90, 180, 90)) == [(0, CELLS * CELLS)]


def test_a_street_is_a_small_part_of_a_town() -> None:
    town = sum(hi - lo for lo, hi in zkey_ranges((125.30, 43.80, 125.40, 43.90)))
    street = sum(hi - lo for lo, hi in zkey_ranges((125.3401, 43.8501, 125.3421, 43.8521)))
    assert street * 100 < town
