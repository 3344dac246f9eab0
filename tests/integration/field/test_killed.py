"""A real server, killed with -9 while phones send: nothing acknowledged is lost, nothing is doubled."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.field.killing import Server, kill_while_sending
from bench.field.phones import SignIn
from gridmap.access import Role
from tests.factories import GRID_A11, SIZE, SOUTH, WEST, Factories

KILLS = 5  # a hundred: gridmap bench field --only killed
PHONES = 3


def test_what_was_acknowledged_outlives_the_server(clone: Callable[[], Any], tmp_path: Path) -> None:
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Any:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    names = [make.account((Role.GRID_WORKER, GRID_A11)) for _ in range(PHONES)]
    people = [SignIn(name, password, "0101", WEST + SIZE / 2, SOUTH + SIZE / 2) for name, password in names]
    environment = {**os.environ, "GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False)}
    server = Server(environment, tmp_path)
    try:
        outcome = kill_while_sending(server, people, owner, kills=KILLS)
    finally:
        engine.dispose()
    assert outcome.faults == []
    assert outcome.reports >= PHONES
    assert outcome.photos == outcome.reports
