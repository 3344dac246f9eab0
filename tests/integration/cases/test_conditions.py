"""The one translation of a filter to SQL gives what the rules say, row by row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gridmap.access import GRANTS, Role
from gridmap.cases.forms import CaseFilter
from gridmap.cases.queries import conditions, visible_cases
from gridmap.cases.rules import Lateness, Status, lateness
from gridmap.cases.rules.cover import column, interleave, row
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, SIZE, SOUTH, TOWN_A, WEST, Factories
from tests.integration.conftest import actor_at

NOW = datetime(2026, 6, 10, 4, 0, tzinfo=UTC)


@pytest.fixture
def found(as_actor: Callable[..., Any]) -> Callable[..., list[str]]:
    """``found(unit, **parameters)``: titles a leader of ``unit`` gets."""

    def look(at: int = COUNTY, /, **args: str) -> list[str]:
        with as_actor(actor_at((Role.LEADER, at))) as session:
            query = visible_cases(actor_at((Role.LEADER, at)))
            rows = session.scalars(query.where(*conditions(CaseFilter.from_args(args), NOW)))
            return sorted(case.title for case in rows)

    return look


@pytest.fixture
def cases(make: Factories) -> None:
    make.world()
    at = {"received_at": NOW - timedelta(days=2)}
    make.case(GRID_A11, title="甲", description="楼道50%堆物_乱", risk="high", due_at=NOW - timedelta(hours=1), **at)
    make.case(GRID_A12, title="乙", address_text="人民大街12号B座", due_at=NOW + timedelta(hours=24), **at)
    make.case(GRID_B11, title="丙", risk=None, grade="urgent", due_at=NOW + timedelta(hours=25), **at)
    make.case(GRID_B11, title="丁", at=None, channel="phone", **at)
    make.case(
        GRID_A11, title="戊", status="closed", closed_at=NOW, due_at=NOW - timedelta(days=1), unit_pending=True, **at
    )
    make.case(
        GRID_A11, title="己", received_at=datetime(2026, 5, 31, 16, 0, tzinfo=UTC), scale="group"
    )  # 06-01 in China


@pytest.mark.parametrize(
    ("args", "titles"),
    [
        ({}, "丁丙乙己戊甲"),
        ({"unit": "990102001"}, "乙己戊甲"),
        ({"unit": "990102001001002"}, "乙"),
        ({"family": "1"}, "丁丙乙己戊甲"),
        ({"family": "5"}, ""),
        ({"category": "0101"}, "丁丙乙己戊甲"),
        ({"category": "0101", "family": "5"}, ""),
        ({"channel": "phone"}, "丁"),
        ({"grade": "urgent"}, "丙"),
        ({"scale": "group"}, "己"),
        ({"status": "open"}, "丁丙乙己甲"),
        ({"status": "ended"}, "戊"),
        ({"status": "closed,dispatched"}, "戊"),
        ({"status": "open,ended"}, "丁丙乙己戊甲"),
        ({"risk": "high"}, "甲"),
        ({"risk": "none"}, "丙"),
        ({"risk": "high,none"}, "丙甲"),
        ({"lateness": "late"}, "甲"),
        ({"lateness": "due_soon"}, "乙"),
        ({"lateness": "on_time"}, "丙"),
        ({"lateness": "no_limit"}, "丁己"),
        ({"lateness": "ended"}, "戊"),
        ({"lateness": "late,ended"}, "戊甲"),
        ({"from": "2026-06-01", "to": "2026-06-01"}, "己"),
        ({"to": "2026-05-31"}, ""),
        ({"from": "2026-06-02"}, "丁丙乙戊甲"),
        ({"located": "no"}, "丁"),
        ({"located": "yes"}, "丙乙己戊甲"),
        ({"located": "pending"}, "戊"),
        ({"q": "50%堆"}, "甲"),
        ({"q": "0%物"}, ""),
        ({"q": "物_乱"}, "甲"),
        ({"q": "堆_"}, ""),
        ({"q": "乙"}, "乙"),
        ({"q": "大街"}, "乙"),
        ({"q": "b座 人民"}, "乙"),
        ({"q": "人民 楼道"}, ""),
        ({"q": "990102-2026-"}, "丁丙乙己戊甲"),
        ({"bbox": f"{WEST},{SOUTH},{WEST + SIZE},{SOUTH + SIZE}"}, "己戊甲"),
        ({"bbox": f"{WEST + 2 * SIZE},{SOUTH},{WEST + 3 * SIZE},{SOUTH + SIZE}"}, "丙"),
        ({"bbox": "0,0,1,1"}, ""),
    ],
)
def test_each_condition(cases: None, found: Callable[..., list[str]], args: dict[str, str], titles: str) -> None:
    assert "".join(found(**args)) == titles


def test_the_filter_never_widens_the_scope(cases: None, found: Callable[..., list[str]]) -> None:
    assert "".join(found(TOWN_A)) == "乙己戊甲"
    assert found(TOWN_A, unit="990102002") == []
    assert found(TOWN_A, q="丙") == []
    assert found(TOWN_A, unit="99") == found(TOWN_A)


def test_roles_that_may_not_read_cases_get_none(
    cases: None, as_actor: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(GRANTS, Role.AUDITOR, frozenset())
    actor = actor_at((Role.AUDITOR, COUNTY))
    with as_actor(actor) as session:
        assert session.scalars(visible_cases(actor)).all() == []


def test_lateness_in_sql_is_that_of_the_rule(make: Factories, as_actor: Callable[..., Any]) -> None:
    make.world()
    actor = actor_at((Role.LEADER, COUNTY))
    for status in (Status.REGISTERED, Status.CLOSED):
        for hours in (None, -1, 0, 1, 23, 24, 25):
            due_at = NOW + timedelta(hours=hours) if hours is not None else None
            make.case(status=status.value, due_at=due_at, closed_at=NOW if status is Status.CLOSED else None)
    with as_actor(actor) as session:
        for item in Lateness:
            wanted = conditions(CaseFilter(lateness=(item,)), NOW)
            for case in session.scalars(visible_cases(actor).where(*wanted)):
                assert lateness(Status(case.status), case.due_at, NOW) is item
        assert len(session.scalars(visible_cases(actor)).all()) == 14


def test_the_cover_agrees_with_the_key_in_the_table(cases: None, as_actor: Callable[..., Any]) -> None:
    from sqlalchemy import func

    from gridmap.cases.models import Case

    actor = actor_at((Role.LEADER, COUNTY))
    with as_actor(actor) as session:
        query = visible_cases(actor).with_only_columns(Case.zkey, func.st_x(Case.geom), func.st_y(Case.geom))
        rows = session.execute(query.where(Case.zkey.is_not(None))).all()
    assert rows
    assert all(key == interleave(column(lon), row(lat)) for key, lon, lat in rows)
