"""领导包案: asked or of one's own accord, duties with dates, the work list, what holds closing, the data behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.actions.charge import remind_duties
from gridmap.clock import CHINA, today
from tests.factories import COUNTY, GRID_A11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course

NOON = datetime.combine(today(), time(12), CHINA)  # outside quiet hours
CLASSED = {"category": "0101", "grade": "worry", "scale": "group", "risk": "low"}


class Charge(Course):
    """A case and the leaders around it."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any]) -> None:
        super().__init__(make, signed_in)
        self.leader = signed_in((Role.LEADER, TOWN_A), name="韩梅")
        self.county = signed_in((Role.LEADER, COUNTY), name="郑凯")
        self.elsewhere = signed_in((Role.LEADER, TOWN_B), name="外人")

    def page(self, client: Any) -> str:
        return str(client.get(f"/cases/{self.code}").get_data(as_text=True))

    def number(self, client: Any, name: str) -> str:
        """Return the value of the option whose words begin with ``name`` on the page that asks for a leader."""
        page = client.get(f"/cases/{self.code}/steps/ask_charge").get_data(as_text=True)
        return str(page.split(f">{name}（", 1)[0].rsplit('value="', 1)[1].rstrip('"').split('"')[0])

    def to_revisited(self) -> None:
        self.to_handling()
        self.done(self.handler, "report", reason="办结")
        self.done(self.worker, "verify")
        self.done(self.desk, "revisit", means="phone", satisfaction="satisfied")


@pytest.fixture
def charge(make: Factories, signed_in: Callable[..., Any]) -> Charge:
    return Charge(make, signed_in)


def waiting(client: Any, group: str = "") -> list[str]:
    answer = client.get("/work", query_string={"group": group} if group else {}, headers=JSON)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [item["case_code"] for item in answer.json["items"]]


def test_the_centre_asks_and_the_leader_accepts(charge: Charge) -> None:
    charge.submit(charge.desk)
    asked = charge.page(charge.desk)
    assert "提请领导包案" in asked
    form = charge.desk.get(f"/cases/{charge.code}/steps/ask_charge").get_data(as_text=True)
    assert "韩梅（甲街道）" in form
    assert "郑凯（示例区）" in form
    assert "外人" not in form
    charge.done(charge.desk, "ask_charge", leader=charge.number(charge.desk, "韩梅"), reason="人多")
    assert waiting(charge.leader) == waiting(charge.leader, "charge") == [charge.code]
    assert "请答复" in charge.leader.get("/work?group=charge").get_data(as_text=True)
    assert charge.leader.get("/notices").get_data(as_text=True).count("提请您包案") == 1
    other = charge.take(charge.county, "take_charge")
    assert other.status_code == 403
    assert "已提请韩梅包案" in other.json["detail"]
    charge.done(charge.leader, "take_charge")
    page = charge.page(charge.worker)
    assert "包案中" in page
    assert "约见当事人（7 日内一次）" in page
    assert waiting(charge.leader) == [charge.code]  # 阅批 is due in three days, and so soon that it stands here at once


def test_a_leader_who_declines_says_why_and_another_is_asked(charge: Charge) -> None:
    charge.submit(charge.desk)
    number = charge.number(charge.desk, "韩梅")
    charge.done(charge.desk, "ask_charge", leader=number, reason="人多")
    twice = charge.take(charge.desk, "ask_charge", leader=number, reason="人多")
    assert "请等待答复" in twice.json["detail"]
    charge.done(charge.leader, "decline_charge", reason="分管领导是郑凯")
    assert waiting(charge.leader) == []
    charge.done(charge.desk, "ask_charge", leader=charge.number(charge.desk, "郑凯"), reason="人多")
    charge.done(charge.county, "take_charge")
    assert "分管领导是郑凯" in charge.page(charge.desk)


def test_who_is_no_leader_here_cannot_be_asked_nor_take_it(charge: Charge) -> None:
    charge.submit(charge.desk)
    unknown = charge.take(charge.desk, "ask_charge", leader="999999", reason="人多")
    assert unknown.status_code == 400
    assert "没有这位领导" in unknown.json["detail"]
    assert charge.take(charge.desk, "take_charge").status_code == 403
    assert charge.take(charge.handler, "take_charge").status_code == 403
    assert charge.take(charge.elsewhere, "take_charge").status_code == 404


def test_a_duty_done_is_kept_and_its_next_date_follows(charge: Charge) -> None:
    charge.submit(charge.desk)
    charge.done(charge.leader, "take_charge")
    late = charge.take(charge.leader, "do_duty", charge_duty=2, reason="见面", on=str(today() + timedelta(days=1)))
    assert "不能晚于今天" in late.json["detail"]
    early = charge.take(charge.leader, "do_duty", charge_duty=2, reason="见面", on=str(today() - timedelta(days=1)))
    assert "不能早于包案之日" in early.json["detail"]
    unknown = charge.take(charge.leader, "do_duty", charge_duty=9, reason="见面")
    assert "没有这项职责" in unknown.json["detail"]
    charge.done(charge.leader, "do_duty", charge_duty=1, reason="阅看材料，批示司法所牵头")
    assert waiting(charge.leader) == []  # the next is due in seven days
    charge.done(charge.leader, "do_duty", charge_duty=4, reason="接访")
    page = charge.page(charge.desk)
    assert f"下次 {today() + timedelta(days=30)} 前" in page
    assert "阅看材料，批示司法所牵头" in page
    refused = charge.take(charge.county, "do_duty", charge_duty=1, reason="代")
    assert "由韩梅包案" in refused.json["detail"]


def test_the_work_list_is_sorted_by_the_duty_and_takes_a_case_once(
    charge: Charge, signed_in: Callable[..., Any], make: Factories, owner: Callable[[], Any]
) -> None:
    both = signed_in((Role.LEADER, TOWN_A), (Role.CENTRE_STAFF, TOWN_A), name="双岗")
    codes = [make.case(GRID_A11, status="handling", lead_department_id=charge.police) for _ in range(3)]
    for code in codes:
        charge.code = code
        charge.done(both, "take_charge")
    with owner() as session:
        for days, code in ((3, codes[0]), (1, codes[1]), (2, codes[2])):
            session.execute(
                text("update case_charges set next_due_at = now() + make_interval(hours => :h) where case_id ="
                     " (select id from cases where case_code = :code)"), {"h": days, "code": code},
            )  # fmt: skip
    assert waiting(both, "charge") == [codes[1], codes[2], codes[0]]
    first = both.get("/work?group=charge&limit=2", headers=JSON).json
    assert [item["case_code"] for item in first["items"]] == [codes[1], codes[2]]
    assert [item["case_code"] for item in both.get(first["next"], headers=JSON).json["items"]] == [codes[0]]
    with owner() as session:  # now one waits for the desk anyway
        session.execute(text("update cases set status = 'assessed', lead_department_id = null where case_code = :c"), {"c": codes[0]})  # fmt: skip
    everything = waiting(both)
    assert sorted(everything) == sorted(codes)
    assert both.get("/work/count").json["waiting"] == 3
    assert "包案履职：阅批" in both.get("/work").get_data(as_text=True)


def test_needed_duties_hold_closing_until_done_or_released(charge: Charge) -> None:
    charge.to_revisited()
    charge.done(charge.leader, "take_charge")
    refused = charge.take(charge.desk, "close")
    assert refused.status_code == 403
    assert "包案领导韩梅还没有完成：阅批、约见当事人、协调、销号" in refused.json["detail"]
    for duty in (1, 2, 3):
        charge.done(charge.leader, "do_duty", charge_duty=duty, reason="已办")
    assert "还没有完成：销号。" in charge.take(charge.desk, "close").json["detail"]
    charge.done(charge.leader, "do_duty", charge_duty=5, reason="问题已化解，销号")
    assert charge.done(charge.desk, "close") == "closed"
    page = charge.page(charge.desk)
    assert "事件结案" in page
    assert "包案中" not in page


def test_a_charge_ends_with_a_reason_and_names_what_was_not_done(charge: Charge) -> None:
    charge.to_revisited()
    charge.done(charge.leader, "take_charge")
    assert charge.take(charge.leader, "end_charge").status_code == 400
    charge.done(charge.leader, "end_charge", reason="岗位调整")
    page = charge.page(charge.desk)
    assert "未履行的职责：阅批、约见当事人、协调、销号" in page
    assert charge.done(charge.desk, "close") == "closed"


def test_another_leader_takes_over_when_the_centre_asks(charge: Charge) -> None:
    charge.submit(charge.desk)
    charge.done(charge.leader, "take_charge")
    assert "综治中心" in charge.take(charge.county, "take_charge").json["detail"]
    charge.done(charge.desk, "ask_charge", leader=charge.number(charge.desk, "郑凯"), reason="提级包案")
    charge.done(charge.county, "take_charge")
    page = charge.page(charge.desk)
    assert "由郑凯接任" in page
    assert "接替韩梅" in page
    assert waiting(charge.leader) == []


def test_a_case_that_leaves_the_place_releases_its_leader(charge: Charge, signed_in: Callable[..., Any]) -> None:
    charge.submit(charge.desk)
    charge.done(charge.leader, "take_charge")
    charge.done(charge.desk, "transfer", unit=str(TOWN_B), reason="事发地在乙镇")
    assert waiting(charge.leader) == []
    other = signed_in((Role.CENTRE_STAFF, TOWN_B), name="乙中心")
    page = charge.page(other)
    assert "事件移交其他区划" in page
    charge.done(charge.elsewhere, "take_charge")


def test_reminders_go_out_once_for_a_date(charge: Charge, owner: Callable[[], Any]) -> None:
    charge.submit(charge.desk)
    charge.done(charge.leader, "take_charge")
    with owner() as session:
        assert remind_duties(session, NOON)[0] == 1  # 阅批, in three days
        assert remind_duties(session, NOON)[0] == 0
        assert remind_duties(session, NOON + timedelta(days=8))[0] == 2  # 阅批 and 约见当事人 are overdue
        assert remind_duties(session, NOON + timedelta(days=8))[0] == 0
    assert "您包案的“阅批”即将到期" in charge.leader.get("/notices").get_data(as_text=True)


def test_duties_are_data_of_a_place(charge: Charge, signed_in: Callable[..., Any]) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    page = admin.get("/cases/charge-duties").get_data(as_text=True)
    seen = page.split('name="seen_id" value="', 1)[1].split('"', 1)[0]
    form: dict[str, Any] = {
        "area": str(TOWN_A), "seen_id": seen, "remind_days": "2", "source_note": "甲街道包案办法第三条",
        "name": ["阅批", "见面"], "first_days": ["2", ""], "every_days": ["", "10"], "needed": ["yes", "no"],
    }  # fmt: skip
    assert "请填写“依据”" in admin.post("/cases/charge-duties", data={**form, "source_note": ""}).get_data(as_text=True)
    bad = admin.post("/cases/charge-duties", data={**form, "first_days": ["两", ""]})
    assert bad.status_code == 400
    assert "第 1 项首次期限" in bad.get_data(as_text=True)
    assert admin.post("/cases/charge-duties", data=form).status_code == 302
    assert admin.post("/cases/charge-duties", data=form).status_code == 409
    charge.submit(charge.desk)
    charge.done(charge.leader, "take_charge")
    page = charge.page(charge.desk)
    assert "见面（结束前，以后每 10 日一次）" in page
    assert "约见当事人" not in page
