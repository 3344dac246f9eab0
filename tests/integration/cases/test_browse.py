"""List, page, search and counts of cases: complete, in order, equal everywhere, and nothing of another town."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask.testing import FlaskClient

from gridmap.access import GRANTS, Permission, Role
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A, TOWN_B, Factories

JSON = {"Accept": "application/json"}
NOW = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factories) -> Factories:
    make.world()
    return make


def walk(client: FlaskClient, address: str) -> list[str]:
    """Return the codes of all pages from ``address`` on."""
    found: list[str] = []
    following: str | None = address
    while following:
        page = client.get(following, headers=JSON).json
        found += [item["case_code"] for item in page["items"]]
        following = page["next"]
    return found


def test_pages_hold_every_case_once_in_order(world: Factories, signed_in: SignIn) -> None:
    same = NOW - timedelta(days=1)
    codes = [world.case(received_at=same) for _ in range(5)] + [world.case(received_at=NOW)]
    client = signed_in((Role.LEADER, COUNTY))
    walked = walk(client, "/cases?limit=2")
    assert walked == [codes[5], *reversed(codes[:5])]
    assert client.get("/cases?limit=2", headers=JSON).json["total"] == 6


def test_due_order_puts_the_ended_and_the_unlimited_last(world: Factories, signed_in: SignIn) -> None:
    late = world.case(due_at=NOW, received_at=NOW)
    later = world.case(due_at=NOW + timedelta(days=3), received_at=NOW)
    free = world.case(received_at=NOW)
    ended = world.case(due_at=NOW - timedelta(days=9), status="closed", closed_at=NOW, received_at=NOW)
    assert walk(signed_in((Role.LEADER, COUNTY)), "/cases?sort=due&limit=1") == [late, later, free, ended]


def test_back_and_forth(world: Factories, signed_in: SignIn) -> None:
    codes = [world.case(received_at=NOW - timedelta(hours=n)) for n in range(5)]
    client = signed_in((Role.LEADER, COUNTY))
    second = client.get(client.get("/cases?limit=2", headers=JSON).json["next"])
    page = second.get_data(as_text=True)
    back = page.split('class="case-turns"')[1].split('href="')[1].split('"')[0].replace("&amp;", "&")
    assert "before=" in back
    again = client.get(back, headers=JSON).json
    assert [item["case_code"] for item in again["items"]] == codes[:2]
    assert walk(client, back) == codes


def test_the_page_and_the_json_say_the_same(world: Factories, signed_in: SignIn) -> None:
    code = world.case(title="路灯不亮", description="三天了")
    world.case(title="井盖松动")
    client = signed_in((Role.LEADER, TOWN_A))
    page, answer = client.get("/cases?q=路灯"), client.get("/cases?q=路灯", headers=JSON)
    assert [item["case_code"] for item in answer.json["items"]] == [code]
    assert answer.json["total"] == 1
    text = page.get_data(as_text=True)
    assert "路灯不亮" in text
    assert "井盖松动" not in text
    assert answer.json["next"] is None


def test_states_of_the_list(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    assert "还没有事件" in client.get("/cases").get_data(as_text=True)
    assert "没有符合条件的事件" in client.get("/cases?q=无").get_data(as_text=True)


@pytest.mark.parametrize(
    "query", ["status=x", "unit=12345678901234", "after=1", "sort=x", "limit=0", "limit=1e3", "bbox=1"]
)
def test_what_the_list_does_not_know(world: Factories, signed_in: SignIn, query: str) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    answer = client.get(f"/cases?{query}", headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, query.split("=")[0])
    assert client.get(f"/cases?{query}").status_code == 400


def test_another_town_is_not_there_through_any_door(world: Factories, signed_in: SignIn) -> None:
    mine, theirs = world.case(GRID_A11, title="甲地纠纷"), world.case(GRID_B11, title="乙地纠纷")
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    for query in (
        "",
        "?q=纠纷",
        "?q=乙地纠纷",
        f"?q={theirs}",
        "?unit=990102002",
        "?unit=990102",
        "?bbox=120,40,130,50",
    ):
        answer = client.get(f"/cases{query}", headers=JSON).json
        assert theirs not in [item["case_code"] for item in answer["items"]]
        assert answer["total"] == len(answer["items"])
        assert "乙地纠纷" not in client.get(f"/cases{query}").get_data(as_text=True).replace(f'value="{query[3:]}"', "")
    assert client.get(f"/cases/{mine}").status_code == 200
    missing, hidden = (
        client.get("/cases/990102-2026-9999999", headers=JSON),
        client.get(f"/cases/{theirs}", headers=JSON),
    )
    assert (hidden.status_code, hidden.json["detail"]) == (404, missing.json["detail"])


def test_two_posts_see_both_and_not_what_lies_between(world: Factories, signed_in: SignIn) -> None:
    first, between, last = world.case(GRID_A11), world.case(GRID_A12), world.case(GRID_B11)
    client = signed_in((Role.GRID_WORKER, GRID_A11), (Role.GRID_WORKER, GRID_B11))
    assert set(walk(client, "/cases")) == {first, last}
    assert set(walk(client, "/cases?q=测试事件")) == {first, last}
    assert client.get(f"/cases/{between}").status_code == 404


def test_a_post_that_may_not_read_cases_lends_nothing(
    world: Factories, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRANTS, Role.AUDITOR, GRANTS[Role.AUDITOR] - {Permission.CASE_READ})
    world.case(GRID_B11)
    mine = world.case(GRID_A11)
    client = signed_in((Role.AUDITOR, TOWN_B), (Role.LEADER, TOWN_A))
    assert walk(client, "/cases") == [mine]
    assert walk(client, "/cases?q=测试事件") == [mine]


def test_one_case(world: Factories, signed_in: SignIn) -> None:
    code = world.case(title="<b>粗体</b>", description="一行\n二行", due_at=NOW, address_text="人民大街 1 号")
    client = signed_in((Role.LEADER, TOWN_A))
    page = client.get(f"/cases/{code}").get_data(as_text=True)
    assert "&lt;b&gt;粗体" in page
    assert "<b>粗体" not in page
    for said in (
        "网格员上报",
        "操心事抓紧办",
        "人民大街 1 号",
        "已超期",
        "归档",
        "甲街道甲一社区第一网格",
        f"selected=case:{code}",
    ):
        assert said in page, said
    facts = client.get(f"/cases/{code}", headers=JSON).json
    assert (facts["unit_code"], facts["lateness"], facts["description"]) == (str(GRID_A11), "late", "一行\n二行")


@pytest.mark.parametrize("code", ["x", "990102-2026-000001", "990102-2026-000000１", "999999-0000-0000000", "'--"])
def test_codes_that_are_none(world: Factories, signed_in: SignIn, code: str) -> None:
    assert signed_in((Role.LEADER, COUNTY)).get(f"/cases/{code}").status_code == 404


@pytest.mark.parametrize(
    ("words", "hits"),
    [
        ("路", 2),
        ("路灯", 2),
        ("路灯不", 1),
        ("灯不亮", 1),
        ("LED", 2),
        ("led路", 1),
        ("路灯 led", 2),
        ("100%", 1),
        ("00_", 0),
        ("\\", 0),
    ],
)
def test_words_of_any_length(world: Factories, signed_in: SignIn, words: str, hits: int) -> None:
    world.case(title="LED路灯不亮", description="完好率不到100%")
    world.case(GRID_A12, title="路灯太暗", address_text="led 广场")
    world.case(GRID_B11, title="LED路灯不亮")
    client = signed_in((Role.LEADER, TOWN_A))
    answer = client.get("/cases", query_string={"q": words}, headers=JSON).json
    assert (answer["total"], len(answer["items"])) == (hits, hits)
