"""回访 by a link: one answer by whoever holds it, through the transition table, and nothing told to anybody else."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.rules import Action, Status, replay
from tests.factories import GRID_A11, GRID_B11, TOWN_A, Factories
from tests.integration.cases.test_course import Course

JSON = {"Accept": "application/json"}
GONE = "链接不能使用"


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    course = Course(make, signed_in)
    verified(course)
    return course


def verified(course: Course) -> None:
    course.to_handling()
    course.done(course.handler, "report", reason="已清理")
    course.done(course.worker, "verify")


def send(course: Course) -> str:
    """Make a link and read its path off the page of the case."""
    course.done(course.desk, "send_link")
    page = unescape(course.desk.get(f"/cases/{course.code}").get_data(as_text=True))
    return re.search(r'value="http://localhost(/r/[A-Za-z0-9_-]{43})"', page)[1]


def steps(course: Course) -> list[dict[str, Any]]:
    return course.seen(course.desk)["history"]


def test_a_resident_answers_without_an_account(course: Course, app: Flask) -> None:
    path, resident = send(course), app.test_client()
    asked = resident.get(path)
    page = asked.get_data(as_text=True)
    assert asked.status_code == 200
    for told in (course.code, "邻里纠纷", "派出所"):
        assert told in page
    for kept in ("楼道堆物", "丁伟", "已清理", "第一网格"):
        assert kept not in page
    assert asked.headers["Referrer-Policy"] == "same-origin"  # the address is the key: no other host is told
    assert asked.headers["Cache-Control"] == "no-store"
    answer = resident.post(path, data={"satisfaction": "satisfied", "reason": "谢谢"})
    assert (answer.status_code, "感谢您的评价" in answer.get_data(as_text=True)) == (200, True)
    seen = course.seen(course.desk)
    last = seen["history"][-1]
    assert (seen["status"], last["actor"], last["post"], last["reason"]) == (
        "revisited",
        "群众（回访链接）",
        "",
        "谢谢",
    )
    assert "回访方式：回访链接" in last["told"]
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "已答" in page
    assert path not in page
    told = [
        (Status(s["before"]) if s["before"] else None, Action(s["action"]), Status(s["after"])) for s in steps(course)
    ]
    assert replay(told) is Status.REVISITED


def test_dissatisfied_brings_the_case_back_to_the_desk(course: Course, app: Flask, owner: Any) -> None:
    path, resident = send(course), app.test_client()
    refused = resident.post(path, data={"satisfaction": "dissatisfied", "reason": "  "})
    assert refused.status_code == 400
    assert "请写一句哪里不满意" in refused.get_data(as_text=True)
    answer = resident.post(path, data={"satisfaction": "very_dissatisfied", "reason": "又堵了"})
    assert "重新办理" in answer.get_data(as_text=True)
    seen = course.seen(course.desk)
    assert (seen["status"], seen["history"][-1]["action"]) == ("registered", "dissatisfied")
    with owner() as session:
        who = session.execute(text("select actor_id from case_steps where action = 'dissatisfied'")).scalar_one()
        assert who is None
        assert session.execute(text("select count(*) from notices where kind = 'case.dissatisfied'")).scalar_one() > 0


def test_wrong_used_and_expired_look_the_same(course: Course, app: Flask, owner: Any) -> None:
    path, resident = send(course), app.test_client()
    wrong = resident.get("/r/" + "x" * 43)
    with owner() as session:
        session.execute(
            text("update revisit_links set made_at = made_at - interval '30 days', expires_at = now() - interval '1 s'")
        )
    expired = resident.get(path)
    assert "已过期" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert resident.post(path, data={"satisfaction": "satisfied"}).status_code == 404
    path = send(course)
    assert resident.post(path, data={"satisfaction": "fair"}).status_code == 200
    used = resident.get(path)
    again = resident.post(path, data={"satisfaction": "very_dissatisfied", "reason": "改主意"})
    assert {a.status_code for a in (wrong, expired, used, again)} == {404}
    assert len({bare(a.get_data(as_text=True)) for a in (wrong, expired, used, again)}) == 1
    assert GONE in used.get_data(as_text=True)
    assert course.seen(course.desk)["status"] == "revisited"


def bare(page: str) -> str:
    return re.sub(r'(nonce|value|content)="[^"]*"', "", page)


def test_after_a_follow_up_by_phone_the_link_opens_nothing(course: Course, app: Flask) -> None:
    path = send(course)
    course.done(course.desk, "revisit", means="phone", satisfaction="satisfied")
    answer = app.test_client().post(path, data={"satisfaction": "dissatisfied", "reason": "不好"})
    assert (answer.status_code, course.seen(course.desk)["status"]) == (404, "revisited")
    assert "已失效" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)


def test_a_link_of_an_earlier_round_and_a_replaced_one_open_nothing(course: Course, app: Flask) -> None:
    first = send(course)
    second = send(course)
    resident = app.test_client()
    assert first != second
    assert resident.get(first).status_code == 404
    course.done(course.desk, "dissatisfied", means="phone", satisfaction="dissatisfied", reason="没修好")
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police)
    course.done(course.handler, "accept")
    course.done(course.handler, "start")
    course.done(course.handler, "report", reason="再修")
    course.done(course.worker, "verify")
    assert resident.get(second).status_code == 404
    assert resident.get(send(course)).status_code == 200


def test_staff_cannot_answer_for_the_resident(course: Course) -> None:
    path = send(course)
    answer = course.desk.post(path, data={"satisfaction": "satisfied"})
    assert answer.status_code == 409
    assert "不能代群众评价" in answer.get_data(as_text=True)
    refused = course.take(course.desk, "revisit", means="link", satisfaction="satisfied")
    assert refused.status_code == 400
    assert 'value="link"' not in course.desk.get(f"/cases/{course.code}/steps/revisit").get_data(as_text=True)
    assert course.seen(course.desk)["status"] == "verified"


def test_only_those_who_follow_up_see_the_link(course: Course, signed_in: Callable[..., Any], owner: Any) -> None:
    path = send(course)
    for client in (course.worker, course.handler, signed_in((Role.LEADER, TOWN_A))):
        page = client.get(f"/cases/{course.code}").get_data(as_text=True)
        assert "链接已发" in page
        assert path not in page
    with owner() as session:
        rows = session.execute(text("select row_to_json(l)::text from revisit_links l")).scalars().all()
        rows += session.execute(text("select data::text from case_steps")).scalars().all()
        rows += session.execute(text("select data::text from events")).scalars().all()
    assert not any(path.removeprefix("/r/") in row for row in rows)


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("<script>alert(1)</script>“&”", "<script>alert(1)</script>“&”"),
        ("修得很好👍🏽👨‍👩‍👧", "修得很好👍🏽👨‍👩‍👧"),
        ("很好\u202eabc\u2069\u200f", "很好abc"),
        ("好" * 2000, "好" * 2000),
    ],
    ids=["markup", "emoji", "turning marks", "2000"],
)
def test_words_are_kept_as_they_are_but_for_marks_that_turn(course: Course, app: Flask, words: str, kept: str) -> None:
    answer = app.test_client().post(send(course), data={"satisfaction": "fair", "reason": words})
    assert answer.status_code == 200
    assert steps(course)[-1]["reason"] == kept
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "<script>alert(1)" not in page


@pytest.mark.parametrize(
    ("data", "told"),
    [({"satisfaction": "fair", "reason": "好" * 2001}, "至多写 2000 个字，现有 2001 个字"), ({"reason": "好"}, "请选择满意程度"),
     ({"satisfaction": "best"}, "请选择满意程度"), ({"satisfaction": "fair", "reason": "a\x07b"}, "无法识别的字符")],
)  # fmt: skip
def test_bad_input_is_told_and_the_link_stays(course: Course, app: Flask, data: dict[str, str], told: str) -> None:
    path, resident = send(course), app.test_client()
    answer = resident.post(path, data=data)
    assert (answer.status_code, told in answer.get_data(as_text=True)) == (400, True)
    assert resident.get(path).status_code == 200


def test_too_many_tries_are_refused(course: Course, app: Flask, owner: Any) -> None:
    with owner() as session:
        session.execute(text("update system_settings set value = '3' where key = 'cases.link_tries'"))
        session.execute(text("delete from link_tries"))
    resident = app.test_client()
    found = [resident.get("/r/" + "y" * 43).status_code for _ in range(4)]
    assert found.count(429) >= 1 or found == [404] * 4  # the minute may have turned between two tries
    if 429 in found:
        assert found.index(429) == 3


def test_the_resident_reaches_nothing_beside_the_case(make: Factories, as_actor: Any) -> None:
    from gridmap.cases.queries.conditions import visible_cases
    from gridmap.cases.rules.links import Resident

    make.world()
    make.case(GRID_B11)
    resident = Resident.at(GRID_A11)
    with as_actor(resident) as session:
        assert session.scalars(visible_cases(resident)).unique().all() == []
        assert session.execute(text("select count(*) from cases")).scalar() == 0
