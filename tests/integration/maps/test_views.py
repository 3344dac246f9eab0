"""Doors of the map: the page, one unit with its neighbours, the search box, the base map's file."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.config import settings
from gridmap.maps.rules.basemap import BasemapError
from tests.factories import COUNTY, GRID_A11, GRID_B11, SIZE, SOUTH, TOWN_A, TOWN_B, VILLAGE_A1, WEST, Factories

Enter = Callable[..., FlaskClient]


@pytest.fixture(autouse=True)
def world(make: Factories) -> None:
    make.world()


def unit(client: FlaskClient, code: int) -> dict[str, Any]:
    answer = client.get(f"/map/units/{code:015d}.json")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return answer.get_json()


def embedded(page: str, name: str) -> Any:
    found = re.search(rf'<script type="application/json" id="{name}">(.*?)</script>', page, re.DOTALL)
    assert found
    return json.loads(found.group(1))


def test_the_front_page_leads_to_the_map(signed_in: Enter) -> None:
    assert signed_in((Role.LEADER, TOWN_A)).get("/").headers["Location"] == "/map"


def test_the_page_opens_at_the_persons_own_area(signed_in: Enter) -> None:
    page = signed_in((Role.LEADER, TOWN_A)).get("/map").get_data(as_text=True)
    config, choices = embedded(page, "map-config"), embedded(page, "map-choices")
    assert config["home"]["name"] == "甲街道"
    assert config["home"]["bbox"] == pytest.approx([WEST, SOUTH, WEST + 2 * SIZE, SOUTH + SIZE])
    assert config["levels"][-1]["level"] == 15
    assert [family["name"] for family in choices["families"]] == ["社会民生", "平安建设", "安全生产"]
    assert choices["may_create_cases"] is False


def test_modules_are_fetched_by_fingerprint(signed_in: Enter) -> None:
    page = signed_in((Role.LEADER, TOWN_A)).get("/map").get_data(as_text=True)
    found = re.search(r'<script type="importmap" nonce="[^"]+">(.*?)</script>', page)
    assert found
    addresses = json.loads(found.group(1))["imports"]
    assert re.fullmatch(r"/static/js/maps/base\.js\?v=[0-9a-f]{12}", addresses["/static/js/maps/base.js"])
    assert "/static/vendor/maplibre-gl.mjs" in addresses
    assert page.index('type="importmap"') < page.index("modulepreload") < page.index('type="module"')


def test_scripts_go_out_gzipped(signed_in: Enter) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    packed = client.get("/static/vendor/maplibre-gl.mjs", headers={"Accept-Encoding": "gzip"})
    plain = client.get("/static/vendor/maplibre-gl.mjs", buffered=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.data) < 0.35 * len(plain.data)
    again = {"Accept-Encoding": "gzip", "If-None-Match": packed.headers["ETag"]}
    assert client.get("/static/vendor/maplibre-gl.mjs", headers=again, buffered=True).status_code == 304


def test_a_unit_tells_place_path_and_children(signed_in: Enter) -> None:
    facts = unit(signed_in((Role.LEADER, COUNTY)), TOWN_A)
    assert (facts["name"], facts["level"], facts["bbox_from"], facts["has_outline"]) == ("甲街道", 9, "outline", True)
    assert facts["centre"] == pytest.approx([WEST + SIZE, SOUTH + SIZE / 2])
    assert facts["ancestors"] == [{"code": str(COUNTY), "name": "示例区", "level": 6}]
    assert [(child["code"], child["has_outline"]) for child in facts["children"]] == [(str(VILLAGE_A1), True)]


def test_the_path_ends_at_the_top_of_the_scope(signed_in: Enter) -> None:
    assert unit(signed_in((Role.LEADER, TOWN_A)), TOWN_A)["ancestors"] == []


@pytest.mark.parametrize("code", [TOWN_B, GRID_B11, COUNTY, 990199000000000])
def test_a_unit_outside_the_scope_is_not_there(signed_in: Enter, code: int) -> None:
    answer = signed_in((Role.LEADER, TOWN_A)).get(f"/map/units/{code}.json", headers={"Accept": "application/json"})
    assert answer.status_code == 404
    assert "甲" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("code", ["1", "99010200100000x", "9901020010000000", "٩" * 15])
def test_no_code_is_no_unit(signed_in: Enter, code: str) -> None:
    assert signed_in((Role.LEADER, TOWN_A)).get(f"/map/units/{code}.json").status_code == 404


def test_a_unit_without_an_outline_opens_at_what_is_known(
    signed_in: Enter, make: Factories, owner: Callable[[], Any]
) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    with owner() as session:
        session.execute(text("delete from outlines where unit_code = :c"), {"c": VILLAGE_A1})
    facts = unit(client, VILLAGE_A1)
    assert (facts["has_outline"], facts["bbox_from"]) == (False, "children")
    assert facts["bbox"] == pytest.approx([WEST, SOUTH, WEST + 2 * SIZE, SOUTH + SIZE])
    with owner() as session:
        session.execute(text("delete from outlines where unit_code = :c"), {"c": GRID_A11})
    assert unit(client, GRID_A11)["bbox_from"] == "ancestor"
    make.case(GRID_A11, at=(0.5, 0.5))
    facts = unit(client, GRID_A11)
    assert facts["bbox_from"] == "cases"
    assert facts["centre"] == pytest.approx([WEST + SIZE / 2, SOUTH + SIZE / 2])
    with owner() as session:
        session.execute(text("delete from outlines"))
    assert unit(client, TOWN_A)["bbox_from"] == "cases"


def test_posts_in_two_places_open_together_with_nothing_between(signed_in: Enter) -> None:
    client = signed_in((Role.LEADER, GRID_A11), (Role.LEADER, TOWN_B))
    facts = unit(client, 0)
    assert (facts["name"], facts["is_union"]) == ("我的全部区划", True)
    assert [child["code"] for child in facts["children"]] == [str(GRID_A11), str(TOWN_B)]
    assert unit(client, GRID_B11)["ancestors"][0]["code"] == "0" * 15
    assert client.get(f"/map/units/{TOWN_A}.json").status_code == 404


def test_search_finds_units_by_name_and_code_and_cases_by_code_and_words(signed_in: Enter, make: Factories) -> None:
    mine = make.case(GRID_A11, title="楼道堆放杂物", address_text="幸福路 8 号")
    theirs = make.case(GRID_B11, title="楼道堆放杂物", address_text="幸福路 9 号")
    client = signed_in((Role.LEADER, TOWN_A))

    def found(words: str) -> tuple[list[str], list[str]]:
        answer = client.get("/map/search.json", query_string={"q": words}).get_json()
        return [one["name"] for one in answer["units"]], [one["case_code"] for one in answer["cases"]]

    assert found("甲一") == (["甲一社区"], [])
    assert found("网格")[0] == ["第一网格", "第二网格"]
    assert found("990102001001") == (["甲一社区", "第一网格", "第二网格"], [])
    assert found("990102002") == ([], [])
    assert found("幸福路") == ([], [mine])
    assert found("杂物 8 号") == ([], [mine])
    assert found(mine) == ([], [mine])
    assert found(theirs) == ([], [])
    assert found("乙") == ([], [])
    assert found("100%") == ([], [])


@pytest.mark.parametrize("words", ["", "   ", "长" * 61, "a\x00b"])
def test_search_says_what_it_cannot_use(signed_in: Enter, words: str) -> None:
    answer = signed_in((Role.LEADER, TOWN_A)).get(
        "/map/search.json", query_string={"q": words}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == 400
    assert answer.get_json()["field"] == "q"


@pytest.fixture
def archive(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A configured PMTiles file of 1,000 bytes in the instance folder."""
    file = settings().instance_dir / "local.pmtiles"
    file.write_bytes(b"PMTiles\x03" + bytes(91) + bytes([2, 0, 14]) + bytes(range(256)) * 3 + bytes(130))
    (settings().instance_dir / "other.pmtiles").write_bytes(b"secret")
    monkeypatch.setattr(settings(), "basemap", "pmtiles:local.pmtiles")
    return file


def test_the_base_map_is_served_by_ranges(signed_in: Enter, archive: Path) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    config = embedded(client.get("/map").get_data(as_text=True), "map-config")
    described = config["basemap"]["choices"][0]["archive"]
    assert described == {"url": "/basemap/local.pmtiles", "vector": False, "max_zoom": 14}
    part = client.get(described["url"], headers={"Range": "bytes=0-126"}, buffered=True)
    assert part.status_code == 206
    assert part.data == archive.read_bytes()[:127]
    assert part.headers["Content-Range"] == f"bytes 0-126/{archive.stat().st_size}"


@pytest.mark.parametrize("name", ["other.pmtiles", "../secret-key", "secret-key", "%2e%2e/secret-key"])
def test_no_other_file_is_served(signed_in: Enter, archive: Path, name: str) -> None:
    assert signed_in((Role.LEADER, TOWN_A)).get(f"/basemap/{name}").status_code == 404


def test_a_missing_base_map_is_said_and_the_map_works(
    signed_in: Enter, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings(), "basemap", "pmtiles:gone.pmtiles")
    config = embedded(signed_in((Role.LEADER, TOWN_A)).get("/map").get_data(as_text=True), "map-config")
    assert "gone.pmtiles" in config["basemap"]["fault"]


def test_a_damaged_base_map_is_said_until_it_is_whole(signed_in: Enter, archive: Path) -> None:
    client, whole = signed_in((Role.LEADER, TOWN_A)), archive.read_bytes()
    for damaged in (b"", whole[:100], b"PMTiles\x02" + whole[8:], b"\x89PNG" + whole):
        archive.write_bytes(damaged)
        for page in ("/map", f"/units/{GRID_A11}"):
            config = embedded(client.get(page).get_data(as_text=True), "map-config")
            assert "不是 PMTiles 第 3 版" in config["basemap"]["fault"]
            assert config["basemap"]["choices"] == []
    archive.write_bytes(whole)
    config = embedded(client.get("/map").get_data(as_text=True), "map-config")
    assert ("fault" in config["basemap"], len(config["basemap"]["choices"])) == (False, 1)


def test_a_shifted_base_map_stops_the_start(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    from gridmap import create_app

    monkeypatch.setattr(settings(), "basemap", "xyz-gcj02:https://tiles.example/{z}/{x}/{y}")
    with pytest.raises(BasemapError, match="GCJ-02"):
        create_app(TESTING=True, NO_DATABASE=True)
