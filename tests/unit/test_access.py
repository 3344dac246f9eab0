"""Scopes as ranges, and decisions with a reason."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.access import (
    EVERYWHERE,
    GRANTS,
    PERMISSION_NAMES,
    ROLE_NAMES,
    Actor,
    Permission,
    Post,
    Range,
    Role,
    merged,
    significant_digits,
    subtree,
)

TOWN = 220102200000000
digits = st.sampled_from([2, 4, 6, 9, 12, 15])
codes = st.builds(lambda n, d: int(str(n)[:d].ljust(15, "0")), st.integers(10**14, 10**15 - 1), digits)


@pytest.mark.parametrize(
    ("unit_code", "expected"),
    [
        (0, EVERYWHERE),
        (220000000000000, Range(220000000000000, 230000000000000)),
        (220100000000000, Range(220100000000000, 220200000000000)),
        (220102000000000, Range(220102000000000, 220103000000000)),
        (TOWN, Range(220102200000000, 220102201000000)),
        (220102200010000, Range(220102200010000, 220102200011000)),
        (220102200010010, Range(220102200010010, 220102200010011)),
    ],
)
def test_subtree_of_every_level(unit_code: int, expected: Range) -> None:
    assert subtree(unit_code) == expected


@given(codes, codes)
def test_subtree_holds_exactly_the_codes_with_its_prefix(one: int, other: int) -> None:
    prefix = str(one)[: significant_digits(one)]
    assert (other in subtree(one)) == str(other).startswith(prefix)


@given(st.lists(codes, max_size=6))
def test_merged_ranges_cover_the_same_codes_without_overlap(units: list[int]) -> None:
    ranges = merged(tuple(subtree(u) for u in units))
    assert all(a.hi < b.lo for a, b in pairwise(ranges))
    for unit in units:
        assert any(unit in r for r in ranges)
    for r in ranges:
        assert any(r.lo == subtree(u).lo for u in units)


def test_refusals_say_why() -> None:
    leader = Actor(1, "a", "甲", (Post(Role.LEADER, TOWN),))
    refused = leader.may(Permission.UNIT_IMPORT)
    assert not refused
    assert "导入区划" in refused.reason
    outside = Actor(1, "a", "甲", (Post(Role.CENTRE_STAFF, TOWN),)).may(Permission.CASE_CREATE, 220102001000000)
    assert not outside
    assert "范围" in outside.reason


def test_a_permission_holds_only_where_its_post_is() -> None:
    person = Actor(1, "a", "甲", (Post(Role.CENTRE_STAFF, TOWN), Post(Role.LEADER, 620702000000000)))
    assert person.may(Permission.CASE_CREATE, TOWN)
    assert not person.may(Permission.CASE_CREATE, 620702001000000)
    assert person.granted_ranges(Permission.CASE_CREATE) == (subtree(TOWN),)


def test_every_role_and_permission_has_a_chinese_name_and_is_granted() -> None:
    assert set(ROLE_NAMES) == set(Role) == set(GRANTS)
    assert set(PERMISSION_NAMES) == set(Permission)
    assert set().union(*GRANTS.values()) == set(Permission)
    assert list(Permission) == sorted(Permission)


def test_nobody_has_no_hull() -> None:
    nobody = Actor(1, "a", "甲", ())
    assert nobody.ranges == ()
    assert nobody.hull.lo == nobody.hull.hi
    assert nobody.home is None
