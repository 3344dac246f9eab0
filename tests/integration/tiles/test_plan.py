"""How PostgreSQL answers a scoped tile: from an index, reading hardly more rows than it returns."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Actor, Role
from gridmap.analysis.queries import readable
from gridmap.cases.forms import CaseFilter
from gridmap.db import scope_statement
from gridmap.tiles.queries.cases import Wish, tile_statement
from gridmap.tiles.queries.prepared import bound
from gridmap.tiles.rules import tile_at
from tests.factories import COUNTY, GRID_A11, SIZE, SOUTH, TOWN_A, VILLAGE_A1, WEST, Factories
from tests.integration.conftest import actor_at

ROWS = 30_000


@pytest.fixture
def crowd(make: Factories, owner: Callable[[], Any]) -> None:
    """Thirty thousand cases in three grids, in places that follow one another evenly."""
    make.world()
    with owner() as session:
        session.execute(text("alter table cases disable trigger case_deltas_insert"))
        session.execute(
            text(
                "insert into cases (county_code, unit_code, case_code, category_id, channel, grade, scale, status, title, received_at,"
                " position_method, source_datum, geom) select :county, case i % 3 when 0 then :a11 when 1 then :a12 else :b11 end,"
                " 'p' || i, (select min(id) from categories), 'visit', 'worry', 'individual', 'registered', '事件' || i, now(),"
                " 'map', 'wgs84', st_setsrid(st_point(:west + (i % 3 + (i * 7919 % 10007) / 10007.0) * :size,"
                " :south + (i * 104729 % 10009) / 10009.0 * :size), 4326) from generate_series(1::bigint, :rows) as i"
            ),
            {"county": COUNTY // 10**9, "a11": GRID_A11, "a12": GRID_A11 + 1, "b11": 990102002001001, "west": WEST,
             "south": SOUTH, "size": SIZE, "rows": ROWS},
        )  # fmt: skip
        session.execute(text("analyze cases"))


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan that read the table of cases."""
    if node.get("Relation Name") == "cases":
        yield node
    for child in node.get("Plans", []):
        yield from scans(child)


@pytest.mark.parametrize("unit", [0, COUNTY, TOWN_A, VILLAGE_A1, GRID_A11])
@pytest.mark.parametrize("z", [16, 18])
def test_a_scoped_tile_is_read_from_an_index(unit: int, z: int, crowd: None, connection: Any) -> None:
    actor: Actor = actor_at((Role.LEADER, unit))
    wanted = CaseFilter()
    wish = Wish(
        tile_at(WEST + 0.5 * SIZE, SOUTH + 0.5 * SIZE, z), wanted, readable(actor, wanted), (), datetime.now(UTC)
    )
    with connection.connection.driver_connection.cursor() as cursor:
        run = bound(cursor, *tile_statement(cursor, wish, 10_000))
        assert "force_generic_plan; execute tile_" in run  # what is explained is what runs
        cursor.execute(scope_statement(actor) + run.replace("execute", "explain (analyze, format json) execute"))
        (plan,) = cursor.fetchone()[0]
        cursor.execute("reset role")
    (scan,) = scans(plan["Plan"])
    returned = scan["Actual Rows"]
    read = returned + scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Index Recheck", 0)
    assert scan["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan"), scan["Node Type"]
    assert returned > 0
    assert read <= 2 * returned
