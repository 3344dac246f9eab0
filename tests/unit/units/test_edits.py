"""Edits of outlines: whatever is done, neighbours stay gap-free and the whole stays the same."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Point, Polygon, box

from bench.lattices import STEP, VILLAGE, village
from gridmap.units.rules import edits
from gridmap.units.rules.measures import area_m2

MIDDLE = VILLAGE + 5  # column 1, row 1 of the 4 × 3 lattice


def grids() -> dict[int, MultiPolygon]:
    units = village()
    del units[VILLAGE]
    return units


def check_whole(before: dict[int, MultiPolygon], after: dict[int, MultiPolygon]) -> None:
    """The edited set is a valid coverage that covers exactly what it covered before."""
    assert shapely.coverage_is_valid(list(after.values()))
    assert shapely.is_valid(list(after.values())).all()
    one, two = shapely.union_all(list(before.values())), shapely.union_all(list(after.values()))
    assert area_m2(one.symmetric_difference(two)) < 1e-3
    assert sum(map(area_m2, after.values())) == pytest.approx(area_m2(one), rel=1e-12)


def test_split_in_two_keeps_neighbours_matched() -> None:
    units = grids()
    west, south, east, north = units[MIDDLE].bounds
    line = LineString([(west - STEP, (south + north) / 2 + STEP / 9), (east + STEP, (south + north) / 2)])
    unit = units.pop(MIDDLE)
    done = edits.split(unit, line, units)
    assert len(done.parts) == 2
    after = {**units, **done.neighbours, 1: done.parts[0], 2: done.parts[1]}
    check_whole({**units, MIDDLE: unit}, after)
    assert area_m2(done.parts[0]) >= area_m2(done.parts[1])


def test_a_line_drawn_exactly_to_the_border_splits_too() -> None:
    unit = MultiPolygon([box(100, 39, 100.01, 39.01)])
    assert len(edits.split(unit, LineString([(100, 39.004), (100.01, 39.006)]), {}).parts) == 2


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(100.02, 39), (100.03, 39)], "没有经过"),
        ([(99.99, 39.005), (100.005, 39.005)], "没有把该区划切开"),
        ([(100.0000001, 38.99), (100.0000001, 39.02)], "过小"),
        ([(100, 39), (100, 39)], "至少两个点"),
    ],
)
def test_lines_that_do_not_split(points: list, says: str) -> None:
    unit = MultiPolygon([box(100, 39, 100.01, 39.01)])
    with pytest.raises(edits.EditError, match=says):
        edits.split(unit, LineString(points), {}, least_m2=1000.0)


def test_merge_of_neighbours() -> None:
    units = grids()
    merged = edits.merge({code: units.pop(code) for code in (MIDDLE, MIDDLE + 1)})
    assert len(merged.geoms) == 1
    check_whole(grids(), {**units, 1: merged})


def test_units_that_meet_in_a_point_or_not_at_all_do_not_merge() -> None:
    units = grids()
    with pytest.raises(edits.EditError, match="不相邻"):
        edits.merge({code: units[code] for code in (VILLAGE + 1, VILLAGE + 5)})
    with pytest.raises(edits.EditError, match="至少需要两个"):
        edits.merge({1: units[VILLAGE + 1]})


def test_moving_the_border_between_two() -> None:
    units = grids()
    first, second = MIDDLE, MIDDLE + 3
    west, south, _, north = units[second].bounds
    x = west + STEP / 4
    changed = edits.move_border(first, second, LineString([(x, south - STEP), (x, north + STEP)]), units)
    after = {**units, **changed}
    check_whole(units, after)
    assert area_m2(after[first]) > area_m2(units[first]) * 1.1
    assert area_m2(after[second]) < area_m2(units[second]) * 0.9


@pytest.mark.parametrize("place", [0.0005, 0.0019, 0.003, 0.0099])
def test_the_smaller_of_two_may_grow_over_most_of_the_larger(place: float) -> None:
    units = {1: shapely.box(100, 39, 100.001, 39.01), 2: shapely.box(100.001, 39, 100.01, 39.01)}
    changed = edits.move_border(1, 2, LineString([(100 + place, 38.99), (100 + place, 39.02)]), units)
    assert changed[1].bounds[0] == 100
    assert changed[1].bounds[2] == pytest.approx(100 + place)
    assert changed[2].bounds[0] == pytest.approx(100 + place)
    assert changed[2].bounds[2] == 100.01


def test_a_border_line_that_divides_nothing_is_refused() -> None:
    units = grids()
    with pytest.raises(edits.EditError, match="没有把两个区划分开"):
        edits.move_border(MIDDLE, MIDDLE + 3, LineString([(100.0045, 39.0045), (100.005, 39.0045)]), units)
    with pytest.raises(edits.EditError, match="没有共用边界"):
        edits.move_border(VILLAGE + 1, VILLAGE + 12, LineString([(100, 39), (101, 40)]), units)


def test_growing_takes_from_the_neighbours() -> None:
    units = grids()
    new = units[MIDDLE].buffer(STEP / 5).intersection(shapely.union_all(list(units.values())))
    changed = edits.reshape(MIDDLE, new, units)
    after = {**units, **changed}
    check_whole(units, after)
    assert area_m2(after[MIDDLE]) == pytest.approx(area_m2(new), rel=1e-6)


def test_shrinking_gives_to_the_neighbour_with_the_longest_edge() -> None:
    units = grids()
    west, south, east, north = units[MIDDLE].bounds
    new = units[MIDDLE].intersection(box(west + STEP / 2, south, east, north))
    changed = edits.reshape(MIDDLE, new, units)
    after = {**units, **changed}
    check_whole(units, after)
    assert area_m2(after[VILLAGE + 2]) > area_m2(units[VILLAGE + 2]) * 1.2


def test_fixed_outlines_only_gain_vertices() -> None:
    units = grids()
    movable = {code: units[code] for code in (MIDDLE, MIDDLE + 3)}
    fixed = {code: geom for code, geom in units.items() if code not in movable}
    east = units[MIDDLE].bounds[2]
    new = shapely.union_all(list(movable.values())).intersection(box(0, 0, east + STEP / 3, 90))
    changed = edits.reshape(MIDDLE, new, movable, fixed=fixed)
    after = {**units, **changed}
    check_whole(units, after)
    for code in fixed:
        assert area_m2(after[code].symmetric_difference(units[code])) < 1e-3


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (box(99.9, 39.003, 100.006, 39.006), "超出了"),
        (box(100.0, 39.003, 100.0075, 39.0065), "消失|超出"),
        (Polygon([(100.003, 39.003), (100.006, 39.006), (100.006, 39.003), (100.003, 39.006)]), "自相交"),
        (Point(100.004, 39.004), "不是面"),
    ],
)
def test_reshapes_that_are_refused(new: object, says: str) -> None:
    with pytest.raises(edits.EditError, match=says):
        edits.reshape(MIDDLE, new, grids())


def test_erasing_a_neighbour_is_refused() -> None:
    units = grids()
    new = shapely.union_all([units[MIDDLE], units[MIDDLE + 3]])
    with pytest.raises(edits.EditError, match="消失"):
        edits.reshape(MIDDLE, new, units)


def test_ground_may_not_be_left_to_nobody() -> None:
    alone = {VILLAGE + 1: MultiPolygon([box(100, 39, 100.01, 39.01)])}
    with pytest.raises(edits.EditError, match="不属于任何区划"):
        edits.reshape(VILLAGE + 1, box(100, 39, 100.005, 39.01), alone)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    angle=st.floats(0, np.pi),
    shift=st.floats(-0.3, 0.3),
    seed=st.integers(0, 50),
)
def test_any_cut_through_the_middle_leaves_a_valid_coverage(angle: float, shift: float, seed: int) -> None:
    units = village(3, 3, bends=4, seed=seed)
    del units[VILLAGE]
    unit = units.pop(MIDDLE)
    heart = np.array([unit.centroid.x, unit.centroid.y]) + shift * STEP
    reach = np.array([np.cos(angle), np.sin(angle)]) * STEP * 2
    done = None
    try:
        done = edits.split(unit, LineString([heart - reach, heart + reach]), units)
    except edits.EditError:
        assume(False)
    assert done is not None
    parts = {place: part for place, part in enumerate(done.parts)}
    check_whole({**units, MIDDLE: unit}, {**units, **done.neighbours, **parts})


@settings(deadline=None, max_examples=60)
@given(grow=st.floats(-0.3, 0.4), seed=st.integers(0, 50))
def test_any_reshape_leaves_a_valid_coverage(grow: float, seed: int) -> None:
    units = village(3, 3, bends=4, seed=seed)
    whole = units.pop(VILLAGE)
    new = units[MIDDLE].buffer(grow * STEP).intersection(whole)
    check_whole(units, {**units, **edits.reshape(MIDDLE, new, units)})
