"""The clock of a tier of mediation: it stands still with its case, follows the calendar, is told outside quiet hours and explained."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.actions.mediation import remind_promises, remind_tiers
from gridmap.cases.actions.quiet import set_quiet_hours
from gridmap.cases.actions.tiers import adopt_for_tiers
from gridmap.worktime.actions import edit_day
from gridmap.worktime.queries import version_at
from gridmap.worktime.rules import Day, spoken_time
from tests.factories import COUNTY, TOWN_A, Factories
from tests.integration.cases.timed import Timed, china
from tests.integration.conftest import actor_at

MONDAY = china(2026, 11, 23, 9, 0)
ADMINISTRATOR = actor_at((Role.ADMINISTRATOR, COUNTY))


class Mediated(Timed):
    """A timed case at the centre, whose first tier of mediation (seven natural days) began on a Monday."""

    def __init__(self, make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(make, signed_in, owner, monkeypatch)
        monkeypatch.setattr("gridmap.cases.views.mediation.now", lambda: self.now)
        self.now = MONDAY
        self.mediator = signed_in((Role.MEDIATOR, TOWN_A), name="白平")
        with owner() as session:
            self.number = session.execute(text("select id from accounts where name = '白平'")).scalar_one()
        self.submit(self.desk)
        self.done(self.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
        self.done(self.desk, "handle_here")

    def start(self) -> None:
        self.done(self.mediator, "start_mediation", tier=1, mediators=self.number)

    def due(self) -> datetime:
        with self.owner() as session:
            found = session.execute(text("select due_at from mediations order by id desc limit 1")).scalar_one()
        assert isinstance(found, datetime)
        return found

    def told(self, at: datetime) -> int:
        with self.owner() as session:
            return remind_tiers(session, at)[0]


@pytest.fixture
def mediated(make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> Mediated:
    return Mediated(make, signed_in, owner, monkeypatch)


def test_a_paused_case_pauses_its_tier_and_nobody_is_told_meanwhile(mediated: Mediated) -> None:
    mediated.start()
    before = mediated.due()
    assert before == china(2026, 12, 1)
    mediated.done(mediated.desk, "pause", reason="等鉴定", until="2026-12-10T09:00")
    after = mediated.due()
    assert after > before + timedelta(days=14)
    assert mediated.told(before + timedelta(hours=8)) == 0
    assert mediated.told(china(2026, 12, 9, 10, 0)) == 0
    page = mediated.page(mediated.desk)
    assert "组级调解到期时间改为" in page
    assert f"<strong>暂停至 {spoken_time(china(2026, 12, 10, 9, 0))}，剩余" in page
    assert mediated.told(after - timedelta(hours=36)) == 1
    assert mediated.told(after + timedelta(hours=9)) == 1
    mediated.now = china(2026, 11, 24, 9, 0)
    mediated.done(mediated.desk, "resume", reason="鉴定已出")
    assert before <= mediated.due() <= before + timedelta(days=1)


def test_a_reminder_waits_for_the_end_of_a_pause(mediated: Mediated) -> None:
    mediated.start()
    mediated.now = china(2026, 11, 30, 14, 0)  # on the last day
    mediated.done(mediated.desk, "pause", reason="等鉴定", until="2026-12-09T20:00")
    assert mediated.due() == china(2026, 12, 10)
    assert mediated.told(china(2026, 12, 9, 15, 0)) == 0
    assert mediated.told(china(2026, 12, 9, 20, 30)) == 1


def test_a_tier_that_starts_while_the_case_is_paused_is_paused(mediated: Mediated) -> None:
    mediated.done(mediated.desk, "pause", reason="等鉴定", until="2026-12-10T09:00")
    mediated.start()
    assert mediated.due() > china(2026, 12, 16)
    mediated.done(mediated.desk, "resume", reason="鉴定已出")
    assert mediated.due() == china(2026, 12, 1)


def test_a_calendar_that_changes_moves_an_open_tier_and_not_one_that_ended(mediated: Mediated) -> None:
    mediated.start()
    mediated.now = MONDAY + timedelta(hours=1)
    last = china(2026, 11, 30).date()  # the seventh natural day: made a day of rest, the end moves on
    with mediated.owner() as session:
        seen = version_at(session, TOWN_A, mediated.now).id
        day = Day(last, False, "停电停工")
        edit_day(
            session, ADMINISTRATOR, area_code=TOWN_A, seen_id=seen, on=last, day=day, reason="检修",
            now=china(2026, 11, 24, 9, 0),
        )  # fmt: skip
    with mediated.owner() as session:
        session.execute(text("set local role gridmap_jobs"))
        assert adopt_for_tiers(session, now=china(2026, 11, 24, 9, 1), most=100) == 1
        assert adopt_for_tiers(session, now=china(2026, 11, 24, 9, 2), most=100) == 0
    assert mediated.due() == china(2026, 12, 2)
    page = mediated.page(mediated.desk, "/deadlines")
    assert "组级调解" in page
    assert "停电停工" in page
    mediated.now = china(2026, 11, 25, 9, 0)
    mediated.done(mediated.mediator, "end_mediation", reason="撤回申请", lawful_channel="向人民法院起诉")
    assert mediated.page(mediated.desk, "/deadlines").count("已结束，提前") >= 1
    with mediated.owner() as session:
        seen = version_at(session, TOWN_A, mediated.now).id
        edit_day(
            session, ADMINISTRATOR, area_code=TOWN_A, seen_id=seen, on=last, day=None, reason="恢复供电",
            now=china(2026, 11, 25, 9, 1),
        )  # fmt: skip
    with mediated.owner() as session:
        assert adopt_for_tiers(session, now=china(2026, 11, 25, 9, 2), most=100) == 0
    assert mediated.due() == china(2026, 12, 2)


def test_promises_are_not_told_in_quiet_hours_but_later_the_same_day(
    mediated: Mediated, owner: Callable[[], Any]
) -> None:
    mediated.start()
    mediated.now = china(2026, 11, 24, 15, 0)
    plan = {"starts_at": "2026-11-24T09:00", "minutes": 60, "place": "村委会", "parties": "双方"}
    mediated.done(mediated.mediator, "plan_session", **plan)
    mediated.done(mediated.mediator, "record_session", session=1, result="agreed")
    mediated.done(
        mediated.mediator, "agree", counterpart="12 号商铺", terms="分期支付", confirmation="none", ends="no",
        duty_what=["付款"], duty_by=["甲方"], duty_amount=["1000"], duty_due=["2026-11-26"],
    )  # fmt: skip
    with owner() as session:
        set_quiet_hours(
            session, ADMINISTRATOR, unit_code=TOWN_A, begins=time(20), ends=time(9), source_note="试行",
            on=china(2026, 11, 24).date(),
        )  # fmt: skip
    with owner() as session:
        assert remind_promises(session, china(2026, 11, 25, 8, 30))[0] == 0
        assert remind_promises(session, china(2026, 11, 25, 9, 30))[0] == 1
        assert remind_promises(session, china(2026, 11, 25, 10, 30))[0] == 0
