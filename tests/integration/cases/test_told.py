"""Who hears of a step that concerns them: whose order is taken back, who is to mediate, who holds what is supervised, who appealed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from gridmap.access import Role
from gridmap.clock import local, now
from tests.factories import TOWN_A, Factories
from tests.integration.cases.test_course import Course
from tests.integration.cases.test_mediation import Mediation
from tests.integration.cases.test_notices import words
from tests.integration.cases.timed import Timed, china


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def dispatched(course: Course) -> None:
    course.to_assessed()
    course.done(course.desk, "dispatch", department=course.police, assisting=[course.justice])


@pytest.mark.parametrize("how", ["withdraw", "return"])
def test_who_assists_hears_that_the_order_is_taken_back(course: Course, how: str) -> None:
    dispatched(course)
    course.done(course.desk if how == "withdraw" else course.handler, how, reason="不属本所职责")
    assert words(course.other)[0] == f"事件 {course.code}：协办单已撤回，贵部门无需再办理。"
    assert len(words(course.other)) == 2


def test_who_had_reported_hears_nothing_of_what_ended_before(course: Course) -> None:
    dispatched(course)
    course.done(course.handler, "accept")
    course.done(course.other, "assist_report", reason="已讲法")
    course.done(course.handler, "return", reason="不属本所职责")
    assert len(words(course.other)) == 1


def test_what_nobody_leads_is_supervised_at_the_centre(course: Course, signed_in: Callable[..., Any]) -> None:
    supervisor = signed_in((Role.SUPERVISOR, TOWN_A), name="秦朗")
    course.submit(course.desk)
    course.done(supervisor, "supervise", reason="请抓紧")
    assert words(course.desk) == [f"事件 {course.code}：该事件已被督办，请立即办理并记录进展。"]
    course.assess()
    course.done(course.desk, "dispatch", department=course.police)
    course.done(supervisor, "supervise", reason="请抓紧")
    assert "已被督办" in words(course.handler)[0]
    assert len(words(course.desk)) == 1


def test_mediators_hear_that_they_mediate_and_when(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    case = Mediation(make, signed_in, owner)
    case.done(case.desk, "start_mediation", tier=1, mediators=case.number)
    assert words(case.mediator) == [f"事件 {case.code}：已请您调解，请查看并安排调解会。"]
    at = now() + timedelta(days=1)
    values = {"starts_at": f"{local(at):%Y-%m-%dT%H:%M}", "minutes": 60, "place": "村委会", "parties": "双方"}
    case.done(case.desk, "plan_session", **values)
    said = f"事件 {case.code}：已安排您主持 {local(at):%m-%d %H:%M} 的调解会，地点见事件页面。"
    assert words(case.mediator)[0] == said
    case.done(case.desk, "record_session", session=1, result="postponed", reason="一方出差")
    case.fail(2)
    case.done(case.desk, "move_up", reason="谈不拢", mediators=case.number)
    assert "已移交给您调解" in words(case.mediator)[0]


@pytest.mark.parametrize("verdict", ["agree", "refuse"])
def test_an_appeal_is_told_to_who_is_next_and_to_who_appealed(
    make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch, verdict: str
) -> None:
    timed = Timed(make, signed_in, owner, monkeypatch)
    timed.handle()
    timed.now = china(2026, 12, 2, 9, 0)
    timed.done(timed.handler, "appeal", timer=timed.timers()["handle"].id, reason="道路中断")
    before = len(words(timed.handler))
    timed.done(timed.desk, "review_appeal", verdict="agree", reason="属实")
    assert words(timed.supervisor) == [f"事件 {timed.code}：超时申诉已通过初审，请复审。"]
    assert len(words(timed.handler)) == before
    timed.done(timed.supervisor, "decide_appeal", verdict=verdict, reason="看过")
    told = "已获同意，该超时不计入统计。" if verdict == "agree" else "未获同意，请看审核意见。"
    assert words(timed.handler)[0] == f"事件 {timed.code}：您提出的超时申诉{told}"
