"""A filter with a slip of the pen is refused by every door that takes the filter of cases, never answered as if it were not there."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from gridmap.access import Role
from tests.factories import COUNTY, GRID_A11, Factories

JSON = {"Accept": "application/json"}
DOORS = {
    "/cases": "sort=due&limit=5&after=x.990102.1",
    "/counts.json": "level=15",
    "/tiles/cases/3/6/2.mvt": "by=risk",
    "/tiles/heat/3/6/2.mvt": "",
    "/tiles/cases.json": "by=risk&at=2026-01-31",
}


@pytest.fixture
def leader(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    make.case(GRID_A11)
    return signed_in((Role.LEADER, COUNTY))


@pytest.mark.parametrize("name", ["colour", "stauts", "Status", "level2"])
@pytest.mark.parametrize("door", DOORS)
def test_an_unknown_filter_is_named(door: str, name: str, leader: FlaskClient) -> None:
    answer = leader.get(f"{door}?{name}=open", headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, name)
    assert f"没有“{name}”这个筛选条件" in answer.json["detail"]
    assert "status（状态）" in answer.json["detail"]


@pytest.mark.parametrize(
    ("door", "own"),
    [
        ("/work", "group=handle&limit=5"),
        ("/cases/whistles", f"unit={COUNTY}"),
        ("/indicators", "family=1&from=2026-01-01&to=2026-01-31"),
        ("/indicators/registered_in_time", "side=all&limit=5"),
        ("/tiles/units/3/6/2.mvt", "level=9&at=2026-01-31"),
        ("/tiles/units.json", "level=9"),
    ],
)
def test_doors_with_few_parameters_refuse_the_rest(door: str, own: str, leader: FlaskClient) -> None:
    assert leader.get(f"{door}?{own}", headers=JSON).status_code == 200
    answer = leader.get(f"{door}?{own}&risk=high", headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "risk")
    assert "没有“risk”这个筛选条件" in answer.json["detail"]


def test_the_page_of_the_list_says_so_too(leader: FlaskClient) -> None:
    answer = leader.get("/cases?stauts=open")
    assert answer.status_code == 400
    assert "没有“stauts”这个筛选条件" in answer.get_data(as_text=True)


@pytest.mark.parametrize("door", DOORS)
def test_known_filters_and_a_doors_own_parameters_are_taken(door: str, leader: FlaskClient) -> None:
    known = "unit=990102&status=open&risk=high,none&family=1&lateness=late&located=yes&from=2026-01-01&to=2026-12-31"
    more = "channel=visit&grade=worry&scale=individual&supervision=&category=&q=%E8%B7%AF&bbox=125,43,126,44"
    assert leader.get(f"{door}?{known}&{more}&{DOORS[door]}", headers=JSON).status_code == 200
