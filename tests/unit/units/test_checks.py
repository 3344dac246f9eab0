"""Checks of outlines and of the tree: each fault is found, measured, placed, and a clean set has none."""

from __future__ import annotations

import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box

from bench.lattices import STEP, VILLAGE, village
from gridmap.units.rules.checks import (
    Entry,
    Kind,
    Repair,
    Severity,
    Shape,
    Tolerances,
    outline_faults,
    structure_faults,
)
from gridmap.units.rules.codes import Level, parse_code
from gridmap.units.rules.measures import area_m2


def shapes_of(outlines: dict[int, MultiPolygon], **changes: object) -> list[Shape]:
    return [Shape(code, f"单元{code % 1000}", geom) for code, geom in outlines.items()]


def kinds(outlines: dict[int, MultiPolygon]) -> set[Kind]:
    return {fault.kind for fault in outline_faults(shapes_of(outlines))}


def test_a_clean_village_has_no_fault() -> None:
    assert outline_faults(shapes_of(village())) == []


def test_an_overlap_is_measured_in_square_metres() -> None:
    units = village()
    first = VILLAGE + 5
    units[first] = MultiPolygon([Polygon(units[first].geoms[0].buffer(1e-4, join_style="mitre").exterior)])
    faults = [fault for fault in outline_faults(shapes_of(units)) if fault.kind is Kind.OVERLAP]
    assert faults
    assert all(fault.severity is Severity.ERROR for fault in faults)
    for fault in faults:
        assert fault.area_m2 == pytest.approx(area_m2(fault.geom))
        assert {fault.unit_code, fault.other_code} >= {first}
        assert "重叠" in fault.message
    strip_m2 = 2 * (STEP * 86_500 + STEP * 111_000) * 9.3
    assert sum(fault.area_m2 for fault in faults) == pytest.approx(strip_m2, rel=0.4)


def test_a_missing_piece_is_a_gap_that_names_the_neighbour_with_the_longest_edge() -> None:
    units = village()
    inner = VILLAGE + 5
    cut = units[inner].intersection(box(0, 0, units[inner].bounds[0] + STEP / 3, 90))
    units[inner] = MultiPolygon([units[inner].difference(cut)])
    gaps = [fault for fault in outline_faults(shapes_of(units)) if fault.kind is Kind.GAP]
    assert len(gaps) == 1
    assert gaps[0].severity is Severity.ERROR
    assert gaps[0].area_m2 == pytest.approx(area_m2(cut), rel=1e-3)
    assert gaps[0].repair is Repair.FILL_GAP


def test_a_sibling_without_outline_is_no_gap() -> None:
    units = village()
    shapes = [Shape(code, "x", None if code == VILLAGE + 5 else geom) for code, geom in units.items()]
    assert outline_faults(shapes) == []


def test_a_child_outside_its_parent_tells_the_area() -> None:
    units = village()
    units[VILLAGE] = MultiPolygon([units[VILLAGE].geoms[0].difference(box(100, 39, 100 + STEP / 2, 39 + STEP / 2))])
    faults = outline_faults(shapes_of(units))
    assert [fault.kind for fault in faults] == [Kind.OUTSIDE_PARENT]
    assert faults[0].unit_code == VILLAGE + 1
    assert faults[0].other_code == VILLAGE
    assert faults[0].area_m2 == pytest.approx(area_m2(box(100, 39, 100 + STEP / 2, 39 + STEP / 2)), rel=0.15)


def test_the_nearest_ancestor_with_an_outline_is_the_bound() -> None:
    units = village(2, 2)
    town = VILLAGE // 10**6 * 10**6
    far = {town: MultiPolygon([box(110, 30, 111, 31)]), VILLAGE + 1: units[VILLAGE + 1]}
    faults = outline_faults([Shape(code, str(code), geom) for code, geom in far.items()] + [Shape(VILLAGE, "村")])
    assert [fault.kind for fault in faults] == [Kind.OUTSIDE_PARENT]
    assert "完全不在" in faults[0].message


def test_a_bow_tie_is_invalid_and_says_where() -> None:
    bow = MultiPolygon([Polygon([(100, 39), (100.01, 39.01), (100.01, 39), (100, 39.01)])])
    faults = outline_faults([Shape(VILLAGE + 1, "蝶形", bow)])
    assert faults[0].kind is Kind.INVALID_RING
    assert "自相交" in faults[0].message
    assert "100.005" in faults[0].message


@pytest.mark.parametrize(
    ("geom", "kind"),
    [
        (MultiPolygon(), Kind.EMPTY),
        (MultiPolygon([box(39, 100, 39.01, 100.01)]), Kind.SWAPPED_AXES),
        (MultiPolygon([box(0, 0, 0.01, 0.01)]), Kind.OUTSIDE_CHINA),
        (MultiPolygon([box(500000, 4300000, 501000, 4301000)]), Kind.OUTSIDE_CHINA),
        (MultiPolygon([box(100, 39, 100.01, 39.01), box(100.02, 39, 100.02002, 39.00002)]), Kind.SLIVER),
        (MultiPolygon([box(100, 39, 100.1, 39.000001)]), Kind.SLIVER),
    ],
)
def test_faults_of_one_outline(geom: MultiPolygon, kind: Kind) -> None:
    assert [fault.kind for fault in outline_faults([Shape(VILLAGE + 1, "x", geom)])] == [kind]


def test_borders_that_do_not_share_vertices_are_a_warning() -> None:
    pair = {
        VILLAGE + 1: MultiPolygon([box(100, 39, 100.01, 39.01)]),
        VILLAGE + 2: MultiPolygon([box(100.01, 39, 100.02, 39.005)]),
    }
    faults = outline_faults(shapes_of(pair))
    assert [(fault.kind, fault.severity) for fault in faults] == [(Kind.UNMATCHED_EDGE, Severity.WARNING)]


def test_faults_between_counties_are_warnings() -> None:
    counties = [
        Shape(parse_code("451302"), "甲", MultiPolygon([box(109, 23, 109.5, 23.5)])),
        Shape(parse_code("451322"), "乙", MultiPolygon([box(109.499, 23, 110, 23.5)])),
    ]
    assert {fault.severity for fault in outline_faults(counties)} == {Severity.WARNING}


def test_old_faults_of_unchanged_units_are_not_told_again() -> None:
    units = {VILLAGE + 1: box(100, 39, 100.01, 39.01), VILLAGE + 2: box(100.009, 39, 100.02, 39.01)}
    shapes = [Shape(code, "x", MultiPolygon([geom]), changed=False) for code, geom in units.items()]
    far = Shape(VILLAGE + 3, "x", MultiPolygon([box(100.03, 39, 100.04, 39.01)]))
    assert outline_faults([*shapes, far]) == []


def test_tolerances_are_data() -> None:
    strict = Tolerances(overlap_m2=0.001)
    assert Tolerances.from_dict(strict.as_dict()) == strict
    pair = [
        Shape(VILLAGE + 1, "x", MultiPolygon([box(100, 39, 100.01, 39.01)])),
        Shape(VILLAGE + 2, "y", translate(MultiPolygon([box(100.01, 39, 100.02, 39.01)]), -1e-9)),
    ]
    assert Kind.OVERLAP in {fault.kind for fault in outline_faults(pair, strict)}
    assert Kind.OVERLAP not in {fault.kind for fault in outline_faults(pair)}


def test_tree_faults_name_row_and_remedy() -> None:
    county = parse_code("620702")
    entries = [
        Entry(2, parse_code("620702100"), "甲镇", Level.TOWN, county),
        Entry(3, parse_code("620702100"), "乙镇", Level.TOWN, county),
        Entry(4, parse_code("620702101"), "丙镇", Level.VILLAGE, county),
        Entry(5, parse_code("620703101"), "丁镇", Level.TOWN, None),
        Entry(6, parse_code("620702102"), "戊镇", Level.TOWN, parse_code("6207")),
    ]
    found = structure_faults(entries, {county})
    assert [(item.row, item.fault.kind) for item in found] == [
        (3, Kind.DUPLICATE_CODE),
        (4, Kind.WRONG_LEVEL),
        (5, Kind.UNKNOWN_PARENT),
        (6, Kind.UNKNOWN_PARENT),
    ]
    assert "620703" in found[2].fault.message


def test_a_parent_cycle_is_written_out() -> None:
    first, second = parse_code("620702100"), parse_code("620702100201")
    found = structure_faults([Entry(2, first, "甲", None, second), Entry(3, second, "乙", None, first)], set())
    assert [item.fault.kind for item in found] == [Kind.PARENT_CYCLE]
    assert found[0].row == 2
    assert "620702100 → 620702100201 → 620702100" in found[0].fault.message


def test_real_counties_meet_within_strips(real_counties: dict[str, MultiPolygon]) -> None:
    shapes = [Shape(parse_code(code), code, geom) for code, geom in real_counties.items()]
    faults = outline_faults(shapes)
    assert faults
    assert {fault.severity for fault in faults} == {Severity.WARNING}
    assert sum(fault.area_m2 for fault in faults) < 50_000
    assert shapely.is_valid([shape.geom for shape in shapes]).all()
