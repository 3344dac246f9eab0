"""A tile that takes the database too long is refused at once, not drawn a second time, and what was asked stays out of the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg2
import pytest
from flask.testing import FlaskClient

from gridmap import tiles
from gridmap.access import Role
from gridmap.tiles.views import shortcut
from tests.factories import TOWN_A, Factories
from tests.integration.tiles.conftest import address


def failing(server: Any, statement: str, calls: list[str]) -> Callable[..., Any]:
    """Draw nothing: run a statement that PostgreSQL really refuses."""

    def draw(*_: Any) -> Any:
        calls.append(statement)
        with psycopg2.connect(server.set(drivername="postgresql").render_as_string(hide_password=False)) as away:
            away.cursor().execute(statement)

    return draw


@pytest.mark.parametrize(
    ("statement", "status", "drawn"),
    [
        ("set statement_timeout = 1; select pg_sleep(5), 'Zhang San'", 503, 1),
        ("select 'Zhang San' from nowhere", 200, 1),
    ],
)
def test_a_tile_that_fails_is_drawn_once(
    statement: str,
    status: int,
    drawn: int,
    world: Factories,
    signed_in: Callable[..., FlaskClient],
    migrated: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    calls: list[str] = []
    long_way: list[str] = []
    client = signed_in((Role.LEADER, TOWN_A))
    monkeypatch.setattr(shortcut, "draw", failing(migrated, statement, calls))
    whole = tiles.views.draw
    monkeypatch.setattr(tiles.views, "draw", lambda *given: long_way.append("") or whole(*given))
    answer = client.get(address("cases", 15))
    assert (answer.status_code, len(calls)) == (status, drawn)
    assert len(long_way) == (1 if status == 200 else 0)
    assert "SQLSTATE" in caplog.text
    assert "Zhang San" not in caplog.text
    if status == 503:
        assert answer.headers["Retry-After"] == "30"
        assert answer.mimetype == "application/problem+json"
        assert "查询时间过长" in answer.get_json()["detail"]
