"""Guessing passwords is slowed down, for names that exist and names that do not alike, and nobody can shut another person out."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gridmap.access import Role
from gridmap.accounts.actions import count_attempt, entry, hasher
from tests.factories import TOWN_A, Factories

WRONG = "wrong-Password-1"
HOME, ELSEWHERE, THIRD = "192.0.2.1", "198.51.100.7", "203.0.113.9"


@pytest.fixture
def person(make: Factories) -> tuple[str, str]:
    make.world()
    return make.account((Role.LEADER, TOWN_A))


def enter(client: FlaskClient, username: str, password: str = WRONG, at: str = HOME) -> Any:
    """Post the sign-in form from an address."""
    return client.post(
        "/login", data={"username": username, "password": password}, environ_overrides={"REMOTE_ADDR": at}
    )


def sql(connection: Any, statement: str) -> Any:
    """Run a statement as the owner."""
    connection.exec_driver_sql("reset role")
    return connection.exec_driver_sql(statement)


def later(connection: Any, minutes: int) -> None:
    """Let time pass for whatever was counted."""
    sql(
        connection,
        f"update sign_in_failures set failed_at = failed_at - interval '{minutes} minutes',"
        f" locked_until = locked_until - interval '{minutes} minutes'",
    )


def allow(connection: Any, **settings: int) -> None:
    """Change limits of signing in."""
    for key, value in settings.items():
        sql(connection, f"update system_settings set value = '{value}' where key = 'login.{key}'")


def shown(answer: Any, username: str) -> tuple[int, str, bool]:
    """Return what a person sees, without the name they typed and the seconds that pass meanwhile."""
    page = re.sub(r'(nonce|content|value)="[^"]*"', "", answer.get_data(as_text=True)).replace(username, "")
    return answer.status_code, re.sub(r"请 \d+ (秒|分钟)后", "", page), "Retry-After" in answer.headers


@pytest.mark.parametrize("invented", ["meiyou.zhege", " ＭＥＩＹＯＵ．ＺＨＥＧＥ "])
def test_names_that_exist_and_names_that_do_not_answer_alike(
    app: Flask, person: tuple[str, str], invented: str
) -> None:
    real = person[0] if invented.islower() else f" {person[0].upper()}"
    answers = [[shown(enter(app.test_client(), name), name) for _ in range(7)] for name in (real, invented)]
    assert answers[0] == answers[1]
    assert [status for status, _, _ in answers[0]] == [401] * 5 + [429] * 2


@pytest.mark.parametrize("state", ["real", "invented", "disabled", "without password"])
def test_every_name_costs_one_verification(
    app: Flask, person: tuple[str, str], connection: Any, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"disabled": "disabled_at = now()", "without password": "password_hash = null"}
    if state in changes:
        sql(connection, f"update accounts set {changes[state]} where username = '{person[0]}'")
    verified: list[str] = []
    real = entry.matches
    monkeypatch.setattr(entry, "matches", lambda kept, given: verified.append(kept) or real(kept, given))
    assert enter(app.test_client(), "meiyou.zhege" if state == "invented" else person[0]).status_code == 401
    assert len(verified) == 1
    assert verified[0].startswith("$argon2id$")


def test_a_password_of_nobody_opens_nothing(app: Flask, person: tuple[str, str], connection: Any) -> None:
    assert enter(app.test_client(), "meiyou.zhege", "nobody").status_code == 401
    sql(connection, f"update accounts set password_hash = null where username = '{person[0]}'")
    assert enter(app.test_client(), person[0], "nobody").status_code == 401


def test_the_wait_doubles_and_the_right_password_ends_it(
    client: FlaskClient, person: tuple[str, str], connection: Any
) -> None:
    answers = [enter(client, person[0]) for _ in range(5)]
    assert [a.status_code for a in answers] == [401] * 5
    assert "请 1 分钟后再试" in answers[4].get_data(as_text=True)
    refused = enter(client, *person)
    assert (refused.status_code, 50 < int(refused.headers["Retry-After"]) <= 60) == (429, True)
    later(connection, 1)
    assert "请 2 分钟后再试" in enter(client, person[0]).get_data(as_text=True)
    later(connection, 2)
    assert enter(client, *person).status_code == 302
    client.post("/logout")
    assert [enter(client, person[0]).status_code for _ in range(4)] == [401] * 4
    assert enter(client, *person).status_code == 302


def test_knocking_while_waiting_makes_no_wait_longer(client: FlaskClient, person: tuple[str, str]) -> None:
    for _ in range(5):
        enter(client, person[0])
    waits = [int(enter(client, person[0]).headers["Retry-After"]) for _ in range(10)]
    assert max(waits) <= 60


def test_counts_fade(client: FlaskClient, person: tuple[str, str], connection: Any) -> None:
    for _ in range(4):
        enter(client, person[0])
    later(connection, 30)  # half of four, one more makes three
    assert "再试" not in enter(client, person[0]).get_data(as_text=True)
    for _ in range(30):
        later(connection, 60 * 24)
        assert "再试" not in enter(client, person[0]).get_data(as_text=True)


def test_a_stranger_elsewhere_shuts_nobody_out(app: Flask, person: tuple[str, str], connection: Any) -> None:
    allow(connection, name_lock_after=8)
    own = app.test_client()
    assert enter(own, *person).status_code == 302
    for at in (ELSEWHERE, THIRD):
        for _ in range(5):
            enter(app.test_client(), person[0], at=at)
    assert enter(app.test_client(), *person, at="192.0.2.200").status_code == 429  # a new place waits
    assert enter(app.test_client(), *person).status_code == 302  # the address that has signed in before does not
    assert enter(own, *person, at="192.0.2.77").status_code == 302  # nor does the browser, wherever it is
    assert own.get("/notices").status_code == 200


def test_a_stranger_at_the_same_address_does_not_stop_a_browser_that_has_signed_in(
    app: Flask, person: tuple[str, str]
) -> None:
    own = app.test_client()
    enter(own, *person)
    for _ in range(6):
        enter(app.test_client(), person[0])
    assert enter(app.test_client(), *person).status_code == 429
    assert own.get("/notices").status_code == 200  # what works is not disturbed
    own.post("/logout")
    assert enter(own, *person).status_code == 302


def test_a_known_browser_is_no_way_around_counting(app: Flask, person: tuple[str, str]) -> None:
    own = app.test_client()
    enter(own, *person)
    own.post("/logout")
    assert [enter(own, person[0], at=f"192.0.2.{n}").status_code for n in range(6)] == [401] * 5 + [429]


def test_a_cookie_that_somebody_made_up_is_worth_nothing(app: Flask, person: tuple[str, str]) -> None:
    answers = []
    for n in range(6):
        client = app.test_client()
        client.set_cookie("gridmap-device", f"{n:022d}", path="/login")
        answers.append(enter(client, person[0]).status_code)
    assert answers == [401] * 5 + [429]


def test_a_known_place_is_forgotten(app: Flask, person: tuple[str, str], connection: Any) -> None:
    allow(connection, name_lock_after=3, lock_after=9)
    enter(app.test_client(), *person)
    sql(connection, "update sign_in_places set seen_at = seen_at - interval '181 days'")
    for _ in range(3):
        enter(app.test_client(), person[0], at=ELSEWHERE)
    assert enter(app.test_client(), *person).status_code == 429


def test_many_names_from_one_address(app: Flask, person: tuple[str, str], connection: Any) -> None:
    allow(connection, address_lock_after=10)
    own = app.test_client()
    enter(own, *person)
    answers = [enter(app.test_client(), f"name{n}").status_code for n in range(11)]
    assert answers == [401] * 10 + [429]
    assert enter(app.test_client(), *person).status_code == 429
    assert enter(own, *person).status_code == 302
    assert enter(app.test_client(), *person, at=ELSEWHERE).status_code == 302


def test_networks_of_ipv6_count_as_one(app: Flask, person: tuple[str, str]) -> None:
    answers = [enter(app.test_client(), person[0], at=f"2001:db8::{n}").status_code for n in range(6)]
    assert answers == [401] * 5 + [429]


def test_a_new_first_password_ends_the_wait(
    app: Flask, signed_in: Callable[..., FlaskClient], person: tuple[str, str]
) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    for _ in range(5):
        enter(app.test_client(), person[0], at=ELSEWHERE)
    admin.post(f"/accounts/{person[0]}/password")
    page = admin.get(f"/accounts/{person[0]}").get_data(as_text=True)
    made = re.search(r"重置为 (\S+?)（", page).group(1)
    assert enter(app.test_client(), person[0], made, at=ELSEWHERE).status_code == 302


def test_the_table_tells_neither_names_nor_addresses(app: Flask, person: tuple[str, str], connection: Any) -> None:
    client = app.test_client()
    enter(client, person[0])
    enter(client, *person)
    for table in ("sign_in_failures", "sign_in_places"):
        kept = " ".join(str(row) for row in sql(connection, f"select * from {table}"))
        assert kept
        assert person[0] not in kept
        assert HOME not in kept


@pytest.mark.parametrize("table", ["sign_in_failures", "sign_in_places", "sign_ins"])
def test_the_application_reads_no_table_of_sign_ins(connection: Any, as_actor: Callable[..., Any], table: str) -> None:
    with as_actor(None) as session, pytest.raises(Exception, match="permission denied"):
        session.execute(text(f"select * from {table}"))


def test_attempts_at_the_same_moment_are_all_counted(clone: Callable[[], Any], app: Flask) -> None:
    engine = create_engine(clone(), poolclass=NullPool)

    def attempt(_: int) -> int:
        with Session(engine) as session:
            made = count_attempt(session, username="ceshi", address=HOME, device="x" * 22)
            session.commit()
        return made.refused_s

    with ThreadPoolExecutor(8) as pool:
        refused = list(pool.map(attempt, range(24)))
    engine.dispose()
    assert refused.count(0) == 5


def test_the_hash_of_nobody_costs_what_a_real_one_costs() -> None:
    assert entry._NOBODY.split("$")[3] == hasher.hash("x").split("$")[3]


def test_guessing_the_old_password_of_an_open_session_is_slowed_down(
    app: Flask, person: tuple[str, str], connection: Any
) -> None:
    """Whoever finds a browser open may not try passwords at will; signing in elsewhere is not touched by it."""
    client = app.test_client()
    enter(client, *person)

    def change(old: str) -> Any:
        return client.post("/account/password", data={"old": old, "new": "Ziji-mima-2026", "again": "Ziji-mima-2026"})

    assert [change(WRONG).status_code for _ in range(5)] == [400] * 5
    refused = change(person[1])
    assert refused.status_code == 429
    assert "原密码输错次数过多，请" in refused.get_data(as_text=True)
    assert enter(app.test_client(), *person, at=ELSEWHERE).status_code == 302
    later(connection, 1)
    assert change(person[1]).status_code == 302
    assert sql(connection, "select count(*) from sign_in_failures where locked_until > now()").scalar() == 0
