"""吹哨报到, 抄告, 增派协办 through the web, and two departments turning up in the same moment."""

from __future__ import annotations

import uuid
from collections.abc import Callable
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
from gridmap.clock import local, now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database
from gridmap.errors import Conflict, Forbidden
from tests.factories import GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def soon(minutes: int = 30) -> str:
    return (local(now()) + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M")


def whistle(course: Course, **more: Any) -> Any:
    values = {
        "department": course.police, "assisting": [course.justice], "place": "甲一社区东门", "deadline": soon(),
        "reason": "两家人推搡", **more,
    }  # fmt: skip
    return course.take(course.desk, "whistle", **values)


def test_called_departments_turn_up_and_who_does_not_is_seen(course: Course, owner: Callable[[], Any]) -> None:
    course.to_handling()
    assert whistle(course).status_code == 200
    again = whistle(course)
    assert again.status_code == 403
    assert "还没有结束" in again.json["detail"]
    refused = course.take(course.handler, "report", reason="完")
    assert refused.status_code == 403
    assert "派出所、司法所未报到" in refused.json["detail"]
    values = {"lon": "125.3051", "lat": "43.8102", "accuracy": "12.5"}
    assert course.done(course.handler, "turn_up", **values) == "handling"
    twice = course.take(course.handler, "turn_up")
    assert twice.status_code == 403
    assert "已经报到" in twice.json["detail"]
    assert course.take(course.desk, "turn_up").status_code == 403
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "按时报到" in page
    assert "待报到" in page
    assert "误差约 12 米" in page
    assert course.done(course.desk, "end_whistle", reason="已劝离") == "handling"
    assert "未报到：司法所" in course.seen(course.desk)["history"][-1]["told"]
    assert "未报到" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert course.done(course.handler, "report", reason="完") == "reported"
    told = course.desk.get("/cases/whistles").get_data(as_text=True)
    assert "100.0%" in told
    assert "0.0%" in told
    with owner() as session:
        bodies = list(session.execute(text("select body from notices where kind = 'case.whistle'")).scalars())
    assert len(bodies) == 2
    # What goes out by mail and robots says when, and leads to the page; where stands there.
    assert "前报到" in bodies[0]
    assert "甲一社区东门" not in "".join(bodies)
    assert "甲一社区东门" in course.handler.get(f"/cases/{course.code}").get_data(as_text=True)


def test_late_is_late(course: Course, owner: Callable[[], Any]) -> None:
    course.to_handling()
    whistle(course)
    with owner() as session:
        session.execute(
            text(
                "update case_whistles set sent_at = now() - interval '2 hours', due_at = now() - interval '65 minutes'"
            )
        )
    course.done(course.other, "turn_up")
    assert "迟到 65 分钟" in course.seen(course.desk)["history"][-1]["told"]
    assert "迟到 65 分钟" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"department": ""}, "department"),
        ({"department": 987654}, "department"),
        ({"place": ""}, "place"),
        ({"place": "长" * 201}, "place"),
        ({"deadline": ""}, "deadline"),
        ({"deadline": "明天"}, "deadline"),
        ({"deadline": "2020-01-01T08:00"}, "deadline"),
        ({"deadline": "2099-01-01T08:00"}, "deadline"),
        ({"assisting": [987654]}, "assisting"),
        ({"reason": ""}, "reason"),
    ],
)
def test_a_whistle_with_a_fault_is_told_beside_its_field(course: Course, values: dict[str, Any], field: str) -> None:
    course.to_handling()
    answer = whistle(course, **values)
    assert answer.status_code == 400
    assert answer.json["field"] == field
    assert course.seen(course.desk)["history"][-1]["action"] == "start"


def test_the_lead_is_not_called_twice(course: Course) -> None:
    course.to_handling()
    assert whistle(course, assisting=[course.police]).status_code == 400


@pytest.mark.parametrize(
    "values",
    [{"lon": "x", "lat": "43"}, {"lon": "43.8", "lat": "125.3"}, {"lon": "0", "lat": "0"}, {"lon": "1", "lat": ""}],
)
def test_a_position_that_is_none_is_not_kept(course: Course, values: dict[str, str]) -> None:
    course.to_handling()
    whistle(course)
    assert course.take(course.handler, "turn_up", **values).status_code == 400
    page = course.handler.get(f"/cases/{course.code}/steps/turn_up").get_data(as_text=True)
    assert "data-here" in page


def test_copies_are_read_and_stand_in_nobodys_way(course: Course) -> None:
    course.to_handling()
    assert course.done(course.desk, "copy", departments=[course.justice], reason="请掌握情况") == "handling"
    assert "抄告：司法所" in course.seen(course.desk)["history"][-1]["told"]
    assert course.take(course.desk, "copy", departments=[course.justice], reason="再说一次").status_code == 400
    assert course.take(course.handler, "read_copy").status_code == 403
    assert course.done(course.handler, "report", reason="完") == "reported"
    assert course.done(course.other, "read_copy") == "reported"
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "已阅" in page


def test_an_assisting_department_is_added_while_handling(course: Course) -> None:
    course.to_handling()
    assert course.take(course.desk, "add_assist", assisting=[course.police]).status_code == 400
    assert course.done(course.desk, "add_assist", assisting=[course.justice], task="讲法") == "handling"
    assert "司法所还没有反馈" in course.take(course.handler, "report", reason="完").json["detail"]
    course.done(course.other, "assist_accept")
    course.done(course.other, "assist_report", reason="已讲")
    assert course.done(course.handler, "report", reason="完") == "reported"


def test_a_department_elsewhere_cannot_be_called(course: Course, make: Factories) -> None:
    course.to_handling()
    far = make.department("乙镇派出所", TOWN_B)
    assert whistle(course, department=far).status_code == 400
    assert course.take(course.desk, "copy", departments=[far], reason="x").status_code == 400


@pytest.fixture
def scene(clone: Callable[[], Any]) -> Any:
    """A whistled case on a real database: (sessions, its code, the two departments)."""
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    departments = make.department("派出所", TOWN_A), make.department("司法所", TOWN_A)
    code = make.case(GRID_A11, status="assessed")
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=8)
    desk = Actor(1, "desk", "何静", (Post(Role.CENTRE_STAFF, TOWN_A),))
    values = {"department": departments[0], "assisting": departments[1:], "place": "东门", "reason": "x"}
    with database.open(desk) as session:
        given = Given({**values, "deadline": now() + timedelta(hours=1)})
        take_step(session, desk, case_code=code, action=Action.WHISTLE, given=given, clock=now)
        session.commit()
    yield database, code, departments
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()


def test_two_departments_turn_up_at_once_and_one_of_them_twice(scene: Any) -> None:
    database, code, departments = scene
    together = Barrier(4)

    def arrive(number: int) -> str:
        actor = Actor(
            10 + number, "x", "经办", (Post(Role.DEPARTMENT_HANDLER, TOWN_A, department_id=departments[number % 2]),)
        )
        with database.open(actor) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                given = Given({}, client_id=uuid.uuid4())
                take_step(session, actor, case_code=code, action=Action.TURN_UP, given=given, clock=now)
            except (Forbidden, Conflict) as fault:
                return fault.message
            session.commit()
            return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(arrive, range(4)))
    assert answers == ["done", "done", "您所在的部门已经报到。", "您所在的部门已经报到。"]
    with database.open(Actor(1, "desk", "何静", (Post(Role.CENTRE_STAFF, TOWN_A),))) as session:
        assert session.execute(text("select count(turned_up_at) from case_whistle_calls")).scalar() == 2
        assert session.execute(text("select count(*) from case_steps where action = 'turn_up'")).scalar() == 2
