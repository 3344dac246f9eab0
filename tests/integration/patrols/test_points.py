"""点位: put up in the grid where they lie, checked in at by sign or by place while on duty, once, and shown to whom it concerns."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Actor, Role
from gridmap.clock import now
from gridmap.errors import BadInput, NotFound
from gridmap.patrols.actions.points import Here, Shown, check_in, end_point, forget_places, renew_code
from gridmap.patrols.rules.points import code_in, new_code
from tests.factories import GRID_A11, GRID_A12, GRID_B11, TOWN_A, TOWN_B
from tests.integration.patrols.conftest import METRE_LON, MIDDLE, NOW, Phone

HOUR = timedelta(hours=1)
JSON = {"Accept": "application/json"}
ENTRY = {"name": "东门消防栓", "lon": f"{MIDDLE[0]:.6f}", "lat": f"{MIDDLE[1]:.6f}", "datum": "wgs84", "radius_m": "50"}


def at(metres_east: float, accuracy_m: float = 10) -> Here:
    """A phone so far east of the middle of A11."""
    return Here(MIDDLE[0] + metres_east * METRE_LON, MIDDLE[1], accuracy_m)


def come(
    phone: Phone, duty: uuid.UUID, shown: Shown, *, client_id: uuid.UUID | None = None, phone_at: Any = None
) -> Any:
    """Check in, five minutes ago unless said otherwise."""
    with phone.open(phone.actor) as session:
        row, _point = check_in(
            session, phone.actor, client_id=client_id or uuid.uuid4(), duty=duty, shown=shown,
            phone_at=(phone_at or NOW - HOUR / 12) - phone.slow, phone_sent_at=NOW - phone.slow, now=NOW,
        )  # fmt: skip
        session.commit()
        return row


def code_of(owner: Callable[[], Any], point: int) -> str:
    """What the sign of a point says."""
    with owner() as session:
        return str(session.execute(text("select code from patrol_points where id = :id"), {"id": point}).scalar())


def count(owner: Callable[[], Any]) -> int:
    """How many check-ins there are."""
    with owner() as session:
        return int(session.execute(text("select count(*) from patrol_check_ins")).scalar() or 0)


@pytest.fixture
def point(phone: Phone, make: Any) -> int:
    """A point in the middle of grid A11, with a reach of 50 m."""
    return int(make.patrol_point(GRID_A11, lon=MIDDLE[0], lat=MIDDLE[1]))


def test_near_enough_is_there_once_however_often_it_is_sent(phone: Phone, point: int, owner: Callable[[], Any]) -> None:
    duty, number = phone.on(NOW - HOUR), uuid.uuid4()
    first = come(phone, duty, Shown(None, point, at(55)), client_id=number)
    again = come(phone, duty, Shown(None, point, at(55)), client_id=number)
    assert (first.id, first.method, round(first.distance_m)) == (again.id, "position", 55)
    assert count(owner) == 1


@pytest.mark.parametrize(
    ("here", "words"),
    [(at(400), "约 400 米"), (at(0, accuracy_m=150), "误差约 150 米"), (None, "没有定位")],
)
def test_too_far_too_vague_or_nowhere_is_not_there(
    phone: Phone, point: int, owner: Callable[[], Any], here: Here | None, words: str
) -> None:
    duty = phone.on(NOW - HOUR)
    with pytest.raises(BadInput, match=words):
        come(phone, duty, Shown(None, point, here))
    assert count(owner) == 0


def test_a_sign_counts_without_a_place_and_says_how_far_off_the_phone_was(
    phone: Phone, point: int, owner: Callable[[], Any]
) -> None:
    duty, code = phone.on(NOW - HOUR), code_of(owner, point)
    assert come(phone, duty, Shown(code, None, None)).distance_m is None
    scanned = come(phone, duty, Shown(f"https://example.org/field/#check/{code}", None, at(700)))
    assert (scanned.method, round(scanned.distance_m, -1)) == ("qr", 700)
    assert come(phone, duty, Shown(f"{code[:5].lower()} {code[5:]}", None, None)).point_id == point
    with pytest.raises(NotFound, match="没有认出"):
        come(phone, duty, Shown(new_code(), None, at(0)))


def test_only_on_duty_and_only_in_ones_own_grids(phone: Phone, point: int, owner: Callable[[], Any], make: Any) -> None:
    elsewhere = make.patrol_point(GRID_A12, lon=MIDDLE[0], lat=MIDDLE[1])
    with pytest.raises(NotFound, match="请先上岗"):
        come(phone, uuid.uuid4(), Shown(None, point, at(0)))
    duty = phone.on(NOW - HOUR)
    with pytest.raises(BadInput, match="不在这次在岗时间内"):
        come(phone, duty, Shown(None, point, at(0)), phone_at=NOW - 2 * HOUR)
    with pytest.raises(NotFound):
        come(phone, duty, Shown(None, elsewhere, at(0)))
    with pytest.raises(NotFound):
        come(phone, duty, Shown(code_of(owner, elsewhere), None, at(0)))
    assert count(owner) == 0


def test_a_clock_wrong_by_a_day_is_set_right(phone: Phone, point: int) -> None:
    phone.slow = timedelta(days=1)
    duty = phone.on(NOW - HOUR)
    row = come(phone, duty, Shown(None, point, at(0)))
    assert (row.at, row.phone_at) == (NOW - HOUR / 12, NOW - HOUR / 12 - phone.slow)


def test_what_was_scanned_before_the_sign_changed_or_went_still_counts(
    phone: Phone, point: int, owner: Callable[[], Any], worker: Callable[..., Actor], as_actor: Callable[..., Any]
) -> None:
    duty, old = phone.on(NOW - HOUR), code_of(owner, point)
    clerk = worker(TOWN_A, Role.CENTRE_STAFF, "工作人员")
    with as_actor(clerk) as session:
        renew_code(session, clerk, point_id=point, now=NOW - HOUR / 6)
        session.commit()
    assert code_of(owner, point) != old
    assert come(phone, duty, Shown(old, None, None), phone_at=NOW - HOUR / 3).point_id == point
    with pytest.raises(NotFound, match="二维码已更换"):
        come(phone, duty, Shown(old, None, None), phone_at=NOW - HOUR / 12)
    with as_actor(clerk) as session:
        end_point(session, clerk, point_id=point, now=NOW - HOUR / 10)
        session.commit()
    come(phone, duty, Shown(None, point, at(0)), phone_at=NOW - HOUR / 8)
    with pytest.raises(BadInput, match="已停用"):
        come(phone, duty, Shown(None, point, at(0)))
    assert count(owner) == 2


def test_places_go_with_the_raw_points_and_the_check_in_stays(
    phone: Phone, point: int, owner: Callable[[], Any], as_job: Callable[[], Any]
) -> None:
    come(phone, phone.on(NOW - HOUR), Shown(None, point, at(20)))
    with as_job() as session:
        assert forget_places(session, now=NOW + timedelta(days=179)) == 0
    with as_job() as session:
        assert forget_places(session, now=NOW + timedelta(days=181)) == 1
    with owner() as session:
        kept = session.execute(text("select lon, lat, accuracy_m, round(distance_m) from patrol_check_ins")).one()
    assert tuple(kept) == (None, None, None, 20)


def test_the_centre_puts_a_point_up_in_the_grid_where_it_lies(
    phone: Phone, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    clerk = signed_in((Role.CENTRE_STAFF, TOWN_A))
    answer = clerk.post("/patrols/points", data=ENTRY)
    assert answer.status_code == 302
    page = clerk.get(answer.headers["Location"]).get_data(as_text=True)
    assert "东门消防栓" in page
    assert "请打印二维码" in page
    with owner() as session:
        assert session.execute(text("select unit_code, radius_m from patrol_points")).one() == (GRID_A11, 50)


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"name": " "}, "name", "1–60 个字"),
        ({"name": "点" * 61}, "name", "1–60 个字"),
        ({"radius_m": "5"}, "radius_m", "10 至 500"),
        ({"radius_m": "一百"}, "radius_m", "10 至 500"),
        ({"lon": "", "lat": ""}, "lon", "请在地图上选点"),
        ({"lon": "abc"}, "lon", "经度应为十进制度数"),
        ({"lon": "100.5", "lat": "30.5"}, "lon", "不在任何已划定的网格内"),
        ({"datum": "x"}, "datum", "坐标系无法识别"),
    ],
)
def test_a_wrong_point_is_told_beside_its_field_and_what_was_written_stays(
    phone: Phone, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any], more: dict[str, str], field: str, words: str
) -> None:  # fmt: skip
    answer = signed_in((Role.CENTRE_STAFF, TOWN_A)).post("/patrols/points", data={**ENTRY, **more})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    assert re.search(rf'id="{field}-error">[^<]*{words}', page), page
    assert f'value="{(ENTRY | more)["radius_m"]}"' in page
    with owner() as session:
        assert session.execute(text("select count(*) from patrol_points")).scalar() == 0


def test_the_list_says_who_was_nowhere_and_names_nobody_to_workers(
    phone: Phone, point: int, signed_in: Callable[..., FlaskClient], make: Any
) -> None:
    make.patrol_point(GRID_A11, name="没人去的点", lon=MIDDLE[0], lat=MIDDLE[1])
    at_now = now()
    duty = phone.on(at_now - HOUR, now=at_now)
    with phone.open(phone.actor) as session:
        check_in(session, phone.actor, client_id=uuid.uuid4(), duty=duty, shown=Shown(None, point, at(0)), phone_at=at_now, phone_sent_at=at_now, now=at_now)  # fmt: skip
        session.commit()
    told = signed_in((Role.GRID_WORKER, GRID_A11)).get("/patrols/points", headers=JSON).json["items"]
    assert [(one["name"], one["times"]) for one in told] == [("没人去的点", 0), ("点位", 1)]
    assert "网格员甲" not in str(told)
    page = signed_in((Role.CENTRE_STAFF, TOWN_A)).get(f"/patrols/points/{point}").get_data(as_text=True)
    assert "网格员甲" in page
    assert signed_in((Role.CENTRE_STAFF, TOWN_B)).get(f"/patrols/points/{point}").status_code == 404
    assert signed_in((Role.GRID_WORKER, GRID_A11)).get(f"/patrols/points/{point}").status_code == 403
    assert signed_in((Role.GRID_WORKER, GRID_B11)).get("/patrols/points", headers=JSON).json["total"] == 0


def test_the_sign_shows_what_a_camera_reads(
    phone: Phone, point: int, owner: Callable[[], Any], signed_in: Callable[..., FlaskClient]
) -> None:
    page = signed_in((Role.CENTRE_STAFF, TOWN_A)).get(f"/patrols/points/{point}/sign").get_data(as_text=True)
    code = code_of(owner, point)
    assert f"{code[:5]} {code[5:]}" in page
    assert re.search(r"<svg[^>]*viewBox", page)
    assert code_in(f"http://localhost/field/#check/{code}") == code
