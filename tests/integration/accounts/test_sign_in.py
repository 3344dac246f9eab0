"""Signing in and out: rotation, time-outs, forced first change, CSRF, safe redirects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gridmap.access import Role
from gridmap.accounts import queries
from tests.factories import TOWN_A, Factories


@pytest.fixture
def person(make: Factories) -> tuple[str, str]:
    make.world()
    return make.account((Role.LEADER, TOWN_A))


def enter(client: FlaskClient, username: str, password: str, **more: str) -> Any:
    """Post the sign-in form."""
    return client.post("/login", data={"username": username, "password": password, **more})


def sql(connection: Any, statement: str) -> Any:
    """Run a statement as the owner."""
    connection.exec_driver_sql("reset role")
    return connection.exec_driver_sql(statement)


def test_right_password_enters_and_wrong_does_not(client: FlaskClient, person: tuple[str, str]) -> None:
    refused = enter(client, person[0], "wrong-Password-1")
    assert refused.status_code == 401
    assert "用户名或密码不正确" in refused.get_data(as_text=True)
    assert client.get("/notices").status_code == 302
    assert enter(client, *person).status_code == 302
    assert client.get("/notices").status_code == 200


def test_each_sign_in_has_a_new_token_and_signing_out_ends_it(
    app: Flask, client: FlaskClient, person: tuple[str, str]
) -> None:
    enter(client, *person)
    first = client.get_cookie("gridmap").value
    assert client.post("/logout").status_code == 302
    assert client.get("/notices").status_code == 302
    thief = app.test_client()
    thief.set_cookie("gridmap", first)
    assert thief.get("/notices").status_code == 302
    enter(client, *person)
    assert client.get_cookie("gridmap").value != first


@pytest.mark.parametrize("column", ["last_seen_at", "created_at"])
def test_idle_and_old_sign_ins_end(client: FlaskClient, person: tuple[str, str], connection: Any, column: str) -> None:
    enter(client, *person)
    sql(connection, f"update sign_ins set {column} = {column} - interval '13 hours'")
    queries._seen.clear()
    assert client.get("/notices").status_code == 302


def pass_minutes(connection: Any, minutes: int) -> None:
    """Let minutes go by for every sign-in; what the process remembers of them is older than it may trust then."""
    ago = f"interval '{minutes} minutes'"
    sql(connection, f"update sign_ins set last_seen_at = last_seen_at - {ago}, created_at = created_at - {ago}")
    queries._seen.clear()


BADGES = [("/notices/count", {}), ("/work/count", {}), ("/cases", {"X-Gridmap-By": "timer"})]


@pytest.mark.parametrize(("address", "said"), BADGES)
def test_what_a_page_asks_by_itself_keeps_nobody_signed_in(
    client: FlaskClient, person: tuple[str, str], connection: Any, address: str, said: dict[str, str]
) -> None:
    enter(client, *person)
    asked = {"Accept": "application/json", **said}
    pass_minutes(connection, 59)
    assert client.get(address, headers=asked).status_code == 200
    pass_minutes(connection, 2)
    assert client.get("/notices").status_code == 302
    refused = client.get(address, headers=asked)
    assert refused.status_code == 401
    assert "登录" in refused.get_json()["detail"]


ACTS = [("/notices", {}), ("/cases", {}), ("/notices/count", {"X-Gridmap-By": "person"})]


@pytest.mark.parametrize(("address", "said"), ACTS)
def test_what_a_person_does_keeps_them_signed_in_for_as_long_as_a_sign_in_lasts(
    client: FlaskClient, person: tuple[str, str], connection: Any, address: str, said: dict[str, str]
) -> None:
    enter(client, *person)
    for _ in range(12):
        pass_minutes(connection, 59)
        assert client.get(address, headers=said).status_code == 200
    pass_minutes(connection, 59)
    assert client.get(address, headers=said).status_code in (302, 401)  # 13 × 59 minutes are more than 12 hours


def test_an_act_right_after_a_poll_counts(client: FlaskClient, person: tuple[str, str], connection: Any) -> None:
    enter(client, *person)
    pass_minutes(connection, 59)
    assert client.get("/notices/count").status_code == 200
    assert client.get("/notices").status_code == 200  # what the poll read is still remembered
    pass_minutes(connection, 59)
    assert client.get("/notices").status_code == 200


def test_tiles_fetched_by_a_timer_keep_nobody_signed_in(
    client: FlaskClient, person: tuple[str, str], connection: Any
) -> None:
    enter(client, *person)
    tile = "/tiles/cases/9/434/186.mvt"
    pass_minutes(connection, 59)
    assert client.get(tile, headers={"X-Gridmap-By": "timer"}).status_code in (200, 204)
    pass_minutes(connection, 2)
    assert client.get("/notices").status_code == 302
    enter(client, *person)
    pass_minutes(connection, 59)
    assert client.get(tile).status_code in (200, 204)
    pass_minutes(connection, 2)
    assert client.get("/notices").status_code == 200


def test_a_disabled_account_is_out_at_once(client: FlaskClient, person: tuple[str, str], connection: Any) -> None:
    enter(client, *person)
    sql(connection, "update accounts set disabled_at = now()")
    queries._seen.clear()
    assert client.get("/notices").status_code == 302
    assert enter(client, *person).status_code == 401


def test_first_password_must_be_changed(client: FlaskClient, make: Factories) -> None:
    make.world()
    username, password = make.account((Role.LEADER, TOWN_A), must_change=True)
    assert enter(client, username, password).headers["Location"] == "/account/password"
    assert client.get("/notices").headers["Location"] == "/account/password"
    assert client.get("/notices", headers={"Accept": "application/json"}).status_code == 403
    new = {"old": password, "new": "Gezi-fangkong-7", "again": "Gezi-fangkong-7"}
    weak = client.post("/account/password", data={**new, "new": "abc", "again": "abc"})
    assert weak.status_code == 400
    assert "至少" in weak.get_data(as_text=True)
    assert "不一致" in client.post("/account/password", data={**new, "again": "x"}).get_data(as_text=True)
    assert client.post("/account/password", data=new).status_code == 302
    assert client.get("/notices").status_code == 200


def test_changing_the_password_ends_other_sign_ins(app: Flask, client: FlaskClient, person: tuple[str, str]) -> None:
    other = app.test_client()
    enter(other, *person)
    enter(client, *person)
    data = {"old": person[1], "new": "Gezi-fangkong-7", "again": "Gezi-fangkong-7"}
    assert client.post("/account/password", data=data).status_code == 302
    queries._seen.clear()
    assert other.get("/notices").status_code == 302
    assert client.get("/notices").status_code == 200


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/cases?status=open", "/cases?status=open"),
        ("//evil.example.com", "/map"),
        ("https://evil.example.com/", "/map"),
        ("/\\evil.example.com", "/map"),
        ("javascript:alert(1)", "/map"),
        ("/a\nb", "/map"),
    ],
)
def test_redirects_stay_here(client: FlaskClient, person: tuple[str, str], target: str, expected: str) -> None:
    assert enter(client, *person, next=target).headers["Location"] == expected


def test_forms_without_a_token_are_refused(app: Flask, connection: Any, person: tuple[str, str]) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        refused = enter(app.test_client(), *person)
        assert refused.status_code == 400
        assert "页面已过期" in refused.get_data(as_text=True)
    finally:
        app.config["WTF_CSRF_ENABLED"] = False


def test_cookie_flags(client: FlaskClient, person: tuple[str, str]) -> None:
    header = enter(client, *person).headers["Set-Cookie"]
    assert "HttpOnly" in header
    assert "SameSite=Lax" in header


def test_accounts_of_another_town_are_not_listed(signed_in: Callable[..., FlaskClient], make: Factories) -> None:
    make.world()
    here, _ = make.account((Role.GRID_WORKER, TOWN_A))
    there, _ = make.account((Role.GRID_WORKER, 990102002000000))
    client = signed_in((Role.ADMINISTRATOR, TOWN_A))
    listed = client.get("/accounts", headers={"Accept": "application/json"}).json
    names = {item["username"] for item in listed["items"]}
    assert here in names
    assert there not in names
    assert listed["total"] == len(names)


def test_a_password_changed_in_another_process_is_noticed_at_once(client: FlaskClient, make: Factories) -> None:
    make.world()
    username, password = make.account((Role.LEADER, TOWN_A), must_change=True)
    enter(client, username, password)
    remembered = dict(queries._seen)  # of the process that showed the form
    new = {"old": password, "new": "Gezi-fangkong-7", "again": "Gezi-fangkong-7"}
    assert client.post("/account/password", data=new).status_code == 302
    queries._seen.update(remembered)
    assert client.get("/notices").status_code == 200


@pytest.mark.parametrize("address", ["/cases", "/map", "/notices", "/units", "/account/password", "/notices/count"])
def test_pages_of_a_person_stay_in_no_cache(client: FlaskClient, person: tuple[str, str], address: str) -> None:
    enter(client, *person)
    for kind in ("text/html", "application/json"):
        assert "no-store" in client.get(address, headers={"Accept": kind}).headers["Cache-Control"]
