"""联席会议: planned and held, a case on the agenda, decisions that become orders and tasks, seen from both sides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.clock import local, now
from tests.factories import GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import Course


def moment(at: datetime) -> str:
    return f"{local(at):%Y-%m-%dT%H:%M}"


class Meetings(Course):
    """A case, the people around it, and a meeting."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any]) -> None:
        super().__init__(make, signed_in)
        self.leader = signed_in((Role.LEADER, TOWN_A), name="韩梅")
        self.meeting = 0

    def form(self, **values: Any) -> dict[str, Any]:
        plain = {
            "unit": str(TOWN_A), "title": "工资纠纷专题会", "starts_at": moment(now() + timedelta(days=1)),
            "place": "三楼会议室", "chair": "韩梅", "department": [str(self.police), str(self.justice)],
        }  # fmt: skip
        return {**plain, **values}

    def plan(self, **values: Any) -> Any:
        answer = self.desk.post("/meetings", data=self.form(**values))
        if answer.status_code == 302:
            self.meeting = int(answer.headers["Location"].rsplit("/", 1)[1])
        return answer

    def page(self, client: Any = None) -> str:
        return str((client or self.desk).get(f"/meetings/{self.meeting}").get_data(as_text=True))

    def on_agenda(self, subject: str = "谁来牵头") -> Any:
        return self.desk.post(f"/meetings/{self.meeting}/agenda", data={"case_code": self.code, "subject": subject})

    def decide(self, **values: Any) -> Any:
        plain = {"meeting": self.meeting, "task": "核对名单", "deadline": moment(now() + timedelta(days=3))}
        return self.take(self.desk, "decide", **{**plain, **values})

    def person(self, name: str) -> str:
        page = self.desk.get(f"/cases/{self.code}/steps/decide").get_data(as_text=True)
        return str(page.split(f">{name}（", 1)[0].rsplit('value="', 1)[1].split('"')[0])


@pytest.fixture
def joint(make: Factories, signed_in: Callable[..., Any]) -> Meetings:
    return Meetings(make, signed_in)


def assessed(joint: Meetings) -> None:
    joint.submit(joint.worker)
    joint.done(joint.desk, "register")
    joint.done(joint.desk, "assess", category="0101", grade="worry", scale="group", risk="low")


def test_a_meeting_is_planned_and_its_departments_are_told(joint: Meetings) -> None:
    for wrong, words in (
        ({"title": ""}, "请填写“会议名称”"),
        ({"starts_at": "明天"}, "请填写会议时间"),
        ({"department": ["999999"]}, "参会部门中有不存在"),
        ({"department": ["x"]}, "部门无法识别"),
    ):
        answer = joint.plan(**wrong)
        assert answer.status_code == 400
        assert words in answer.get_data(as_text=True)
    assert joint.plan(unit=str(TOWN_B)).status_code == 404
    assert joint.plan().status_code == 302
    assert "请参加联席会议“工资纠纷专题会”" in joint.handler.get("/notices").get_data(as_text=True)
    assert "工资纠纷专题会" in joint.handler.get("/meetings").get_data(as_text=True)
    seen = joint.page().count("派出所")
    assert seen
    moved = joint.desk.post(f"/meetings/{joint.meeting}/edit", data=joint.form(place="一楼大厅", seen="1"))
    assert moved.status_code == 302
    assert joint.handler.get("/notices").get_data(as_text=True).count("请参加联席会议") == 2
    late = joint.second_desk.post(f"/meetings/{joint.meeting}/edit", data=joint.form(title="旧页面", seen="1"))
    assert late.status_code == 409
    assert joint.handler.post(f"/meetings/{joint.meeting}/cancel", data={"reason": "x"}).status_code == 403


def test_minutes_are_kept_once_it_was_held(joint: Meetings) -> None:
    joint.plan()
    early = joint.desk.post(f"/meetings/{joint.meeting}/minutes", data={"minutes": "议定"})
    assert early.status_code == 400
    assert "还没有召开" in early.get_data(as_text=True)
    joint.plan(starts_at=moment(now() - timedelta(hours=2)))
    empty = joint.desk.post(f"/meetings/{joint.meeting}/minutes", data={})
    assert "请填写“会议记录”" in empty.get_data(as_text=True)
    kept = {"minutes": "会议议定三项。", "attended": [str(joint.police)]}
    assert joint.desk.post(f"/meetings/{joint.meeting}/minutes", data=kept).status_code == 302
    page = joint.page()
    assert "会议议定三项。" in page
    assert "未到会" in page
    assert joint.desk.post(f"/meetings/{joint.meeting}/cancel", data={"reason": "x"}).status_code == 409
    paper = joint.handler.get(f"/meetings/{joint.meeting}/paper").get_data(as_text=True)
    assert "会议纪要" in paper
    assert "未到会部门" in paper


def test_a_cancelled_meeting_says_why(joint: Meetings) -> None:
    joint.plan()
    assert joint.desk.post(f"/meetings/{joint.meeting}/cancel", data={}).status_code == 400
    assert joint.desk.post(f"/meetings/{joint.meeting}/cancel", data={"reason": "并入下月例会"}).status_code == 302
    assert "并入下月例会" in joint.page()
    assert "已取消" in joint.handler.get("/notices").get_data(as_text=True)


def test_a_case_is_put_on_the_agenda_once(joint: Meetings, make: Factories) -> None:
    joint.submit(joint.worker)
    joint.plan()
    refused = joint.on_agenda()
    assert refused.status_code == 400  # not registered yet
    assert "不能“提交联席会议”" in refused.get_data(as_text=True)
    joint.done(joint.desk, "register")
    assert joint.on_agenda("").status_code == 400
    assert joint.on_agenda().status_code == 302
    assert "谁来牵头" in joint.page(joint.handler)
    again = joint.on_agenda()
    assert "已有该议题" in again.get_data(as_text=True)
    elsewhere = make.case(GRID_B11)
    other = joint.desk.post(f"/meetings/{joint.meeting}/agenda", data={"case_code": elsewhere, "subject": "x"})
    assert "没有找到该事件" in other.get_data(as_text=True)
    history = joint.seen(joint.desk)["history"]
    assert history[-1]["action"] == "table"
    assert "工资纠纷专题会" in history[-1]["told"][0]


def test_a_decision_becomes_a_departments_order_before_anybody_leads(joint: Meetings) -> None:
    assessed(joint)
    early = joint.decide(department=joint.justice)
    assert "没有列入联席会议的议程" in early.json["detail"]
    joint.plan()
    joint.on_agenda()
    assert "只选其一" in joint.decide().json["detail"]
    assert "只选其一" in joint.decide(department=joint.justice, person="1").json["detail"]
    past = joint.decide(department=joint.justice, deadline=moment(now() - timedelta(days=1)))
    assert "须晚于现在" in past.json["detail"]
    assert joint.decide(department=joint.justice).status_code == 200
    assert "联席会议交办" in joint.other.get("/notices").get_data(as_text=True)
    assert joint.other.get("/work/count").json["waiting"] == 1
    assert "待接单" in joint.page()
    joint.done(joint.other, "assist_accept")
    assert "办理中" in joint.page(joint.handler)

    # what the meeting decided stands, whoever leads and gives back
    joint.done(joint.desk, "dispatch", department=joint.police)
    joint.done(joint.handler, "return", reason="不属本所职责")
    joint.done(joint.other, "assist_report", reason="名单已核对，218 户")
    page = joint.page()
    assert "已完成" in page
    assert "名单已核对，218 户" in page
    case = joint.desk.get(f"/cases/{joint.code}").get_data(as_text=True)
    assert "会议交办" in case
    assert "名单已核对，218 户" in case


def test_the_lead_departments_own_order_carries_its_decision(joint: Meetings) -> None:
    joint.to_handling()
    joint.plan()
    joint.on_agenda()
    assert joint.decide(department=joint.police).status_code == 200
    assert joint.done(joint.handler, "report", reason="已办结") == "reported"
    assert "已办结" in joint.page()


def test_a_person_is_given_a_task_and_the_case_waits_for_it(joint: Meetings) -> None:
    joint.to_handling()
    joint.plan()
    joint.on_agenda()
    assert "没有这位人员" in joint.decide(person="999999").json["detail"]
    assert joint.decide(person=joint.person("韩梅"), task="约见市场方负责人").status_code == 200
    assert joint.decide(person=joint.person("罗青"), task="整理名册").status_code == 200
    assert "联席会议交给您一项任务" in joint.leader.get("/notices").get_data(as_text=True)
    assert joint.leader.get("/work/count").json["waiting"] == 1
    assert joint.code in joint.leader.get("/work?group=task").get_data(as_text=True)
    refused = joint.take(joint.handler, "report", reason="已办结")
    assert "联席会议交给韩梅、罗青的任务还没有完成" in refused.json["detail"]
    assert (
        "没有联席会议交给您的任务" in joint.take(joint.worker, "finish_task", task_number=1, reason="x").json["detail"]
    )
    form = joint.leader.get(f"/cases/{joint.code}/steps/finish_task").get_data(as_text=True)
    assert "整理名册" not in form
    number = form.split("约见市场方负责人", 1)[0].rsplit('value="', 1)[1].split('"')[0]
    joint.done(joint.leader, "finish_task", task_number=number, reason="已约见，同意分期支付")
    assert "已约见，同意分期支付" in joint.page()
    assert joint.leader.get("/work/count").json["waiting"] == 0
    joint.done(joint.desk, "drop_decision", decision=2, reason="名册由劳动监察提供")
    assert "已撤销" in joint.page()
    assert joint.done(joint.handler, "report", reason="已办结") == "reported"


def test_a_dropped_decision_ends_its_order(joint: Meetings) -> None:
    joint.to_handling()
    joint.plan()
    joint.on_agenda()
    joint.decide(department=joint.justice)
    joint.done(joint.desk, "drop_decision", decision=1, reason="会议改议")
    assert "没有进行中的联席会议交办" in joint.take(joint.desk, "drop_decision", decision=1, reason="x").json["detail"]
    assert joint.take(joint.other, "assist_accept").status_code == 403
    assert joint.done(joint.handler, "report", reason="已办结") == "reported"


def test_a_late_decision_is_marked(joint: Meetings, owner: Callable[[], Any]) -> None:
    joint.to_handling()
    joint.plan()
    joint.on_agenda()
    joint.decide(department=joint.justice)
    with owner() as session:
        session.execute(text("update case_decisions set due_at = now() - interval '1 hour'"))
    assert "已超时限" in joint.page()
    joint.done(joint.other, "assist_report", reason="完成")
    assert "超过时限完成" in joint.page()
