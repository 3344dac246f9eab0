"""三级调解 through the web and by its jobs: tiers, rooms, moving up, agreements, promises, templates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from gridmap.access import Role
from gridmap.clock import CHINA, local, now, today
from tests.factories import GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import Course

YESTERDAY = now() - timedelta(days=1)


def typed(instant: datetime) -> str:
    """Return an instant as the browser's field sends it."""
    return local(instant).strftime("%Y-%m-%dT%H:%M")


class Mediation(Course):
    """A case in 办理中 at the centre, and a mediator of the town."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> None:
        super().__init__(make, signed_in)
        self.owner = owner
        self.mediator = signed_in((Role.MEDIATOR, TOWN_A), name="白平")
        self.number = self.account("白平")
        self.submit(self.desk)
        self.done(self.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
        self.done(self.desk, "handle_here")

    def account(self, name: str) -> int:
        with self.owner() as session:
            return int(session.execute(text("select id from accounts where name = :n"), {"n": name}).scalar())

    def start(self, tier: int = 1) -> None:
        self.done(self.mediator, "start_mediation", tier=tier, mediators=self.number)

    def plan(self, at: datetime = YESTERDAY, **values: Any) -> Any:
        return self.take(
            self.mediator, "plan_session",
            **{"starts_at": typed(at), "minutes": 60, "place": "村委会", "parties": "申请人、对方当事人", **values},
        )  # fmt: skip

    def fail(self, number: int, **values: Any) -> None:
        """Plan and record a session without an agreement."""
        answer = self.plan()
        assert answer.status_code == 200, answer.get_data(as_text=True)
        said = {"claims": f"诉求{number}", "offers": f"方案{number}", "reason": f"原因{number}"}
        self.done(self.mediator, "record_session", session=number, result="not_agreed", **{**said, **values})

    def agree(self, name: str = "12 号商铺", **values: Any) -> Any:
        plain = {"counterpart": name, "terms": "分期支付", "confirmation": "none", "ends": "no"}
        return self.take(self.mediator, "agree", **{**plain, **values})

    def agreed_session(self, number: int = 1) -> None:
        assert self.plan().status_code == 200
        self.done(self.mediator, "record_session", session=number, result="agreed")

    def rows(self, statement: str) -> list[Any]:
        with self.owner() as session:
            return list(session.execute(text(statement)))


@pytest.fixture
def mediation(make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]) -> Mediation:
    return Mediation(make, signed_in, owner)


def test_three_times_three_and_then_the_county(mediation: Mediation) -> None:
    mediation.start()
    for tier, name in enumerate(("组级", "村级", "镇级"), 1):
        for number in (1, 2, 3):
            mediation.fail(number, reason=f"{name}原因{number}")
        refused = mediation.plan()
        assert refused.status_code == 403
        assert "至多 3 次" in refused.json["detail"]
        assert "移交上一级调解" in refused.json["detail"]
        mediation.done(mediation.mediator, "move_up", reason=f"{name}不成", mediators=mediation.number)
        assert mediation.rows("select max(tier) from mediations")[0][0] == tier + 1
    tiers = mediation.rows("select tier_name, state, most_sessions, due_at, started_at from mediations order by id")
    assert [(row.tier_name, row.state) for row in tiers[:3]] == [(n, "moved_up") for n in ("组级", "村级", "镇级")]
    assert (tiers[3].tier_name, tiers[3].most_sessions, tiers[3].due_at) == ("县级", None, None)
    for row, days in zip(tiers, (7, 15, 30), strict=False):
        assert row.due_at - row.started_at >= timedelta(days=days)  # from the next midnight, and off rest days
    refused = mediation.take(mediation.mediator, "move_up", reason="再移交", mediators=mediation.number)
    assert refused.status_code == 403
    assert "向人民法院起诉" in refused.json["detail"]
    mediation.fail(1)
    ended = mediation.done(mediation.mediator, "end_mediation", reason="仍未谈成", lawful_channel="向人民法院起诉")
    assert ended == "handling"
    page = mediation.desk.get(f"/cases/{mediation.code}").get_data(as_text=True)
    assert "未达成协议" in page
    assert "向人民法院起诉" in page
    told = [words for step in mediation.seen(mediation.desk)["history"] for words in step["told"]]
    assert any(words.startswith("由镇级移交县级调解") for words in told)


def test_the_pack_is_kept_as_it_was_handed_over(mediation: Mediation, connection: Any) -> None:
    mediation.start()
    mediation.fail(1, claims="要回十亩", offers="五五分")
    mediation.done(mediation.mediator, "move_up", reason="一方要求上级主持", mediators=mediation.number)
    number = mediation.rows("select id from mediation_packs")[0][0]
    page = mediation.mediator.get(f"/cases/{mediation.code}/mediation/packs/{number}").get_data(as_text=True)
    for words in ("移交村级调解的材料", "要回十亩", "五五分", "组级第 1 次：原因1", "一方要求上级主持"):
        assert words in page
    assert mediation.mediator.get(f"/cases/{mediation.code}/mediation/packs/{number + 1}").status_code == 404
    connection.exec_driver_sql("set local role gridmap_app")
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.exec_driver_sql("update mediation_packs set actor_name = 'x'")


def test_a_session_is_recorded_once_and_not_before_it_began(mediation: Mediation) -> None:
    mediation.start()
    assert mediation.take(mediation.mediator, "record_session", session=1, result="agreed").status_code == 403
    assert mediation.plan(now() + timedelta(days=2)).status_code == 200
    early = mediation.take(mediation.mediator, "record_session", session=1, result="agreed")
    assert early.status_code == 400
    assert "尚未开始" in early.json["detail"]
    bare = mediation.take(mediation.mediator, "record_session", session=1, result="postponed")
    assert bare.json["field"] == "reason"
    mediation.done(mediation.mediator, "record_session", session=1, result="postponed", reason="一方出差")
    for number in (2, 3, 4):  # the postponed one does not count
        mediation.fail(number)
    assert mediation.plan().status_code == 403


def test_who_does_not_mediate_neither_starts_nor_is_chosen(mediation: Mediation) -> None:
    refused = mediation.take(mediation.worker, "start_mediation", tier=1, mediators=mediation.number)
    assert refused.status_code == 403
    stranger = mediation.take(mediation.mediator, "start_mediation", tier=1, mediators=mediation.account("马强"))
    assert stranger.json["field"] == "mediators"
    assert (
        mediation.take(mediation.mediator, "start_mediation", tier=9, mediators=mediation.number).json["field"]
        == "tier"
    )
    mediation.start()
    again = mediation.take(mediation.mediator, "start_mediation", tier=1, mediators=mediation.number)
    assert "不能重复启动" in again.json["detail"]


def test_an_open_mediation_keeps_the_case_from_being_reported(mediation: Mediation) -> None:
    mediation.start()
    refused = mediation.take(mediation.desk, "report", reason="已办结")
    assert refused.status_code == 403
    assert "调解还在进行" in refused.json["detail"]
    mediation.agreed_session()
    assert mediation.agree(ends="yes").status_code == 200
    assert mediation.done(mediation.desk, "report", reason="已达成协议") == "reported"
    page = mediation.desk.get(f"/cases/{mediation.code}").get_data(as_text=True)
    assert "分期支付" in page


def test_a_room_is_taken_once_and_the_next_free_time_is_told(
    mediation: Mediation, signed_in: Callable[..., Any]
) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    answer = admin.post("/mediation/rooms", data={"unit": f"{TOWN_A:015d}", "name": "一号调解室", "seats": "12"})
    assert answer.status_code == 302
    twice = admin.post("/mediation/rooms", data={"unit": f"{TOWN_A:015d}", "name": "一号调解室"})
    assert twice.status_code == 400
    assert "已有同名" in twice.get_data(as_text=True)
    room = mediation.rows("select id from mediation_rooms")[0][0]
    mediation.start()
    workday = next(d for n in range(7, 14) if (d := today() + timedelta(days=n)).isoweekday() == 3)
    at = datetime(workday.year, workday.month, workday.day, 9, tzinfo=CHINA)
    assert mediation.plan(at, room=room, place="").status_code == 200
    clash = mediation.plan(at + timedelta(minutes=30), room=room, place="")
    assert clash.status_code == 400
    assert clash.json["field"] == "starts_at"
    assert f"{workday} 10:00" in clash.json["detail"]
    assert mediation.plan(at + timedelta(hours=1), room=room, place="").status_code == 200  # one after the other
    week = mediation.mediator.get(f"/mediation?week={workday}&room={room}").get_data(as_text=True)
    assert week.count("一号调解室</span>") == 2
    assert "楼道堆物" in mediation.mediator.get(f"/mediation?week={workday}").get_data(as_text=True)
    mediation.done(mediation.mediator, "record_session", session=1, result="postponed", reason="下雪")
    assert mediation.plan(at, room=room, place="").status_code == 200  # given free
    assert admin.post(f"/mediation/rooms/{room}/close").status_code == 302
    closed = mediation.plan(at + timedelta(days=1), room=room, place="")
    assert closed.json["field"] in ("room", None)


def test_a_village_books_the_room_of_its_town_and_learns_only_that_it_is_taken(
    mediation: Mediation, signed_in: Callable[..., Any], make: Factories, owner: Callable[[], Any]
) -> None:
    with owner() as session:
        session.execute(
            text(f"insert into mediation_rooms (county_code, unit_code, name) values (990102, {TOWN_A}, '镇调解室')")
        )
    room = mediation.rows("select id from mediation_rooms")[0][0]
    mediation.start()
    at = now() + timedelta(days=2)
    assert mediation.plan(at, room=room, place="").status_code == 200
    village = signed_in((Role.MEDIATOR, 990102001002000))  # another village of the town: does not see the case
    page = village.get(f"/mediation?week={local(at).date()}&room={room}").get_data(as_text=True)
    assert page.count("已被其他单位预约") == 1
    assert "楼道堆物" not in page
    far = signed_in((Role.MEDIATOR, GRID_B11))
    assert far.get(f"/mediation?room={room}").status_code == 404


def test_promises_are_settled_and_confirmed_after_the_case_is_closed(mediation: Mediation) -> None:
    mediation.start()
    mediation.agreed_session()
    due = (today() + timedelta(days=2)).isoformat()
    answer = mediation.agree(
        confirmation="applied", ends="yes", duty_what=["付款", "清场"], duty_by=["甲方", "乙方"],
        duty_amount=["1000", ""], duty_due=[due, due],
    )  # fmt: skip
    assert answer.status_code == 200, answer.get_data(as_text=True)
    mediation.done(mediation.desk, "report", reason="已达成协议")
    mediation.done(mediation.second_desk, "verify")
    mediation.done(mediation.second_desk, "revisit", means="phone", satisfaction="satisfied")
    mediation.done(mediation.second_desk, "close")
    listing = mediation.mediator.get(f"/cases/{mediation.code}/mediation").get_data(as_text=True)
    assert "1,000.00" in listing
    form = mediation.mediator.get(f"/cases/{mediation.code}/steps/perform?duty=2").get_data(as_text=True)
    assert 'value="2"' in form
    bad = mediation.take(mediation.mediator, "perform", duty=2, performed="failed", on=today())
    assert bad.json["field"] == "reason"
    ahead = mediation.take(mediation.mediator, "perform", duty=2, performed="performed", on="2090-01-01")
    assert ahead.json["field"] == "on"
    assert mediation.take(mediation.mediator, "perform", duty="x", performed="performed", on=today()).status_code == 400
    mediation.done(mediation.mediator, "perform", duty=1, performed="performed", on=today())
    twice = mediation.take(mediation.mediator, "perform", duty=1, performed="performed", on=today())
    assert "已登记过" in twice.json["detail"]
    mediation.done(mediation.mediator, "confirm_agreement", agreement=1, on=today(), reason="（2026）示例 1 号")
    refused = mediation.take(mediation.mediator, "confirm_agreement", agreement=1, on=today())
    assert refused.status_code == 403
    assert "没有尚未司法确认的" in refused.json["detail"]


def test_one_hundred_and_eighty_agreements_of_one_case(mediation: Mediation) -> None:
    mediation.start(tier=4)
    mediation.agreed_session()
    assert mediation.agree("1 号商铺").status_code == 200  # the first and the last through the form
    with mediation.owner() as session:
        session.execute(
            text(
                "insert into mediation_agreements (county_code, unit_code, case_id, mediation_id, number, counterpart, terms,"
                " agreed_at, confirmation) select county_code, unit_code, case_id, mediation_id, n, n || ' 号商铺', terms,"
                " agreed_at, 'none' from mediation_agreements, generate_series(2, 179) n"
            )
        )
    assert mediation.agree("180 号商铺", ends="yes").status_code == 200
    first = mediation.desk.get(f"/cases/{mediation.code}/mediation").get_data(as_text=True)
    assert "第 1 / 9 页" in first
    last = mediation.desk.get(f"/cases/{mediation.code}/mediation?page=9").get_data(as_text=True)
    assert "第 180 号　180 号商铺" in last
    page = mediation.desk.get(f"/cases/{mediation.code}").get_data(as_text=True)
    assert "共 180 份" in page
    assert page.count("号商铺") < 20
    rate = mediation.desk.get("/mediation/success").get_data(as_text=True)
    assert "100.00%" in rate
    assert "1 ÷ 1" in rate
    assert mediation.code in rate


def test_a_new_version_of_the_tiers_counts_for_what_starts_later(
    mediation: Mediation, signed_in: Callable[..., Any], connection: Any
) -> None:
    mediation.start()
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A), name="程示例")
    page = admin.get("/mediation/tiers").get_data(as_text=True)
    assert "示范模板" in page
    seen = page.split('name="seen_id" value="')[1].split('"')[0]
    values = {
        "area": f"{TOWN_A:015d}", "seen_id": seen, "name": ["村级", "镇级"], "most_sessions": ["2", "1"],
        "amount": ["5", ""], "kind": ["work_days", "natural_days"], "remind_hours": ["24", ""], "lawful_channels": "向人民法院起诉", "remind_days": "5",
        "source_note": "甲街道办法第三条",
    }  # fmt: skip
    assert admin.post("/mediation/tiers", data={**values, "source_note": ""}).status_code == 400
    assert admin.post("/mediation/tiers", data=values).status_code == 302
    late = admin.post("/mediation/tiers", data=values, headers={"Accept": "application/json"})
    assert late.status_code == 409
    assert "程示例" in late.json["detail"]
    assert mediation.rows("select most_sessions from mediations")[0][0] == 3  # what runs stays
    mediation.fail(1)
    mediation.done(mediation.mediator, "end_mediation", reason="撤回申请", lawful_channel="向人民法院起诉")
    mediation.start(tier=1)
    new = mediation.rows("select tier_name, most_sessions, run, timer from mediations order by id desc")[0]
    assert mediation.rows("select remind_hours from mediation_tiers order by template_id desc, number")[0][0] == 24
    assert (new.tier_name, new.most_sessions, new.run, new.timer["kind"]) == ("村级", 2, 2, "work_days")
    other = signed_in((Role.ADMINISTRATOR, TOWN_B))
    stranger = other.post("/mediation/tiers", data={**values, "area": f"{TOWN_A:015d}"})
    assert stranger.status_code == 403
    connection.exec_driver_sql("set local role gridmap_app")
    with pytest.raises(ProgrammingError, match="permission denied"):
        connection.exec_driver_sql("update mediation_tiers set most_sessions = 99")
