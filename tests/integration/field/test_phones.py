"""Phones are known, asked after and closed from afar."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.accounts.actions.phones import MOST_PHONES
from tests.factories import COUNTY, GRID_A11, GRID_A12, TOWN_A, TOWN_B, Factories
from tests.integration.field.conftest import JSON

Owner = Callable[[], Any]


@pytest.fixture
def worker(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    return signed_in((Role.GRID_WORKER, GRID_A11), name="网格员甲")


def register(client: FlaskClient, device: str | None = None, name: str = "安卓手机") -> tuple[str, str]:
    """Make a phone known; return its number and secret."""
    device = device or str(uuid.uuid4())
    answer = client.post("/field/phones", json={"device": device, "name": name}, headers=JSON)
    assert answer.status_code == 201, answer.text
    return device, answer.json["secret"]


def state(app: Flask, device: str, secret: str) -> str:
    """Ask as a phone does, without a sign-in."""
    answer = app.test_client().get("/field/phones/state", headers={"X-Phone": device, "X-Phone-Secret": secret, **JSON})
    told: str = answer.json["state"]
    return told


def test_only_the_secret_opens_the_answer(worker: FlaskClient, app: Flask) -> None:
    device, secret = register(worker)
    assert state(app, device, secret) == "ok"
    assert state(app, device, "wrong") == "unknown"
    assert state(app, str(uuid.uuid4()), secret) == "unknown"
    assert state(app, "x", secret) == "unknown"


def test_the_secret_itself_is_kept_nowhere(worker: FlaskClient, owner: Owner) -> None:
    _device, secret = register(worker)
    with owner() as session:
        assert secret not in str(session.execute(text("select * from phones")).all())


def test_a_phone_registered_again_has_a_new_secret(worker: FlaskClient, app: Flask) -> None:
    device, old = register(worker)
    _, new = register(worker, device)
    assert (state(app, device, old), state(app, device, new)) == ("unknown", "ok")
    assert worker.get("/field/phones").text.count("安卓手机") == 1


def test_the_worker_closes_a_lost_phone(worker: FlaskClient, app: Flask, owner: Owner) -> None:
    device, secret = register(worker, name="丢失的手机")
    with owner() as session:
        number = session.execute(text("select id from phones")).scalar_one()
    assert worker.post(f"/field/phones/{number}/revoke").status_code == 302
    assert state(app, device, secret) == "revoked"
    assert "由网格员甲停用" in worker.get("/field/phones").text
    answer = worker.post("/field/phones", json={"device": device, "name": "x"}, headers=JSON)
    assert answer.status_code == 409


def test_an_administrator_there_closes_it_and_others_do_not(
    worker: FlaskClient, app: Flask, owner: Owner, signed_in: Callable[..., FlaskClient]
) -> None:
    device, secret = register(worker)
    with owner() as session:
        number, username = session.execute(
            text("select p.id, a.username from phones p join accounts a on a.id = p.account_id")
        ).one()
    path = f"/accounts/{username}/phones/{number}/revoke"
    assert signed_in((Role.GRID_WORKER, GRID_A11), name="乙").post(f"/field/phones/{number}/revoke").status_code == 404
    assert signed_in((Role.ADMINISTRATOR, TOWN_B)).post(path, headers=JSON).status_code == 404
    assert signed_in((Role.LEADER, COUNTY)).post(path, headers=JSON).status_code == 403
    assert state(app, device, secret) == "ok"
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A), name="管理员")
    assert "停用手机" in admin.get(f"/accounts/{username}").text
    assert admin.post(path).status_code == 302
    assert state(app, device, secret) == "revoked"
    assert "由管理员停用" in admin.get(f"/accounts/{username}").text


@pytest.mark.parametrize(
    "ending",
    [
        "update accounts set disabled_at = now() where id = (select account_id from phones)",
        "update posts set ended_at = now()",
    ],
)
def test_who_may_not_sign_in_or_is_no_grid_worker_is_not_welcome(
    worker: FlaskClient, app: Flask, owner: Owner, ending: str
) -> None:
    device, secret = register(worker)
    with owner() as session:
        session.execute(text(ending))
    assert state(app, device, secret) == "revoked"


def test_too_many_phones_and_anothers_number(worker: FlaskClient, signed_in: Callable[..., FlaskClient]) -> None:
    device, _ = register(worker)
    other = signed_in((Role.GRID_WORKER, GRID_A12), name="乙")
    answer = other.post("/field/phones", json={"device": device, "name": "x"}, headers=JSON)
    assert answer.status_code == 409
    for _ in range(MOST_PHONES - 1):
        register(worker)
    answer = worker.post("/field/phones", json={"device": str(uuid.uuid4()), "name": "x"}, headers=JSON)
    assert (answer.status_code, "停用" in answer.json["detail"]) == (409, True)


@pytest.mark.parametrize("told", [None, [], {"device": "x"}, {"device": None}])
def test_a_phone_without_a_number_is_refused(worker: FlaskClient, told: Any) -> None:
    assert worker.post("/field/phones", json=told, headers=JSON).status_code == 400
