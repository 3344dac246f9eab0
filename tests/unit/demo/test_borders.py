"""Borders between places: grown, shared, never crossing."""

import numpy as np
import pytest
import shapely
from shapely.geometry import LineString, Polygon, box

from gridmap.demo.rules.borders import grow, roughen
from gridmap.demo.rules.carving import carve
from gridmap.demo.rules.mosaic import Mosaic, joined, split
from gridmap.demo.rules.seeds import spread

L_SHAPE = Polygon([(0, 0), (9000, 0), (9000, 2500), (2500, 2500), (2500, 8000), (0, 8000)])


def rng(seed=7):
    return np.random.Generator(np.random.PCG64(seed))


def test_a_border_keeps_its_ends_and_gets_fine():
    line = np.array([[0.0, 0.0], [1000.0, 0.0]])
    grown = roughen(line, rng(), roughness=0.15, step_m=50)
    assert grown[0].tolist() == [0, 0]
    assert grown[-1].tolist() == [1000, 0]
    assert np.hypot(*np.diff(grown, axis=0).T).max() <= 50
    assert np.abs(grown[:, 1]).max() > 10


def test_borders_too_wild_to_end_are_refused():
    with pytest.raises(ValueError, match="above"):
        roughen(np.array([[0.0, 0.0], [1000.0, 0.0]]), rng(), roughness=0.9, step_m=50)


def test_wild_borders_are_tamed_until_none_crosses():
    fan = [LineString([(0, 0), (1000 * np.cos(a), 1000 * np.sin(a))]) for a in np.linspace(0.1, 1.4, 24)]
    fence = LineString([(-10, -40), (1200, -40)])
    assert crossings(np.array([roughened(line, seed) for seed, line in enumerate(fan)])) > 0
    grown = np.array(grow(fan, fence, rng(), roughness=0.45, step_m=30))
    assert crossings(grown) == 0
    assert not shapely.crosses(grown, fence).any()
    assert shapely.is_simple(grown).all()


def crossings(lines):
    return shapely.STRtree(lines).query(lines, predicate="crosses").shape[1]


def roughened(line, seed):
    return LineString(roughen(shapely.get_coordinates(line), rng(seed), roughness=0.45, step_m=30))


@pytest.mark.parametrize("count", [2, 3, 17])
def test_a_bent_area_is_split_without_gap_or_overlap(count):
    seeds = spread(L_SHAPE, count, rng(), core=np.array([500.0, 500.0]), radius_m=800, fall=2)
    parts = split(L_SHAPE, seeds, rng(), roughness=0.15, step_m=60).parts
    assert len(parts) == count
    assert all(part.geom_type == "Polygon" and part.is_valid for part in parts)
    assert shapely.coverage_is_valid(parts)
    assert sum(part.area for part in parts) == pytest.approx(L_SHAPE.area, rel=1e-9)


def test_seeds_crowd_around_the_core():
    seeds = spread(L_SHAPE, 60, rng(), core=np.array([0.0, 0.0]), radius_m=500, fall=3)
    assert shapely.contains_xy(L_SHAPE, seeds[:, 0], seeds[:, 1]).all()
    distance = np.hypot(*seeds.T)
    assert (distance < 2500).sum() > 30


def test_a_loose_face_goes_to_the_neighbour_it_shares_most_border_with():
    right = Polygon([(4, 0), (8, 0), (8, 1), (8, 3), (8, 4), (4, 4)])
    faces = np.array([box(0, 0, 4, 4), right, box(8, 1, 9, 3), box(8, 0, 9, 1)])
    assert joined(faces, np.array([0, 1, 0, 1]), 2).tolist() == [0, 1, 1, 1]


def test_a_seed_outside_is_refused():
    with pytest.raises(ValueError, match="outside"):
        joined(np.array([box(0, 0, 1, 1)]), np.array([0]), 2)


def test_a_plot_is_cut_out_and_everything_stays_one_piece():
    area = box(0, 0, 2000, 1500)
    mosaic = split(area, np.array([[500.0, 700.0], [1500.0, 800.0]]), rng(), roughness=0.1, step_m=50)
    carved = carve(area, mosaic, [(220.0, 160.0), (300.0, 200.0)], rng())
    assert len(carved.parts) == 4
    assert {part.geom_type for part in carved.parts} == {"Polygon"}
    assert sum(part.area for part in carved.parts) == pytest.approx(area.area)
    assert shapely.union_all(carved.parts).area == pytest.approx(area.area)
    assert carved.parts[2].area == pytest.approx(220 * 160, rel=0.6)
    assert carved.parts[2].area < 220 * 160 * 1.0001


def test_a_plot_too_large_for_its_village_is_made_smaller():
    area = box(0, 0, 300, 300)
    carved = carve(area, Mosaic([area], []), [(400.0, 300.0)], rng())
    assert carved.parts[1].area <= area.area * 0.1001
    assert area.contains(carved.parts[1])
