"""The page 巡查 and the door of who is on duty: what each person may see, and what is said of grids without a track."""

from __future__ import annotations

import io
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import shapely
from flask.testing import FlaskClient
from shapely.geometry import Point
from sqlalchemy import text

from gridmap.access import Actor, Role
from gridmap.clock import local, now
from gridmap.patrols.actions.drawing import draw_duty
from gridmap.patrols.queries.workers import list_on_duty
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, PASSWORD, TOWN_A, TOWN_B
from tests.integration.patrols.conftest import METRE_LON, MIDDLE, NOW, Phone, gpx, walk

HOUR = timedelta(hours=1)
JSON = {"Accept": "application/json"}


@pytest.fixture
def walked(phone: Phone, as_job: Callable[[], Any], owner: Callable[[], Any]) -> Phone:
    """A worker on duty who walked 600 m and whose track is drawn; times are near the real now, which pages show."""
    at = now()
    duty = phone.on(at - HOUR, now=at)
    phone.send(duty, walk(at - HOUR / 2, 100), now=at)
    with owner() as session:
        county, duty_id = session.execute(text("select county_code, id from duties")).one()
    with as_job() as session:
        draw_duty(session, county_code=county, duty_id=duty_id, now=at)
    return phone


def test_the_page_says_what_is_covered_and_what_is_unknown(
    walked: Phone, signed_in: Callable[..., FlaskClient]
) -> None:
    page = signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/patrols").get_data(as_text=True)
    for words in (
        "巡查",
        "第一网格",
        "第二网格",
        "不清楚",
        "没有人在岗",
        "网格员甲",
        "0.6 公里",
        "现在在岗",
        "精度 5 米",
    ):
        assert words in page, words
    assert "乙一村" not in page


@pytest.mark.parametrize("days", ["0", "91", "x", "-1", "1000"])
def test_days_are_some(signed_in: Callable[..., FlaskClient], phone: Phone, days: str) -> None:
    answer = signed_in((Role.LEADER, COUNTY)).get(f"/patrols?days={days}", headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "days")


def test_an_unknown_parameter_is_named(signed_in: Callable[..., FlaskClient], phone: Phone) -> None:
    answer = signed_in((Role.LEADER, COUNTY)).get("/patrols?day=7", headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, "day")


def test_for_programs(walked: Phone, signed_in: Callable[..., FlaskClient]) -> None:
    items = signed_in((Role.LEADER, COUNTY)).get("/patrols?days=2", headers=JSON).json["items"]
    found = {item["unit_code"]: item for item in items}
    own = found[str(GRID_A11)]
    assert 0.01 < own["covered_share"] < 0.03
    assert (own["rest"], own["days"] >= 1) == ("unknown", True)
    assert found[str(GRID_B11)] == {
        "unit_code": str(GRID_B11), "name": "乙一村第一网格", "covered_share": 0, "rest": "unknown", "days": 0, "last_on": None,
        "reason": "本网格没有人在岗，也没有他人路过的轨迹", "on_duty_s": 0, "recorded_s": 0,
    }  # fmt: skip


def test_a_worker_sees_their_own_row_and_nobody_elses(
    walked: Phone, app: Any, make: Any, signed_in: Callable[..., FlaskClient]
) -> None:
    own = app.test_client()
    own.post("/login", data={"username": walked.actor.username, "password": PASSWORD})
    assert "网格员甲" in own.get("/patrols").get_data(as_text=True).split('id="workers"')[1]
    other = signed_in((Role.GRID_WORKER, GRID_A11), name="网格员乙")
    page = other.get("/patrols").get_data(as_text=True)
    assert "网格员甲" not in page
    assert "第一网格" in page


def test_who_is_on_duty_is_told_only_while_they_are(
    walked: Phone, worker: Callable[..., Actor], signed_in: Callable[..., FlaskClient]
) -> None:
    centre = signed_in((Role.CENTRE_STAFF, TOWN_A))
    (one,) = centre.get("/patrols/on-duty.json").json["items"]
    assert (one["name"], one["unit"], one["unit_code"]) == ("网格员甲", "第一网格", str(GRID_A11))
    assert (round(one["lat"], 6), one["accuracy_m"]) == (round(MIDDLE[1], 6), 5)
    assert 20 * 60 < one["age_s"] < 30 * 60  # of the last point
    assert signed_in((Role.CENTRE_STAFF, TOWN_B)).get("/patrols/on-duty.json").json["items"] == []
    with walked.open(walked.actor) as session:
        duty = session.execute(text("select client_id from duties")).scalar()
    walked.off(duty, now(), now=now())
    assert centre.get("/patrols/on-duty.json").json["items"] == []
    leader = worker(COUNTY, Role.LEADER)
    with walked.open(leader) as session:
        assert list_on_duty(session, leader, COUNTY, now=now()) == []


def test_a_duty_that_was_forgotten_is_not_live(phone: Phone, worker: Callable[..., Actor]) -> None:
    phone.on(NOW - 20 * HOUR)
    leader = worker(COUNTY, Role.LEADER)
    with phone.open(leader) as session:
        assert list_on_duty(session, leader, COUNTY, now=NOW) == []


def own_client(app: Any, phone: Phone) -> FlaskClient:
    """The worker of a phone at a browser."""
    client = app.test_client()
    client.post("/login", data={"username": phone.actor.username, "password": PASSWORD})
    return client


def duty_of(owner: Callable[[], Any]) -> int:
    with owner() as session:
        return session.execute(text("select id from duties")).scalar()


def test_a_worker_sees_their_track_and_writes_to_it(walked: Phone, app: Any, owner: Callable[[], Any]) -> None:
    own = own_client(app, walked)
    listed = own.get("/patrols/tracks").get_data(as_text=True)
    duty = duty_of(owner)
    assert f'href="/patrols/tracks/{duty}"' in listed
    page = own.get(f"/patrols/tracks/{duty}").get_data(as_text=True)
    for words in ("里程 0.6 公里", "轨迹点 100 个", "没有记录 30 分钟", "track-line", "保存说明", "导入 GPX"):
        assert words in page, words
    begun = local(now() - HOUR + timedelta(minutes=2))
    note = {"client_id": str(uuid.uuid4()), "from": f"{begun:%H:%M}", "to": f"{begun:%H:%M}", "words": "手机 没电"}
    for _ in range(2):
        assert own.post(f"/patrols/tracks/{duty}/notes", data=note).status_code == 302
    page = own.get(f"/patrols/tracks/{duty}").get_data(as_text=True)
    assert page.count("手机 没电") == 1
    with owner() as session:
        assert session.execute(text("select count(*) from events where kind = 'track.opened'")).scalar() == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"words": ""}, "1–200 个字"),
        ({"words": "字" * 201}, "1–200 个字"),
        ({"from": "25:00"}, "时:分"),
        ({"to": ""}, "时:分"),
        ({"client_id": "x"}, "请刷新"),
        ({"from": "next", "to": "next"}, "时:分"),
    ],
)
def test_a_note_that_cannot_be_is_told_beside_what_was_written(
    walked: Phone, app: Any, owner: Callable[[], Any], change: dict[str, str], words: str
) -> None:
    begun = local(now() - HOUR / 2)
    note = {"client_id": str(uuid.uuid4()), "from": f"{begun:%H:%M}", "to": f"{begun:%H:%M}", "words": "入户"}
    answer = own_client(app, walked).post(f"/patrols/tracks/{duty_of(owner)}/notes", data={**note, **change})
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)


def test_a_file_is_imported_on_the_page_and_a_bad_one_is_refused(
    walked: Phone, app: Any, owner: Callable[[], Any]
) -> None:
    own, duty = own_client(app, walked), duty_of(owner)
    good = gpx(walk(now() - HOUR + timedelta(minutes=5), 20))
    for data, status, words in [
        (good, 200, "已导入 20 个轨迹点"),
        (b"<kml/>", 400, "不是 GPX"),
        (b"", 400, "无法解析"),
    ]:
        answer = own.post(
            f"/patrols/tracks/{duty}/gpx", data={"file": (io.BytesIO(data), "a.gpx")}, follow_redirects=True
        )
        assert answer.status_code == status
        assert words in answer.get_data(as_text=True)
    assert own.post(f"/patrols/tracks/{duty}/gpx", data={}).status_code == 400


def test_a_supervisor_who_looks_is_recorded_and_writes_nothing(
    walked: Phone, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    supervisor, duty = signed_in((Role.SUPERVISOR, TOWN_A), name="督查员乙"), duty_of(owner)
    worker = walked.actor.account_id
    assert f"worker={worker}" in supervisor.get("/patrols").get_data(as_text=True)
    assert "网格员甲的轨迹" in supervisor.get(f"/patrols/tracks?worker={worker}").get_data(as_text=True)
    page = supervisor.get(f"/patrols/tracks/{duty}").get_data(as_text=True)
    assert "track-line" in page
    assert "保存说明" not in page
    assert supervisor.post(f"/patrols/tracks/{duty}/notes", data={}).status_code == 403
    with owner() as session:
        rows = session.execute(
            text("select actor_name, data ->> 'whose' from events where kind = 'track.opened'")
        ).all()
    assert rows == [("督查员乙", "网格员甲")]
    for role, unit in [(Role.LEADER, TOWN_A), (Role.SUPERVISOR, TOWN_B), (Role.GRID_WORKER, GRID_A11)]:
        client = signed_in((role, unit))
        assert client.get(f"/patrols/tracks/{duty}").status_code == 404
        assert client.get(f"/patrols/tracks?worker={worker}").status_code == 404


def test_the_map_gets_grids_with_their_state_and_the_ground_that_was_seen(
    walked: Phone, signed_in: Callable[..., FlaskClient]
) -> None:
    answer = signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/patrols/cover.json?days=2").json
    grids = {f["properties"]["unit_code"]: f for f in answer["features"] if f["properties"]["rest"] != "seen"}
    assert set(grids) == {str(GRID_A11), str(GRID_A12)}
    assert grids[str(GRID_A11)]["geometry"]["type"] == "MultiPolygon"
    (seen,) = [f for f in answer["features"] if f["properties"]["rest"] == "seen"]
    shape = shapely.from_geojson(json.dumps(seen["geometry"]))
    assert shape.contains(Point(MIDDLE[0] + 100 * METRE_LON, MIDDLE[1] + 20 / 111_100))
    assert not shape.intersects(Point(MIDDLE[0] + 100 * METRE_LON, MIDDLE[1] + 45 / 111_100))
    own = signed_in((Role.GRID_WORKER, GRID_A12)).get("/patrols/cover.json?days=2").json
    assert [f["properties"].get("unit_code") for f in own["features"]] == [str(GRID_A12)]


def test_more_grids_than_can_be_drawn_are_said(
    walked: Phone, signed_in: Callable[..., FlaskClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gridmap.patrols.views.coverage.MOST_DRAWN", 2)
    answer = signed_in((Role.LEADER, COUNTY)).get("/patrols/cover.json").json
    assert (answer["features"], answer["too_many"]) == ([], 3)
