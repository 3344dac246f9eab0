"""Every door × every role. A route nobody declared here fails; so does one whose guard differs from what is declared.

``DOORS``: endpoint → (guard, address within town A, the same address for a thing of town B or None). ``{case_a}`` and the like
stand for things of the small world. Guards: "public", "signed-in", or a permission.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gridmap import create_app
from gridmap.access import GRANTS, Permission, Role
from tests.factories import GRID_A11, GRID_B11, TOWN_A, Factories

P = Permission
DOORS: dict[str, tuple[str, str, str | None]] = {
    "accounts.create": (P.ACCOUNT_MANAGE, "/accounts/new", None),
    "accounts.detail": (P.ACCOUNT_MANAGE, "/accounts/{person_a}", "/accounts/{person_b}"),
    "accounts.end_post": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/posts/1/end", "/accounts/{person_b}/posts/1/end"),
    "accounts.give_post": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/posts", "/accounts/{person_b}/posts"),
    "accounts.index": (P.ACCOUNT_MANAGE, "/accounts", None),
    "accounts.login": ("public", "/login", None),
    "accounts.logout": ("signed-in", "/logout", None),
    "accounts.notices": ("signed-in", "/notices", None),
    "accounts.password": ("signed-in", "/account/password", None),
    "accounts.read": ("signed-in", "/notices/read", None),
    "accounts.reset_password": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/password", "/accounts/{person_b}/password"),
    "accounts.switch": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/disable", "/accounts/{person_b}/disable"),
    "accounts.unread": ("signed-in", "/notices/count", None),
    "health.alive": ("public", "/healthz", None),
    "health.ready": ("public", "/readyz", None),
}
ROUTES = sorted(
    {rule.endpoint for rule in create_app(NO_DATABASE=True, TESTING=True).url_map.iter_rules()} - {"static"}
)


@pytest.fixture
def things(make: Factories) -> dict[str, Any]:
    """One thing of each kind in town A and in town B."""
    make.world()
    return {
        "case_a": make.case(GRID_A11),
        "case_b": make.case(GRID_B11),
        "person_a": make.account((Role.GRID_WORKER, GRID_A11))[0],
        "person_b": make.account((Role.GRID_WORKER, GRID_B11))[0],
        "unit_a": f"{GRID_A11:015d}",
        "unit_b": f"{GRID_B11:015d}",
    }


def methods_of(app: Flask, endpoint: str) -> list[str]:
    """Return the methods of an endpoint that a browser would use."""
    found = {m for rule in app.url_map.iter_rules(endpoint) for m in rule.methods or ()}
    return sorted(found - {"HEAD", "OPTIONS"})


def test_every_route_is_declared_and_every_declaration_is_a_route() -> None:
    assert sorted(DOORS) == ROUTES


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_guard_is_the_declared_one(app: Flask, endpoint: str) -> None:
    assert getattr(app.view_functions[endpoint], "door", "none") == DOORS[endpoint][0]


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_stranger(app: Flask, client: FlaskClient, things: dict[str, Any], endpoint: str) -> None:
    guard, address, _ = DOORS[endpoint]
    for method in methods_of(app, endpoint):
        answer = client.open(address.format(**things), method=method)
        turned_away = answer.status_code == 401 or answer.headers.get("Location", "").startswith("/login")
        assert turned_away != (guard == "public"), (method, answer.status_code)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_role(
    app: Flask, signed_in: Callable[..., FlaskClient], things: dict[str, Any], endpoint: str, role: Role
) -> None:
    guard, address, _ = DOORS[endpoint]
    welcome = guard in ("public", "signed-in") or guard in GRANTS[role]
    for method in methods_of(app, endpoint):
        answer = signed_in((role, TOWN_A)).open(address.format(**things), method=method)
        assert (answer.status_code != 403) == welcome, (method, answer.status_code)
        assert answer.status_code < 500, (method, answer.status_code)


@pytest.mark.parametrize("endpoint", sorted(e for e, door in DOORS.items() if door[2]))
def test_a_thing_of_another_town_is_not_there(
    app: Flask, signed_in: Callable[..., FlaskClient], things: dict[str, Any], endpoint: str
) -> None:
    guard, _, address = DOORS[endpoint]
    role = next(r for r in Role if guard == "signed-in" or guard in GRANTS[r])
    for method in methods_of(app, endpoint):
        answer = signed_in((role, TOWN_A)).open((address or "").format(**things), method=method)
        assert answer.status_code == 404, (method, answer.status_code)
