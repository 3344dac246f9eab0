"""Unit codes: parsing, levels, parents, ranges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gridmap.access import subtree as access_subtree
from gridmap.units.rules.codes import (
    DIGITS,
    CodeError,
    Level,
    ancestors_of,
    county_code,
    level_of,
    parent_of,
    parse_code,
    parse_level,
    short_code,
    subtree,
)


@pytest.mark.parametrize(
    ("text", "code", "level"),
    [
        ("62", 620000000000000, Level.PROVINCE),
        ("6207", 620700000000000, Level.CITY),
        ("620702", 620702000000000, Level.COUNTY),
        (620702, 620702000000000, Level.COUNTY),
        (620702.0, 620702000000000, Level.COUNTY),
        ("620702.0", 620702000000000, Level.COUNTY),
        ("620702100", 620702100000000, Level.TOWN),
        ("620702100201", 620702100201000, Level.VILLAGE),
        ("620702100201003", 620702100201003, Level.GRID),
        ("\ufeff６２０７０２ ", 620702000000000, Level.COUNTY),
        ("620702100000", 620702100000000, Level.TOWN),
    ],
)
def test_codes_of_every_length(text: object, code: int, level: Level) -> None:
    assert parse_code(text) == code
    assert level_of(code) is level


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("62070210020100", "14 位"),
        ("62070", "5 位"),
        ("", "为空"),
        (None, "为空"),
        (float("nan"), "为空"),
        ("6207O2", "数字以外"),
        ("6.20702E+11", "科学计数法"),
        ("020702", "以 0 开头"),
        ("-20702", "数字以外"),
    ],
)
def test_wrong_codes_say_what_is_wrong(text: object, says: str) -> None:
    with pytest.raises(CodeError, match=says):
        parse_code(text)


def test_a_city_without_counties_is_the_parent_of_its_towns() -> None:
    town = parse_code("441900003")
    assert parent_of(town) == parse_code("4419")
    assert ancestors_of(town) == [parse_code("44"), parse_code("4419")]


@settings(deadline=None)
@given(st.integers(10**14, 10**15 - 1))
def test_every_code_lies_in_the_range_of_each_ancestor(code: int) -> None:
    for above in [*ancestors_of(code), code]:
        low, high = subtree(above)
        assert low <= code < high
        assert tuple(access_subtree(above)) == (low, high)
    assert county_code(code) == int(str(code)[:6])
    assert parse_code(short_code(code)) == code
    assert len(short_code(code)) == DIGITS[level_of(code)]


def test_levels_by_word() -> None:
    assert parse_level("Grid") is Level.GRID
    assert parse_level("乡镇街道") is Level.TOWN
    assert parse_level("") is None
    with pytest.raises(CodeError, match="无法识别"):
        parse_level("部落")
