"""Grids without a track for long: told to their workers and to the centre of the town, each spell once, outside quiet hours."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.clock import local
from gridmap.config import JOBS_ROLE, role_url
from gridmap.patrols.actions.unseen import tell_unseen
from tests.factories import COUNTY, GRID_A11, GRID_A12, GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.patrols.conftest import NOW

TODAY = local(NOW).date()
SIX = COUNTY // 10**9
Owner = Callable[[], Any]


def seen(owner: Owner, unit_code: int, on: date) -> None:
    """Let a track have come near in a grid on a day."""
    with owner() as session:
        values = {"c": SIX, "u": unit_code, "on": on}
        session.execute(text(
            "insert into coverage_frames (county_code, unit_code, outline_id, west, south, metres_lon, metres_lat, cols, rows, cells, inside, made_at)"
            " select :c, :u, :u, 125, 43, 80000, 111000, 1, 1, 1, ''::bytea, now() on conflict do nothing"
        ), values)  # fmt: skip
        session.execute(text(
            "insert into coverage_days (county_code, unit_code, frame_id, on_day, bits, drawn_at)"
            " select :c, :u, id, :on, B'10000000', now() from coverage_frames where unit_code = :u"
        ), values)  # fmt: skip


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


def notices(owner: Owner) -> list[tuple[int, str, str]]:
    """Return whom the notices about grids are for, and their words."""
    with owner() as session:
        rows = session.execute(
            text("select unit_code, role, body from notices where kind = 'patrol.unseen' order by id")
        )
        return [tuple(row) for row in rows]


@pytest.fixture
def people(make: Factories) -> None:
    """Workers of three grids and the centres of their towns."""
    make.world()
    for grid in (GRID_A11, GRID_A12, GRID_B11):
        make.account((Role.GRID_WORKER, grid))
    for town in (TOWN_A, TOWN_B):
        make.account((Role.CENTRE_STAFF, town))


@pytest.mark.usefixtures("people")
def test_each_spell_is_told_once(owner: Owner, as_job: Callable[[], Any]) -> None:
    seen(owner, GRID_A11, ago(7))
    seen(owner, GRID_A12, ago(6))
    seen(owner, GRID_B11, TODAY)
    for told in (1, 0):
        with as_job() as session:
            assert tell_unseen(session, county_code=SIX, now=NOW) == told
    (worker, centre) = notices(owner)
    assert worker[:2] == (GRID_A11, "grid_worker")
    assert "已有 7 天没有巡查轨迹" in worker[2]
    assert centre[:2] == (TOWN_A, "centre_staff")
    assert "1 个网格 7 天以上没有巡查轨迹：甲一社区第一网格。" in centre[2]
    later = NOW + timedelta(days=1)
    with as_job() as session:
        assert tell_unseen(session, county_code=SIX, now=later) == 1  # the second grid
    seen(owner, GRID_A11, local(later).date())
    with as_job() as session:
        assert tell_unseen(session, county_code=SIX, now=later + timedelta(days=7)) == 2  # a new spell, and B11


@pytest.mark.usefixtures("people")
def test_nothing_is_said_before_patrols_have_begun_there(owner: Owner, as_job: Callable[[], Any]) -> None:
    with as_job() as session:
        assert tell_unseen(session, county_code=SIX, now=NOW) == 0
    seen(owner, GRID_A11, ago(3))
    with as_job() as session:
        assert tell_unseen(session, county_code=SIX, now=NOW) == 0
    with as_job() as session:
        assert tell_unseen(session, county_code=SIX, now=NOW + timedelta(days=4)) == 3
    assert "还没有过巡查轨迹" in str(notices(owner))


@pytest.mark.usefixtures("people")
def test_quiet_hours_are_kept(owner: Owner, as_job: Callable[[], Any]) -> None:
    seen(owner, GRID_A11, ago(9))
    with owner() as session:
        session.execute(text(
            "insert into quiet_hours (unit_code, version, begins, ends, source_note, actor_name)"
            " values (:u, 1, '11:00', '13:00', '依据', '管理员')"
        ), {"u": TOWN_A})  # fmt: skip
    with as_job() as session:
        tell_unseen(session, county_code=SIX, now=NOW)
    assert not [one for one in notices(owner) if one[0] == GRID_A11]
    with as_job() as session:
        tell_unseen(session, county_code=SIX, now=NOW + timedelta(hours=2))
    assert len([one for one in notices(owner) if one[0] == GRID_A11]) == 1


def test_two_workers_of_the_queue_tell_once(clone: Callable[[], Any]) -> None:
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def own() -> Any:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(own)
    make.world()
    make.account((Role.GRID_WORKER, GRID_A11))
    seen(own, GRID_A11, ago(8))
    jobs, together = create_engine(role_url(url, JOBS_ROLE)), Barrier(2)

    def work(_n: int) -> int:
        with Session(jobs) as session, session.begin():
            session.execute(text("select 1"))
            together.wait()
            return tell_unseen(session, county_code=SIX, now=NOW)

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(work, range(2)))
    found = [one for one in notices(own) if one[0] == GRID_A11]
    for one in (engine, jobs):
        one.dispose()
    assert sum(told) == 3
    assert len(found) == 1
