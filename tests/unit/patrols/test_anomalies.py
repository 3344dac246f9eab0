"""What is pointed out of a track: a 200 km/h jump, two phones far apart at the same time; not a pause, a vague fix or a car."""

from __future__ import annotations

import pytest

from gridmap.patrols.rules.anomalies import Found, Odd, farthest, fastest
from tests.unit.patrols.test_segments import LIMITS, fixes

ODD = Odd(speed_kmh=150, apart_m=500, within_s=30)


def test_impossible_speed_is_told_and_a_long_pause_is_not() -> None:
    found = fastest(fixes((0, 0, 0), (5, 6, 0), (23, 1006, 0)), LIMITS, ODD)
    assert found == Found(pytest.approx(200, rel=1e-3), 5.0)
    assert fastest(fixes((0, 0, 0), (60, 1000, 0)), LIMITS, ODD) is None  # 60 km/h
    assert fastest(fixes((0, 0, 0), (1800, 120_000, 0)), LIMITS, ODD) is None  # a pause
    assert fastest(fixes((0, 0, 0), (10, 1000, 0, 80)), LIMITS, ODD) is None  # too vague
    assert fastest(fixes((0, 0, 0), (0, 1000, 0)), LIMITS, ODD) is None  # the same instant says nothing of speed
    assert fastest(fixes(), LIMITS, ODD) is None
    assert fastest(fixes((0, 0, 0)), LIMITS, ODD) is None


def test_two_phones_far_apart_at_the_same_time_are_told() -> None:
    one = fixes((0, 0, 0), (10, 6, 0), (20, 12, 0))
    there = fixes((9, 1000, 0), (21, 2000, 0))
    assert farthest(one, there, LIMITS, ODD) == Found(pytest.approx(1978, abs=1), 20.0)
    assert farthest(there, one, LIMITS, ODD) is not None
    assert farthest(one, fixes((9, 300, 0), (21, 300, 0)), LIMITS, ODD) is None
    assert farthest(one, fixes((60, 5000, 0)), LIMITS, ODD) is None  # at another time
    assert farthest(one, fixes((9, 5000, 0, 80)), LIMITS, ODD) is None  # too vague
    assert farthest(one, fixes(), LIMITS, ODD) is None
    assert farthest(fixes(), one, LIMITS, ODD) is None


def test_the_errors_of_both_are_taken_off() -> None:
    assert farthest(fixes((0, 0, 0, 40)), fixes((0, 570, 0, 40)), LIMITS, ODD) is None
    found = farthest(fixes((0, 0, 0, 40)), fixes((0, 590, 0, 40)), LIMITS, ODD)
    assert found is not None
    assert found.value == pytest.approx(510, abs=1)
