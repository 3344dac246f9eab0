"""How PostgreSQL answers the work list and the look for similar cases under the policy: from indexes, whatever the table has grown to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from gridmap.access import Actor, Post, Role
from gridmap.cases.forms.work import WorkPage
from gridmap.cases.queries.similar import MOST_READ, Told, similar_cases
from gridmap.cases.queries.work import handled_by, list_work
from gridmap.cases.rules.work import Group
from tests.factories import COUNTY, GRID_A11, GRID_B11, SIZE, SOUTH, TOWN_A, WEST, Factories

ROWS = 30_000
OPEN_EVERY = 10  # one case in so many is open, all states of the course in turns
DEPARTMENT = 7


@pytest.fixture
def crowd(make: Factories, owner: Callable[[], Any]) -> None:
    """Thirty thousand cases of two towns over half a year, one in ten open, one in thirty with a department."""
    make.world()
    with owner() as session:
        for trigger in ("case_deltas_insert", "case_words_insert"):
            session.execute(text(f"alter table cases disable trigger {trigger}"))
        session.execute(
            text(
                "insert into cases (county_code, unit_code, case_code, category_id, channel, grade, scale, status, title,"
                " address_text, received_at, closed_at, stage_due_at, lead_department_id, position_method, source_datum, geom)"
                " select :county, case i % 2 when 0 then :a11 else :b11 end, 'p' || i, (select min(id) from categories), 'visit',"
                " 'worry', 'individual', case when open then (array['received', 'registered', 'assessed', 'dispatched', 'handling',"
                " 'reported', 'verified', 'revisited'])[1 + i / 20 % 8] else 'archived' end, '楼道堆放杂物' || i, '幸福路' || i % 500 || '号',"
                " now() - interval '1 minute' * (i * 9), case when open then null else now() end,"
                " case when open then now() + interval '1 minute' * (i % 5000 - 2500) end,"
                " case when open and i / 20 % 8 in (3, 4) then :department end, 'map', 'wgs84',"
                " st_setsrid(st_point(:west + ((i % 2) * 2 + (i * 7919 % 10007) / 10007.0) * :size,"
                " :south + (i * 104729 % 10009) / 10009.0 * :size), 4326)"
                " from (select i, i / 2 % :every = 0 as open from generate_series(1::bigint, :rows) as i) as n"
            ),
            {"county": COUNTY // 10**9, "a11": GRID_A11, "b11": GRID_B11, "west": WEST, "south": SOUTH, "size": SIZE,
             "rows": ROWS, "every": OPEN_EVERY, "department": DEPARTMENT},
        )  # fmt: skip
        session.execute(text("analyze cases"))


@contextmanager
def statements(connection: Any) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is read from the table of cases inside the block, with its parameters."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
        if "FROM cases" in statement:
            found.append((statement, parameters))

    event.listen(connection.engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(connection.engine, "before_cursor_execute", note)


def scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the nodes of a plan that read the table of cases."""
    if node.get("Relation Name") == "cases":
        yield node
    for child in node.get("Plans", []):
        yield from scans(child)


def rows_read(session: Any, statement: str, parameters: Any) -> int:
    """Return how many cases a statement reads; every one of them must be found by an index."""
    answer = session.connection().exec_driver_sql(f"explain (analyze, format json) {statement}", parameters)
    (plan,) = answer.scalar_one()
    found = list(scans(plan["Plan"]))
    assert found
    for scan in found:
        assert scan["Node Type"] in ("Index Scan", "Index Only Scan", "Bitmap Heap Scan"), scan
    return sum(
        scan["Actual Loops"]
        * (scan["Actual Rows"] + scan.get("Rows Removed by Filter", 0) + scan.get("Rows Removed by Index Recheck", 0))
        for scan in found
    )


@pytest.mark.parametrize(
    ("role", "unit_code"),
    [
        (Role.CENTRE_STAFF, TOWN_A),
        (Role.CENTRE_STAFF, COUNTY),
        (Role.DEPARTMENT_HANDLER, TOWN_A),
        (Role.GRID_WORKER, GRID_A11),
    ],
)
def test_the_work_list_is_read_from_indexes(
    role: Role, unit_code: int, crowd: None, connection: Any, as_actor: Callable[[Actor], Any]
) -> None:
    department = DEPARTMENT if role is Role.DEPARTMENT_HANDLER else None
    actor = Actor(1, "ceshi", "测试员", (Post(role, unit_code, department_id=department),))
    page = WorkPage()
    with as_actor(actor) as session:
        with statements(connection) as asked:
            found = list_work(session, actor, page, datetime.now(UTC))
        assert found.total > 0
        assert len(asked) == 2  # how much waits in each group, and the page
        read = [rows_read(session, *item) for item in asked]
    waiting = ROWS // OPEN_EVERY
    assert max(read) <= 3 * waiting, read  # never the table: counting and looking stay within what is open
    page_rows = read[1]
    assert page_rows <= 2 * len(Group) * (page.limit + 1) + waiting, read


def test_what_somebody_handled_is_found_by_the_person(make: Factories, as_actor: Callable[[Actor], Any]) -> None:
    """The index holds each of ``HANDLING_ACTIONS``: with one of them missing PostgreSQL could not answer from it."""
    make.world()
    actor = Actor(1, "ceshi", "测试员", (Post(Role.CENTRE_STAFF, TOWN_A),))
    handled = handled_by(actor)
    with as_actor(actor) as session:
        session.execute(text("set local enable_seqscan = off"))
        for asked, index in zip(handled, ("ix_case_steps_handled", "ix_case_orders_assignee_id"), strict=True):
            said = asked.compile(session.connection(), compile_kwargs={"literal_binds": True})
            plan = session.connection().exec_driver_sql(f"explain {said}").scalars().all()
            assert index in "\n".join(plan), plan


@pytest.mark.parametrize("unit_code", [TOWN_A, COUNTY])
def test_similar_cases_are_read_from_indexes(
    unit_code: int, crowd: None, connection: Any, as_actor: Callable[[Actor], Any]
) -> None:
    actor = Actor(1, "ceshi", "测试员", (Post(Role.CENTRE_STAFF, unit_code),))
    told = Told("0101", "楼道堆放杂物", "幸福路20号", WEST + 0.5 * SIZE, SOUTH + 0.5 * SIZE, TOWN_A)
    with as_actor(actor) as session:
        with statements(connection) as asked:
            assert similar_cases(session, actor, told, datetime.now(UTC))
        assert len(asked) == 2  # near and of the same kind; in like words
        near, alike = (rows_read(session, *item) for item in asked)
    assert near <= 50  # of a few zoom cells around the place
    lately = 30 * 24 * 60 // 9  # cases of thirty days, of both towns
    assert MOST_READ / 4 <= alike <= lately
