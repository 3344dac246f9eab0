"""Units that end: what is still there is told before, posts follow the one successor, cases stay and can be reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from shapely.geometry import MultiPolygon, box

from gridmap.access import Role
from gridmap.clock import now
from gridmap.units.rules.leaving import heirs
from tests.factories import GRID_A11, GRID_A12, SIZE, SOUTH, TOWN_A, VILLAGE_A1, WEST, Factories
from tests.integration.units_web.conftest import JSON
from tests.integration.units_web.test_editor import A11, A12, MIDDLE, drawing

NEW = 990102001001003
OPEN_POSTS = "posts where ended_at is null and unit_code = {}"


@pytest.fixture
def enter(app: Flask) -> Callable[[str, str], FlaskClient]:
    """``enter(username, password)``: a client signed in as somebody who exists."""

    def sign_in(username: str, password: str) -> FlaskClient:
        client = app.test_client()
        assert client.post("/login", data={"username": username, "password": password}).status_code == 302
        return client

    return sign_in


def merged(client: FlaskClient) -> dict[str, Any]:
    """A draft that joins 第二网格 to 第一网格."""
    saved = client.post(f"/units/{A11}/edit", json=drawing(client, "merge", [A11, A12], others=[A12]))
    assert saved.status_code == 200, saved.json
    return dict(saved.json)


def halved(client: FlaskClient) -> dict[str, Any]:
    """A draft that divides 第一网格 among two new grids."""
    parts = [{"code": f"{NEW}", "name": "第三网格"}, {"code": f"{NEW + 1}", "name": "第四网格"}]
    saved = client.post(f"/units/{A11}/edit", json=drawing(client, "split", [A11], line=MIDDLE, parts=parts))
    assert saved.status_code == 200, saved.json
    return dict(saved.json)


def leaving(client: FlaskClient, address: str) -> str:
    """The part of a version's page that says what ends."""
    return client.get(address).get_data(as_text=True).split('id="leaving-title"')[1].split("</section>")[0]


def publish(client: FlaskClient, saved: dict[str, Any], **said: str) -> Any:
    """Publish a draft and follow to its page."""
    return client.post(f"{saved['url']}/publish", data={"base": saved["row_version"], **said}, follow_redirects=True)


def test_what_is_still_there_and_who_takes_over_is_told_before(administrator: FlaskClient, make: Factories) -> None:
    make.case(GRID_A12)
    make.case(GRID_A12, at=None)
    make.case(GRID_A12, status="closed", closed_at=now())
    make.case(GRID_A11)
    make.account((Role.GRID_WORKER, GRID_A12))
    saved = merged(administrator)
    told = leaving(administrator, saved["url"])
    assert "第二网格" in told
    assert "还有 2 件未办结、1 个岗位" in told
    assert "承接：第一网格" in told
    assert f"/cases?unit={A12}" in told
    listed = administrator.get(f"/cases?unit={A12}&status=registered", headers=JSON)
    assert listed.json["total"] == 2


def test_posts_follow_the_one_successor_and_cases_keep_the_code_they_were_born_with(
    enter: Callable[..., FlaskClient], administrator: FlaskClient, make: Factories, count: Callable[[str], int]
) -> None:
    case, other = make.case(GRID_A12), make.case(GRID_A11)
    person = make.account((Role.GRID_WORKER, GRID_A12), name="随迁人")
    make.account((Role.GRID_WORKER, GRID_A12), (Role.GRID_WORKER, GRID_A11), name="两处任职")
    page = publish(administrator, merged(administrator)).get_data(as_text=True)
    assert "岗位在发布时已随到唯一的承接区划" in page
    assert count(OPEN_POSTS.format(GRID_A11)) == 2
    assert count(OPEN_POSTS.format(GRID_A12)) == 2
    assert count("events where kind = 'post.followed'") == 1
    assert count(f"cases where unit_code = {GRID_A12}") == 1
    # The worker serves the larger grid from now on, and can still end what was begun in the former one.
    worker = enter(*person)
    assert worker.get("/map").status_code == 200
    assert worker.get("/map/units/000000000000000.json").json["name"] == "我的全部区划"
    assert worker.get(f"/cases/{other}").status_code == 200
    assert worker.get(f"/cases/{case}").status_code == 200


def test_posts_end_where_nothing_is_left_to_do(
    administrator: FlaskClient, enter: Callable[..., FlaskClient], make: Factories, count: Callable[[str], int]
) -> None:
    make.case(GRID_A12, status="closed", closed_at=now())
    person = make.account((Role.GRID_WORKER, GRID_A12))
    publish(administrator, merged(administrator))
    assert count(OPEN_POSTS.format(GRID_A12)) == 0
    assert count(OPEN_POSTS.format(GRID_A11)) == 1
    assert enter(*person).get("/map/units/000000000000000.json").json["code"] == A11


def test_a_handlers_post_stays_with_the_department(
    administrator: FlaskClient, make: Factories, count: Callable[[str], int]
) -> None:
    make.account((Role.DEPARTMENT_HANDLER, GRID_A12, make.department("警务室", GRID_A12)))
    saved = merged(administrator)
    assert "部门" in leaving(administrator, saved["url"])
    publish(administrator, saved)
    assert count(OPEN_POSTS.format(GRID_A12)) == 1
    assert count(OPEN_POSTS.format(GRID_A11)) == 0


def test_without_one_successor_publishing_names_the_problem_and_the_remedy(
    administrator: FlaskClient, enter: Callable[..., FlaskClient], make: Factories, count: Callable[[str], int]
) -> None:
    case = make.case(GRID_A11)
    person = make.account((Role.GRID_WORKER, GRID_A11))
    saved = halved(administrator)
    told = leaving(administrator, saved["url"])
    assert "没有唯一的承接区划" in told
    assert "第三网格" in told
    assert "第四网格" in told
    refused = administrator.post(f"{saved['url']}/publish", data={"base": saved["row_version"]}, headers=JSON)
    assert refused.status_code == 409
    assert "“第一网格”还有 1 件未办结、1 个岗位" in refused.json["detail"]
    assert "移交" in refused.json["detail"]
    assert count("units where valid_to is not null") == 0
    done = publish(administrator, saved, arranged="yes")
    assert done.status_code == 200
    assert count(f"units where unit_code = {GRID_A11} and valid_to is not null") == 1
    assert administrator.get(f"/cases/{case}").status_code == 200
    assert count(OPEN_POSTS.format(GRID_A11)) == 1
    # Whoever holds the post still finds their way: the map opens with the former grid and says what it is.
    worker = enter(*person)
    assert worker.get("/map").status_code == 200
    assert worker.get("/map/units/000000000000000.json").json["name"] == "第一网格（已撤销）"
    assert worker.get(f"/cases/{case}").status_code == 200


def test_nothing_there_needs_no_arrangement(administrator: FlaskClient) -> None:
    saved = halved(administrator)
    assert "没有未办结事件和岗位" in leaving(administrator, saved["url"])
    assert publish(administrator, saved).status_code == 200


def test_the_village_still_reaches_the_cases_of_a_former_grid(
    administrator: FlaskClient, signed_in: Callable[..., FlaskClient], make: Factories
) -> None:
    case = make.case(GRID_A12)
    desk = signed_in((Role.CENTRE_STAFF, TOWN_A))
    publish(administrator, merged(administrator))
    assert desk.get(f"/cases/{case}").status_code == 200
    assert desk.get(f"/cases?unit={VILLAGE_A1}", headers=JSON).json["total"] == 1
    assert desk.get(f"/cases?unit={A12}", headers=JSON).json["total"] == 1


SQUARE = box(WEST, SOUTH, WEST + SIZE, SOUTH + SIZE)
HALF = box(WEST, SOUTH, WEST + SIZE / 2, SOUTH + SIZE)
REST = box(WEST + SIZE / 2, SOUTH, WEST + SIZE, SOUTH + SIZE)
HAIR = box(WEST + SIZE - 1e-6, SOUTH, WEST + 3 * SIZE, SOUTH + SIZE)


@pytest.mark.parametrize(
    ("new", "codes", "successor"),
    [
        ({1: MultiPolygon([SQUARE])}, (1,), 1),
        ({2: HALF, 1: REST}, (1, 2), None),
        ({1: SQUARE, 2: HAIR}, (1,), 1),
        ({2: HAIR}, (), None),
        ({}, (), None),
        ({1: HALF}, (1,), None),
    ],
)
def test_heirs_are_those_who_take_the_ground(
    new: dict[int, Any], codes: tuple[int, ...], successor: int | None
) -> None:
    found = heirs(MultiPolygon([SQUARE]), new)
    assert (tuple(sorted(found.codes)), found.successor) == (codes, successor)
