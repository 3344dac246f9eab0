"""示例边界: a real county outline, nested and gap-free down to the grids."""

import shapely

from gridmap.demo.queries import real_divisions, real_outline
from gridmap.demo.rules.nesting import draw_county
from gridmap.units.rules.checks import Shape, outline_faults
from tests.unit.demo.conftest import COUNTY, make_plan


def test_every_level_is_a_valid_coverage_of_single_polygons(drawn):
    for level in (drawn.towns, drawn.villages, drawn.grids):
        parts = list(level.values())
        assert shapely.coverage_is_valid(parts)
        assert {part.geom_type for part in parts} == {"Polygon"}


def test_the_checks_of_the_product_find_no_fault_in_the_whole_nest(drawn):
    outline, _ = real_outline(COUNTY)
    shapes = [Shape(COUNTY * 10**9, "南关区", outline)]
    for level in (drawn.towns, drawn.villages, drawn.grids):
        shapes += [Shape(code, str(code), geom) for code, geom in level.items()]
    assert outline_faults(shapes) == []


def test_real_towns_and_villages_all_have_an_outline(drawn):
    towns = {d.code for d in real_divisions() if d.parent == COUNTY * 10**9}
    villages = {d.code for d in real_divisions() if d.parent in towns}
    assert set(drawn.towns) == towns
    assert set(drawn.villages) == villages
    assert len(drawn.grids) == 200


def test_streets_lie_nearer_to_the_seat_than_the_country(drawn, plan):
    _, seat = real_outline(COUNTY)
    distance = {town.urban: [] for town in plan}
    for town in plan:
        distance[town.urban].append(drawn.towns[town.code].distance(seat))
    assert min(distance[False]) >= sorted(distance[True])[len(distance[True]) // 2]


def test_the_same_seed_draws_the_same_coordinates_and_another_does_not(drawn, plan, tables):
    outline, seat = real_outline(COUNTY)
    again = draw_county(outline, seat, make_plan(tables), 5)
    assert {c: g.wkb for c, g in again.grids.items()} == {c: g.wkb for c, g in drawn.grids.items()}
    other = draw_county(outline, seat, plan, 6)
    assert {g.wkb for g in other.grids.values()}.isdisjoint({g.wkb for g in drawn.grids.values()})
