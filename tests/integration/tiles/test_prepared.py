"""Prepared statements of tiles: the same features as a statement planned for the place, and nobody else's rows, on one connection."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import mapbox_vector_tile
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from gridmap.access import Actor, Role
from gridmap.analysis.queries import readable
from gridmap.cases.forms import CaseFilter
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database
from gridmap.tiles.queries import prepared
from gridmap.tiles.queries.cases import Wish, cluster_sql, rows_sql
from gridmap.tiles.queries.prepared import first_row, marks_of
from gridmap.tiles.rules import CLUSTER_STEP, ROW_ZOOM, tile_at
from tests.factories import GRID_A11, GRID_A12, GRID_B11, SIZE, SOUTH, TOWN_A, TOWN_B, WEST, Factories
from tests.integration.conftest import actor_at

NOW = datetime(2026, 11, 22, tzinfo=UTC)
MOST = 1000
PLACES = [(WEST + (n + 0.5) * SIZE, SOUTH + 0.5 * SIZE) for n in range(3)]
FILTERS = [{}, {"family": "1"}, {"from": "2026-01-01", "to": "2026-12-31"}, {"status": "open", "risk": "high"}]


@pytest.fixture
def cursor(clone: Callable[[], Any]) -> Iterator[Any]:
    """A cursor of the application on one connection to a database of its own, with cases in two towns."""
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    for grid in (GRID_A11, GRID_A12, GRID_B11):
        for risk in ("high", None):
            make.case(grid, risk=risk)
    engine.dispose()
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=1, max_overflow=0)
    with database.lean() as connection, connection.cursor() as cursor:
        yield cursor
    assert database.engine is not None
    database.engine.dispose()


def wish_of(actor: Actor, place: tuple[float, float], z: int, wanted: CaseFilter, *, prepare: bool) -> Wish:
    return Wish(tile_at(*place, z), wanted, readable(actor, wanted), ("family",), NOW, prepare)


def features(cursor: Any, actor: Actor, wish: Wish) -> list[str]:
    """Return the features of a tile in an order of their own."""
    z = wish.tile.z
    sql = rows_sql(cursor, wish, MOST) if z >= ROW_ZOOM else cluster_sql(cursor, wish, CLUSTER_STEP)
    body = bytes(first_row(cursor, actor, sql, wish.tile if wish.prepared else None)[0])
    layers = mapbox_vector_tile.decode(body) if body else {}
    return sorted(str((f["geometry"], f["properties"])) for layer in layers.values() for f in layer["features"])


@pytest.mark.parametrize("given", FILTERS, ids=str)
@pytest.mark.parametrize("z", [8, 12, 14, 17])
def test_a_prepared_statement_draws_the_same(cursor: Any, z: int, given: dict[str, str]) -> None:
    actor, wanted = actor_at((Role.LEADER, TOWN_A)), CaseFilter.from_args(given)
    drawn = 0
    for place in PLACES:
        asked = [features(cursor, actor, wish_of(actor, place, z, wanted, prepare=flag)) for flag in (True, False)]
        assert asked[0] == asked[1]
        drawn += len(asked[0])
    assert drawn > 0


def test_a_statement_kept_on_a_connection_shows_nobody_what_is_not_theirs(cursor: Any) -> None:
    """The very same text, run for one person after another: only the policy stands between them."""
    wanted, here = CaseFilter(), actor_at((Role.LEADER, TOWN_A))
    both = actor_at((Role.LEADER, TOWN_A), (Role.LEADER, TOWN_B))
    apart = actor_at((Role.LEADER, GRID_A11), (Role.LEADER, TOWN_B))  # two ranges: another role, another policy
    there, nobody = actor_at((Role.LEADER, TOWN_B)), actor_at()
    everywhere = readable(actor_at((Role.LEADER, 0)), wanted)
    wish = Wish(tile_at(*PLACES[0], 5), wanted, everywhere, ("family",), NOW, True)
    sql = rows_sql(cursor, wish, MOST)

    def seen(*people: Actor) -> list[int]:
        return [first_row(cursor, who, sql, wish.tile)[1] for who in people]

    assert seen(here, there, nobody, both, apart) == [4, 2, 0, 6, 4]
    assert seen(apart, here, nobody, there, both) == [4, 4, 0, 2, 6]
    cursor.execute(f"execute {prepared._prepared(cursor, sql)} ({', '.join(marks_of(wish.tile))})")
    assert cursor.fetchone()[1] == 0  # with no scope set


def test_a_connection_keeps_so_many_statements(cursor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST_KEPT", 3)
    actor, wanted = actor_at((Role.LEADER, TOWN_A)), CaseFilter()
    for z in (14, 15, 16, 14, 17, 18, 14):
        assert features(cursor, actor, wish_of(actor, PLACES[0], z, wanted, prepare=True))
    cursor.execute("select count(*) from pg_prepared_statements")
    assert cursor.fetchone() == (3,)
