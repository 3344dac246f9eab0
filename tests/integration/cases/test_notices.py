"""Notices of the steps of a case: who is told what, that nothing is said twice, and that no person is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.actions.notices import Account, Centre, Department, tell
from tests.factories import COUNTY, GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def words(client: Any) -> list[str]:
    """Return the notices that a person sees, newest first."""
    return [item["body"] for item in client.get("/notices", headers=JSON).json["items"]]


def test_each_step_tells_those_who_are_next(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.worker)
    assert words(course.desk) == [f"事件 {course.code}：新上报，请受理。"]
    assert words(course.handler) == []
    course.done(course.desk, "register")
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police, assisting=[course.justice])
    assert words(course.handler) == [f"事件 {course.code}：已派给贵部门主办，请接单办理。"]
    assert words(course.other) == [f"事件 {course.code}：请贵部门协办，请接单办理。"]
    course.done(course.handler, "return", reason="马强说不属本所")
    assert "已退单" in words(course.desk)[0]
    assert course.handler.get("/notices/count").json == {"unread": 1}
    course.handler.post("/notices/read")
    assert course.handler.get("/notices/count").json == {"unread": 0}
    with owner() as session:
        said = session.execute(text("select string_agg(body, '') from notices")).scalar()
        waiting = session.execute(
            text("select count(*) from procrastinate_jobs where task_name = 'notices.deliver'")
        ).scalar()
        assert waiting == session.execute(text("select count(*) from notices")).scalar()
    assert not any(name in said for name in ("马强", "丁伟", "何静", "不属本所"))


def test_a_notice_goes_up_to_the_first_centre_and_is_not_seen_beside_it(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    from gridmap.cases.models import Case

    make.world()
    county, beside = signed_in((Role.CENTRE_STAFF, COUNTY)), signed_in((Role.CENTRE_STAFF, TOWN_B))
    code = make.case(GRID_A11)
    with owner() as session:
        case = session.query(Case).filter_by(case_code=code).one()
        made = tell(session, case=case, kind="case.late", body="请督办。", to=Centre(GRID_A11), key="late-1")
        assert made
        assert tell(session, case=case, kind="case.late", body="请督办。", to=Centre(GRID_A11), key="late-1") is None
        assert tell(session, case=case, kind="case.late", body="请办理。", to=Department(1), key="late-2")
        assert tell(session, case=case, kind="case.late", body="请办理。", to=Department(1), key="late-2") is None
    assert words(county) == [f"事件 {code}：请督办。"]
    assert words(beside) == []


def test_a_person_is_told_alone(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> None:
    from gridmap.cases.models import Case

    make.world()
    desk, other = signed_in((Role.CENTRE_STAFF, TOWN_A), name="何静"), signed_in((Role.CENTRE_STAFF, TOWN_A))
    code = make.case(GRID_A11)
    with owner() as session:
        case = session.query(Case).filter_by(case_code=code).one()
        number = session.execute(text("select id from accounts where name = '何静'")).scalar()
        tell(session, case=case, kind="case.assign", body="请办理。", to=Account(number))
    assert words(desk) == [f"事件 {code}：请办理。"]
    assert words(other) == []


def test_nothing_is_left_of_a_step_that_failed(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.worker)
    assert course.take(course.desk, "decline").status_code == 400
    with owner() as session:
        assert isinstance(session, Session)
        assert session.execute(text("select count(*) from notices where kind = 'case.decline'")).scalar() == 0
