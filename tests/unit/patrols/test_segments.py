"""What counts as walked: nothing across a gap, nothing impossible, and the same in whatever order it arrives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.patrols.rules.segments import Fixes, Limits, metres_per_degree, walked

LIMITS = Limits(accuracy_m=50, speed_kmh=80, gap_s=120, gap_m=150)
LON, LAT = 125.3, 43.8
PER_LON, PER_LAT = metres_per_degree(LAT)


def fixes(*rows: tuple[float, float, float] | tuple[float, float, float, float] | tuple[float, ...]) -> Fixes:
    """Rows of (second, metres east, metres north, accuracy 5, batch 1)."""
    full = [(*row, *(5.0, 1.0)[len(row) - 3 :]) for row in rows]
    table = np.array(full, dtype=np.float64).reshape(-1, 5)
    return Fixes(
        table[:, 0], LON + table[:, 1] / PER_LON, LAT + table[:, 2] / PER_LAT, table[:, 3], table[:, 4].astype(np.int64)
    )  # fmt: skip


def spans(given_fixes: Fixes) -> list[tuple[float, float]]:
    """When each stretch begins and ends, in seconds."""
    found = walked(given_fixes, LIMITS)
    return [(a, a + b) for a, b in zip(found.at_s, found.lasts_s, strict=True)]


def test_metres_of_a_degree_are_those_of_the_ellipsoid() -> None:
    assert metres_per_degree(0.0) == pytest.approx((111_319.49, 110_574.28), abs=0.01)
    assert metres_per_degree(45.0) == pytest.approx((78_846.84, 111_131.78), abs=0.01)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 0, 0), (5, 6, 0), (10, 12, 0)], [(0, 5), (5, 10)]),
        ([(0, 0, 0), (120, 100, 0)], [(0, 120)]),
        ([(0, 0, 0), (121, 100, 0)], []),  # more than two minutes
        ([(0, 0, 0), (2400, 0, 0)], []),  # the screen was off for forty
        ([(0, 0, 0), (60, 149, 0)], [(0, 60)]),
        ([(0, 0, 0), (60, 151, 0)], []),  # more than 150 m
        ([(0, 0, 0), (2, 100, 0)], []),  # 180 km/h
        ([(0, 0, 0), (5, 6, 0, 51), (10, 12, 0)], [(0, 10)]),  # one vague fix in between
        ([(0, 0, 0), (5, 6, 0, np.nan), (10, 12, 0)], [(0, 5), (5, 10)]),  # a file says no accuracy
        ([(0, 0, 0), (5, 1000, 0), (10, 12, 0)], [(0, 10)]),  # one fix a kilometre off
        ([(0, 0, 0), (5, 1000, 0), (10, 1006, 0), (15, 18, 0)], [(5, 10)]),  # off for long: where, nobody can tell
        ([(10, 0, 0), (5, 6, 0)], []),  # the clock was set back
        ([(5, 0, 0), (5, 6, 0)], []),
        ([(0, 0, 0), (60, 0, 0)], [(0, 60)]),  # stood still
        ([(0, 0, 0, 5, 1), (5, 6, 0, 5, 2)], [(0, 5)]),
        ([(0, 0, 0, 5, 1), (5, 6, 0, 5, 3)], []),  # the batch in between may still arrive
        ([(0, 0, 0)], []),
        ([], []),
    ],
)
def test_what_is_joined(rows: list[tuple[float, ...]], expected: list[tuple[float, float]]) -> None:
    assert spans(fixes(*rows)) == expected


steps = st.tuples(
    st.sampled_from([1, 5, 30, 119, 130, -3, 0]),  # seconds
    st.sampled_from([0, 4, 60, 140, 160, 900, -50]),  # metres east
    st.sampled_from([5.0, 49.0, 80.0]),  # accuracy
)


@given(st.lists(steps, min_size=1, max_size=40), st.integers(1, 6), st.randoms(use_true_random=False))
def test_the_order_of_arrival_does_not_matter(walk: list[tuple[int, int, float]], size: int, order: object) -> None:
    """Drawing after each arrival what is there gives together what drawing everything at once gives."""
    rows, second, east = [], 0.0, 0.0
    for n, (dt, dx, accuracy) in enumerate(walk):
        second, east = second + dt, east + dx
        rows.append((second, east, 0.0, accuracy, n // size + 1.0))
    whole = {tuple(end) for end in walked(fixes(*rows), LIMITS).ends}
    numbers = sorted({int(row[4]) for row in rows})
    order.shuffle(numbers)  # type: ignore[attr-defined]
    arrived: list[int] = []
    drawn: set[tuple[float, ...]] = set()
    for number in numbers:
        arrived.append(number)
        here = [row for row in rows if row[4] in arrived]
        drawn |= {tuple(end) for end in walked(fixes(*here), LIMITS).ends}
    assert drawn == whole
