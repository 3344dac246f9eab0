"""An administrator adds people, gives and ends posts, resets passwords, disables: within their own scope only."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.accounts import queries
from tests.factories import COUNTY, GRID_A11, GRID_B11, TOWN_A, TOWN_B, Factories

NEW = {"username": "li.ceshi", "name": "李测试", "role": "leader", "unit": str(TOWN_A)}


@pytest.fixture
def admin(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    return signed_in((Role.ADMINISTRATOR, TOWN_A))


def enter(app: Flask, username: str, password: str) -> FlaskClient:
    """Sign in as another person."""
    client = app.test_client()
    assert client.post("/login", data={"username": username, "password": password}).status_code == 302
    return client


def test_a_new_person_gets_a_first_password_shown_once(app: Flask, admin: FlaskClient) -> None:
    assert admin.post("/accounts/new", data=NEW).status_code == 302
    page = admin.get("/accounts/li.ceshi").get_data(as_text=True)
    password = re.search(r"初始密码 (\S+?)（", page).group(1)
    assert password not in admin.get("/accounts/li.ceshi").get_data(as_text=True)
    person = enter(app, "li.ceshi", password)
    assert person.get("/notices").headers["Location"] == "/account/password"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"username": "李"}, "用户名由"),
        ({"name": ""}, "请填写姓名"),
        ({"unit": "22010200000000"}, "2、4、6、9、12 或 15 位"),
        ({"unit": "990199000000000"}, "该区划不存在"),
        ({"unit": str(TOWN_B)}, "不在您负责的区划范围内"),
        ({"role": "department_handler"}, "部门经办须填写所在部门"),
        ({"role": "king"}, "不是有效的选择"),
    ],
)
def test_bad_entries_are_named_and_nothing_is_stored(admin: FlaskClient, change: dict[str, str], message: str) -> None:
    answer = admin.post("/accounts/new", data={**NEW, **change})
    assert answer.status_code == 400
    assert message in answer.get_data(as_text=True)
    assert admin.get("/accounts?q=li.ceshi", headers={"Accept": "application/json"}).json["total"] == 0


@pytest.mark.parametrize("dates", [{"valid_to": "2026-01-31"}, {"valid_from": None}, {"valid_from": "2999-01-01"}])
def test_nobody_is_put_where_nothing_is(
    admin: FlaskClient, owner: Callable[[], Any], dates: dict[str, str | None]
) -> None:
    name, value = next(iter(dates.items()))
    with owner() as session:
        session.execute(
            text(f"update units set {name} = :value where unit_code = :code"), {"value": value, "code": GRID_A11}
        )
    answer = admin.post("/accounts/new", data={**NEW, "unit": str(GRID_A11)})
    assert answer.status_code == 400
    assert "已经撤销或尚未生效" in answer.get_data(as_text=True)


def test_a_name_in_use_is_told_beside_its_field(admin: FlaskClient, make: Factories) -> None:
    taken, _ = make.account((Role.LEADER, TOWN_B))
    answer = admin.post("/accounts/new", data={**NEW, "username": taken})
    assert answer.status_code == 400
    assert "该用户名已被使用" in answer.get_data(as_text=True)


def test_posts_are_given_and_ended_within_the_scope(app: Flask, admin: FlaskClient, make: Factories) -> None:
    username, password = make.account((Role.GRID_WORKER, GRID_A11))
    page = f"/accounts/{username}"
    assert admin.post(f"{page}/posts", data={"role": "auditor", "unit": str(TOWN_A)}).status_code == 302
    assert admin.post(f"{page}/posts", data={"role": "auditor", "unit": str(TOWN_A)}).status_code == 400
    assert admin.post(f"{page}/posts", data={"role": "auditor", "unit": str(GRID_B11)}).status_code == 400
    assert "审计员" in admin.get(page).get_data(as_text=True)
    ends = re.findall(rf"{page}/posts/\d+/end", admin.get(page).get_data(as_text=True))
    for address in ends:
        assert admin.post(address).status_code == 302
    person = enter(app, username, password)
    assert person.get("/cases").status_code == 403


def test_reset_and_disable_end_every_sign_in(app: Flask, admin: FlaskClient, make: Factories) -> None:
    username, password = make.account((Role.LEADER, TOWN_A))
    person = enter(app, username, password)
    assert admin.post(f"/accounts/{username}/password").status_code == 302
    queries._seen.clear()
    assert person.get("/notices").status_code == 302
    refused = app.test_client().post("/login", data={"username": username, "password": password})
    assert refused.status_code == 401
    assert admin.post(f"/accounts/{username}/disable").status_code == 302
    assert "停用" in admin.get(f"/accounts/{username}").get_data(as_text=True)
    assert admin.post(f"/accounts/{username}/enable").status_code == 302


def test_nobody_disables_themselves(app: Flask, make: Factories) -> None:
    make.world()
    username, password = make.account((Role.ADMINISTRATOR, TOWN_A))
    client = enter(app, username, password)
    assert client.post(f"/accounts/{username}/disable").status_code == 409


def test_a_password_that_opens_more_than_the_asker_manages_is_not_reset(app: Flask, make: Factories) -> None:
    make.world()
    boss = enter(app, *make.account((Role.ADMINISTRATOR, TOWN_A), (Role.LEADER, COUNTY)))
    username, password = make.account((Role.GRID_WORKER, GRID_A11), (Role.LEADER, COUNTY))
    answer = boss.post(f"/accounts/{username}/password", headers={"Accept": "application/json"})
    assert answer.status_code == 403
    assert "范围以外另有岗位" in answer.json["detail"]
    enter(app, username, password)


def test_who_also_works_above_the_asker_is_not_disabled(app: Flask, make: Factories) -> None:
    make.world()
    boss = enter(app, *make.account((Role.ADMINISTRATOR, TOWN_A), (Role.LEADER, COUNTY)))
    username, password = make.account((Role.GRID_WORKER, GRID_A11), (Role.LEADER, COUNTY))
    person = enter(app, username, password)
    for what in ("disable", "enable"):
        answer = boss.post(f"/accounts/{username}/{what}", headers={"Accept": "application/json"})
        assert answer.status_code == 403
        assert "范围以外另有岗位" in answer.json["detail"]
    queries._seen.clear()
    assert person.get("/notices").status_code == 200


def test_an_ended_post_above_keeps_nobody_from_being_disabled(
    app: Flask, admin: FlaskClient, make: Factories, owner: Callable[[], Any]
) -> None:
    username, _ = make.account((Role.GRID_WORKER, GRID_A11), (Role.LEADER, COUNTY))
    with owner() as session:
        session.execute(text("update posts set ended_at = now() where unit_code = :county"), {"county": COUNTY})
    assert admin.post(f"/accounts/{username}/disable").status_code == 302


def test_a_handler_is_one_of_a_department(app: Flask, admin: FlaskClient) -> None:
    for username in ("si.fa", "si.fa2"):
        data = {**NEW, "username": username, "role": "department_handler", "department": "司法所"}
        assert admin.post("/accounts/new", data=data).status_code == 302
    assert "部门经办 · 司法所" in admin.get("/accounts/si.fa2").get_data(as_text=True)
