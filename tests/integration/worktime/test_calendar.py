"""Calendars in the database: versions that never change, areas of their own, imports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap.access import Role
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound, NotReady
from gridmap.worktime import actions, queries
from gridmap.worktime.rules import Day, Limit, TimeKind, Window, due_at, spoken_time
from tests.factories import COUNTY, GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.conftest import actor_at

NOW = datetime(2026, 9, 1, 2, tzinfo=UTC)
ON = date(2026, 10, 12)
OFF = Day(ON, False, "停电停工", "手工：线路检修")
ADMIN = actor_at((Role.ADMINISTRATOR, TOWN_A))
K = TimeKind


@pytest.fixture(autouse=True)
def world(make: Factories) -> None:
    """The small world."""
    make.world()


def edited(session: Any, actor: Any = ADMIN, *, area: int = TOWN_A, day: Day | None = OFF, now: datetime = NOW) -> Any:
    """Change a day as the person who has just looked."""
    seen = queries.version_at(session, area, now)
    return actions.edit_day(session, actor, area_code=area, seen_id=seen.id, on=ON, day=day, reason="线路检修", now=now)


def test_every_database_has_a_calendar_with_the_real_holidays(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        calendar = queries.calendar_at(session, GRID_A11, NOW)
    assert calendar.label == "全国工作日历第 1 版"
    due = due_at(datetime(2026, 9, 30, 9, 30, tzinfo=UTC), Limit(K.WORK_HOURS, 4), calendar)  # type: ignore[arg-type]
    assert spoken_time(due) == "2026 年 10 月 8 日（星期四）12:00"
    assert calendar.day_name(date(2026, 10, 10)) == "调休上班（国庆节）"
    assert calendar.is_published(2026)
    assert not calendar.is_published(2028)
    assert calendar.counting[K.WORK_DAYS].source.startswith("民法典")


def test_the_library_is_told_as_announced(as_actor: Callable[..., Any]) -> None:
    """Notices of the State Council: days off and on of 2025 and 2026."""
    with as_actor(ADMIN) as session:
        calendar = queries.calendar_at(session, GRID_A11, NOW)
    spring = [on for on in calendar.days if on.year == 2026 and calendar.days[on].name == "春节"]
    assert min(spring) == date(2026, 2, 14)
    assert [on.day for on in spring if not calendar.is_workday(on)] == list(range(15, 24))
    assert calendar.is_workday(date(2026, 2, 28))
    assert not calendar.is_workday(date(2025, 10, 8))
    assert calendar.is_workday(date(2025, 9, 28))


def test_an_edit_makes_a_version_of_its_own_area_only(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        before = queries.calendar_at(session, TOWN_A, NOW)
        version = edited(session)
        assert (version.area_code, version.number) == (TOWN_A, 1)
        assert version.note == "2026-10-12 由“上班时间 08:30–12:00、13:30–18:00”改为“停电停工”：线路检修"
        assert not queries.calendar_at(session, GRID_A11, NOW).is_workday(ON)
        assert queries.calendar_at(session, TOWN_B, NOW).is_workday(ON)
        assert queries.calendar_at(session, COUNTY, NOW).is_workday(ON)
        # what a running timer counts by is still there, unchanged
        assert queries.calendars_of(session, {before.version_id})[before.version_id].is_workday(ON)
        # and before the edit the old version was in force
        assert queries.calendar_at(session, TOWN_A, NOW - timedelta(seconds=1)).is_workday(ON)
        again = edited(session, day=None, now=NOW + timedelta(hours=1))
        assert again.number == 2
        assert queries.calendar_at(session, TOWN_A, NOW + timedelta(hours=2)).is_workday(ON)
        assert [v.number for v in queries.list_versions(session, TOWN_A)] == [2, 1]


def test_a_version_reads_back_as_it_was_written(as_actor: Callable[..., Any]) -> None:
    half = Day(ON, True, "台风停工", "手工", (Window(510, 720),))
    with as_actor(ADMIN) as session:
        version = edited(session, day=half)
        queries._kept.clear()
        calendar = queries.calendars_of(session, {version.id})[version.id]
    assert calendar.days[ON] == half
    assert calendar.windows_on(ON) == (Window(510, 720),)
    assert calendar.weekly[1] == (Window(510, 720), Window(810, 1080))
    assert set(calendar.counting) == {K.WORK_DAYS, K.NATURAL_DAYS}


def test_refusals(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        with pytest.raises(Forbidden, match="不在您负责的区划范围内"):
            edited(session, area=COUNTY)
        with pytest.raises(Forbidden, match="编辑工作日历"):
            edited(session, actor_at((Role.LEADER, TOWN_A)))
        with pytest.raises(BadInput, match="过去的日子"):
            edited(session, now=datetime(2026, 10, 13, tzinfo=UTC))
        with pytest.raises(BadInput, match="与现在的安排相同"):
            edited(session, day=None)
        seen = queries.version_at(session, TOWN_A, NOW).id
        edited(session)
        with pytest.raises(Conflict, match="刚刚被他人修改过"):
            actions.edit_day(session, ADMIN, area_code=TOWN_A, seen_id=seen, on=ON, day=None, reason="x", now=NOW)
        with pytest.raises(NotFound):
            queries.calendars_of(session, {10**9})
        seen = queries.version_at(session, TOWN_A, NOW).id
        with pytest.raises(BadInput, match="至少要有一个上班时段"):
            actions.edit_windows(session, ADMIN, area_code=TOWN_A, seen_id=seen, weekly={1: ()}, reason="x", now=NOW)


def test_no_calendar_at_all_says_what_to_do(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session, pytest.raises(NotReady, match="gridmap worktime import-holidays"):
        queries.calendar_at(session, TOWN_A, datetime(1960, 1, 1, tzinfo=UTC))


def test_import_keeps_what_people_set_and_is_idempotent(
    as_actor: Callable[..., Any], owner: Callable[..., Any]
) -> None:
    national = Day(date(2026, 10, 7), True, "抢险值守", "手工：抢险")
    with as_actor(ADMIN) as session:
        seen = queries.version_at(session, TOWN_A, NOW).id
        actions.edit_day(
            session, ADMIN, area_code=TOWN_A, seen_id=seen, on=national.on, day=national, reason="抢险", now=NOW
        )
        report = actions.import_holidays(session, ADMIN, area_code=TOWN_A, now=NOW)
        assert (report.version, report.changed_days, report.kept_days) == (None, 0, 1)
        assert queries.calendar_at(session, TOWN_A, NOW).is_workday(national.on)
        with pytest.raises(BadInput, match=r"还没有 2031 年的放假安排.*手工录入"):
            actions.import_holidays(session, ADMIN, area_code=TOWN_A, year=2031, now=NOW)


def test_import_fills_a_year_that_was_missing(as_actor: Callable[..., Any], owner: Callable[..., Any]) -> None:
    with owner() as session:
        session.execute(text("delete from work_days where day_on >= '2026-01-01'"))
        session.execute(text("delete from work_years where year = 2026"))
    queries._kept.clear()
    with as_actor(ADMIN) as session:
        assert not queries.calendar_at(session, TOWN_A, NOW).is_published(2026)
        assert queries.calendar_at(session, TOWN_A, NOW).is_workday(date(2026, 10, 1))  # counts weekends only
        report = actions.import_holidays(session, ADMIN, area_code=TOWN_A, year=2026, now=NOW)
        assert report.years == (2026,)
        assert report.changed_days > 30
        assert not queries.calendar_at(session, TOWN_A, NOW).is_workday(date(2026, 10, 1))
    queries._kept.clear()


def test_a_year_entered_by_hand_is_confirmed(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        seen = queries.version_at(session, TOWN_A, NOW).id
        with pytest.raises(BadInput, match="还没有录入任何放假的日子"):
            actions.confirm_year(session, ADMIN, area_code=TOWN_A, seen_id=seen, year=2028, reason="国办通知", now=NOW)
        new_year = Day(date(2028, 1, 3), False, "元旦", "手工")
        version = actions.edit_day(
            session, ADMIN, area_code=TOWN_A, seen_id=seen, on=new_year.on, day=new_year, reason="国办通知", now=NOW
        )
        actions.confirm_year(
            session, ADMIN, area_code=TOWN_A, seen_id=version.id, year=2028, reason="国办通知", now=NOW
        )
        assert queries.calendar_at(session, TOWN_A, NOW).is_published(2028)


def test_every_edit_is_an_event(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        edited(session)
        row = session.execute(text("select kind, subject, data ->> 'note' from events")).one()
    assert row[0] == "calendar.edited"
    assert row[1] == str(TOWN_A)
    assert "停电停工" in row[2]


@pytest.mark.parametrize(
    "statement",
    [
        "update work_days set is_workday = true",
        "delete from work_days",
        "update work_calendars set valid_from = now()",
        "insert into work_days (calendar_id, day_on, is_workday, name, source) select min(id), '2026-12-01', false, 'x', 'x' from work_calendars",
        "insert into work_calendars (area_code, version, valid_from, note, actor_name) values (0, 99, now(), 'x', 'x')",
    ],
)
def test_the_database_lets_nobody_rewrite_a_version(
    statement: str, as_actor: Callable[..., Any], owner: Callable[..., Any]
) -> None:
    with owner() as session:  # the calendar of the seed is from another transaction
        session.execute(text("update work_calendars set created_at = '2020-01-01'"))
    with as_actor(ADMIN) as session, pytest.raises(ProgrammingError, match="permission denied|row-level security"):
        session.execute(text(statement))


def test_two_administrators_at_once(as_actor: Callable[..., Any]) -> None:
    with as_actor(ADMIN) as session:
        seen = queries.version_at(session, TOWN_A, NOW).id
        other = Day(date(2026, 10, 13), False, "停水停工", "手工")
        actions.edit_day(session, ADMIN, area_code=TOWN_A, seen_id=seen, on=ON, day=OFF, reason="检修", now=NOW)
        with pytest.raises(Conflict):
            actions.edit_day(
                session, ADMIN, area_code=TOWN_A, seen_id=seen, on=other.on, day=other, reason="x", now=NOW
            )
        assert queries.calendar_at(session, TOWN_A, NOW).is_workday(other.on)
