"""Splitting units that are not one plain piece of ground: exclaves, holes, neighbours that lie over them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiPolygon, Polygon, box
from shapely.geometry.base import BaseGeometry

from gridmap.units.rules import edits
from gridmap.units.rules.measures import area_m2

LON, LAT, CELL = 100.0, 39.0, 0.01
LEAST_M2 = 1e-3


def square(west: float, south: float, east: float, north: float) -> Polygon:
    """A rectangle in cells of the small country."""
    return box(LON + west * CELL, LAT + south * CELL, LON + east * CELL, LAT + north * CELL)


def line(*points: tuple[float, float]) -> LineString:
    """A line in cells of the small country."""
    return LineString([(LON + x * CELL, LAT + y * CELL) for x, y in points])


def check_parts(unit: BaseGeometry, parts: tuple[MultiPolygon, ...]) -> None:
    """No ground is lost or won, and no two parts lie over each other."""
    assert all(part.is_valid for part in parts)
    assert area_m2(shapely.union_all(list(parts)).symmetric_difference(unit)) < LEAST_M2
    # In the plane of degrees: on the ellipsoid a parallel is no straight line, and a vertex more changes the area by 4 m².
    assert sum(part.area for part in parts) == pytest.approx(unit.area, rel=1e-9)
    for place, part in enumerate(parts):
        assert all(area_m2(part.intersection(other)) < LEAST_M2 for other in parts[:place])


def test_an_exclave_that_the_line_leaves_alone_goes_with_the_nearest_part() -> None:
    main, west_of_it, east_of_it = square(0, 0, 4, 2), square(-1, 0, -0.5, 1), square(4.2, 0, 4.7, 1)
    unit = MultiPolygon([main, west_of_it, east_of_it])
    done = edits.split(unit, line((1, -1), (1, 3)), {})
    assert len(done.parts) == 2
    check_parts(unit, done.parts)
    large, small = done.parts
    assert large.covers(east_of_it)
    assert small.covers(west_of_it)


def test_the_nearest_is_nearest_on_the_ground_not_in_degrees() -> None:
    # At 51° north 0.7° of longitude are 49 km, 0.6° of latitude 67 km.
    main, exclave = box(100, 50, 103, 50.5).union(box(102.5, 50.5, 103, 53)), box(101.7, 51.1, 101.8, 51.2)
    unit = MultiPolygon([main, exclave])
    done = edits.split(unit, LineString([(102, 51), (104, 51)]), {})
    check_parts(unit, done.parts)
    holder = next(part for part in done.parts if part.covers(exclave))
    assert holder.covers(box(102.6, 52, 102.9, 52.9))


def test_a_line_through_main_ground_and_exclave_cuts_both() -> None:
    unit = MultiPolygon([square(0, 0, 2, 2), square(0, 3, 2, 4)])
    done = edits.split(unit, line((1, -1), (1, 5)), {})
    assert len(done.parts) == 4
    check_parts(unit, done.parts)


def test_a_line_through_an_exclave_alone_leaves_the_main_ground_whole() -> None:
    main, exclave = square(0, 0, 4, 4), square(5, 0, 6, 2)
    unit = MultiPolygon([main, exclave])
    done = edits.split(unit, line((4.5, 1), (7, 1)), {})
    assert len(done.parts) == 2
    check_parts(unit, done.parts)
    assert sum(part.covers(main) for part in done.parts) == 1


def test_a_neighbour_that_lies_over_the_unit_makes_no_parts() -> None:
    unit, over = MultiPolygon([square(0, 0, 4, 2)]), MultiPolygon([square(3.9999, 0, 6, 2)])
    across = MultiPolygon([square(1.5, 1.8, 2.5, 3)])
    done = edits.split(unit, line((2, -1), (2, 3)), {1: over, 2: across})
    assert len(done.parts) == 2
    check_parts(unit, done.parts)
    after = {1: over, 2: across, **done.neighbours}
    for code, before in ((1, over), (2, across)):
        assert area_m2(after[code].symmetric_difference(before)) < LEAST_M2


def test_a_line_to_a_hole_only_does_not_split_but_one_through_it_does() -> None:
    ring = square(0, 0, 4, 4).difference(square(1, 1, 3, 3))
    enclave = {1: MultiPolygon([square(1, 1, 3, 3)])}
    with pytest.raises(edits.EditError, match="没有把该区划切开"):
        edits.split(ring, line((-1, 2), (2, 2)), enclave)
    done = edits.split(ring, line((-1, 2), (5, 2)), enclave)
    assert len(done.parts) == 2
    check_parts(ring, done.parts)
    assert shapely.coverage_is_valid([*done.parts, *{**enclave, **done.neighbours}.values()])


def test_an_outline_that_is_not_valid_is_not_split() -> None:
    bow = Polygon([(100, 39), (100.01, 39.01), (100.01, 39), (100, 39.01)])
    with pytest.raises(edits.EditError, match="不合法"):
        edits.split(MultiPolygon([bow]), LineString([(99.9, 39.005), (100.1, 39.005)]), {})


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.filter_too_much])
@given(
    angle=st.floats(0, np.pi),
    shift=st.floats(-1.2, 1.2),
    away=st.floats(0.05, 2),
    overlap=st.floats(-0.4, 0.4),
    hole=st.floats(0.1, 1.2),
)
def test_any_cut_of_ground_with_exclaves_and_a_hole_keeps_all_of_it(
    angle: float, shift: float, away: float, overlap: float, hole: float
) -> None:
    hollow = square(0, 0, 4, 3).difference(square(1, 1, 1 + hole, 1 + hole))
    unit = MultiPolygon([hollow, square(4 + away, 0, 5 + away, 1), square(1, 3 + away, 2, 4 + away)])
    neighbours = {
        1: MultiPolygon([square(1, 1, 1 + hole, 1 + hole)]),
        2: MultiPolygon([square(-2, 0, overlap, 3)]),
        3: MultiPolygon([square(4 + away + 1, 0, 7 + away, 1)]),
    }
    heart = np.array([LON + (2 + shift) * CELL, LAT + (1.5 + shift) * CELL])
    reach = np.array([np.cos(angle), np.sin(angle)]) * CELL * 12
    done = None
    try:
        done = edits.split(unit, LineString([heart - reach, heart + reach]), neighbours)
    except edits.EditError:
        assume(False)
    assert done is not None
    check_parts(unit, done.parts)
    after = {**neighbours, **done.neighbours}
    for code, before in neighbours.items():
        assert area_m2(after[code].symmetric_difference(before)) < LEAST_M2
        lies_over = sum(part.intersection(after[code]).area for part in done.parts)
        assert lies_over == pytest.approx(unit.intersection(before).area, abs=1e-13)
