"""The reception desk through the web: a walk-in with its party, cases that may be the same, joining, the receipt, duties."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridmap.access import Role
from tests.factories import GRID_A12, GRID_B11, SIZE, SOUTH, TOWN_A, TOWN_B, WEST, Factories

NAME = "欧阳测试"
METRE = 1 / 111_000  # degrees of latitude, near enough for a test of 50 m
HERE = {"lon": f"{WEST + SIZE / 2:.6f}", "lat": f"{SOUTH + SIZE / 2:.6f}", "datum": "wgs84"}


def walkin(**values: str) -> dict[str, str]:
    """What a desk types for a walk-in."""
    return {
        "client_id": str(uuid.uuid4()), "party_role": "reporter", "party_name": NAME, "party_phone": "13800001234",
        "title": "楼上漏水", "category": "0101 邻里纠纷", "address_text": "幸福路 12 号", "channel": "visit", "scale": "individual",
        "datum": "wgs84", **values,
    }  # fmt: skip


@pytest.fixture
def desk(make: Factories, signed_in: Callable[..., Any]) -> Any:
    make.world()
    return signed_in((Role.CENTRE_STAFF, TOWN_A), name="何静")


def code_of(answer: Any) -> str:
    assert answer.status_code == 302, answer.get_data(as_text=True)
    return re.search(r"[0-9]{6}-[0-9]{4}-[0-9]{7}", answer.headers["Location"])[0]


def test_a_walk_in_is_registered_with_its_party_and_gets_a_receipt(desk: Any) -> None:
    assert "来访" in desk.get("/desk").get_data(as_text=True)
    answer = desk.post("/desk", data=walkin(people_count="3", money_yuan="1.2万"))
    code = code_of(answer)
    receipt = desk.get(answer.headers["Location"]).get_data(as_text=True)
    for words in ("受理单", code, "欧*", "138****1234", "楼上漏水", "何静", "12,000.00 元"):
        assert words in receipt
    assert NAME not in receipt
    seen = desk.get(f"/cases/{code}", headers={"Accept": "application/json"}).json
    assert (seen["status"], seen["channel"]) == ("registered", "visit")


@pytest.mark.parametrize("typed", ["0101", "邻里纠纷", " 0101 邻里纠纷 "])
def test_a_category_is_typed_by_code_or_name(desk: Any, typed: str) -> None:
    code_of(desk.post("/desk", data=walkin(category=typed)))


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("category", "9999", "该类别已停用或不存在"),
        ("title", "", "请填写标题"),
        ("party_phone", "123", "电话应为"),
        ("party_id_number", "110105194912310021", "校验位"),
        ("people_count", "很多", "涉及人数应为"),
        ("join_into", "990102-2026-9999999", "没有找到要并入的事件"),
        ("unit", "990102002001001", "不在您负责的范围内"),
    ],
)
def test_what_is_wrong_is_told_beside_its_field_and_nothing_is_kept(
    desk: Any, connection: Any, field: str, value: str, words: str
) -> None:
    answer = desk.post("/desk", data=walkin(**{field: value}))
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert words in page
    assert f'id="{field}-error"' in page
    assert NAME in page  # what was typed is not lost
    assert connection.exec_driver_sql("select count(*) from cases").scalar() == 0
    assert connection.exec_driver_sql("select count(*) from case_parties").scalar() == 0


def test_the_same_form_twice_is_one_case_with_one_party(desk: Any, connection: Any) -> None:
    form = walkin()
    assert code_of(desk.post("/desk", data=form)) == code_of(desk.post("/desk", data=form))
    assert connection.exec_driver_sql("select count(*) from case_parties").scalar() == 1


def test_near_and_of_the_same_kind_within_a_day_is_offered(desk: Any, make: Factories) -> None:
    now = datetime.now(UTC)
    near = make.case(title="甲", received_at=now - timedelta(hours=2))
    make.case(title="乙", received_at=now - timedelta(hours=25))
    make.case(title="丙", at=(0.5, 0.5 + 60 * METRE / SIZE), received_at=now)
    make.case(GRID_A12, title="丁", received_at=now)
    make.case(title="戊", received_at=now, status="closed", closed_at=now)
    asked = desk.post("/desk/similar", data={"category": "0101", "title": "", **HERE}).json["items"]
    assert [item["case_code"] for item in asked] == [near]
    assert (asked[0]["distance"], asked[0]["age"]) == ("相距 0 米", "2 小时前")
    other_kind = desk.post("/desk/similar", data={"category": "0301", "title": "", **HERE}).json["items"]
    assert other_kind == []


def test_the_page_of_a_case_offers_what_may_be_the_same_to_who_may_join(
    desk: Any, make: Factories, signed_in: Callable[..., Any]
) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    first = make.case(title="甲处漏水", received_at=at - timedelta(hours=23), status="received")
    second = make.case(title="乙处漏水", received_at=at, status="received", at=(0.5, 0.5 + 5 * METRE / SIZE))
    far = make.case(title="丙处漏水", received_at=at, status="received", at=(0.5, 0.5 + 70 * METRE / SIZE))
    early = make.case(title="丁处漏水", received_at=at - timedelta(hours=25), status="received")
    unplaced = make.case(title="戊处漏水", received_at=at, status="received", at=None)

    def offered(client: Any, code: str) -> list[str]:
        page = client.get(f"/cases/{code}").get_data(as_text=True)
        return re.findall(r"steps/join\?into=([0-9-]+)", page)

    assert offered(desk, second) == [first]
    assert sorted(offered(desk, first)) == sorted([second, early])
    assert offered(desk, far) == offered(desk, unplaced) == []
    assert offered(signed_in((Role.GRID_WORKER, TOWN_A)), second) == []
    form = desk.get(f"/cases/{second}/steps/join?into={first}").get_data(as_text=True)
    assert f'name="into" value="{first}"' in form
    desk.post(f"/cases/{second}/steps/join", data={"into": first, "reason": "同一件事"})
    assert offered(desk, second) == []
    assert offered(desk, first) == [early]


def test_like_words_in_the_same_town_are_offered_and_no_other_town_s(desk: Any, make: Factories) -> None:
    like = make.case(title="三单元楼上漏水", at=None, address_text="幸福路12号")
    make.case(title="路灯不亮")
    make.case(GRID_B11, title="三单元楼上漏水", address_text="幸福路12号")
    data = {"title": "楼上漏水", "address_text": "幸福路12号", "category": ""}
    asked = desk.post("/desk/similar", data=data).json["items"]
    assert [item["case_code"] for item in asked] == [like]
    assert asked[0]["distance"] == "距离未知"
    elsewhere = desk.post("/desk/similar", data={**data, "unit": f"{TOWN_B:015d}"}).json["items"]
    assert elsewhere == []
    assert desk.post("/desk/similar", data={"title": "楼"}).json["items"] == []


def test_a_further_reporter_joins_at_once(desk: Any, make: Factories) -> None:
    first = make.case(title="三单元楼上漏水")
    second = code_of(desk.post("/desk", data=walkin(join_into=first)))
    target = desk.get(f"/cases/{first}").get_data(as_text=True)
    assert "欧*" in target
    assert f"并入本事件的事件：{second}" in target
    kept = desk.get(f"/cases/{second}", headers={"Accept": "application/json"}).json
    assert (kept["status"], kept["title"]) == ("joined", "楼上漏水")
    assert [step["action"] for step in kept["history"]] == ["register", "join"]


def test_duties_are_my_open_ones(desk: Any, signed_in: Callable[..., Any]) -> None:
    code = code_of(desk.post("/desk", data=walkin()))
    assert code in desk.get("/duties").get_data(as_text=True)
    assert code not in signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/duties").get_data(as_text=True)
    desk.post(f"/cases/{code}/steps/decline", data={"reason": "属诉讼事项", "lawful_channel": "人民法院"})
    assert code not in desk.get("/duties").get_data(as_text=True)
