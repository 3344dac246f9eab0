"""Tiles and pages share the pool: what a tile did to a connection must not change what a page sees on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database, scope_statement
from tests.factories import GRID_A11, TOWN_A, Factories
from tests.integration.conftest import actor_at


@pytest.fixture
def pool(clone: Callable[[], Any]) -> Iterator[Database]:
    """A pool of one connection on a database of its own that holds one case in town A."""
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    make.case(GRID_A11)
    engine.dispose()
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=1, max_overflow=0)
    yield database
    assert database.engine is not None
    database.engine.dispose()


def test_a_session_keeps_its_scope_after_a_tile_used_the_connection(pool: Database) -> None:
    actor = actor_at((Role.LEADER, TOWN_A))
    count = "select count(*) from cases"
    with pool.lean() as connection, connection.cursor() as cursor:
        cursor.execute(scope_statement(actor) + count)
        assert cursor.fetchone() == (1,)
    with pool.open(actor) as session:
        assert session.execute(text(count)).scalar() == 1
        assert session.execute(text(count)).scalar() == 1  # the scope lasts as long as the transaction
    with pool.lean() as connection, connection.cursor() as cursor:
        cursor.execute(count)
        assert cursor.fetchone() == (0,)  # and no longer
