"""The work list through the web: what waits for whom and in which order, several cases at once, unread marks, saved filters."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def waiting(client: Any, group: str = "", **args: Any) -> list[str]:
    """Return the codes that wait, in their order, and check that the total agrees."""
    answer = client.get("/work", query_string={"group": group, **args}, headers=JSON)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    codes = [item["case_code"] for item in answer.json["items"]]
    if answer.json["next"] is None and "after" not in args:
        assert answer.json["total"] == len(codes)
    return codes


def test_each_stage_waits_for_the_people_of_its_next_step(course: Course) -> None:
    course.submit(course.worker)
    assert waiting(course.desk, "register") == [course.code] == waiting(course.desk)
    assert waiting(course.worker) == waiting(course.handler) == []
    course.done(course.desk, "register")
    assert waiting(course.desk, "register") == []
    assert waiting(course.desk, "assess") == [course.code]
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    assert waiting(course.desk, "dispatch") == [course.code]
    course.done(course.desk, "dispatch", department=course.police, assisting=[course.justice])
    assert waiting(course.desk) == []  # taking back is a choice, not a duty
    assert waiting(course.handler, "accept") == [course.code]
    assert waiting(course.other, "assist") == [course.code]
    assert waiting(course.other, "accept") == []
    course.done(course.handler, "accept")
    assert waiting(course.handler, "handle") == [course.code]
    course.done(course.handler, "start")
    course.done(course.other, "assist_report", reason="已讲法")
    assert waiting(course.other) == []
    course.done(course.handler, "report", reason="已清理")
    assert waiting(course.handler) == []
    assert waiting(course.worker, "verify") == [course.code]
    course.done(course.worker, "verify")
    assert waiting(course.desk, "revisit") == [course.code]
    course.done(course.desk, "revisit", means="phone", satisfaction="satisfied")
    assert waiting(course.desk, "close") == [course.code]
    course.done(course.desk, "close")
    assert waiting(course.desk) == []


def test_who_handled_a_case_does_not_find_it_to_verify(course: Course) -> None:
    course.submit(course.desk)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "handle_here")
    assert waiting(course.second_desk, "handle") == [course.code]
    course.done(course.desk, "report", reason="当场调处")
    assert waiting(course.desk, "verify") == []
    assert waiting(course.second_desk, "verify") == [course.code]


def test_order_and_pages(make: Factories, signed_in: Callable[..., Any]) -> None:
    make.world()
    desk, now = signed_in((Role.CENTRE_STAFF, TOWN_A)), datetime.now(UTC)
    undated = [make.case(received_at=now - timedelta(days=n)) for n in (1, 3, 2)]
    late = make.case(stage_due_at=now - timedelta(hours=3))
    soon = make.case(stage_due_at=now + timedelta(hours=3), status="received")
    far = make.case(stage_due_at=now + timedelta(days=9))
    make.case(GRID_B11, stage_due_at=now)
    make.case(stage_due_at=now, status="closed", closed_at=now)
    wanted = [late, soon, far, undated[1], undated[2], undated[0]]
    assert waiting(desk) == wanted
    found, address = [], "/work?limit=2"
    while address:
        page = desk.get(address, headers=JSON).json
        assert page["total"] == 6
        found += [item["case_code"] for item in page["items"]]
        address = page["next"]
    assert found == wanted
    page = desk.get("/work").get_data(as_text=True)
    assert "已超期 3 小时" in page
    assert "还剩 2 小时 59 分" in page or "还剩 3 小时" in page
    assert "case-late-late" in page
    assert desk.get("/work/count", headers=JSON).json == {"waiting": 6}


def test_the_assignee_finds_theirs_first(course: Course, owner: Callable[[], Any], make: Factories) -> None:
    now = datetime.now(UTC)
    with owner() as session:
        person = session.execute(text("select id from accounts where name = '丁伟'")).scalar()
    urgent = make.case(status="handling", lead_department_id=course.police, stage_due_at=now - timedelta(hours=1))
    mine = make.case(
        status="handling", lead_department_id=course.police, stage_due_at=now + timedelta(days=2), assignee_id=person
    )
    make.case(status="handling", lead_department_id=course.justice)
    assert waiting(course.handler, "handle") == [mine, urgent]
    assert waiting(course.handler, limit=1) == [mine]
    first = course.handler.get("/work?limit=1", headers=JSON).json
    assert [i["case_code"] for i in course.handler.get(first["next"], headers=JSON).json["items"]] == [urgent]


def test_first_asked_cases_are_followed_but_not_counted_as_waiting(course: Course, owner: Callable[[], Any]) -> None:
    with owner() as session:
        person = session.execute(text("select id from accounts where name = '丁伟'")).scalar()
    code = Factories(owner).case(status="registered", duty_account_id=person)
    assert waiting(course.handler, "duty") == [code]
    assert waiting(course.handler) == []
    assert waiting(course.other, "duty") == []


def test_bad_addresses_are_told(course: Course) -> None:
    for args in ("group=mine", "limit=0", "after=x", "after=1.x.1.1234567.1"):
        answer = course.desk.get(f"/work?{args}", headers=JSON)
        assert answer.status_code == 400, args


def test_each_case_of_a_batch_is_judged_by_itself_and_once(course: Course, make: Factories, owner: Any) -> None:
    fine, there = make.case(status="received"), make.case(status="handling")
    hidden = make.case(GRID_B11, status="received")
    page = course.desk.get("/work/batch", query_string={"action": "register", "case": [fine, there, hidden]})
    assert page.status_code == 200
    assert hidden not in page.get_data(as_text=True)
    data = {"action": "register", "case": [fine, there, hidden], "client_id": str(uuid.uuid4())}
    found = {i["case_code"]: i for i in course.desk.post("/work/batch", data=data, headers=JSON).json["items"]}
    assert found[fine]["done"]
    assert not found[there]["done"]
    assert "办理中" in found[there]["words"]
    assert not found[hidden]["done"]
    again = {i["case_code"]: i for i in course.desk.post("/work/batch", data=data, headers=JSON).json["items"]}
    assert again[fine] == {"case_code": fine, "done": True, "words": "先前已完成，没有重复办理"}
    with owner() as session:
        assert session.execute(text("select count(*) from case_steps")).scalar() == 1
    told = course.desk.post("/work/batch", data={**data, "client_id": str(uuid.uuid4())}).get_data(as_text=True)
    assert "未办 3 件" in told


def test_several_cases_are_sent_to_one_department_and_accepted(course: Course, make: Factories) -> None:
    codes = sorted(make.case(status="assessed") for _ in range(3))
    form = course.desk.get("/work/batch", query_string={"action": "dispatch", "case": codes}).get_data(as_text=True)
    assert "派出所" in form
    missing = course.desk.post("/work/batch", data={"action": "dispatch", "case": codes})
    assert missing.status_code == 400
    data = {"action": "dispatch", "case": codes, "department": course.police, "task": "今天到场"}
    assert all(i["done"] for i in course.desk.post("/work/batch", data=data, headers=JSON).json["items"])
    assert sorted(waiting(course.handler, "accept")) == codes
    other = course.other.post("/work/batch", data={"action": "accept", "case": codes}, headers=JSON).json["items"]
    assert not any(item["done"] for item in other)
    assert all("派出所" in item["words"] for item in other)
    done = course.handler.post("/work/batch", data={"action": "accept", "case": codes}, headers=JSON).json["items"]
    assert all(item["done"] for item in done)


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({"action": "decline", "case": ["990102-2026-0000001"]}, "action"),
        ({"action": "register"}, "case"),
        ({"action": "register", "case": ["x"]}, "case"),
        ({"action": "register", "case": ["990102-2026-0000001"], "client_id": "x"}, "client_id"),
        ({"action": "register", "case": [f"990102-2026-{n:07d}" for n in range(101)]}, "case"),
    ],
)
def test_a_batch_that_cannot_be_read(course: Course, data: dict[str, Any], field: str) -> None:
    answer = course.desk.post("/work/batch", data=data, headers=JSON)
    assert (answer.status_code, answer.json["field"]) == (400, field)


def test_steps_by_others_are_unread_until_the_case_is_opened(course: Course) -> None:
    course.submit(course.worker)
    seen = lambda client: client.get("/cases", headers=JSON).json["items"][0]["unread"]  # noqa: E731
    assert seen(course.desk)
    assert not seen(course.worker)
    course.seen(course.desk)
    assert not seen(course.desk)
    course.done(course.desk, "register")
    assert not seen(course.desk)  # one's own step
    assert seen(course.worker)
    assert seen(course.second_desk)
    assert "有新进展" in course.worker.get("/cases").get_data(as_text=True)
    course.worker.get(f"/cases/{course.code}")
    assert "有新进展" not in course.worker.get("/cases").get_data(as_text=True)


def test_saved_filters_are_ones_own(course: Course) -> None:
    save = {"page": "cases", "name": "超期", "lateness": "late", "q": "堆物"}
    answer = course.desk.post("/work/filters", data=save)
    assert answer.headers["Location"] == "/cases?lateness=late&q=%E5%A0%86%E7%89%A9"
    page = course.desk.get("/cases").get_data(as_text=True)
    number = page.split("/work/filters/")[1].split('"')[0]
    assert course.desk.get(f"/work/filters/{number}").headers["Location"] == answer.headers["Location"]
    assert course.second_desk.get(f"/work/filters/{number}").status_code == 404
    assert course.second_desk.post(f"/work/filters/{number}", data={"delete": "1"}).status_code == 404
    course.desk.post(f"/work/filters/{number}", data={"name": "我的超期"})
    assert "我的超期" in course.desk.get("/cases").get_data(as_text=True)
    course.desk.post("/work/filters", data={**save, "name": "另一个"})
    taken = course.desk.post(f"/work/filters/{number}", data={"name": "另一个"}, headers=JSON)
    assert (taken.status_code, taken.json["field"]) == (400, "name")
    course.desk.post(f"/work/filters/{number}", data={"delete": "1"})
    assert course.desk.get(f"/work/filters/{number}").status_code == 404
    for bad in ({"name": ""}, {"name": "x" * 31}, {"lateness": ""}, {"page": "map"}):
        values = {"page": "cases", "name": "超期", "lateness": "late", **bad}
        assert course.desk.post("/work/filters", data=values, headers=JSON).status_code == 400, bad
    kept = course.handler.post("/work/filters", data={"page": "work", "name": "接单", "group": "accept"})
    assert kept.headers["Location"] == "/work?group=accept"


def test_the_first_page_is_the_work_of_those_who_work_on_cases(make: Factories, signed_in: Callable[..., Any]) -> None:
    make.world()
    for role, page in ((Role.CENTRE_STAFF, "/work"), (Role.DEPARTMENT_HANDLER, "/work"), (Role.LEADER, "/map")):
        assert signed_in((role, TOWN_B)).get("/").headers["Location"] == page
