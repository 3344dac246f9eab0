"""三级调解 under real commits: two bookings of one room at once, and reminders of promises and tiers told once by whichever job runs."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases import actions
from gridmap.cases.actions.mediation import add_room, remind_promises, remind_tiers
from gridmap.cases.forms import Given
from gridmap.cases.forms.mediation import Duty
from gridmap.cases.rules import Action
from gridmap.clock import now, today
from gridmap.config import APP_ROLE, JOBS_ROLE, role_url
from gridmap.db import Database
from gridmap.errors import BadInput
from tests.factories import COUNTY, GRID_A11, TOWN_A, VILLAGE_A1, Factories
from tests.integration.conftest import actor_at

YESTERDAY = now() - timedelta(days=1)


@pytest.fixture
def town(clone: Callable[[], Any]) -> Any:
    """A copy of the database with two cases being mediated and a room; (application, jobs) as databases, (codes, room)."""
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    make.account((Role.MEDIATOR, TOWN_A), name="白平")
    make.account((Role.CENTRE_STAFF, TOWN_A))
    with work() as session:
        number = session.execute(text("select id from accounts where name = '白平'")).scalar()
    codes = [make.case(GRID_A11, status="handling") for _ in range(2)]
    databases = []
    for role in (APP_ROLE, JOBS_ROLE):
        database = Database()
        database.start(role_url(url, role), pool_size=4)
        databases.append(database)
    yield *databases, codes, work, number
    for database in databases:
        assert database.engine is not None
        database.engine.dispose()
    owner.dispose()


MEDIATOR = actor_at((Role.MEDIATOR, TOWN_A))


def step(database: Any, code: str, action: Action, **values: Any) -> None:
    with database.open(MEDIATOR) as session:
        actions.take_step(
            session, MEDIATOR, case_code=code, action=action, given=Given(values, client_id=uuid.uuid4()), clock=now
        )
        session.commit()


def test_two_bookings_at_once_make_one(town: Any) -> None:
    app, _jobs, codes, _work, number = town
    admin = actor_at((Role.ADMINISTRATOR, COUNTY))
    with app.open(admin) as session:
        room = add_room(session, admin, unit_code=VILLAGE_A1, name="调解室", seats=None).id
        session.commit()
    for code in codes:
        step(app, code, Action.START_MEDIATION, tier=1, mediators=(number,))
    together = Barrier(2)

    def book(code: str) -> str:
        values = {
            "starts_at": datetime(2027, 3, 3, 1, tzinfo=UTC), "minutes": timedelta(hours=1), "room": room, "parties": "双方",
        }  # fmt: skip
        with app.open(MEDIATOR) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                given = Given(values, client_id=uuid.uuid4())
                actions.take_step(session, MEDIATOR, case_code=code, action=Action.PLAN_SESSION, given=given, clock=now)
                session.commit()
            except BadInput as fault:
                session.rollback()
                return fault.message
        return ""

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(book, codes))
    assert answers[0] == ""
    assert "已有预约" in answers[1]
    assert "2027-03-03 10:00" in answers[1]


def test_reminders_go_out_once_whatever_number_of_jobs_run(town: Any) -> None:
    app, jobs, codes, work, number = town
    code = codes[0]
    step(app, code, Action.START_MEDIATION, tier=1, mediators=(number,))
    values = {"starts_at": YESTERDAY, "minutes": timedelta(hours=1), "place": "村委会", "parties": "双方"}
    step(app, code, Action.PLAN_SESSION, **values)
    step(app, code, Action.RECORD_SESSION, session=1, result="agreed")
    due = today() + timedelta(days=10)
    duties = tuple(Duty(f"第 {n} 期款", "甲方", None, due) for n in range(40))
    step(app, code, Action.AGREE, counterpart="乙方", terms="分期", confirmation="none", ends="no", duties=duties)

    def run(at: datetime) -> int:
        with Session(jobs.engine) as session, session.begin():
            return remind_promises(session, at)[0]

    def both(days: int) -> int:
        noon = datetime(due.year, due.month, due.day, 4, tzinfo=UTC) + timedelta(days=days)
        together = Barrier(2)

        def job(_: int) -> int:
            together.wait()
            return run(noon)

        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(job, range(2)))

    assert both(-4) == 0
    assert both(-3) == 40  # soon
    assert both(-1) == 0
    step(app, code, Action.PERFORM, duty="1", performed="performed", on=today())
    assert both(0) == 39  # due
    assert both(5) == 39  # overdue
    assert both(50) == 0
    with work() as session:
        kinds = session.execute(
            text("select count(*), count(distinct key) from notices where kind = 'case.promise'")
        ).one()
    assert kinds[0] == kinds[1] == 2 * (40 + 39 + 39)  # the centre and the mediator


def test_the_time_of_a_tier_is_told_once_whatever_number_of_jobs_run(town: Any) -> None:
    app, jobs, codes, work, number = town
    for code in codes:
        step(app, code, Action.START_MEDIATION, tier=1, mediators=(number,))
    with work() as session:
        due = session.execute(text("select distinct due_at from mediations")).scalar_one()  # a midnight in China

    def both(at: datetime) -> int:
        together = Barrier(2)

        def job(_: int) -> int:
            with Session(jobs.engine) as session, session.begin():
                together.wait()
                return remind_tiers(session, at)[0]

        with ThreadPoolExecutor(2) as pool:
            return sum(pool.map(job, range(2)))

    soon, morning = due - timedelta(hours=48), timedelta(hours=8)
    assert both(soon - timedelta(hours=4)) == 0  # in work time, but too early
    assert both(soon) == 0  # quiet
    assert both(soon + morning) == 2
    assert both(soon + morning * 2) == 0
    step(app, codes[0], Action.END_MEDIATION, reason="撤回申请", lawful_channel="向人民法院起诉")
    assert both(due) == 0  # quiet
    assert both(due + morning) == 1  # the one that is still open
    assert both(due + timedelta(days=9, hours=8)) == 0
    with work() as session:
        told = session.execute(text("select body, count(*) from notices where kind = 'case.mediation' group by body"))
        words = {row.body: row.count for row in told}
    assert sum(words.values()) == 2 * 3  # the centre and the mediator
    assert sum(count for body, count in words.items() if "组级调解期限将于" in body) == 4
    assert sum(count for body, count in words.items() if codes[1] in body and "组级调解期限已于" in body) == 2
