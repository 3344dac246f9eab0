"""The database is away: everybody is told so in words, also whoever is not remembered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from gridmap.access import Role
from gridmap.accounts import queries
from gridmap.db import Database, database
from tests.factories import TOWN_A, Factories

LEAN = Database.lean


@pytest.mark.parametrize("remembered", [True, False])
@pytest.mark.parametrize("address", ["/notices", "/map", "/cases"])
def test_pages_say_so(
    make: Factories,
    signed_in: Callable[..., FlaskClient],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    remembered: bool,
) -> None:
    make.world()
    client = signed_in((Role.LEADER, TOWN_A))
    client.get("/notices")
    if not remembered:
        queries._seen.clear()
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    monkeypatch.setattr(Database, "lean", LEAN)
    monkeypatch.setattr(database, "engine", away)
    bound = database.factory.kw["bind"]
    database.factory.configure(bind=away)
    try:
        for kind in ("text/html", "application/json"):
            answer = client.get(address, headers={"Accept": kind})
            assert answer.status_code == 503
            assert "数据库暂时无法连接" in (answer.json["detail"] if answer.is_json else answer.get_data(as_text=True))
    finally:
        database.factory.configure(bind=bound)
