"""派单规则: which condition fits, and in which order rules are asked."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import box
from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.routing import area_lines, read_area, read_rule
from gridmap.cases.rules.routing import Matter, Rule, first_match, fits, in_hours, in_order
from gridmap.errors import BadInput
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A

ON = date(2026, 11, 22)
MATTER = Matter(GRID_A11, "0101", 1, "individual", 23, 125.305, 43.81)


def rule(number: int = 1, unit: int = TOWN_A, **values: object) -> Rule:
    return Rule(number, unit, values.pop("position", number), f"规则{number}", 7, "派出所", date(2026, 1, 1), **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, True),
        ({"is_off": True}, False),
        ({"active_to": ON}, False),
        ({"active_to": date(2026, 11, 23)}, True),
        ({"families": frozenset({1})}, True),
        ({"families": frozenset({3})}, False),
        ({"families": frozenset({3}), "category_codes": frozenset({"0101"})}, True),
        ({"category_codes": frozenset({"0301"})}, False),
        ({"scales": frozenset({"group"})}, False),
        ({"scales": frozenset({"group", "individual"})}, True),
        ({"within_unit": GRID_A12}, False),
        ({"within_unit": GRID_A11}, True),
        ({"unit": GRID_B11}, False),
        ({"hour_from": 22, "hour_to": 6}, True),
        ({"hour_from": 8, "hour_to": 18}, False),
        ({"area": box(125.30, 43.80, 125.31, 43.82)}, True),
        ({"area": box(125.31, 43.80, 125.32, 43.82)}, False),
    ],
)
def test_each_condition(values: dict[str, object], expected: bool) -> None:
    assert fits(rule(**values), MATTER, ON) is expected


def test_a_rule_that_has_not_begun() -> None:
    assert not fits(rule(), MATTER, date(2025, 12, 31))


def test_a_case_without_a_position_is_in_no_area() -> None:
    lost = Matter(GRID_A11, "0101", 1, "individual", MATTER.hour)
    assert not fits(rule(area=box(70, 3, 136, 54)), lost, ON)
    assert fits(rule(), lost, ON)


def test_the_nearest_unit_is_asked_first_and_then_the_order() -> None:
    county, second, first = rule(1, COUNTY, position=1), rule(2, position=2), rule(3, position=1)
    assert in_order([county, second, first]) == [first, second, county]
    assert first_match(in_order([county, second, first]), MATTER, ON) == first
    assert first_match([], MATTER, ON) is None


@given(st.integers(0, 23), st.integers(0, 23), st.integers(1, 24))
def test_an_hour_is_in_a_span_or_in_its_rest(hour: int, start: int, end: int) -> None:
    if start != end and end != 24:
        assert in_hours(hour, start, end) != in_hours(hour, end, start)
    assert in_hours(hour, 0, 24)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("125.3,43.8\nx", "第 2 行"),
        ("125.3,43.8\n43.8,125.3\n125.4,43.9", "第 2 行"),
        ("125.3,43.8\n125.4,43.9", "至少要三个"),
        ("125.3,43.8\n125.4,43.9\n125.4,43.8\n125.3,43.9", "自相交"),
        ("\n".join(["125.3,43.8"] * 501), "至多 500"),
    ],
)
def test_what_is_no_area(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_area(text)


def test_an_area_comes_back_as_it_was_written() -> None:
    text = "125.300000,43.800000\n125.310000,43.800000\n125.310000,43.820000"
    assert area_lines(read_area(text)) == text
    assert read_area(" \n") is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "长" * 61), ("name", "a\x07"), ("source_note", ""), ("department", "x"), ("scale", "huge"),
        ("hour_from", "25"), ("hour_to", "6"), ("active_to", "2026-01-01"), ("active_from", "明天"),
    ],
)  # fmt: skip
def test_a_fault_is_told_beside_its_field(field: str, value: str) -> None:
    good = {"name": "规则", "source_note": "依据", "department": "0", "active_from": "2026-11-22"}
    form = MultiDict({**good, field: value})
    with pytest.raises(BadInput) as caught:
        read_rule(form, today=ON)
    assert caught.value.field == field
