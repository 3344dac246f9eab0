"""核查: before registering, a grid worker is asked for facts and answers with what they saw."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gridmap.access import Role
from tests.factories import GRID_A11, GRID_A12, Factories
from tests.integration.cases.test_course import Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    made = Course(make, signed_in)
    made.submit(made.worker)
    return made


def asked_of(course: Course, name: str) -> str:
    form = course.desk.get(f"/cases/{course.code}/steps/ask_check").get_data(as_text=True)
    assert f">{name}<" in form
    return str(form.split(f">{name}<")[0].rsplit('value="', 1)[1].split('"')[0])


def test_asked_answered_and_then_registered(course: Course, signed_in: Callable[..., Any], connection: Any) -> None:
    other = signed_in((Role.GRID_WORKER, GRID_A12), name="赵远")
    form = course.desk.get(f"/cases/{course.code}/steps/ask_check").get_data(as_text=True)
    assert "赵远" not in form  # another grid's worker does not see the case
    number = asked_of(course, "马强")
    assert course.done(course.desk, "ask_check", worker=number, reason="是否堵住消防通道", hours="24") == "received"
    again = course.take(course.desk, "ask_check", worker=number, reason="再看")
    assert again.status_code == 403
    assert "已请马强核查" in again.json["detail"]
    wrong = course.take(course.second_desk, "answer_check", reason="替他答")
    assert wrong.status_code == 403
    assert "由马强答复" in wrong.json["detail"]
    assert other.get(f"/cases/{course.code}").status_code == 404
    assert "受理前需要核查" in course.worker.get("/notices").get_data(as_text=True)
    assert course.done(course.worker, "answer_check", reason="通道通畅，只堆了纸箱") == "received"
    history = course.seen(course.desk)["history"]
    assert history[-1]["reason"] == "通道通畅，只堆了纸箱"
    assert any(told == "核查人：马强" for told in history[-2]["told"])
    assert course.take(course.worker, "answer_check", reason="再答").status_code == 403
    assert course.done(course.desk, "register") == "registered"
    assert course.take(course.desk, "ask_check", worker=number, reason="晚了").status_code == 409
    kept = connection.exec_driver_sql("select kind, answer, answered_at - asked_at >= '0' from case_tasks").one()
    assert tuple(kept) == ("check", "通道通畅，只堆了纸箱", True)


def test_an_asking_is_withdrawn_with_a_reason_and_another_is_asked(
    course: Course, signed_in: Callable[..., Any], connection: Any
) -> None:
    signed_in((Role.GRID_WORKER, GRID_A11), name="赵远")
    assert course.take(course.desk, "withdraw_check", reason="没有请过").status_code == 403
    course.done(course.desk, "ask_check", worker=asked_of(course, "马强"), reason="看一看")
    assert course.take(course.desk, "withdraw_check").status_code == 400
    assert course.take(course.worker, "withdraw_check", reason="我不去").status_code == 403
    assert course.done(course.second_desk, "withdraw_check", reason="马强休假") == "received"
    last = course.seen(course.desk)["history"][-1]
    assert (last["reason"], last["told"]) == ("马强休假", ["核查人：马强"])
    assert "核查已撤回" in course.worker.get("/notices").get_data(as_text=True)
    assert course.take(course.worker, "answer_check", reason="我看过了").status_code == 403
    assert not course.worker.get("/work?group=task", headers={"Accept": "application/json"}).json["items"]
    course.done(course.desk, "ask_check", worker=asked_of(course, "赵远"), reason="看一看")
    kept = connection.exec_driver_sql("select answer, answered_at is null from case_tasks order by id").all()
    assert [tuple(row) for row in kept] == [("已撤回：马强休假", False), ("", True)]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"worker": "999999"}, "worker"),
        ({"hours": "0"}, "hours"),
        ({"hours": "很快"}, "hours"),
        ({"reason": ""}, "reason"),
    ],
)
def test_bad_input_is_told(course: Course, values: dict[str, str], field: str) -> None:
    given = {"worker": asked_of(course, "马强"), "reason": "看一看", **values}
    refused = course.take(course.desk, "ask_check", **given)
    assert refused.status_code == 400
    assert refused.json["field"] == field
