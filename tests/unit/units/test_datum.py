"""Datum conversion: published points, round trips over all China, geometry."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.units.rules.datum import Datum, convert, convert_geometries, convert_geometry, convert_point
from gridmap.units.rules.measures import GEOD

CHINA = {"lon": st.floats(73.5, 135.1), "lat": st.floats(3.5, 53.6)}

# lon, lat in the source datum → lon, lat in the target datum, as printed by the tests of the public implementations.
COORDTRANSFORM = [  # wandergis/coordtransform, test/app.js
    (Datum.WGS84, Datum.GCJ02, (116.404, 39.915), (116.41024449916938, 39.91640428150164)),
    (Datum.GCJ02, Datum.BD09, (116.404, 39.915), (116.41036949371029, 39.92133699351021)),
]
EVILTRANSFORM = [  # googollee/eviltransform, python tests; its ellipsoid differs by 43 m in the semi-major axis
    ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597)),
    ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766)),
    ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069)),
]
ONE_STEP_INVERSES = [  # wandergis/coordtransform, test/app.js: no iteration, so only near
    (Datum.BD09, Datum.GCJ02, (116.404, 39.915), (116.39762729119315, 39.90865673957631)),
    (Datum.GCJ02, Datum.WGS84, (116.404, 39.915), (116.39775550083061, 39.91359571849836)),
]


def apart_m(one: tuple[float, float], two: tuple[float, float]) -> float:
    return float(GEOD.inv(*one, *two)[2])


@pytest.mark.parametrize(("source", "target", "given_point", "expected"), COORDTRANSFORM)
def test_published_points(source: Datum, target: Datum, given_point: tuple, expected: tuple) -> None:
    assert convert_point(*given_point, source, target) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(("wgs84", "gcj02"), EVILTRANSFORM)
def test_points_of_a_second_implementation(wgs84: tuple, gcj02: tuple) -> None:
    assert apart_m(convert_point(*wgs84, Datum.WGS84, Datum.GCJ02), gcj02) < 0.05
    assert apart_m(convert_point(*gcj02, Datum.GCJ02, Datum.WGS84), wgs84) < 0.05


@pytest.mark.parametrize(("source", "target", "given_point", "near"), ONE_STEP_INVERSES)
def test_one_step_inverses_are_near(source: Datum, target: Datum, given_point: tuple, near: tuple) -> None:
    solved = convert_point(*given_point, source, target)
    assert apart_m(solved, near) < 3
    assert convert_point(*solved, target, source) == pytest.approx(given_point, abs=1e-10)


@settings(deadline=None)
@given(**CHINA)
@pytest.mark.parametrize("datum", [Datum.GCJ02, Datum.BD09])
def test_there_and_back_over_all_china(datum: Datum, lon: float, lat: float) -> None:
    back = convert_point(*convert_point(lon, lat, Datum.WGS84, datum), datum, Datum.WGS84)
    assert apart_m(back, (lon, lat)) < 0.5
    assert back == pytest.approx((lon, lat), abs=1e-9)


@settings(deadline=None)
@given(**CHINA)
def test_gcj02_and_bd09_there_and_back(lon: float, lat: float) -> None:
    there = convert_point(lon, lat, Datum.BD09, Datum.GCJ02)
    assert convert_point(*there, Datum.GCJ02, Datum.BD09) == pytest.approx((lon, lat), abs=1e-9)


@settings(deadline=None)
@given(**CHINA)
def test_the_offset_is_of_the_known_size(lon: float, lat: float) -> None:
    moved = convert_point(lon, lat, Datum.WGS84, Datum.GCJ02)
    assert 1 < apart_m(moved, (lon, lat)) < 1200


def test_outside_china_nothing_moves() -> None:
    for point in [(0.0, 0.0), (2.35, 48.85), (-122.4, 37.8), (151.2, -33.9)]:
        for datum in Datum:
            assert convert_point(*point, Datum.WGS84, datum) == point


def test_cgcs2000_is_taken_as_wgs84() -> None:
    assert convert_point(100.5, 38.9, Datum.CGCS2000) == (100.5, 38.9)
    assert convert_point(100.5, 38.9, Datum.GCJ02, Datum.CGCS2000) == convert_point(100.5, 38.9, Datum.GCJ02)


def test_input_is_not_changed_and_nan_passes() -> None:
    lon, lat = np.array([100.0, np.nan]), np.array([39.0, 39.0])
    moved = convert(lon, lat, Datum.WGS84, Datum.GCJ02)
    assert lon[0] == 100.0
    assert np.isnan(moved[0][1])
    assert convert([], [], Datum.GCJ02, Datum.WGS84)[0].size == 0


def test_geometry_keeps_its_shape_and_loses_heights() -> None:
    box = shapely.force_3d(shapely.box(100.40, 38.90, 100.41, 38.91), 7.0)
    moved = convert_geometry(box, Datum.GCJ02)
    assert not moved.has_z
    assert moved.is_valid
    assert moved.centroid.distance(box.centroid) > 1e-3
    both = convert_geometries(np.array([box, moved]), Datum.GCJ02)
    assert both[0].equals_exact(moved, 1e-12)
