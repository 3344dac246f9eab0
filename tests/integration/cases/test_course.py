"""The course of a case through the web, by people of its roles: what is allowed, refused with a reason, and kept."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.rules import Action, Status, replay
from gridmap.clock import local, now
from tests.factories import GRID_A11, TOWN_A, VILLAGE_A1, Factories

JSON = {"Accept": "application/json"}


class Course:
    """A case and the people around it."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any]) -> None:
        make.world()
        self.police, self.justice = make.department("派出所", TOWN_A), make.department("司法所", TOWN_A)
        self.desk = signed_in((Role.CENTRE_STAFF, TOWN_A), name="何静")
        self.second_desk = signed_in((Role.CENTRE_STAFF, TOWN_A), name="罗青")
        self.worker = signed_in((Role.GRID_WORKER, GRID_A11), name="马强")
        self.handler = signed_in((Role.DEPARTMENT_HANDLER, TOWN_A, self.police), name="丁伟")
        self.other = signed_in((Role.DEPARTMENT_HANDLER, TOWN_A, self.justice), name="孙悦")
        self.code = ""

    def submit(self, client: Any) -> Any:
        """Report a case with a position in grid A11."""
        values = {
            "client_id": str(uuid.uuid4()), "category": "0101", "channel": "visit", "scale": "individual", "title": "楼道堆物",
            "position_method": "map", "lon": "125.305", "lat": "43.81", "datum": "wgs84",
        }  # fmt: skip
        answer = client.post("/cases", data=values, headers=JSON)
        assert answer.status_code == 201, answer.get_data(as_text=True)
        self.code = answer.json["case_code"]
        return answer.json

    def take(self, client: Any, action: str, **values: Any) -> Any:
        """Take a step and return the answer."""
        return client.post(f"/cases/{self.code}/steps/{action}", data=values, headers=JSON)

    def done(self, client: Any, action: str, **values: Any) -> str:
        """Take a step that must go through; return the new state."""
        answer = self.take(client, action, **values)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return str(answer.json["status"])

    def seen(self, client: Any) -> Any:
        return client.get(f"/cases/{self.code}", headers=JSON).json

    def assess(self) -> None:
        """分析研判 by the desk as a worry of low risk."""
        self.done(self.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")

    def to_assessed(self) -> str:
        """Report a case at the desk, which registers it, and assess it; return its code."""
        self.submit(self.desk)
        self.assess()
        return self.code

    def to_handling(self) -> None:
        """From the first word to 办理中 at the police station."""
        self.submit(self.worker)
        self.done(self.desk, "register")
        self.assess()
        self.done(self.desk, "dispatch", department=self.police)
        self.done(self.handler, "accept")
        self.done(self.handler, "start")


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def test_from_the_first_word_to_the_archive(course: Course) -> None:
    assert course.submit(course.worker)["status"] == "received"
    assert course.done(course.desk, "register") == "registered"
    assert course.done(course.desk, "assess", category="0301", grade="urgent", scale="group", risk="high") == "assessed"
    sent = course.done(course.desk, "dispatch", department=course.police, assisting=[course.justice], task="今天到场")
    assert sent == "dispatched"
    assert course.done(course.handler, "accept") == "accepted"
    assert course.done(course.handler, "start") == "handling"
    refused = course.take(course.handler, "report", reason="已清理")
    assert refused.status_code == 403
    assert "司法所还没有反馈" in refused.json["detail"]
    assert course.done(course.other, "assist_accept") == "handling"
    assert course.done(course.other, "assist_report", reason="已讲法") == "handling"
    assert course.done(course.handler, "report", reason="已清理") == "reported"
    assert course.done(course.worker, "verify", reason="现场干净") == "verified"
    assert course.done(course.desk, "revisit", means="phone", satisfaction="satisfied") == "revisited"
    assert course.done(course.desk, "close") == "closed"
    assert course.done(course.desk, "archive") == "archived"
    seen = course.seen(course.desk)
    history = [
        (Status(s["before"]) if s["before"] else None, Action(s["action"]), Status(s["after"])) for s in seen["history"]
    ]
    assert replay(history) is Status.ARCHIVED
    assert [s["number"] for s in seen["history"]] == list(range(1, len(history) + 1))
    assert seen["category"] == "0301"
    assert "类别：0101 → 0301" in seen["history"][2]["told"]
    assert seen["closed_at"]
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "派出所" in page
    assert "今天到场" in page


def test_the_pages_of_a_step(course: Course) -> None:
    course.submit(course.worker)
    page = course.desk.get(f"/cases/{course.code}")
    assert "不予受理" in page.get_data(as_text=True)
    form = course.desk.get(f"/cases/{course.code}/steps/decline")
    assert form.status_code == 200
    answer = course.desk.post(f"/cases/{course.code}/steps/decline", data={"reason": "属诉讼事项"})
    assert answer.status_code == 400
    text = answer.get_data(as_text=True)
    assert "请填写“依法可走的渠道”" in text
    assert "属诉讼事项" in text  # what was written is not lost
    answer = course.desk.post(
        f"/cases/{course.code}/steps/decline",
        data={"reason": "属诉讼事项", "lawful_channel": "人民法院"},
        follow_redirects=True,
    )
    assert "不予受理" in answer.get_data(as_text=True)
    assert "人民法院" in answer.get_data(as_text=True)


def test_a_worker_submits_and_may_not_register(course: Course) -> None:
    course.submit(course.worker)
    refused = course.take(course.worker, "register")
    assert refused.status_code == 403
    assert "权限" in refused.json["detail"]
    assert course.seen(course.worker)["status"] == "received"


def test_a_return_needs_a_reason_and_goes_to_the_desk(course: Course) -> None:
    course.to_handling()
    refused = course.take(course.handler, "return")
    assert refused.status_code == 400
    assert refused.json["field"] == "reason"
    colleague = course.seen(course.handler)
    assert colleague["status"] == "handling"
    assert course.done(course.handler, "return", reason="不属本所职责") == "assessed"
    assert course.take(course.desk, "close").status_code == 409
    assert "close" not in course.seen(course.desk)["possible"]
    assert course.done(course.desk, "dispatch", department=course.justice) == "dispatched"
    late = course.take(course.handler, "accept")
    assert late.status_code == 403
    assert "司法所" in late.json["detail"]


def test_an_assignee_is_withdrawn_before_the_order_is_returned(course: Course, make: Factories) -> None:
    course.to_handling()
    form = course.handler.get(f"/cases/{course.code}/steps/assign").get_data(as_text=True)
    number = form.split('<option value="')[2].split('"')[0]
    assert course.done(course.handler, "assign", assignee=number) == "handling"
    refused = course.take(course.handler, "return", reason="不属本所职责")
    assert refused.status_code == 403
    assert "请先撤回经办人" in refused.json["detail"]
    course.done(course.handler, "unassign", reason="退单")
    assert course.done(course.handler, "return", reason="不属本所职责") == "assessed"


def test_who_handled_neither_verifies_nor_follows_up(course: Course) -> None:
    course.submit(course.desk)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "handle_here")
    course.done(course.desk, "report", reason="当场调处")
    refused = course.take(course.desk, "verify")
    assert refused.status_code == 403
    assert course.done(course.second_desk, "verify") == "verified"
    assert course.take(course.desk, "revisit", means="phone", satisfaction="satisfied").status_code == 403


def test_what_the_centre_handles_itself_is_not_a_department_s_and_can_be_taken_back(
    course: Course, owner: Callable[[], Any]
) -> None:
    course.submit(course.desk)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "handle_here")
    course.done(course.desk, "add_assist", assisting=[course.justice])
    for action, values in (
        ("progress", {"reason": "看过了"}),
        ("report", {"reason": "已办结"}),
        ("extend", {"amount": "1", "reason": "等设备"}),
    ):
        refused = course.take(course.handler, action, **values)
        assert (refused.status_code, "由中心工作人员办理" in refused.json["detail"]) == (403, True), action
    assert not course.handler.get("/work?group=handle", headers=JSON).json["items"]
    assert [row["case_code"] for row in course.desk.get("/work?group=handle", headers=JSON).json["items"]] == [
        course.code
    ]
    course.done(course.second_desk, "progress", reason="已约双方")
    assert course.take(course.desk, "undo_handle_here").status_code == 400  # not without a reason
    assert course.take(course.handler, "undo_handle_here", reason="应由所里办").status_code == 403
    assert course.done(course.desk, "undo_handle_here", reason="需由派出所处理") == "assessed"
    with owner() as session:
        running = session.execute(text("select stage from case_timers where stopped_at is null order by 1")).scalars()
        assert set(running) == {"dispatch", "whole"}
        assert session.execute(text("select count(*) from case_orders where ended_at is null")).scalar() == 0
    course.done(course.desk, "dispatch", department=course.police)
    course.done(course.handler, "accept")
    course.done(course.handler, "start")
    refused = course.take(course.desk, "undo_handle_here", reason="收回")
    assert refused.status_code == 403
    assert "派出所" in refused.json["detail"]


def test_who_assisted_turned_up_or_was_named_neither_verifies_nor_follows_up(
    course: Course, signed_in: Callable[..., Any]
) -> None:
    def in_both(name: str, department: int) -> Any:
        return signed_in((Role.DEPARTMENT_HANDLER, TOWN_A, department), (Role.CENTRE_STAFF, TOWN_A), name=name)

    assisting, named, called = (
        in_both("协办人", course.justice), in_both("被指定人", course.police), in_both("到场人", course.justice)
    )  # fmt: skip
    course.to_handling()
    course.done(course.desk, "add_assist", assisting=[course.justice])
    course.done(assisting, "assist_accept")
    course.done(course.other, "assist_report", reason="已讲法")
    by_when = f"{local(now()) + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    course.done(course.desk, "whistle", department=course.justice, place="东门", deadline=by_when, reason="现场处置")
    course.done(called, "turn_up", reason="到了")
    course.done(course.desk, "end_whistle", reason="已处置")
    form = course.handler.get(f"/cases/{course.code}/steps/assign").get_data(as_text=True)
    number = form.split(">被指定人<")[0].rsplit('value="', 1)[1].split('"')[0]
    course.done(course.handler, "assign", assignee=number)
    course.done(course.handler, "report", reason="已清理")
    for who in (assisting, named, called):
        refused = course.take(who, "verify")
        assert refused.status_code == 403
        assert "参与办理过" in refused.json["detail"]
        assert not who.get("/work?group=verify", headers=JSON).json["items"]
    assert course.done(course.second_desk, "verify") == "verified"
    assert course.take(named, "revisit", means="phone", satisfaction="satisfied").status_code == 403


def test_dissatisfied_goes_to_the_desk_and_not_back_to_the_same_handler(course: Course) -> None:
    course.to_handling()
    course.done(course.handler, "report", reason="已劝导")
    course.done(course.desk, "verify")
    wrong = course.take(course.desk, "revisit", means="phone", satisfaction="dissatisfied")
    assert wrong.status_code == 400
    state = course.done(course.desk, "dissatisfied", means="phone", satisfaction="dissatisfied", reason="又堆上了")
    assert state == "registered"
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police)
    course.done(course.handler, "accept")
    form = course.handler.get(f"/cases/{course.code}/steps/assign").get_data(as_text=True)
    number = form.split('<option value="')[2].split('"')[0]
    refused = course.take(course.handler, "assign", assignee=number)
    assert refused.status_code == 400
    assert "须换人" in refused.json["detail"]


def test_what_was_taken_up_again_is_not_turned_away_nor_given_to_who_had_it_before(course: Course) -> None:
    course.to_handling()
    course.done(course.handler, "report", reason="已劝导")
    course.done(course.desk, "verify")
    course.done(course.desk, "dissatisfied", means="phone", satisfaction="dissatisfied", reason="又堆上了")
    refused = course.take(course.desk, "decline", reason="不归我们管", lawful_channel="向法院起诉")
    assert refused.status_code == 403
    assert "不能再作不予受理" in refused.json["detail"]
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "handle_here")
    course.done(course.desk, "report", reason="当场调处")
    assert course.done(course.second_desk, "reject", reason="还堆着") == "handling"
    assert (
        course.done(course.desk, "report", reason="已清走") == "reported"
    )  # the centre's still, not the police station's


def test_a_case_joins_another_and_not_itself(course: Course) -> None:
    course.submit(course.worker)
    first = course.code
    course.submit(course.worker)
    itself = course.take(course.desk, "join", into=course.code, reason="同一件事")
    assert itself.status_code == 400
    assert course.done(course.desk, "join", into=first, reason="同一件事") == "joined"
    again = course.code
    course.code = first
    refused = course.take(course.desk, "join", into=again, reason="同一件事")
    assert refused.status_code == 400
    assert f"已并入 {first}" in refused.json["detail"]


def test_what_was_taken_up_again_or_has_a_leader_does_not_vanish_into_another(
    course: Course, signed_in: Callable[..., Any]
) -> None:
    leader = signed_in((Role.LEADER, TOWN_A), name="韩梅")
    course.submit(course.desk)
    first = course.code
    course.submit(course.desk)
    led = course.code
    course.done(leader, "take_charge")
    refused = course.take(course.desk, "join", into=first, reason="同一件事")
    assert refused.status_code == 403
    assert "由韩梅包案，不能并入其他事件" in refused.json["detail"]
    assert "join" not in course.seen(course.desk)["possible"]
    course.code = first
    assert course.done(course.desk, "join", into=led, reason="同一件事") == "joined"  # the other way round
    course.to_handling()
    again = course.code
    course.done(course.handler, "report", reason="已劝导")
    course.done(course.desk, "verify")
    course.done(course.desk, "dissatisfied", means="phone", satisfaction="dissatisfied", reason="又堆上了")
    refused = course.take(course.desk, "join", into=led, reason="同一件事")
    assert refused.status_code == 403
    assert "重新办理" in refused.json["detail"]
    assert "请把另一件并入本件" in refused.json["detail"]
    course.code = led
    course.done(leader, "end_charge", reason="已协调")
    assert course.done(course.desk, "join", into=again, reason="同一件事") == "joined"


def test_the_second_of_two_is_told_what_happened(course: Course) -> None:
    course.submit(course.worker)
    assert course.done(course.desk, "register", seen=1) == "registered"
    late = course.take(course.second_desk, "decline", seen=1, reason="不属受理范围", lawful_channel="人民法院")
    assert late.status_code == 409
    assert "何静" in late.json["detail"]
    assert "登记受理" in late.json["detail"]
    assert course.seen(course.desk)["status"] == "registered"


def test_the_same_form_sent_twice_is_one_step(course: Course) -> None:
    course.submit(course.worker)
    number = str(uuid.uuid4())
    assert course.done(course.desk, "register", client_id=number, seen=1) == "registered"
    again = course.take(course.desk, "register", client_id=number, seen=1)
    assert again.status_code == 200
    assert again.json["fresh"] is False
    assert len(course.seen(course.desk)["history"]) == 2


def test_a_form_s_number_belongs_to_one_step_of_one_case(course: Course) -> None:
    course.submit(course.worker)
    first, number = course.code, str(uuid.uuid4())
    course.submit(course.worker)
    course.done(course.desk, "note", reason="楼下也有", client_id=number)
    other_action = course.take(course.desk, "register", client_id=number)
    assert other_action.status_code == 409
    assert "已经用于另一项操作" in other_action.json["detail"]
    other_person = course.take(course.second_desk, "note", reason="我也说一句", client_id=number)
    assert other_person.status_code == 409
    course.code = first
    other_case = course.take(course.desk, "note", reason="另一件", client_id=number)
    assert other_case.status_code == 409
    assert len(course.seen(course.desk)["history"]) == 1


def test_long_and_odd_words(course: Course) -> None:
    course.submit(course.worker)
    long = course.take(course.desk, "note", reason="长" * 2001)
    assert long.status_code == 400
    assert "2000" in long.json["detail"]
    course.done(course.desk, "note", reason="\u202e反向👵🏻\u2069 ok")
    assert course.seen(course.desk)["history"][-1]["reason"] == "反向👵🏻 ok"


def test_only_departments_above_the_place_can_be_sent_to(course: Course, make: Factories) -> None:
    elsewhere = make.department("乙镇派出所", 990102002000000)
    village = make.department("甲一社区居委会", VILLAGE_A1)
    course.submit(course.desk)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    refused = course.take(course.desk, "dispatch", department=elsewhere)
    assert refused.status_code == 400
    assert refused.json["field"] == "department"
    assert course.done(course.desk, "dispatch", department=village) == "dispatched"


def test_history_is_append_only(course: Course, connection: Any) -> None:
    course.submit(course.worker)
    connection.exec_driver_sql("set local role gridmap_app")
    for statement in ("update case_steps set reason = 'x'", "delete from case_steps"):
        point = connection.begin_nested()
        with pytest.raises(Exception, match="permission denied"):
            connection.exec_driver_sql(statement)
        point.rollback()
