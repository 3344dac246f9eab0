"""Counts by unit equal the list under every filter, before and after folding; and the rollups never drift."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, text

from gridmap.access import Role, significant_digits, subtree
from gridmap.analysis import actions
from gridmap.analysis.queries import count_by_unit
from gridmap.cases.forms import CaseFilter
from gridmap.cases.models import Case
from gridmap.cases.queries import conditions, visible_cases
from gridmap.cases.rules import ENDED, Channel, Lateness, Risk, Status
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A, TOWN_B, VILLAGE_A1, Factories
from tests.integration.conftest import actor_at

NOW = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)
UNITS = (GRID_A11, GRID_A12, GRID_B11, VILLAGE_A1, TOWN_B)
Owner = Callable[[], Any]


@pytest.fixture
def crowd(make: Factories, owner: Owner) -> None:
    """Two hundred cases of every kind over a year, half of them folded, some changed, moved, ended or removed since."""
    make.world()
    chance = random.Random(7)
    for _ in range(120):
        add(make, chance)
    with owner() as session:
        categories = session.execute(text("select id from categories order by id")).scalars().all()
        for index, category in enumerate(categories):
            session.execute(text("update cases set category_id = :c where id % 3 = :i"), {"c": category, "i": index})
        actions.fold_deltas(session)
    for _ in range(60):
        add(make, chance)
    with owner() as session:
        session.execute(
            text("update cases set status = 'closed', closed_at = now() where id % 11 = 0 and closed_at is null")
        )
        session.execute(text("update cases set unit_code = :u where id % 13 = 0"), {"u": GRID_B11})
        session.execute(text("update cases set geom = st_translate(geom, 0.003, 0.001) where id % 5 = 0"))
        session.execute(text("update cases set received_at = received_at - interval '40 days' where id % 17 = 0"))
        session.execute(text("delete from cases where id % 19 = 0"))


def add(make: Factories, chance: random.Random) -> None:
    status = chance.choice([item for item in Status if item is not Status.JOINED])  # a joined case names another
    received_at = NOW - timedelta(days=chance.random() * 400)
    make.case(
        chance.choice(UNITS),
        at=(chance.random(), chance.random()) if chance.random() < 0.8 else None,
        status=status,
        closed_at=NOW if status in ENDED else None,
        risk=chance.choice([*Risk, None]),
        channel=chance.choice(list(Channel)[:3]),
        received_at=received_at,
        due_at=chance.choice([None, received_at + timedelta(days=3), NOW + timedelta(hours=chance.randint(-30, 60))]),
    )


def some(values: list[str]) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(values), max_size=3, unique=True).map(",".join)


days = st.dates(date(2025, 4, 1), date(2026, 7, 1)).map(str) | st.just("")
filters = st.fixed_dictionaries(
    {},
    optional={
        "family": some(["1", "3", "5"]),
        "category": some(["0101", "0301"]),
        "status": some([*(s.value for s in Status), "open", "ended"]),
        "risk": some(["high", "medium", "low", "none"]),
        "channel": some(["visit", "grid_worker"]),
        "lateness": some([item.value for item in Lateness]),
        "from": days,
        "to": days,
        "located": st.sampled_from(["yes", "no", "pending"]),
        "q": st.sampled_from(["测试", "没有这样的词"]),
    },
)


@settings(
    max_examples=120, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(filters, st.sampled_from([COUNTY, TOWN_A, VILLAGE_A1]), st.sampled_from([COUNTY, TOWN_A, GRID_A11]), st.data())
def test_counts_are_those_of_the_list(
    crowd: None, as_actor: Callable[..., Any], args: dict[str, str], unit: int, scope: int, data: st.DataObject
) -> None:
    args = {name: value for name, value in args.items() if value}
    if args.get("from", "") > args.get("to", "9"):
        args["from"], args["to"] = args["to"], args["from"]
    wanted = CaseFilter.from_args({**args, "unit": f"{unit:015d}"})
    level = data.draw(st.sampled_from([n for n in (9, 12, 15) if n > significant_digits(unit)]))
    actor = actor_at((Role.LEADER, scope))
    with as_actor(actor) as session:
        counts = count_by_unit(actor, wanted, level, NOW)
        base = visible_cases(actor).where(*conditions(wanted, NOW))
        listed = list(session.scalars(base))
    assert counts.total == len(listed)
    assert counts.unlocated == sum(case.geom is None for case in listed)
    for item in counts.items:
        mine = [case for case in listed if case.unit_code in subtree(item.unit_code)]
        late = [case for case in mine if case.closed_at is None and case.due_at and case.due_at <= NOW]
        assert (item.total, item.open, item.late, item.high, item.medium, item.low) == (
            len(mine), sum(case.closed_at is None for case in mine), len(late),
            *(sum(case.risk == level for case in mine) for level in ("high", "medium", "low")),
        )  # fmt: skip


def test_rollups_and_waiting_changes_are_right_at_every_step(crowd: None, owner: Owner) -> None:
    with owner() as session:
        assert session.execute(text("select count(*) from case_deltas")).scalar_one() > 0
        assert actions.audit_rollups(session) == 0
        while actions.fold_deltas(session, most=7):
            assert actions.audit_rollups(session) == 0
        assert session.execute(text("select count(*) from case_cells where n = 0")).scalar_one() == 0
        kept = session.execute(text("select sum(n) from case_totals where unit_level = 6")).scalar_one()
        assert kept == session.scalar(select(func.count()).select_from(Case))


def test_a_rebuild_changes_nothing(crowd: None, owner: Owner) -> None:
    columns = "unit_level, cell_level, cell, unit_code, family, status, risk, n, sum_x, sum_y"
    with owner() as session:
        while actions.fold_deltas(session):
            pass
        before = session.execute(text(f"select {columns} from case_cells order by 1, 2, 3, 4, 5, 6, 7")).all()
        actions.rebuild_rollups(session)
        after = session.execute(text(f"select {columns} from case_cells order by 1, 2, 3, 4, 5, 6, 7")).all()
    assert before == after


def test_the_audit_finds_what_is_wrong(crowd: None, owner: Owner) -> None:
    with owner() as session:
        session.execute(text("update case_totals set n = n + 1 where id = (select min(id) from case_totals)"))
        session.execute(text("update case_cells set sum_x = sum_x + 1 where id = (select min(id) from case_cells)"))
        assert actions.audit_rollups(session) == 2


def test_bulk_loads_write_no_changes_but_right_rollups(make: Factories, owner: Owner) -> None:
    make.world()
    with owner() as session, actions.loading_in_bulk(session):
        session.execute(
            text(
                "insert into cases (county_code, unit_code, case_code, category_id, channel, grade, scale, status, title, received_at,"
                " position_method) select 990102, :u, 'x' || i, (select min(id) from categories), 'visit', 'worry', 'individual',"
                " 'registered', 't', now(), 'none' from generate_series(1, 50) as i"
            ),
            {"u": GRID_A11},
        )
    with owner() as session:
        assert session.execute(text("select count(*) from case_deltas")).scalar_one() == 0
        assert session.execute(text("select sum(n) from case_totals where unit_level = 9")).scalar_one() == 50
        session.execute(text("truncate cases cascade"))
        assert session.execute(text("select count(*) from case_totals")).scalar_one() == 0


def test_the_application_may_read_rollups_but_not_write_them(crowd: None, as_actor: Callable[..., Any]) -> None:
    from sqlalchemy.exc import ProgrammingError

    for table in ("case_deltas", "case_totals", "case_cells"):
        with (
            as_actor(actor_at((Role.LEADER, COUNTY))) as session,
            pytest.raises(ProgrammingError, match="permission denied"),
        ):
            session.execute(text(f"update {table} set n = n + 1"))


def test_the_door(crowd: None, signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in((Role.LEADER, COUNTY))
    found = client.get(f"/counts.json?unit={COUNTY}&status=open").get_json()
    listed = client.get("/cases?status=open", headers={"Accept": "application/json"}).get_json()
    assert found["total"] == listed["total"] == sum(item["total"] for item in found["items"])
    assert [item["unit_code"] for item in found["items"]] == [str(TOWN_A), str(TOWN_B)]
    assert found["next"] is None
    assert all(item["has_outline"] for item in found["items"])
    assert set(found["items"][0]) >= {"name", "total", "open", "late", "high", "medium", "low"}


def test_the_own_unit_when_none_is_said(crowd: None, signed_in: Callable[..., FlaskClient]) -> None:
    found = signed_in((Role.LEADER, TOWN_A)).get("/counts.json").get_json()
    assert [item["unit_code"] for item in found["items"]] == [str(VILLAGE_A1)]


def test_another_town_is_not_found_as_if_it_were_not_there(crowd: None, signed_in: Callable[..., FlaskClient]) -> None:
    client = signed_in((Role.LEADER, TOWN_A))
    there, nowhere = client.get(f"/counts.json?unit={TOWN_B}"), client.get("/counts.json?unit=990102777")
    assert there.status_code == nowhere.status_code == 404
    assert there.get_json() == nowhere.get_json()


def test_a_grid_is_counted_itself(crowd: None, signed_in: Callable[..., FlaskClient]) -> None:
    found = signed_in((Role.GRID_WORKER, GRID_A11)).get("/counts.json").get_json()
    assert [item["unit_code"] for item in found["items"]] == [str(GRID_A11)]
    assert found["total"] == found["items"][0]["total"] > 0


@pytest.mark.parametrize(
    "query",
    [
        "unit=12345",
        "unit=abc",
        f"unit={GRID_A11}&level=12",
        f"unit={TOWN_A}&level=6",
        "level=x",
        "status=asleep",
        "from=2026-02-30",
    ],
)
def test_bad_questions_get_a_problem(query: str, make: Factories, signed_in: Callable[..., FlaskClient]) -> None:
    make.world()
    answer = signed_in((Role.LEADER, COUNTY)).get(f"/counts.json?{query}")
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    assert answer.get_json()["detail"]
