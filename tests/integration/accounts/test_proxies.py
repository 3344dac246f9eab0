"""The address of a visitor behind reverse proxies: only as many entries of X-Forwarded-For are believed as there are proxies."""

from __future__ import annotations

from typing import Any

import pytest
from flask import request
from sqlalchemy.engine import Connection

from gridmap import create_app
from gridmap.access import Role
from gridmap.config import settings
from tests.factories import TOWN_A, Factories

PROXY, VISITOR, INVENTED = "10.0.0.1", "192.0.2.5", "198.51.100.66"


@pytest.fixture
def enter(connection: Connection, make: Factories, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sign in behind so many proxies with these headers; return (address the sign-in was written down with, is it HTTPS)."""

    def sign_in(proxies: int, headers: dict[str, str]) -> tuple[str, bool]:
        monkeypatch.setattr(settings(), "proxies", proxies)
        app = create_app(TESTING=True, WTF_CSRF_ENABLED=False, NO_DATABASE=True)
        seen = []
        app.before_request(lambda: seen.append(request.is_secure))
        username, password = make.account((Role.LEADER, TOWN_A))
        answer = app.test_client().post(
            "/login",
            data={"username": username, "password": password},
            headers=headers,
            environ_overrides={"REMOTE_ADDR": PROXY},
        )
        assert answer.status_code == 302
        connection.exec_driver_sql("reset role")
        query = "select address from sign_ins s join accounts a on a.id = s.account_id where a.username = %s"
        return connection.exec_driver_sql(query, (username,)).scalar_one(), seen[0]

    make.world()
    return sign_in


@pytest.mark.parametrize(
    ("proxies", "forwarded", "address"),
    [
        (0, VISITOR, PROXY),  # without a proxy anybody could write the header
        (1, None, PROXY),
        (1, VISITOR, VISITOR),
        (1, f"{INVENTED}, {VISITOR}", VISITOR),  # the visitor wrote the first one
        (2, f"{VISITOR}, 10.0.0.2", VISITOR),
        (2, f"{INVENTED}, {VISITOR}, 10.0.0.2", VISITOR),
        (2, VISITOR, PROXY),  # fewer entries than proxies: not through both of them
    ],
)
def test_the_address_is_taken_as_many_proxies_back(
    enter: Any, proxies: int, forwarded: str | None, address: str
) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    assert enter(proxies, headers)[0] == address


@pytest.mark.parametrize(("proxies", "secure"), [(0, False), (1, True)])
def test_https_is_believed_of_a_proxy_only(enter: Any, proxies: int, secure: bool) -> None:
    assert enter(proxies, {"X-Forwarded-For": VISITOR, "X-Forwarded-Proto": "https"})[1] is secure
