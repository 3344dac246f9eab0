"""Versions: faults by list and map, repair, publishing with and without errors, discarding, and who may."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.clock import today
from tests.factories import COUNTY, GRID_A11, GRID_B11, TOWN_A
from tests.integration.units_web.conftest import JSON, cell, draft_of, geojson

A11, A12 = GRID_A11, GRID_A11 + 1
MOVED = {A11: ("第一网格", cell(0, 0.6)), A12: ("第二网格", cell(0.6, 2))}
OVERLAPPING = {A11: ("第一网格", cell(0, 1.3)), A12: ("第二网格", cell(1, 2))}


@pytest.fixture
def base(owner: Callable[[], Any]) -> Callable[[str], int]:
    """``base(address)``: the state of a version that its page was made from."""

    def state(address: str) -> int:
        with owner() as session:
            query = text("select row_version from outline_versions where id = :id")
            return int(session.execute(query, {"id": int(address.rsplit("/", 1)[1])}).scalar())

    return state


def test_a_clean_version_is_published_and_the_past_is_kept(
    administrator: FlaskClient, base: Callable[[str], int]
) -> None:
    address = draft_of(administrator, geojson(MOVED))
    page = administrator.get(address).get_data(as_text=True)
    assert "没有发现问题" in page
    assert "没有错误，可以发布" in page
    assert administrator.post(f"{address}/publish", data={"base": base(address)}).status_code == 302
    assert "已发布" in administrator.get(address).get_data(as_text=True)
    outlines = administrator.get(f"/units/{A11}", headers=JSON).json["outlines"]
    assert [outline["valid_to"] for outline in outlines] == [None, today().isoformat()]
    history = administrator.get(f"/units/{A11}").get_data(as_text=True)
    assert "操作记录" in history
    assert "导入边界文件" in history
    assert "发布版本" in history
    earlier = administrator.get(f"/units/{A11}/shapes?outline={outlines[1]['id']}").json["features"]
    now = administrator.get(f"/units/{A11}/shapes").json["features"]
    shape = {
        name: one["geometry"]
        for name, rows in (("earlier", earlier), ("now", now))
        for one in rows
        if one["properties"]["role"] == "self"
    }
    assert shape["earlier"] != shape["now"]


def test_errors_block_until_the_signed_in_person_gives_a_reason(
    world: None, signed_in: Callable[..., FlaskClient], base: Callable[[str], int], count: Callable[[str], int]
) -> None:
    administrator = signed_in((Role.ADMINISTRATOR, COUNTY), name="程示例")
    address = draft_of(administrator, geojson(OVERLAPPING))
    faults = administrator.get(address, headers=JSON).json
    assert {"overlap"} <= {fault["kind"] for fault in faults["items"]}
    assert faults["items"][0]["area_m2"] > 100_000
    refused = administrator.post(f"{address}/publish", data={"base": base(address)})
    assert refused.status_code == 409
    assert "不能发布" in refused.get_data(as_text=True)
    short = administrator.post(f"{address}/publish", data={"base": base(address), "accept_reason": "急"})
    assert short.status_code == 400
    assert "程示例" in short.get_data(as_text=True).split('id="publish-title"')[1]
    assert count("outline_versions where status = 'published'") == 0
    said = {"base": base(address), "accepted_by": "王冒名", "accept_reason": "重叠处正在会同勘界，月底前更正。"}
    assert administrator.post(f"{address}/publish", data=said).status_code == 302
    page = administrator.get(address).get_data(as_text=True)
    assert "王冒名" not in page
    assert "<dt>确认人</dt><dd>程示例（" in page
    assert "月底前更正" in page
    assert count("outline_versions v join accounts a on v.accepted_by = a.name || '（' || a.username || '）'") == 1
    assert "确认错误并发布" not in page


def test_faults_on_the_map_and_by_kind(administrator: FlaskClient) -> None:
    address = draft_of(administrator, geojson(OVERLAPPING))
    shown = administrator.get(f"{address}/faults").json["features"]
    assert {one["properties"]["severity"] for one in shown} == {"error"}
    assert all(one["geometry"]["type"] for one in shown)
    changes = administrator.get(f"{address}/changes").json["features"]
    assert sorted(one["properties"]["outcome"] for one in changes) == ["before", "before", "changed", "changed"]
    everything = administrator.get(address, headers=JSON).json["total"]
    overlaps = administrator.get(f"{address}?severity=error&kind=overlap", headers=JSON).json
    assert 0 < overlaps["total"] <= everything
    assert {one["kind"] for one in overlaps["items"]} == {"overlap"}
    assert administrator.get(f"{address}?kind=overlap&severity=error").status_code == 200
    assert administrator.get(f"{address}?page=0").status_code == 400


def test_a_suggested_repair_is_applied(administrator: FlaskClient, base: Callable[[str], int]) -> None:
    beyond = {A11: ("第一网格", cell(-0.1, 1)), A12: ("第二网格", cell(1, 2))}
    address = draft_of(administrator, geojson(beyond))
    fault = next(
        one for one in administrator.get(address, headers=JSON).json["items"] if one["repair"] == "clip_to_parent"
    )
    done = administrator.post(f"{address}/faults/{fault['id']}/repair", data={"base": base(address)})
    assert done.status_code == 302
    assert administrator.get(address, headers=JSON).json["total"] == 0
    again = administrator.post(f"{address}/faults/{fault['id']}/repair", data={"base": base(address)})
    assert again.status_code in (404, 409)


def test_who_is_behind_is_told(administrator: FlaskClient, base: Callable[[str], int]) -> None:
    address = draft_of(administrator, geojson(MOVED))
    old = base(address)
    administrator.post(f"{address}/check")
    assert administrator.post(f"{address}/publish", data={"base": "9" * 5000}).status_code == 400
    late = administrator.post(f"{address}/publish", data={"base": old - 1})
    assert late.status_code == 409
    assert "又被修改过" in late.get_data(as_text=True)
    assert administrator.post(f"{address}/publish", data={}).status_code == 400


@pytest.mark.parametrize(
    ("day", "words"),
    [("heute", "年-月-日"), ((today() + timedelta(days=9)).isoformat(), "不能晚于今天"), ("1999-01-01", "不能早于")],
)
def test_dates_that_cannot_be(administrator: FlaskClient, base: Callable[[str], int], day: str, words: str) -> None:
    address = draft_of(administrator, geojson(MOVED))
    answer = administrator.post(f"{address}/publish", data={"base": base(address), "effective_on": day})
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_discarding_leaves_no_outline(
    administrator: FlaskClient, base: Callable[[str], int], count: Callable[[str], int]
) -> None:
    address = draft_of(administrator, geojson({**MOVED, 990102001001003: ("第三网格", cell(0, 0.2))}))
    assert count("outlines where valid_from is null") == 3
    assert administrator.post(f"{address}/discard", data={"base": base(address)}).status_code == 302
    assert count("outlines where valid_from is null") == 0
    assert count("units where unit_code = 990102001001003") == 0
    assert "已放弃" in administrator.get(address).get_data(as_text=True)
    assert administrator.post(f"{address}/publish", data={"base": base(address)}).status_code == 409
    assert administrator.post(f"{address}/check").status_code == 409


def test_the_list_by_state(administrator: FlaskClient, base: Callable[[str], int]) -> None:
    first = draft_of(administrator, geojson(MOVED))
    administrator.post(f"{first}/publish", data={"base": base(first)})
    draft_of(administrator, geojson({GRID_B11: ("第一网格", cell(2, 2.9))}))
    total = {
        state: administrator.get(f"/units/versions?status={state}", headers=JSON).json["total"]
        for state in ("", "open", "published", "discarded")
    }
    assert total == {"": 2, "open": 1, "published": 1, "discarded": 0}
    assert "还没有版本" in administrator.get("/units/versions?status=discarded").get_data(as_text=True)


def test_another_towns_version_is_not_there(
    administrator: FlaskClient, town_administrator: FlaskClient, base: Callable[[str], int]
) -> None:
    address = draft_of(administrator, geojson({GRID_B11: ("第一网格", cell(2, 2.9))}))
    for path in ("", "/faults", "/changes"):
        assert town_administrator.get(address + path).status_code == 404
    for path in ("/publish", "/discard", "/check", "/faults/1/repair"):
        assert town_administrator.post(address + path, data={"base": base(address)}).status_code == 404
    assert town_administrator.get("/units/versions", headers=JSON).json["total"] == 0


def test_readers_look_but_may_not_touch(
    administrator: FlaskClient, signed_in: Callable[..., FlaskClient], base: Callable[[str], int]
) -> None:
    address = draft_of(administrator, geojson(MOVED))
    worker, leader = signed_in((Role.GRID_WORKER, TOWN_A)), signed_in((Role.LEADER, COUNTY))
    page = leader.get(address).get_data(as_text=True)
    assert "检查发现的问题" in page
    assert "重新检查" not in page.split("review-faults")[0]
    for client in (worker, leader):
        for path in ("/publish", "/discard", "/check", "/faults/1/repair"):
            assert client.post(address + path, data={"base": base(address)}).status_code == 403
