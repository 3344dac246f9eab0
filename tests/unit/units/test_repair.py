"""Repairs: what they mend, what they refuse."""

from __future__ import annotations

import pytest
import shapely
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box

from bench.lattices import STEP, VILLAGE, village
from gridmap.units.rules import repair
from gridmap.units.rules.checks import Kind, Shape, Tolerances, outline_faults
from gridmap.units.rules.measures import area_m2

LIMITS = Tolerances()


def mend_all(units: dict[int, MultiPolygon], kind: Kind) -> dict[int, MultiPolygon]:
    faults = outline_faults([Shape(code, str(code), geom) for code, geom in units.items()])
    fault = next(fault for fault in faults if fault.kind is kind)
    grids = {code: geom for code, geom in units.items() if kind is Kind.OUTSIDE_PARENT or code != VILLAGE}
    return {**units, **repair.repaired(fault, grids, LIMITS)}


def test_narrow_overlaps_are_snapped_away() -> None:
    units = village()
    shaken = {
        code: geom if code == VILLAGE else translate(geom, (code % 3 - 1) * 1e-5, (code % 2) * 1e-5)
        for code, geom in units.items()
    }
    mended = mend_all(shaken, Kind.OVERLAP)
    grids = [geom for code, geom in mended.items() if code != VILLAGE]
    assert shapely.coverage_is_valid(grids)
    whole = shapely.coverage_union_all(grids)
    assert [ring for part in shapely.get_parts(whole) for ring in part.interiors] == []


def test_a_wide_overlap_is_left_to_a_person() -> None:
    units = {1 + VILLAGE: box(100, 39, 100.01, 39.01), 2 + VILLAGE: box(100.005, 39, 100.02, 39.01)}
    with pytest.raises(repair.RepairError, match="人工处理"):
        repair.snap_together(units, LIMITS)


def test_a_gap_goes_to_the_longest_edge() -> None:
    units = village()
    inner = VILLAGE + 5
    cut = units[inner].intersection(box(0, 0, units[inner].bounds[0] + STEP / 3, 90))
    units[inner] = MultiPolygon([units[inner].difference(cut)])
    mended = mend_all(units, Kind.GAP)
    faults = outline_faults([Shape(code, str(code), geom) for code, geom in mended.items()])
    assert Kind.GAP not in {fault.kind for fault in faults}
    assert Kind.OVERLAP not in {fault.kind for fault in faults}


def test_clipping_to_the_parent() -> None:
    units = village()
    units[VILLAGE] = MultiPolygon([units[VILLAGE].geoms[0].difference(box(100, 39, 100 + STEP / 2, 39 + STEP / 2))])
    mended = mend_all(units, Kind.OUTSIDE_PARENT)
    assert area_m2(mended[VILLAGE + 1].difference(units[VILLAGE])) < 1
    with pytest.raises(repair.RepairError, match="一半以上"):
        repair.clip_to_parent(box(100, 39, 101, 40), box(100.9, 39, 102, 40))


def test_a_bow_tie_becomes_valid() -> None:
    bow = MultiPolygon([Polygon([(100, 39), (100.01, 39.01), (100.01, 39), (100, 39.01)])])
    mended = mend_all({VILLAGE + 1: bow}, Kind.INVALID_RING)
    assert mended[VILLAGE + 1].is_valid
    with pytest.raises(repair.RepairError, match="图形为空"):
        repair.make_valid(Polygon([(100, 39), (100, 39), (100, 39), (100, 39)]))


def test_swapped_axes_and_slivers() -> None:
    swapped = {VILLAGE + 1: MultiPolygon([box(39, 100, 39.01, 100.01)])}
    assert mend_all(swapped, Kind.SWAPPED_AXES)[VILLAGE + 1].bounds == (100, 39, 100.01, 39.01)
    specks = {VILLAGE + 1: MultiPolygon([box(100, 39, 100.01, 39.01), box(100.02, 39, 100.02002, 39.00002)])}
    assert len(mend_all(specks, Kind.SLIVER)[VILLAGE + 1].geoms) == 1
    with pytest.raises(repair.RepairError, match="都过细"):
        repair.drop_slivers(MultiPolygon([box(100.02, 39, 100.02002, 39.00002)]), LIMITS)
