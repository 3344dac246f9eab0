"""What waits for a person beside the course: a mediation, a whistle, a copy to read, something to approve; each once, first what is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gridmap.access import Role
from gridmap.clock import local, now
from tests.factories import TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course
from tests.integration.cases.test_mediation import Mediation
from tests.integration.cases.test_work import waiting
from tests.integration.cases.timed import Timed, china


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def later(hours: int) -> str:
    return f"{local(now() + timedelta(hours=hours)):%Y-%m-%dT%H:%M}"


def test_a_mediation_waits_for_its_mediators_until_it_ends(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    case = Mediation(make, signed_in, owner)
    beside = signed_in((Role.MEDIATOR, TOWN_A), name="路平")
    assert waiting(case.mediator) == []
    case.done(case.desk, "start_mediation", tier=1, mediators=case.number)
    assert waiting(case.mediator) == waiting(case.mediator, "mediate") == [case.code]
    assert waiting(beside) == []
    item = case.mediator.get("/work", headers=JSON).json["items"][0]
    assert item["group"] == "mediate"
    due = case.rows("select due_at from mediations")[0].due_at
    assert item["stage_due_at"] == due.isoformat()
    page = case.mediator.get("/work").get_data(as_text=True)
    assert "待调解" in page
    assert case.mediator.get("/work/count").json == {"waiting": 1}
    case.done(case.mediator, "end_mediation", reason="撤回申请", lawful_channel="向人民法院起诉")
    assert waiting(case.mediator) == []


def test_a_whistle_waits_for_who_is_called_and_has_not_come(course: Course, signed_in: Callable[..., Any]) -> None:
    first = course.to_assessed()
    values = {"assisting": [course.justice], "place": "东门", "reason": "现场会商"}
    course.done(course.desk, "whistle", department=course.police, deadline=later(5), **values)
    second = course.to_assessed()
    course.done(course.desk, "whistle", department=course.police, deadline=later(2), **values)
    assert waiting(course.handler, "turn_up") == [second, first]  # first what is due
    assert waiting(course.other, "turn_up") == [second, first]
    assert waiting(course.worker) == []
    course.done(course.handler, "turn_up")
    assert waiting(course.handler, "turn_up") == [first]
    course.done(course.desk, "end_whistle", reason="已处置")
    assert waiting(course.other, "turn_up") == [first]


def test_a_copy_waits_until_it_is_read_and_beyond_the_closing(course: Course) -> None:
    course.to_handling()
    course.done(course.desk, "copy", departments=[course.justice], reason="请知悉")
    assert waiting(course.other, "read") == [course.code] == waiting(course.other)
    course.done(course.handler, "report", reason="已清理")
    course.done(course.desk, "verify")
    course.done(course.second_desk, "revisit", means="phone", satisfaction="satisfied")
    course.done(course.desk, "close")
    assert waiting(course.other, "read") == [course.code]
    course.done(course.other, "read_copy")
    assert waiting(course.other) == []


def test_what_is_to_be_approved_waits_for_who_may_decide(
    make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    timed = Timed(make, signed_in, owner, monkeypatch)
    elsewhere = signed_in((Role.SUPERVISOR, TOWN_B), name="远山")
    timed.handle()
    timed.done(timed.handler, "extend", amount="1", reason="材料待补")
    assert waiting(timed.desk, "approve") == [timed.code] == waiting(timed.second_desk, "approve")
    assert waiting(timed.handler, "handle") == [timed.code]
    timed.done(timed.desk, "grant_extension")
    assert waiting(timed.desk, "approve") == []
    timed.now = china(2026, 12, 7, 9, 0)
    timed.done(timed.handler, "appeal", timer=timed.timers()["handle"].id, reason="道路中断")
    assert waiting(timed.desk, "approve") == [timed.code]
    assert waiting(timed.supervisor) == []
    timed.done(timed.desk, "review_appeal", verdict="agree", reason="属实")
    assert waiting(timed.desk, "approve") == []
    assert waiting(timed.supervisor, "approve") == [timed.code] == waiting(timed.supervisor)
    assert waiting(elsewhere) == []
    timed.done(timed.supervisor, "decide_appeal", verdict="agree", reason="属实")
    assert waiting(timed.supervisor) == []


def test_what_waits_in_two_ways_stands_once(course: Course) -> None:
    """A department that leads and is called, and one that is called and told."""
    course.to_handling()
    course.done(course.desk, "whistle", department=course.police, assisting=[course.justice], place="东门",
                reason="现场会商", deadline=later(5))  # fmt: skip
    course.done(course.desk, "copy", departments=[course.justice], reason="请知悉")
    assert waiting(course.handler) == [course.code]
    assert waiting(course.other) == [course.code]
    assert course.other.get("/work/count").json == {"waiting": 1}
