"""The directory: what each person finds in it, and what is not there for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import COUNTY, GRID_A11, GRID_B11, TOWN_A, TOWN_B, VILLAGE_A1
from tests.integration.units_web.conftest import JSON

READERS = [role for role in Role]


def codes(answer: Any) -> set[int]:
    """Codes in a JSON list."""
    assert answer.status_code == 200
    return {int(item["code"]) for item in answer.json["items"]}


@pytest.mark.parametrize("role", READERS)
def test_every_role_reads_the_own_subtree(role: Role, world: None, signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in((role, TOWN_A))
    assert codes(client.get("/units", headers=JSON)) == {TOWN_A, VILLAGE_A1, GRID_A11, GRID_A11 + 1}
    assert "甲街道" in client.get("/units").get_data(as_text=True)
    assert client.get(f"/units/{GRID_A11}").status_code == 200


def test_another_town_is_not_there(town_administrator: FlaskClient) -> None:
    for path in ("", "/shapes", "/edit", "/edit/outlines"):
        assert town_administrator.get(f"/units/{GRID_B11}{path}").status_code == 404
    assert codes(town_administrator.get("/units?q=乙", headers=JSON)) == set()
    assert codes(town_administrator.get(f"/units?parent={TOWN_B}", headers=JSON)) == set()
    assert "乙镇" not in town_administrator.get("/units").get_data(as_text=True)


def test_the_county_above_is_named_but_not_open(town_administrator: FlaskClient) -> None:
    page = town_administrator.get(f"/units/{TOWN_A}").get_data(as_text=True)
    assert "示例区" in page
    assert f'href="/units/{COUNTY}"' not in page
    assert town_administrator.get(f"/units/{COUNTY}").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (f"parent={VILLAGE_A1}", {GRID_A11, GRID_A11 + 1}),
        ("level=town", {TOWN_A, TOWN_B}),
        ("level=乡镇", {TOWN_A, TOWN_B}),
        ("q=甲街", {TOWN_A}),
        ("q=990102001001", {VILLAGE_A1, GRID_A11, GRID_A11 + 1}),
        ("q=没有这个", set()),
        ("q=%25", set()),
        ("without_outline=1", set()),
    ],
)
def test_filters_of_the_list(administrator: FlaskClient, query: str, found: set[int]) -> None:
    answer = administrator.get(f"/units?{query}", headers=JSON)
    assert codes(answer) == found
    assert answer.json["total"] == len(found)
    assert answer.json["next"] is None
    assert administrator.get(f"/units?{query}").status_code == 200


def test_units_without_outline_are_found(administrator: FlaskClient, owner: Callable[[], Any]) -> None:
    with owner() as session:
        session.execute(text("delete from outlines where unit_code = :code"), {"code": GRID_B11})
    assert codes(administrator.get("/units?without_outline=1", headers=JSON)) == {GRID_B11}
    assert "还没有边界" in administrator.get(f"/units/{GRID_B11}").get_data(as_text=True)


def test_pages_follow_each_other(administrator: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.units.views.browse.PAGE", 3)
    seen: list[int] = []
    address: str | None = f"/units?q={COUNTY // 10**9}"
    while address:
        answer = administrator.get(address, headers=JSON)
        seen += [int(item["code"]) for item in answer.json["items"]]
        address = answer.json["next"]
    assert len(seen) == len(set(seen)) == answer.json["total"] == 8
    assert "下一页" in administrator.get("/units").get_data(as_text=True)


@pytest.mark.parametrize(
    ("query", "words"),
    [("level=galaxy", "无法识别"), ("parent=12345", "5 位"), ("page=0", "页码"), ("page=abc", "页码")],
)
def test_filters_that_cannot_be_read_are_named(administrator: FlaskClient, query: str, words: str) -> None:
    answer = administrator.get(f"/units?{query}", headers=JSON)
    assert answer.status_code == 400
    assert words in answer.json["detail"]


def test_one_unit_as_json(administrator: FlaskClient) -> None:
    unit = administrator.get(f"/units/{GRID_A11}", headers=JSON).json
    assert (unit["name"], unit["level"], int(unit["parent_code"])) == ("第一网格", "grid", VILLAGE_A1)
    assert [outline["valid_to"] for outline in unit["outlines"]] == [None]


def test_short_codes_lead_to_the_full_address(administrator: FlaskClient) -> None:
    answer = administrator.get("/units/990102")
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/units/{COUNTY}")


@pytest.mark.parametrize("code", ["0", "12345", "abc", "1" * 16, "99010200100101x"])
def test_addresses_that_are_no_code(administrator: FlaskClient, code: str) -> None:
    assert administrator.get(f"/units/{code}").status_code == 404


def test_shapes_hold_the_unit_its_siblings_and_its_parent(administrator: FlaskClient) -> None:
    features = administrator.get(f"/units/{GRID_A11}/shapes").json["features"]
    roles = {int(one["properties"]["code"]): one["properties"]["role"] for one in features}
    assert roles == {GRID_A11: "self", GRID_A11 + 1: "sibling", VILLAGE_A1: "parent"}


def test_an_ended_unit_leaves_the_list_but_keeps_its_page(administrator: FlaskClient, owner: Callable[[], Any]) -> None:
    with owner() as session:
        session.execute(text("update units set valid_to = '2024-01-01' where unit_code = :code"), {"code": GRID_B11})
    assert GRID_B11 not in codes(administrator.get("/units?level=grid", headers=JSON))
    assert "已撤销" in administrator.get(f"/units/{GRID_B11}").get_data(as_text=True)
    assert administrator.get(f"/units/{GRID_B11}/edit").status_code == 409


def test_the_tree_names_what_has_children(administrator: FlaskClient) -> None:
    items = {int(one["code"]): one for one in administrator.get(f"/units?parent={COUNTY}", headers=JSON).json["items"]}
    assert items[TOWN_A]["children"] == 1
    assert items[TOWN_A]["has_outline"] is True
    assert administrator.get("/units").get_data(as_text=True).count('role="treeitem"') == 1
