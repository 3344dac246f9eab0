"""Tiles through the whole application: what they hold, for whom, and how they are sent."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from gridmap import access
from gridmap.access import Permission, Role
from gridmap.cases.rules import Status, lateness
from gridmap.tiles.rules import ROW_ZOOM, level_zooms, tile_at
from tests.factories import (
    COUNTY,
    GRID_A11,
    GRID_A12,
    GRID_B11,
    SIZE,
    SOUTH,
    TOWN_A,
    TOWN_B,
    VILLAGE_A1,
    WEST,
    Factories,
)
from tests.integration.tiles.conftest import HERE, address

Fetch = Callable[..., dict[str, list[dict[str, Any]]]]
Enter = Callable[..., FlaskClient]
IN_A11 = (WEST + 0.5 * SIZE, SOUTH + 0.5 * SIZE)
IN_B11 = (WEST + 2.5 * SIZE, SOUTH + 0.5 * SIZE)


def codes(features: list[dict[str, Any]]) -> set[str]:
    return {feature["properties"]["code"] for feature in features}


@pytest.mark.parametrize("item", level_zooms(), ids=str)
def test_units_deepen_with_the_zoom(item: Any, world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    layers = fetch(signed_in((Role.LEADER, COUNTY)), "units", min(item.maxzoom, 14))
    assert {f["properties"]["level"] for f in layers.get("units", [])} <= {2, 4, 6, 9, 12, 15}
    assert max(f["properties"]["level"] for f in layers["units"]) == item.level


def test_units_carry_what_a_map_needs(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    layers = fetch(signed_in((Role.LEADER, COUNTY)), "units", 14, IN_A11)
    grid = next(f for f in layers["units"] if f["properties"]["code"] == str(GRID_A11))
    assert grid["properties"] == {
        "code": str(GRID_A11), "name": "第一网格", "level": 15, "parent": str(VILLAGE_A1), "kind": "residential", "is_demo": False,
    }  # fmt: skip
    assert grid["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert {str(COUNTY), str(TOWN_A), str(VILLAGE_A1), str(GRID_A11)} <= codes(layers["units"])


def test_labels_are_points_with_an_area(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    labels = fetch(signed_in((Role.LEADER, COUNTY)), "units", 9)["unit_labels"]
    assert str(TOWN_A) in codes(labels)
    assert all(f["geometry"]["type"] == "Point" and f["properties"]["area_m2"] > 0 for f in labels)


def test_units_of_others_are_not_there(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    units = fetch(signed_in((Role.LEADER, TOWN_A)), "units", 9)["units"]
    assert codes(units) == {str(TOWN_A)}
    assert fetch(signed_in((Role.LEADER, TOWN_A)), "units", 16, IN_B11) == {}


def test_level_and_day_may_be_said(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    client = signed_in((Role.LEADER, COUNTY))
    assert codes(fetch(client, "units", 10, HERE, "level=6")["units"]) == {str(COUNTY)}
    assert fetch(client, "units", 10, HERE, "at=2019-12-31") == {}


def test_a_case_is_a_point_of_its_own(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    due = datetime.now(UTC) - timedelta(hours=1)
    code = world.case(GRID_A11, title="占道经营", risk="high", due_at=due)
    world.case(GRID_A11, at=None)  # 未定位: never drawn
    (feature,) = fetch(signed_in((Role.CENTRE_STAFF, COUNTY)), "cases", ROW_ZOOM, IN_A11)["cases"]
    assert feature["properties"] == {
        "case_code": code, "title": "占道经营", "family": 1, "category": "邻里纠纷", "status": "registered", "risk": "high",
        "lateness": "late", "n": 1,
    }  # fmt: skip
    tile = tile_at(*IN_A11, ROW_ZOOM)
    lon = (tile.x + feature["geometry"]["coordinates"][0] / 4096) / 2**ROW_ZOOM * 360 - 180
    assert lon == pytest.approx(IN_A11[0], abs=1e-5)


@pytest.mark.parametrize("hours", [-1, 1, 30, None])
@pytest.mark.parametrize("status", [Status.HANDLING, Status.CLOSED])
def test_lateness_is_that_of_the_rule(
    hours: int | None, status: Status, world: Factories, signed_in: Enter, fetch: Fetch
) -> None:
    moment = datetime.now(UTC)
    due = moment + timedelta(hours=hours) if hours else None
    world.case(GRID_A11, status=status, due_at=due, closed_at=moment if status is Status.CLOSED else None)
    client = signed_in((Role.LEADER, COUNTY))
    (feature,) = fetch(client, "cases", 15, IN_A11)["cases"]
    expected = lateness(status, due, moment)
    assert feature["properties"]["lateness"] == expected
    (cluster,) = fetch(client, "cases", 8, IN_A11, "by=lateness")["cases"]
    assert cluster["properties"][f"lateness_{expected}"] == 1


@pytest.mark.parametrize("z", [0, 6, 11, 12, 13])
def test_clusters_count_every_case_once(z: int, world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    for unit, risk in ((GRID_A11, "high"), (GRID_A11, "low"), (GRID_A12, None), (GRID_B11, "low")):
        world.case(unit, risk=risk)
    client = signed_in((Role.LEADER, COUNTY))
    seen: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for at in (IN_A11, HERE, IN_B11):
        seen[tile_at(*at, z)[1:]] = fetch(client, "cases", z, at).get("cases", [])
    properties = [feature["properties"] for features in seen.values() for feature in features]
    assert sum(p["n"] for p in properties) == 4
    assert [sum(p.get(f"risk_{level}", 0) for p in properties) for level in ("high", "medium", "low", "none")] == [
        1,
        0,
        2,
        1,
    ]
    assert sum(p["family_1"] for p in properties) == 4
    assert all(p["expand"] > z for p in properties)


@pytest.mark.parametrize(
    "query", ["risk=high", "family=3", "status=ended", "from=2026-01-01&risk=high", "q=特别", "channel=phone"]
)
@pytest.mark.parametrize("z", [8, 13, 16])
def test_tiles_and_list_agree_under_a_filter(
    z: int, query: str, world: Factories, signed_in: Enter, fetch: Fetch
) -> None:
    world.case(GRID_A11, risk="high", title="特别的事")
    world.case(GRID_A11, risk="high", received_at=datetime(2025, 3, 1, tzinfo=UTC))
    world.case(GRID_A11, channel="phone", status="closed", closed_at=datetime.now(UTC))
    client = signed_in((Role.LEADER, COUNTY))
    features = fetch(client, "cases", z, IN_A11, query).get("cases", [])
    listed = client.get(f"/cases?{query}", headers={"Accept": "application/json"}).get_json()
    assert sum(f["properties"]["n"] for f in features) == listed["total"]


@pytest.mark.parametrize("z", [8, 12, 15])
def test_heat_weighs_as_many_as_there_are(z: int, world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    for _ in range(3):
        world.case(GRID_A11)
    features = fetch(signed_in((Role.LEADER, COUNTY)), "heat", z, IN_A11)["heat"]
    assert [f["properties"] for f in features] == [{"n": 3}]


@pytest.mark.parametrize("z", [8, 12, 16])
@pytest.mark.parametrize("layer", ["cases", "heat"])
def test_another_town_looks_like_nothing_at_all(layer: str, z: int, world: Factories, signed_in: Enter) -> None:
    world.case(GRID_B11)
    client = signed_in((Role.LEADER, TOWN_A))
    there, nowhere = client.get(address(layer, z, IN_B11)), client.get(address(layer, z, (10.0, 10.0)))
    assert (there.status_code, there.get_data()) == (nowhere.status_code, nowhere.get_data()) == (200, b"")
    assert there.headers["ETag"] == nowhere.headers["ETag"]
    asked = client.get(address(layer, z, IN_B11, f"unit={TOWN_B}"))
    assert asked.get_data() == b""


def test_two_posts_see_both_places_and_nothing_between(world: Factories, signed_in: Enter, fetch: Fetch) -> None:
    for unit in (GRID_A11, GRID_A12, GRID_B11):
        world.case(unit)
    client = signed_in((Role.LEADER, GRID_A11), (Role.LEADER, GRID_B11))
    for z in (8, 13):
        assert sum(f["properties"]["n"] for f in fetch(client, "cases", z)["cases"]) <= 2
    assert fetch(client, "cases", 16, (WEST + 1.5 * SIZE, SOUTH + 0.5 * SIZE)) == {}


def test_who_may_not_read_cases_sees_borders_only(
    world: Factories, signed_in: Enter, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(access.GRANTS, Role.ADMINISTRATOR, frozenset({Permission.MAP_READ}))
    client = signed_in((Role.ADMINISTRATOR, COUNTY))
    assert fetch(client, "units", 8)["units"]
    answer = client.get(address("cases", 8))
    assert answer.status_code == 403
    assert answer.mimetype == "application/problem+json"


def test_more_cases_than_may_be_sent_come_as_clusters(
    world: Factories, signed_in: Enter, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridmap.config import settings

    monkeypatch.setattr(settings(), "max_tile_features", 3)
    for _ in range(5):
        world.case(GRID_A11)
    client = signed_in((Role.LEADER, COUNTY))
    assert sum(f["properties"]["n"] for f in fetch(client, "cases", 15, IN_A11)["cases"]) == 5


def test_units_that_are_left_out_are_told(
    world: Factories, signed_in: Enter, fetch: Fetch, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gridmap.config import settings

    client = signed_in((Role.LEADER, COUNTY))
    assert "units_left_out" not in fetch(client, "units", 14)
    monkeypatch.setattr(settings(), "max_tile_features", 3)
    cut = fetch(client, "units", 14)
    assert len(cut["units"]) <= 3
    assert [f["properties"] for f in cut["units_left_out"]] == [{"shown": 3}]


def test_a_tile_is_packed_tagged_and_private(world: Factories, signed_in: Enter) -> None:
    client = signed_in((Role.LEADER, COUNTY))
    for number in range(40):
        world.case(GRID_A11, title=f"第{number}件事，各不相同", at=(number / 40, 0.5))
    plain = client.get(address("cases", 14, IN_A11))
    packed = client.get(address("cases", 14, IN_A11), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.get_data()) == plain.get_data()
    assert packed.headers["ETag"] != plain.headers["ETag"]
    assert packed.headers["Cache-Control"].startswith("private")
    assert {"Cookie", "Accept-Encoding"} <= {part.strip() for part in packed.headers["Vary"].split(",")}
    for refusing in ("gzip;q=0", "identity, gzip; q=0.0", "br", ""):
        bare = client.get(address("cases", 14, IN_A11), headers={"Accept-Encoding": refusing})
        assert ("Content-Encoding" in bare.headers, bare.get_data()) == (False, plain.get_data()), refusing
    again = client.get(
        address("cases", 14, IN_A11), headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )
    assert (again.status_code, again.get_data()) == (304, b"")
    assert again.headers["ETag"] == packed.headers["ETag"]
    world.case(GRID_A11)
    changed = client.get(
        address("cases", 14, IN_A11), headers={"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    )
    assert changed.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tiles/cases/a/0/0.mvt", 400),
        ("/tiles/cases/-1/0/0.mvt", 400),
        ("/tiles/cases/1/0/2.mvt", 400),
        ("/tiles/cases/23/0/0.mvt", 400),
        ("/tiles/cases/1.5/0/0.mvt", 400),
        (f"/tiles/cases/2/{'9' * 400}/0.mvt", 400),
        ("/tiles/units/3/x/y.mvt", 400),
        ("/tiles/people/0/0/0.mvt", 404),
        ("/tiles/people.json", 404),
        ("/tiles/cases/0/0.mvt", 404),
        ("/tiles/cases/0/0/0.pbf", 404),
        ("/tiles/cases/0/0/0.mvt?status=sleeping", 400),
        ("/tiles/cases/0/0/0.mvt?from=yesterday", 400),
        ("/tiles/cases/0/0/0.mvt?unit=12345", 400),
        ("/tiles/cases/0/0/0.mvt?by=name", 400),
        ("/tiles/cases/0/0/0.mvt?q=%00", 400),
        ("/tiles/heat/0/0/0.mvt?family=9", 400),
        ("/tiles/units/0/0/0.mvt?at=2026-02-30", 400),
        ("/tiles/units/0/0/0.mvt?level=7", 400),
        ("/tiles/cases.json?risk=huge", 400),
    ],
)
def test_bad_addresses_get_a_problem(path: str, status: int, world: Factories, signed_in: Enter) -> None:
    answer = signed_in((Role.LEADER, COUNTY)).get(path)
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    assert answer.get_json()["detail"]


def test_nobody_gets_no_tile(client: FlaskClient, connection: Any) -> None:
    assert client.get("/tiles/units/0/0/0.mvt").status_code == 401


@pytest.mark.parametrize("layer", ["units", "cases", "heat"])
def test_tilejson(layer: str, world: Factories, signed_in: Enter) -> None:
    query = "" if layer == "units" else "?risk=high"
    found = signed_in((Role.LEADER, TOWN_A)).get(f"/tiles/{layer}.json{query}").get_json()
    assert found["tilejson"] == "3.0.0"
    assert found["tiles"] == [f"/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"]
    assert found["minzoom"] <= found["maxzoom"]
    west, south, east, north = found["bounds"]
    assert (west, east) == (pytest.approx(WEST), pytest.approx(WEST + 2 * SIZE))
    assert (south, north) == (pytest.approx(SOUTH), pytest.approx(SOUTH + SIZE))
    assert all(item["id"] and item["fields"] for item in found["vector_layers"])
