"""Numbers and names of invented grids."""

import numpy as np
import pytest

from gridmap.demo.queries import real_divisions
from gridmap.demo.rules.planning import allot, chinese_number, is_community, is_street, plan_towns


def test_shares_add_up_and_leave_nobody_out():
    assert allot([1, 1, 1], 10) == [4, 3, 3]
    assert allot([0.001, 1000], 7) == [1, 6]
    assert sum(allot(np.random.default_rng(1).random(279).tolist(), 591)) == 591


def test_too_few_are_refused_in_words():
    with pytest.raises(ValueError, match="3 个单位每个至少 1，合计只有 2"):
        allot([1, 1, 1], 2)


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (11, "十一"), (20, "二十"), (45, "四十五")])
def test_chinese_numerals(number, text):
    assert chinese_number(number) == text


def test_kinds_are_read_from_codes():
    assert is_street(620702001000000)
    assert not is_street(620702100000000)
    assert is_community(620702001001000)
    assert not is_community(620702100200000)


def test_ganzhou_has_its_591_grids_and_every_village_a_first_one(tables):
    plan = plan_towns(real_divisions(), 620702 * 10**9, {620702 * 10**9: 591}, tables.plots, np.random.default_rng(1))
    villages = [v for town in plan for v in town.villages]
    grids = [g for v in villages for g in v.grids]
    assert (len(plan), len(villages), len(grids)) == (24, 279, 591)
    assert all(v.grids[0].code == v.code + 1 and v.grids[0].name == "第一网格" for v in villages)
    assert len({g.code for g in grids}) == 591
    special = [g for g in grids if g.sides_m]
    assert special
    assert all(g.code % 1000 > 900 and g.name.endswith("专属网格") for g in special)
