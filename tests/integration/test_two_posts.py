"""A person with posts in two places: what lies between them, inside the one range that spans both, is not theirs at any door."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap.access import Role
from gridmap.tiles.rules import tile_at
from tests.factories import GRID_A11, GRID_B11, SIZE, SOUTH, TOWN_A, WEST, Factories
from tests.integration.conftest import actor_at

FAR = 990109001000000
JSON = {"Accept": "application/json"}


@pytest.fixture
def cases(make: Factories) -> tuple[str, str]:
    """A case of town A and one of town B, which lies between A and the far post."""
    make.world()
    return make.case(GRID_A11, title="甲处的下水道堵塞"), make.case(GRID_B11, title="乙处的下水道堵塞")


@pytest.fixture
def person(cases: tuple[str, str], signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    return signed_in((Role.CENTRE_STAFF, TOWN_A), (Role.CENTRE_STAFF, FAR))


@pytest.mark.parametrize("query", ["", "?q=下水道", "?q=堵", "?unit=990102", "?located=yes", "?bbox=125,43,126,44"])
def test_list_search_and_counts(person: FlaskClient, cases: tuple[str, str], query: str) -> None:
    listed = person.get(f"/cases{query}", headers=JSON).json
    assert ([item["case_code"] for item in listed["items"]], listed["total"]) == ([cases[0]], 1)
    if "unit" in query or not query:
        assert person.get("/counts.json?unit=990102").json["total"] == 1


def test_one_case_and_the_search_box(person: FlaskClient, cases: tuple[str, str]) -> None:
    assert person.get(f"/cases/{cases[0]}").status_code == 200
    assert person.get(f"/cases/{cases[1]}").status_code == 404
    for words in ("下水道", cases[1]):
        found = person.get(f"/map/search.json?q={words}").json["cases"]
        assert cases[1] not in [one["case_code"] for one in found]


@pytest.mark.parametrize("z", [3, 8, 11, 13, 16])
@pytest.mark.parametrize("layer", ["cases", "heat"])
@pytest.mark.parametrize("query", ["", "?q=下水道", "?by=lateness", "?status=open"])
def test_tiles(person: FlaskClient, z: int, layer: str, query: str) -> None:
    seen = 0
    for tile in {tile_at(WEST + (column + 0.5) * SIZE, SOUTH + 0.5 * SIZE, z) for column in (0, 2)}:  # of both cases
        body = person.get(f"/tiles/{layer}/{z}/{tile.x}/{tile.y}.mvt{query}").data
        seen += sum(f["properties"]["n"] for f in mapbox_vector_tile.decode(body).get(layer, {}).get("features", []))
    assert seen == 1


def test_nothing_is_written_between(cases: tuple[str, str], as_actor: Callable[..., Any]) -> None:
    statement = f"insert into departments (county_code, unit_code, name) values (990102, {GRID_B11}, '某所')"
    with (
        as_actor(actor_at((Role.ADMINISTRATOR, TOWN_A), (Role.ADMINISTRATOR, FAR))) as session,
        pytest.raises(ProgrammingError, match="row-level security"),
    ):
        session.execute(text(statement))
