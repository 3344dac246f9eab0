"""What goes wrong around a step: two people at once, the same form at once, no calendar at all. Real commits, real threads."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Post, Role
from gridmap.cases.actions import take_step
from gridmap.cases.forms import Given
from gridmap.cases.rules import Action
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database
from gridmap.errors import Conflict
from tests.factories import GRID_A11, TOWN_A, Factories
from tests.integration.cases.test_course import Course

AT_ONCE = 8
DECLINING = {"reason": "不属受理范围", "lawful_channel": "人民法院"}


@pytest.fixture
def office(clone: Callable[[], Any]) -> Iterator[tuple[Database, str, Callable[[], Any]]]:
    """A copy of the database with one case that waits, the application on it, and a look into its tables."""
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Iterator[Session]:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    for name in ("何静", "罗青"):
        make.account((Role.CENTRE_STAFF, TOWN_A), name=name)
    code = make.case(GRID_A11, status="received")
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=AT_ONCE)
    yield database, code, work
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()


def desk(work: Callable[[], Any], name: str) -> Actor:
    with work() as session:
        number = session.execute(text("select id from accounts where name = :name"), {"name": name}).scalar_one()
    return Actor(number, f"x{number}", name, (Post(Role.CENTRE_STAFF, TOWN_A, "甲街道"),))


def history(work: Callable[[], Any]) -> list[tuple[str, str]]:
    with work() as session:
        rows = session.execute(text("select action, actor_name from case_steps order by number")).all()
    return [(row.action, row.actor_name) for row in rows]


def test_of_many_who_decide_at_once_one_does_and_the_others_are_told_who(office: Any) -> None:
    database, code, work = office
    people = [(desk(work, "何静"), Action.REGISTER, {}), (desk(work, "罗青"), Action.DECLINE, DECLINING)]
    together = Barrier(AT_ONCE)

    def decide(number: int) -> str:
        who, action, values = people[number % 2]
        with database.open(who) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                given = Given(dict(values), client_id=uuid.uuid4(), seen=0)
                take_step(session, who, case_code=code, action=action, given=given, clock=now)
                session.commit()
            except Conflict as fault:
                session.rollback()
                return fault.message
        return ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = list(pool.map(decide, range(AT_ONCE)))
    done = history(work)
    assert answers.count("") == len(done) == 1
    words = {("register", "何静"): ("“登记受理”", "“已受理”"), ("decline", "罗青"): ("“不予受理”", "“不予受理”")}[
        done[0]
    ]
    for answer in answers:
        assert not answer or all(word in answer for word in (done[0][1], *words, "您填写的内容没有提交")), answer
    with work() as session:
        papers = session.execute(text("select count(*) from case_documents")).scalar()
    assert papers == 1  # neither doubled nor of the one who came second


def test_the_same_form_sent_many_times_at_once_is_one_step(office: Any) -> None:
    database, code, work = office
    who, number, together = desk(work, "何静"), uuid.uuid4(), Barrier(AT_ONCE)

    def send(_number: int) -> bool:
        with database.open(who) as session:
            session.execute(text("select 1"))
            together.wait()
            given = Given({}, client_id=number, seen=0)
            _case, fresh = take_step(session, who, case_code=code, action=Action.REGISTER, given=given, clock=now)
            session.commit()
        return fresh

    with ThreadPoolExecutor(AT_ONCE) as pool:
        fresh = list(pool.map(send, range(AT_ONCE)))
    assert fresh.count(True) == 1
    assert history(work) == [("register", "何静")]
    with work() as session:
        counts = "select (select count(*) from case_documents), (select count(*) from procrastinate_jobs where task_name = 'cases.document')"
        assert tuple(session.execute(text(counts)).one()) == (1, 1)


def test_the_time_of_a_step_is_taken_while_the_case_is_held_and_never_runs_back(office: Any) -> None:
    database, code, work = office
    who, start = desk(work, "何静"), now()

    def clock() -> Any:
        with work() as other:
            free = other.execute(
                text("select 1 from cases where case_code = :code for update skip locked"), {"code": code}
            )
            assert free.scalar() is None  # nobody else gets it between the time and the step
        return start + timedelta(minutes=5)

    with database.open(who) as session:
        take_step(session, who, case_code=code, action=Action.REGISTER, given=Given({}), clock=clock)
        given = Given({"reason": "钟慢了"})
        take_step(session, who, case_code=code, action=Action.NOTE, given=given, clock=lambda: start)
        session.commit()
    with work() as session:
        times = session.execute(text("select at from case_steps order by number")).scalars().all()
    assert times == [start + timedelta(minutes=5)] * 2


def test_without_any_calendar_a_step_says_what_is_missing_and_nothing_is_half_done(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    course = Course(make, signed_in)
    course.submit(course.worker)
    with owner() as session:
        session.execute(text("alter table work_calendars rename to work_calendars_elsewhere"))
        session.execute(text("create table work_calendars (like work_calendars_elsewhere including all)"))
        session.execute(text("grant select on work_calendars to gridmap_app, gridmap_app_posts, gridmap_jobs"))
    refused = course.take(course.desk, "register")
    assert refused.status_code == 503
    assert "gridmap worktime import-holidays" in refused.json["detail"]
    with owner() as session:
        session.execute(text("drop table work_calendars"))
        session.execute(text("alter table work_calendars_elsewhere rename to work_calendars"))
    assert course.seen(course.desk)["status"] == "received"
    assert len(course.seen(course.desk)["history"]) == 1
    assert course.done(course.desk, "register") == "registered"
