"""Registering a case through the browser client: what goes in, where it lands, who is told, and what is refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text

from gridmap.access import Role
from gridmap.accounts.models import Notice
from gridmap.audit import Event
from gridmap.cases.models import Case
from gridmap.clock import local
from gridmap.units.rules.datum import Datum, convert_point
from tests.factories import COUNTY, GRID_A11, GRID_A12, SIZE, SOUTH, TOWN_A, TOWN_B, VILLAGE_A1, WEST, Factories

LON, LAT = WEST + 0.25 * SIZE, SOUTH + 0.5 * SIZE
JSON = {"Accept": "application/json"}
SignIn = Callable[..., FlaskClient]


@pytest.fixture
def world(make: Factories) -> Factories:
    make.world()
    return make


def entry(**changes: Any) -> dict[str, Any]:
    """A form that a grid worker of grid A11 would send."""
    return {
        "client_id": str(uuid.uuid4()), "category": "0101", "channel": "grid_worker", "grade": "", "scale": "individual",
        "title": "楼道堆物", "description": "三单元楼道堆放杂物", "address_text": "幸福路 12 号", "occurred_at": "",
        "position_method": "map", "lon": str(LON), "lat": str(LAT), "datum": "wgs84", "accuracy_m": "", **changes,
    }  # fmt: skip


def cases(owner: Callable[[], Any]) -> list[Case]:
    with owner() as session:
        return list(session.scalars(select(Case).order_by(Case.id)))


def test_a_grid_worker_registers(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    client = signed_in((Role.GRID_WORKER, GRID_A11))
    answer = client.post("/cases", data=entry())
    assert answer.status_code == 302, answer.get_data(as_text=True)
    (case,) = cases(owner)
    year = local(case.received_at).year
    assert case.case_code == f"990102-{year}-0000001"
    assert answer.headers["Location"] == f"/cases/{case.case_code}"
    assert (case.unit_code, case.county_code, case.unit_pending) == (GRID_A11, 990102, False)
    assert (case.status, case.grade, case.channel, case.scale) == ("received", "worry", "grid_worker", "individual")
    assert case.due_at == case.received_at + timedelta(hours=72)
    assert (case.source_datum, case.source_lon, case.source_lat) == ("wgs84", LON, LAT)
    page = client.get(answer.headers["Location"]).get_data(as_text=True)
    assert "事件已上报，等待综治中心受理" in page
    assert "甲街道甲一社区第一网格" in page
    with owner() as session:
        event = session.scalars(select(Event).where(Event.kind == "case.received")).one()
        assert (event.subject, event.unit_code, event.actor_name) == (case.case_code, GRID_A11, "测试员")
        assert [notice.kind for notice in session.scalars(select(Notice))] == ["case.submit"]


def test_numbers_run_on_and_json_gets_201(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    answers = [client.post("/cases", data=entry(grade="urgent"), headers=JSON) for _ in range(2)]
    assert [a.status_code for a in answers] == [201, 201]
    codes = [a.json["case_code"] for a in answers]
    assert [code[-7:] for code in codes] == ["0000001", "0000002"]
    assert answers[0].json["grade"] == "urgent"
    assert answers[0].json["lon"] == pytest.approx(LON)
    assert answers[0].headers["Location"] == answers[0].json["url"]


def test_the_same_form_twice_is_one_case(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    client, data = signed_in((Role.GRID_WORKER, GRID_A11)), entry()
    first, second = client.post("/cases", data=data), client.post("/cases", data=data)
    assert first.headers["Location"] == second.headers["Location"]
    assert len(cases(owner)) == 1
    assert client.post("/cases", data=data, headers=JSON).status_code == 200
    with owner() as session:
        assert len(session.scalars(select(Event).where(Event.kind == "case.received")).all()) == 1
        assert session.execute(text("select last from case_numbers")).scalar() == 1


@pytest.mark.parametrize("datum", ["gcj02", "bd09", "cgcs2000"])
def test_other_datums_are_converted_and_kept(
    world: Factories, signed_in: SignIn, owner: Callable[[], Any], datum: str
) -> None:
    lon, lat = convert_point(LON, LAT, Datum.WGS84, Datum(datum))
    client = signed_in((Role.GRID_WORKER, GRID_A11))
    made = client.post("/cases", data=entry(lon=str(lon), lat=str(lat), datum=datum), headers=JSON).json
    assert (made["lon"], made["lat"]) == (pytest.approx(LON, abs=2e-6), pytest.approx(LAT, abs=2e-6))
    assert (made["source_datum"], made["source_lon"], made["source_lat"]) == (datum, lon, lat)
    assert made["unit_code"] == str(GRID_A11)


def test_without_a_position(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    own = client.post("/cases", data=entry(position_method="none"), headers=JSON).json
    named = client.post("/cases", data=entry(position_method="none", unit=str(VILLAGE_A1)), headers=JSON).json
    assert (own["unit_code"], own["position_method"], own["lon"]) == (str(TOWN_A), "none", None)
    assert named["unit_code"] == str(VILLAGE_A1)
    refused = client.post("/cases", data=entry(position_method="none", unit=str(TOWN_B)), headers=JSON)
    assert (refused.status_code, refused.json["field"]) == (400, "unit")


def test_outside_every_unit_waits_for_its_grid_and_the_centre_is_told(
    world: Factories, signed_in: SignIn, owner: Callable[[], Any]
) -> None:
    centre = signed_in((Role.CENTRE_STAFF, TOWN_A))
    worker = signed_in((Role.GRID_WORKER, GRID_A11))
    made = worker.post("/cases", data=entry(lat=str(SOUTH - 0.5 * SIZE)), headers=JSON)
    assert made.status_code == 201, made.json
    assert (made.json["unit_code"], made.json["unit_pending"]) == (str(GRID_A11), True)
    notices = centre.get("/notices", headers=JSON).json["items"]
    assert len(notices) == 1
    assert made.json["case_code"] in notices[0]["body"]
    assert "待定网格" in notices[0]["body"]
    assert centre.get(notices[0]["link"]).status_code == 200
    listed = centre.get("/cases?located=pending", headers=JSON).json
    assert [item["case_code"] for item in listed["items"]] == [made.json["case_code"]]


def test_a_point_in_the_county_but_in_no_town_is_pending_for_the_town(
    world: Factories, signed_in: SignIn, owner: Callable[[], Any]
) -> None:
    with owner() as session:
        session.execute(text("delete from outlines where level > 6"))
    made = signed_in((Role.GRID_WORKER, GRID_A11)).post("/cases", data=entry(), headers=JSON).json
    assert (made["unit_code"], made["unit_pending"]) == (str(GRID_A11), True)


def test_outlines_not_yet_or_no_longer_valid_do_not_count(
    world: Factories, signed_in: SignIn, owner: Callable[[], Any]
) -> None:
    with owner() as session:
        session.execute(text(f"update outlines set valid_to = current_date - 1 where unit_code = {GRID_A11}"))
    made = signed_in((Role.CENTRE_STAFF, TOWN_A)).post("/cases", data=entry(), headers=JSON).json
    assert (made["unit_code"], made["unit_pending"]) == (str(VILLAGE_A1), True)


def test_somebody_elses_unit_is_refused_by_name(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    there = entry(lon=str(WEST + 2.5 * SIZE))
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    page = client.post("/cases", data=there)
    assert page.status_code == 400
    assert "乙镇乙一村第一网格" in page.get_data(as_text=True)
    answer = client.post("/cases", data=there, headers=JSON)
    assert "综治中心登记" in answer.json["detail"]
    assert cases(owner) == []


NEAR = {"lon": str(WEST + SIZE - 0.0001), "accuracy_m": "30"}  # about 8 m west of the border between A11 and A12


def test_near_a_border_the_person_is_asked(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    answer = client.post("/cases", data=entry(**NEAR), headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "border_unit")
    assert [choice["unit_code"] for choice in answer.json["choices"]] == [str(GRID_A11), str(GRID_A12)]
    page = client.post("/cases", data=entry(**NEAR)).get_data(as_text=True)
    assert page.count('name="border_unit"') == 2
    assert "甲街道甲一社区第二网格" in page
    assert cases(owner) == []
    made = client.post("/cases", data=entry(**NEAR, border_unit=str(GRID_A12)), headers=JSON)
    assert (made.status_code, made.json["unit_code"]) == (201, str(GRID_A12))
    bodies = [item["body"] for item in client.get("/notices", headers=JSON).json["items"]]
    assert len(bodies) == 2  # both sides are told; here both belong to one town's centre
    assert all(made.json["case_code"] in body for body in bodies)
    wrong = client.post("/cases", data=entry(**NEAR, border_unit=str(VILLAGE_A1)), headers=JSON)
    assert wrong.json["field"] == "border_unit"


def test_across_a_town_border_the_other_centre_is_told_but_sees_no_case(world: Factories, signed_in: SignIn) -> None:
    here, other = signed_in((Role.CENTRE_STAFF, TOWN_A)), signed_in((Role.CENTRE_STAFF, TOWN_B))
    data = entry(lon=str(WEST + 2 * SIZE - 0.0001), accuracy_m="30")
    asked = here.post("/cases", data=data, headers=JSON).json
    assert [choice["unit_code"] for choice in asked["choices"]] == [str(GRID_A12)]
    assert "乙镇" in asked["detail"]
    made = here.post("/cases", data={**data, "border_unit": str(GRID_A12)}, headers=JSON).json
    (notice,) = other.get("/notices", headers=JSON).json["items"]
    assert made["case_code"] in notice["body"]
    assert other.get(made["url"]).status_code == 404


def test_an_exact_position_is_not_asked_about(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    assert client.post("/cases", data=entry(**{**NEAR, "accuracy_m": "5"}), headers=JSON).status_code == 201


@pytest.mark.parametrize(
    ("changes", "field", "said"),
    [
        ({"lon": "0", "lat": "0"}, "lon", "0,0"),
        ({"lon": str(LAT), "lat": str(LON)}, "lon", "填反"),
        ({"lon": "-0.12", "lat": "51.5"}, "lon", "不在中国范围"),
        ({"lon": "一百", "lat": "43"}, "lon", "十进制"),
        ({"lon": "125.3", "lat": ""}, "lat", "纬度"),
        ({"lon": "nan"}, "lon", "超出范围"),
        ({"lon": "", "lat": ""}, "lon", "未定位"),
        ({"datum": "utm"}, "datum", "有效"),
        ({"accuracy_m": "-1"}, "accuracy_m", "5000"),
        ({"accuracy_m": "很准"}, "accuracy_m", "5000"),
        ({"title": "  "}, "title", "标题"),
        ({"title": "长" * 101}, "title", "100"),
        ({"title": "a\x00b"}, "title", "无法识别"),
        ({"address_text": "东街\x0b甲号"}, "address_text", "无法识别"),
        ({"description": "长" * 5001}, "description", "5000"),
        ({"category": ""}, "category", "类别"),
        ({"category": "9999"}, "category", "停用或不存在"),
        ({"channel": "fax"}, "channel", "有效"),
        ({"grade": "x"}, "grade", "有效"),
        ({"occurred_at": "昨天"}, "occurred_at", "2026-01-31"),
        ({"occurred_at": "2999-01-01T00:00"}, "occurred_at", "晚于现在"),
        ({"occurred_at": "0001-01-01T00:00"}, "occurred_at", "过早"),
        ({"client_id": "1; drop table cases"}, "client_id", "刷新"),
        ({"position_method": "psychic"}, "position_method", "有效"),
        ({"unit": "12345678901234", "position_method": "none"}, "unit", "14 位"),
        ({"unit": "990102001009", "position_method": "none"}, "unit", "没有这个区划"),
    ],
)
def test_bad_input_names_its_field_and_stores_nothing(
    world: Factories, signed_in: SignIn, owner: Callable[[], Any], changes: dict[str, str], field: str, said: str
) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    answer = client.post("/cases", data=entry(**changes), headers=JSON)
    assert answer.status_code == 400, answer.json
    assert answer.json["field"] == field, answer.json
    assert said in answer.json["detail"], answer.json
    assert client.post("/cases", data=entry(**changes)).status_code == 400
    assert cases(owner) == []
    with owner() as session:
        assert session.scalars(select(Event).where(Event.kind == "case.received")).all() == []
        assert session.execute(text("select count(*) from case_numbers")).scalar() == 0


def test_a_swap_is_offered_and_done(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    swapped = entry(lon=str(LAT), lat=str(LON))
    offer = client.post("/cases", data=swapped, headers=JSON).json["offer"]
    assert offer == {"lon": str(LON), "lat": str(LAT)}
    page = client.post("/cases", data={**swapped, "swap": "1"}).get_data(as_text=True)
    assert f'name="lon" placeholder="如 125.324500" type="text" value="{LON}"' in page


def test_the_hour_is_china_time(world: Factories, signed_in: SignIn, owner: Callable[[], Any]) -> None:
    signed_in((Role.GRID_WORKER, GRID_A11)).post("/cases", data=entry(occurred_at="2026-01-31T00:30"))
    assert cases(owner)[0].occurred_at == datetime(2026, 1, 30, 16, 30, tzinfo=UTC)


def test_the_form_names_the_unit_while_choosing(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))

    def ask(**args: Any) -> dict[str, Any]:
        return client.get("/cases/place", query_string={"lon": LON, "lat": LAT, **args}).json

    assert (ask()["state"], ask()["unit"]) == ("inside", "甲街道甲一社区第一网格")
    assert ask(lon=WEST + 2.5 * SIZE)["state"] == "refused"
    assert ask(lat=SOUTH - SIZE)["state"] == "pending"
    near = ask(**NEAR)
    assert (near["state"], len(near["choices"])) == ("asks", 2)
    assert client.get("/cases/place?lon=0&lat=0").status_code == 400


def test_the_form_itself(world: Factories, signed_in: SignIn) -> None:
    page = signed_in((Role.GRID_WORKER, GRID_A11)).get("/cases/new").get_data(as_text=True)
    assert "登记事件" in page
    assert "邻里纠纷" in page
    assert page.count("<optgroup") == 3


def test_those_who_may_not_register(world: Factories, signed_in: SignIn) -> None:
    for role in (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR):
        client = signed_in((role, COUNTY))
        assert client.post("/cases", data=entry()).status_code == 403
        assert client.get("/cases/new").status_code == 403


def test_a_widest_post_that_may_not_register_is_not_where_it_goes(world: Factories, signed_in: SignIn) -> None:
    client = signed_in((Role.LEADER, COUNTY), (Role.GRID_WORKER, GRID_A11))
    made = client.post("/cases", data=entry(position_method="none"), headers=JSON).json
    assert made["unit_code"] == str(GRID_A11)
    assert client.post("/cases", data=entry(lon=str(WEST + 2.5 * SIZE)), headers=JSON).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"occurred_at": "2026-01-01T10:00+23:59"},  # PostgreSQL knows offsets up to 15:59
        {"position_method": "gps", "accuracy_m": "1e-300"},  # less than a real holds
        {"grade": None},  # left out by a program: as the category says
    ],
)
def test_odd_but_sound_values_are_kept(world: Factories, signed_in: SignIn, changes: dict[str, Any]) -> None:
    sent = {name: value for name, value in entry(**changes).items() if value is not None}
    assert signed_in((Role.CENTRE_STAFF, TOWN_A)).post("/cases", data=sent, headers=JSON).status_code == 201
