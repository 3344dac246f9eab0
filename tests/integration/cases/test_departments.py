"""A department closed while it holds orders: refused or handed on whole, with history; no new order goes to it. A class retired."""

from __future__ import annotations

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
from gridmap.cases.actions import load_categories, take_step
from gridmap.cases.actions.departments import close_department
from gridmap.cases.forms import Given
from gridmap.cases.rules import Action
from gridmap.clock import now, today
from gridmap.config import APP_ROLE, role_url
from gridmap.constraints import from_database
from gridmap.db import Database
from gridmap.errors import BadInput, GridmapError
from tests.factories import COUNTY, GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course
from tests.integration.cases.test_meetings import Meetings, moment

WHY = {"reason": "机构改革，职责划转"}


class Closing(Meetings):
    """A case in the hands of departments, and who administers them."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any]) -> None:
        super().__init__(make, signed_in)
        self.admin = signed_in((Role.ADMINISTRATOR, TOWN_A), name="周管")
        self.next = make.department("综合执法队", TOWN_A)
        self.follower = signed_in((Role.DEPARTMENT_HANDLER, TOWN_A, self.next), name="钱进")

    def close(self, department: int, **values: Any) -> Any:
        return self.admin.post(f"/departments/{department}/close", data={**WHY, **values})


@pytest.fixture
def closing(make: Factories, signed_in: Callable[..., Any]) -> Closing:
    return Closing(make, signed_in)


def test_one_that_holds_nothing_is_closed(closing: Closing, make: Factories) -> None:
    idle = make.department("老年办", TOWN_A)
    assert "老年办" in closing.admin.get("/departments").get_data(as_text=True)
    assert "没有未办完的单" in closing.admin.get(f"/departments/{idle}/close").get_data(as_text=True)
    assert "请填写撤销的理由" in closing.close(idle, reason="").get_data(as_text=True)
    assert closing.close(idle).status_code == 302
    assert closing.close(idle).status_code == 409
    assert "已撤销" in closing.admin.get("/departments").get_data(as_text=True)
    assert closing.close(make.department("外所", TOWN_B)).status_code == 404


def test_one_that_holds_orders_asks_where_they_go(closing: Closing) -> None:
    closing.to_handling()
    refused = closing.close(closing.police)
    assert refused.status_code == 400
    assert "还有 1 件事件的单没有办完，请选择承接部门" in refused.get_data(as_text=True)
    for wrong in (closing.police, 999999):
        answer = closing.close(closing.police, successor=wrong)
        assert "没有这个承接部门" in answer.get_data(as_text=True)
    assert closing.close(closing.police, successor="x").status_code == 400
    assert closing.done(closing.handler, "progress", reason="仍在办") == "handling"


def test_all_it_holds_goes_to_the_other_as_it_stands(closing: Closing, owner: Callable[[], Any]) -> None:
    closing.to_handling()  # the police lead, and have begun
    closing.done(closing.handler, "assign", assignee=_account(owner, "丁伟"))
    led = closing.code
    closing.submit(closing.desk)
    closing.done(closing.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    closing.plan()
    closing.on_agenda()
    closing.decide(department=closing.police, task="核对名单")
    closing.done(closing.desk, "dispatch", department=closing.justice, assisting=[closing.police], task="到场")
    closing.done(closing.desk, "copy", departments=[closing.police], reason="请知悉")
    deadline = moment(now() + timedelta(hours=2))
    closing.done(closing.desk, "whistle", department=closing.police, place="东门", deadline=deadline, reason="到场")
    assisted = closing.code

    assert closing.close(closing.police, successor=closing.next).status_code == 302
    with owner() as session:
        held = session.execute(text("select count(*) from case_orders where department_id = :d and ended_at is null"), {"d": closing.police})  # fmt: skip
        assert held.scalar() == 0
        kinds = session.execute(text("select kind, status, by_meeting, task from case_orders where department_id = :d"
                                     " and ended_at is null order by id"), {"d": closing.next}).all()  # fmt: skip
    assert [tuple(row) for row in kinds] == [
        ("lead", "accepted", False, ""),
        ("assist", "sent", True, "核对名单"),
        ("assist", "sent", False, "到场"),
        ("copy", "sent", False, "请知悉"),
    ]
    for code in (led, assisted):
        closing.code = code
        step = closing.seen(closing.desk)["history"][-1]
        assert (step["action"], step["reason"]) == ("hand_on", WHY["reason"])
        assert "派出所 → 综合执法队" in step["told"][0]
    assert "综合执法队" in closing.page()  # the meeting's decision knows who has it now
    assert "已移交贵部门，请接续办理" in closing.follower.get("/notices").get_data(as_text=True)

    # who was of the old department is of the new one, and the work goes on where it was
    closing.code = assisted
    closing.done(closing.follower, "turn_up")
    closing.done(closing.handler, "assist_report", reason="名单已核对")
    closing.code = led
    assert closing.done(closing.follower, "progress", reason="接续办理") == "handling"
    assert closing.done(closing.handler, "report", reason="已办结") == "reported"


def test_handing_on_a_copy_of_a_closed_case_does_not_close_it_anew(closing: Closing, owner: Callable[[], Any]) -> None:
    closing.to_handling()
    closing.done(closing.handler, "report", reason="办结")
    closing.done(closing.worker, "verify")
    closing.done(closing.desk, "revisit", means="phone", satisfaction="satisfied")
    closing.done(closing.desk, "close")
    closing.done(closing.desk, "copy", departments=[closing.police], reason="请知悉")
    with owner() as session:
        session.execute(text("update cases set closed_at = '2026-01-01 00:00+00'"))
    assert closing.close(closing.police, successor=closing.next).status_code == 302
    assert closing.done(closing.follower, "read_copy") == "closed"
    assert closing.seen(closing.desk)["closed_at"].startswith("2026-01-01")


def _account(owner: Callable[[], Any], name: str) -> int:
    with owner() as session:
        return int(session.execute(text("select id from accounts where name = :n"), {"n": name}).scalar_one())


def test_if_one_case_cannot_go_nothing_does(closing: Closing, monkeypatch: pytest.MonkeyPatch) -> None:
    closing.to_handling()
    first = closing.code
    closing.to_handling()
    from gridmap.cases.actions import departments

    real, taken = departments.take_step, []

    def second_fails(*args: Any, **values: Any) -> Any:
        taken.append(values["case_code"])
        if len(taken) == 2:
            raise BadInput("试验中的故障。")
        return real(*args, **values)

    monkeypatch.setattr(departments, "take_step", second_fails)
    assert closing.close(closing.police, successor=closing.next).status_code == 400
    closing.code = first
    assert closing.seen(closing.desk)["history"][-1]["action"] == "start"
    assert closing.done(closing.handler, "progress", reason="仍在办") == "handling"


def test_no_new_order_goes_to_it_and_its_rules_are_told(
    closing: Closing, make: Factories, connection: Any, signed_in: Callable[..., Any]
) -> None:
    make.routing_rule(TOWN_A, "邻里归派出所", department_id=closing.police, department_name="派出所")
    make.routing_rule(TOWN_A, "其余归执法队", department_id=closing.next, department_name="综合执法队")
    closing.close(closing.police)
    page = closing.desk.get("/cases/routing").get_data(as_text=True)
    assert page.count("失效：部门已撤销") == 1
    assert "有 1 条规则派往已撤销的部门" in page
    closing.submit(closing.desk)
    closing.done(closing.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    assert "其余归执法队" in "；".join(closing.seen(closing.desk)["history"][-1]["told"])
    form = closing.desk.get(f"/cases/{closing.code}/steps/dispatch").get_data(as_text=True)
    assert "派出所（" not in form
    refused = closing.take(closing.desk, "dispatch", department=closing.police)
    assert "没有这个部门" in refused.json["detail"]
    again = closing.admin.post("/accounts/new", data={
        "username": "xinren1", "name": "新人", "role": "department_handler", "unit": str(TOWN_A), "department": "派出所",
    })  # fmt: skip
    assert again.status_code < 500  # a new department of the same name may begin
    assert closing.handler.get("/cases").status_code in (200, 403)  # whose post ended has no door left


def test_who_sends_and_who_closes_at_once_lose_nothing(clone: Callable[[], Any]) -> None:
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    police, following = make.department("派出所", TOWN_A), make.department("执法队", TOWN_A)
    code = make.case(GRID_A11, status="assessed")
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=4)
    together = Barrier(2)

    def act(number: int) -> str:
        role = (Role.CENTRE_STAFF, Role.ADMINISTRATOR)[number]
        actor = Actor(number + 1, "x", "何静", (Post(role, TOWN_A),))
        with database.open(actor) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                if number == 0:
                    given = Given({"department": police})
                    take_step(session, actor, case_code=code, action=Action.DISPATCH, given=given, clock=now)
                else:
                    close_department(
                        session, actor, department_id=police, successor_id=following, reason="撤并", now=now()
                    )
                session.commit()
            except GridmapError as fault:
                return fault.message
            except Exception as fault:
                session.rollback()
                return from_database(fault).message
        return "done"

    with ThreadPoolExecutor(2) as pool:
        sent, closed = pool.map(act, range(2))
    assert closed == "done"
    assert sent == "done" or "没有这个部门" in sent or "刚刚撤销" in sent
    with work() as session:
        left = session.execute(text("select count(*) from case_orders where department_id = :d and ended_at is null"), {"d": police})  # fmt: skip
        assert left.scalar() == 0
        now_held = session.execute(text("select count(*) from case_orders where department_id = :d and ended_at is null"), {"d": following})  # fmt: skip
        assert now_held.scalar() == (1 if sent == "done" else 0)
    owner.dispose()
    assert database.engine is not None
    database.engine.dispose()


def test_a_class_is_retired_while_cases_are_open(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    """The case is worked to its end, the class is not offered for new ones, lists still find it."""
    course = Course(make, signed_in)
    course.submit(course.worker)
    with owner() as session:
        kept = {
            "name": "治安隐患",
            "family": 3,
            "family_name": "平安建设",
            "dimension": "治安警情",
            "default_grade": "worry",
        }
        rows = [{"code": "0301", **kept}]
        load_categories(session, "新版", "测试", rows, valid_from=today())
    found = course.desk.get("/cases?category=0101", headers=JSON).json
    assert [item["case_code"] for item in found["items"]] == [course.code]
    assert found["items"][0]["category_name"] == "邻里纠纷"
    page = course.desk.get("/cases?category=0101").get_data(as_text=True)
    assert course.code in page
    new = course.worker.get("/cases/new").get_data(as_text=True)
    assert "邻里纠纷" not in new
    assert "治安隐患" in new
    old_code = course.code
    refused = course.worker.post("/cases", data={
        "category": "0101", "channel": "visit", "scale": "individual", "title": "又一件", "position_method": "none",
    }, headers=JSON)  # fmt: skip
    assert refused.status_code == 400
    course.code = old_code
    course.done(course.desk, "register")
    form = course.desk.get(f"/cases/{course.code}/steps/assess").get_data(as_text=True)
    assert 'value="0101"' not in form
    retired = course.take(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    assert "该类别已停用" in retired.json["detail"]
    assert (
        course.done(course.desk, "assess", category="0301", grade="worry", scale="individual", risk="low") == "assessed"
    )


def test_a_case_of_a_retired_class_goes_on_to_its_end(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    course = Course(make, signed_in)
    course.to_handling()
    with owner() as session:
        rows = [{"code": "0301", "name": "治安隐患", "family": 3, "family_name": "平安建设", "dimension": "治安警情", "default_grade": "worry"}]  # fmt: skip
        load_categories(session, "新版", "测试", rows, valid_from=today())
    assert "邻里纠纷" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    course.done(course.handler, "report", reason="办结")
    course.done(course.worker, "verify")
    course.done(course.desk, "revisit", means="phone", satisfaction="satisfied")
    assert course.done(course.desk, "close") == "closed"
    assert course.done(course.desk, "archive") == "archived"


def test_a_supervision_issues_its_paper_to_who_holds_the_case(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    course = Course(make, signed_in)
    supervisor = signed_in((Role.SUPERVISOR, COUNTY), name="严督")
    course.submit(course.desk)
    course.done(supervisor, "supervise", reason="迟迟未派单")
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police)
    course.done(supervisor, "supervise", reason="迟迟未接单")
    with owner() as session:
        papers = session.execute(text("select fields->>'主送' as whom, fields->>'正文' as body from case_documents"
                                      " where kind = 'supervision' order by id")).all()  # fmt: skip
    assert [tuple(row) for row in papers] == [("甲街道综治中心", "迟迟未派单"), ("派出所", "迟迟未接单")]
    assert "督办单" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
