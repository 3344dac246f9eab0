"""The pure rules of cases: places that cannot be, steps of the course, codes, lateness."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.cases.forms.paging import Page, Place
from gridmap.cases.rules import (
    COURSE,
    Lateness,
    Status,
    case_code,
    county_of,
    forward,
    lateness,
    steps,
)
from gridmap.cases.rules.position import Fault, place_fault
from gridmap.errors import BadInput

NOW = datetime(2026, 9, 30, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lon", "lat", "kind"),
    [
        (125.32, 43.87, None),
        (73.6, 39.5, None),
        (112.3, 3.9, None),
        (0, 0, Fault.ZERO),
        (0.001, -0.002, Fault.ZERO),
        (43.87, 125.32, Fault.SWAPPED),
        (-0.12, 51.5, Fault.OUTSIDE),
        (139.7, 35.7, Fault.OUTSIDE),
        (125.32, -43.87, Fault.OUTSIDE),
        (125.32, 0, Fault.OUTSIDE),
    ],
)
def test_places_that_cannot_be(lon: float, lat: float, kind: Fault | None) -> None:
    fault = place_fault(lon, lat)
    assert (fault.kind if fault else None) == kind


@given(st.floats(73.1, 135.9), st.floats(18, 53.5))
def test_a_swap_back_mends_a_swapped_pair(lon: float, lat: float) -> None:
    assert place_fault(lon, lat) is None
    swapped = place_fault(lat, lon)
    assert swapped is not None
    assert swapped.kind is Fault.SWAPPED


def test_the_course_as_steps() -> None:
    assert [how for _, how in steps(Status.REGISTERED)] == ["done", "next"] + ["later"] * 8
    assert dict(steps(Status.HANDLING))["办理"] == "next"
    assert dict(steps(Status.REPORTED))["办理"] == "done"
    assert {how for _, how in steps(Status.ARCHIVED)} == {"done"}
    assert steps(Status.DECLINED) == [("不予受理", "done")]
    assert {state for state, _ in COURSE} == set(Status) - {Status.RECEIVED, Status.DECLINED, Status.JOINED}
    assert steps(Status.RECEIVED)[0] == ("受理", "next")


def test_what_the_course_leads_to_next() -> None:
    assert forward(Status.RECEIVED) is Status.REGISTERED
    assert forward(Status.ASSESSED) is Status.DISPATCHED
    assert forward(Status.REVISITED) is Status.CLOSED
    assert forward(Status.ARCHIVED) is forward(Status.DECLINED) is None


@given(st.integers(110000, 999999), st.integers(1990, 2199), st.integers(1, 9_999_999))
def test_a_code_says_its_county(county: int, year: int, number: int) -> None:
    assert county_of(case_code(county, year, number)) == county


@pytest.mark.parametrize("text", ["", "220102", "220102-2026-123", "22010a-2026-0000123", "220102-2026-000012３"])
def test_what_is_no_code(text: str) -> None:
    assert county_of(text) is None


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        (None, Lateness.NO_LIMIT),
        (0, Lateness.LATE),
        (-1, Lateness.LATE),
        (24, Lateness.DUE_SOON),
        (25, Lateness.ON_TIME),
    ],
)
def test_lateness(hours: int | None, expected: Lateness) -> None:
    due_at = None if hours is None else NOW + timedelta(hours=hours)
    assert lateness(Status.HANDLING, due_at, NOW) is expected
    assert lateness(Status.CLOSED, due_at, NOW) is Lateness.ENDED


@given(st.none() | st.integers(0, 10**8).map(lambda s: NOW + timedelta(seconds=s, microseconds=s)))
def test_a_place_in_the_order_survives_the_address(at: datetime | None) -> None:
    place = Place(at, 220102, 7)
    assert Place.read(place.text(), "after") == place


@pytest.mark.parametrize("text", ["1.2", "a.b.c", "1.2.3.4", "-99999999999999999.1.1", "１.1.1"])
def test_a_place_that_is_none(text: str) -> None:
    with pytest.raises(BadInput) as caught:
        Page.from_args({"after": text})
    assert caught.value.field == "after"
