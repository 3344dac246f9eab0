"""The same place again after closing: flagged on registering, within a radius and days that are data, and never across towns."""

from __future__ import annotations

import math
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from geoalchemy2.shape import to_shape
from pyproj import Geod
from sqlalchemy import select, text

from gridmap.access import Role
from gridmap.cases.models import Case
from gridmap.cases.rules.similar import SamePlace
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, SIZE, SOUTH, TOWN_A, TOWN_B, WEST, Factories

JSON = {"Accept": "application/json"}
NUMBERS = count()
LON, LAT = round(WEST + 0.5 * SIZE, 7), round(SOUTH + 0.5 * SIZE, 7)


def east(lon: float, lat: float, metres: float) -> float:
    """Return the longitude so many metres (geodesic, WGS-84) east of a point."""
    return Geod(ellps="WGS84").fwd(lon, lat, 90, metres)[0]


def register(client: Any, lon: float = LON, lat: float = LAT, **values: str) -> Any:
    values = {
        "client_id": str(uuid.uuid4()), "category": "0101", "channel": "visit", "scale": "individual", "title": "又漏水",
        "position_method": "map", "lon": f"{lon:.7f}", "lat": f"{lat:.7f}", "datum": "wgs84",
        **values,
    }  # fmt: skip
    answer = client.post("/cases", data=values, headers=JSON)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    return client.get(f"/cases/{answer.json['case_code']}", headers=JSON).json


def closed(make: Factories, unit: int = GRID_A11, *, ago: timedelta = timedelta(days=10), **values: Any) -> str:
    at = datetime.now(UTC) - ago
    code = f"{unit // 10**9}-{at.year}-9{next(NUMBERS):06d}"  # apart from the numbers that registering gives
    values = {"status": "closed", "received_at": at - timedelta(days=3), "closed_at": at, "case_code": code, **values}
    return make.case(unit, **values)


@pytest.fixture
def desk(make: Factories, signed_in: Callable[..., Any]) -> Any:
    make.world()
    return signed_in((Role.CENTRE_STAFF, TOWN_A))


def test_a_case_at_the_place_of_a_closed_one_is_flagged(make: Factories, desk: Any) -> None:
    earlier = closed(make, title="地下室漏水")
    seen = register(desk)
    assert seen["repeat"]
    assert "同地重复：同一小类在同一地点结案后再次发生" in seen["history"][0]["told"]
    page = desk.get(f"/cases/{seen['case_code']}").get_data(as_text=True)
    assert f'href="/cases/{earlier}"' in page
    assert "地下室漏水" in page
    listed = desk.get("/cases?repeat=yes", headers=JSON).json
    assert [item["case_code"] for item in listed["items"]] == [seen["case_code"]]
    assert listed["total"] == 1
    for address in ("/work", "/cases", "/cases?repeat=yes"):
        assert "case-repeat" in desk.get(address).get_data(as_text=True), address


@pytest.mark.parametrize(
    "values",
    [
        {"status": "registered", "closed_at": None},
        {"status": "declined"},
        {"at": None},
        {"at": (0.1, 0.1)},
        {"ago": timedelta(days=181)},
    ],
    ids=["open", "declined", "no place", "far", "long ago"],
)
def test_what_is_open_or_not_settled_or_elsewhere_or_long_ago_is_no_repetition(
    make: Factories, desk: Any, values: dict[str, Any]
) -> None:
    closed(make, **values)
    assert not register(desk)["repeat"]


def test_another_subcategory_and_a_case_without_a_place_are_no_repetition(make: Factories, desk: Any) -> None:
    closed(make)
    assert not register(desk, category="0301")["repeat"]
    assert not register(desk, position_method="none", unit=str(GRID_A11))["repeat"]


@pytest.mark.parametrize(("metres", "flagged"), [(49.9, True), (50.1, False)])
def test_the_border_of_the_radius(make: Factories, desk: Any, metres: float, flagged: bool) -> None:
    closed(make)
    assert register(desk, lon=east(LON, LAT, metres))["repeat"] is flagged


def test_the_borders_of_time_count_as_within_and_the_setting_decides(make: Factories, desk: Any, owner: Any) -> None:
    setting = "update system_settings set value = '{\"radius_m\": 200, \"days\": 1}' where key = 'cases.repeat_place'"
    closed(make, ago=timedelta(hours=23, minutes=59))
    with owner() as session:
        session.execute(text(setting))
    assert register(desk, lon=east(LON, LAT, 199))["repeat"]
    with owner() as session:
        session.execute(text("update cases set closed_at = closed_at - interval '2 minutes' where status = 'closed'"))
    assert not register(desk)["repeat"]


def test_just_the_radius_and_just_the_days_are_within(make: Factories, as_actor: Any, owner: Any) -> None:
    from gridmap.cases.queries.repeats import earlier_at_place
    from tests.integration.conftest import actor_at

    make.world()
    earlier, now = closed(make), datetime.now(UTC)
    new = make.case(GRID_A11)
    with owner() as session:
        case = session.scalars(select(Case).where(Case.case_code == earlier)).one()
        case.closed_at = now - timedelta(days=180)
        here = to_shape(case.geom)
        lon = east(here.x, here.y, 30)
        session.execute(
            text("update cases set geom = st_setsrid(st_makepoint(:lon, :lat), 4326) where case_code = :code"),
            {"lon": lon, "lat": here.y, "code": new},
        )
        away = session.execute(
            text("select st_distance(a.geom::geography, b.geom::geography) from cases a, cases b"
                 " where a.case_code = :a and b.case_code = :b"), {"a": earlier, "b": new},
        ).scalar_one()  # fmt: skip
        setting = "update system_settings set value = jsonb_build_object('radius_m', cast(:m as float8), 'days', 180) where key = 'cases.repeat_place'"
        session.execute(text(setting), {"m": away})
    with as_actor(actor_at((Role.CENTRE_STAFF, TOWN_A))) as session:
        case = session.scalars(select(Case).where(Case.case_code == new)).one()
        assert earlier_at_place(session, actor_at((Role.CENTRE_STAFF, TOWN_A)), case, now) == earlier
        later = now + timedelta(microseconds=1)
        assert earlier_at_place(session, actor_at((Role.CENTRE_STAFF, TOWN_A)), case, later) is None
    with owner() as session:
        session.execute(text(setting), {"m": math.nextafter(away, 0)})
    with as_actor(actor_at((Role.CENTRE_STAFF, TOWN_A))) as session:
        case = session.scalars(select(Case).where(Case.case_code == new)).one()
        assert earlier_at_place(session, actor_at((Role.CENTRE_STAFF, TOWN_A)), case, now) is None


def test_of_several_the_nearest_is_named_then_the_latest(make: Factories, desk: Any) -> None:
    closed(make, at=(0.51, 0.5))
    closed(make, ago=timedelta(days=20))
    nearest = closed(make, ago=timedelta(days=5))
    code = register(desk)["case_code"]
    assert f'href="/cases/{nearest}"' in desk.get(f"/cases/{code}").get_data(as_text=True)


def test_a_worker_sees_their_grid_and_the_desk_looks_again(
    make: Factories, desk: Any, signed_in: Callable[..., Any]
) -> None:
    """Two places either side of a border between grids: the worker's grid knows nothing of the other, the centre does."""
    border = WEST + SIZE
    earlier = closed(make, GRID_A12, at=(0.0002, 0.5))
    worker = signed_in((Role.GRID_WORKER, GRID_A11))
    seen = register(worker, lon=border - 0.0001)
    assert (seen["status"], seen["repeat"]) == ("received", False)
    assert earlier not in worker.get(f"/cases/{seen['case_code']}").get_data(as_text=True)
    assert desk.post(f"/cases/{seen['case_code']}/steps/register", headers=JSON).status_code == 200
    flagged = desk.get(f"/cases/{seen['case_code']}", headers=JSON).json
    assert flagged["repeat"]
    page = worker.get(f"/cases/{seen['case_code']}").get_data(as_text=True)
    assert "同地重复" in page
    assert earlier not in page  # not theirs to know


@pytest.mark.parametrize("where", [TOWN_A, COUNTY], ids=["town", "county"])
def test_nothing_of_another_town_is_told(make: Factories, desk: Any, signed_in: Callable[..., Any], where: int) -> None:
    border = WEST + 2 * SIZE
    earlier = closed(make, GRID_B11, at=(0.0002, 0.5))
    client = signed_in((Role.CENTRE_STAFF, where))
    seen = register(client, lon=border - 0.0001)
    assert seen["unit_code"] == str(GRID_A12)
    assert not seen["repeat"]
    assert earlier not in desk.get(f"/cases/{seen['case_code']}").get_data(as_text=True)


def test_after_a_case_moved_to_another_town_its_earlier_one_is_not_told(
    make: Factories, desk: Any, signed_in: Callable[..., Any]
) -> None:
    earlier = closed(make)
    code = register(desk)["case_code"]
    answer = desk.post(f"/cases/{code}/steps/transfer", data={"unit": str(GRID_B11), "reason": "属乙镇"}, headers=JSON)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    other = signed_in((Role.CENTRE_STAFF, TOWN_B))
    for headers in ({}, JSON):
        told = other.get(f"/cases/{code}", headers=headers).get_data(as_text=True)
        assert code in told
        assert earlier not in told


@pytest.mark.parametrize(
    "value", [None, 5, {}, {"radius_m": 0, "days": 9}, {"radius_m": 50, "days": 1.5}, {"radius_m": True, "days": 9}, {"radius_m": "50", "days": 9}]
)  # fmt: skip
def test_a_damaged_setting_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="radius_m"):
        SamePlace.from_setting(value)
