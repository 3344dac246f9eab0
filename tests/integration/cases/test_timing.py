"""Limits of cases through the product: what runs, pauses, extensions, class changes, escalation, supervision, appeals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from gridmap.access import Role
from gridmap.cases.actions.escalation import adopt_calendars, escalate, tell_waiting
from gridmap.cases.actions.supervision import ask_papers
from gridmap.cases.models import Case, CaseEscalation, CaseTimer
from gridmap.clock import CHINA
from gridmap.worktime.actions import edit_day
from gridmap.worktime.queries import version_at
from gridmap.worktime.rules import Day
from tests.factories import COUNTY, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import Course
from tests.integration.conftest import actor_at

FRIDAY = datetime(2026, 11, 20, 17, 30, tzinfo=CHINA)
VIEWS = ("steps", "register", "browse", "timing")


class Timed(Course):
    """A case whose steps are taken at times that the test sets."""

    def __init__(self, make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(make, signed_in)
        self.owner, self.now = owner, FRIDAY
        self.supervisor = signed_in((Role.SUPERVISOR, TOWN_A), name="秦朗")
        for view in VIEWS:
            monkeypatch.setattr(f"gridmap.cases.views.{view}.now", lambda: self.now)

    def dispatch(self, grade: str = "worry") -> None:
        self.submit(self.worker)
        self.done(self.desk, "register")
        self.done(self.desk, "assess", category="0101", grade=grade, scale="individual", risk="low")
        self.done(self.desk, "dispatch", department=self.police)

    def handle(self, grade: str = "worry") -> None:
        self.dispatch(grade)
        self.done(self.handler, "accept")

    def timers(self) -> dict[str, CaseTimer]:
        """The newest timer of each stage."""
        with self.owner() as session:
            return {row.stage: row for row in session.scalars(select(CaseTimer).order_by(CaseTimer.id))}

    def case(self) -> Case:
        with self.owner() as session:
            return session.scalars(select(Case).where(Case.case_code == self.code)).unique().one()

    def sweep(self) -> int:
        with self.owner() as session:
            return escalate(session, now=self.now)

    def levels(self) -> list[tuple[str, str]]:
        with self.owner() as session:
            rows = session.scalars(select(CaseEscalation).order_by(CaseEscalation.at, CaseEscalation.id))
            return [(row.stage, row.level) for row in rows]

    def page(self, client: Any, path: str = "") -> str:
        answer = client.get(f"/cases/{self.code}{path}")
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))


@pytest.fixture
def timed(make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> Timed:
    return Timed(make, signed_in, owner, monkeypatch)


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type, misc]


def test_four_work_hours_from_friday_half_past_five_with_lunch(timed: Timed) -> None:
    timed.dispatch()
    running = timed.timers()
    assert running["accept"].due_at == china(
        2026, 11, 23, 12, 0
    )  # half an hour on Friday, Monday morning without lunch
    assert running["dispatch"].stopped_at == FRIDAY
    case = timed.case()
    assert case.due_at == FRIDAY + timedelta(hours=72)  # what the list of classes says, by the clock
    assert case.stage_due_at == running["accept"].due_at
    page = timed.page(timed.desk)
    assert "接单" in page
    assert "剩余 4 小时" in page
    told = timed.page(timed.desk, "/deadlines")
    assert "下班时间" in told
    assert "周末" in told


def test_a_limit_over_the_national_day_with_a_work_saturday(timed: Timed) -> None:
    timed.now = china(2026, 9, 30, 17, 30)
    timed.handle()
    handle = timed.timers()["handle"]
    # five work days after 30 September 2026: 8, 9, 10 (the Saturday worked instead), 12, 13 October
    assert handle.due_at == china(2026, 10, 13, 18, 0)
    told = timed.page(timed.handler, "/deadlines")
    assert "国庆节" in told
    assert "调休上班" in told


def test_around_midnight_of_new_years_eve_and_a_year_without_holidays(timed: Timed) -> None:
    timed.now = china(2026, 12, 31, 23, 59)
    timed.dispatch()
    late = timed.timers()["accept"]
    assert late.due_at == china(2027, 1, 1, 14, 0)  # holidays of 2027 are not known: it says so, and counts weekends
    told = timed.page(timed.desk, "/deadlines")
    assert "2027 年的放假安排尚未公布，按周末计算。" in told
    first = timed.code
    timed.now = china(2027, 1, 1, 0, 1)
    timed.dispatch()
    assert timed.timers()["accept"].due_at == late.due_at
    assert first[7:11] == "2026"
    assert timed.code[7:11] == "2027"


def test_a_pause_needs_a_reason_and_an_end_and_moves_what_is_due(timed: Timed) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    before = timed.timers()
    assert timed.take(timed.desk, "pause", until="2026-11-25T09:00").status_code == 400
    assert timed.take(timed.desk, "pause", reason="等鉴定", until="2026-11-20T09:00").status_code == 400
    assert timed.take(timed.handler, "pause", reason="等鉴定", until="2026-11-25T09:00").status_code == 403
    timed.done(timed.desk, "pause", reason="等鉴定", until="2026-11-25T09:00")
    paused = timed.timers()
    assert before["handle"].due_at == china(2026, 11, 30, 18, 0)
    assert paused["handle"].due_at == china(2026, 12, 1, 18, 0)  # of the days only the 24th ended in the pause
    assert paused["whole"].due_at == before["whole"].due_at + timedelta(days=2)
    assert timed.case().due_at == paused["whole"].due_at
    assert "已暂停至" in timed.page(timed.desk)
    assert "暂停：等鉴定" in timed.page(timed.desk, "/deadlines")
    assert timed.take(timed.desk, "pause", reason="再等", until="2026-11-26T09:00").status_code == 403
    timed.now = china(2026, 11, 24, 9, 0)
    timed.done(timed.desk, "resume", reason="鉴定已出")
    resumed = timed.timers()
    assert resumed["handle"].due_at == before["handle"].due_at
    assert resumed["whole"].due_at == before["whole"].due_at + timedelta(days=1)
    assert timed.take(timed.desk, "resume", reason="再来").status_code == 403


def test_a_pause_goes_on_when_the_only_stage_that_ran_ends(timed: Timed) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.submit(timed.worker)
    timed.done(timed.desk, "pause", reason="等材料", until="2026-11-25T09:00")
    timed.done(timed.desk, "register")
    assert [timed.timers()[stage].paused_until for stage in ("assess", "whole")] == [china(2026, 11, 25, 9, 0)] * 2
    timed.done(timed.desk, "resume", reason="材料已到")


def test_class_changed_while_paused_recomputes_from_now_on_and_says_so(timed: Timed) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    timed.done(timed.desk, "pause", reason="等鉴定", until="2026-11-25T09:00")
    timed.now = china(2026, 11, 24, 10, 0)
    timed.done(timed.desk, "reclassify", category="0101", grade="urgent", reason="有人身危险")
    handle = timed.timers()["handle"]
    # an hour was used by the limit of the new kind before the pause; 24 hours by the clock go on when it ends
    assert handle.data["kind"] == "emergency_hours"
    assert handle.due_at == china(2026, 11, 26, 9, 0)
    assert handle.due_at > timed.now
    page = timed.page(timed.desk)
    assert "办理时限由 5 工作日 改为 24 紧急工作时" in page
    assert timed.take(timed.desk, "reclassify", category="0101", grade="urgent", reason="同前").status_code == 400
    timed.done(timed.handler, "return", reason="不属本所职责")
    assert timed.timers()["dispatch"].paused_until == china(2026, 11, 25, 9, 0)  # the new stage is paused too


def test_more_time_is_asked_and_decided_by_another(timed: Timed) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    before = timed.timers()
    assert timed.take(timed.desk, "grant_extension").status_code == 403
    assert timed.take(timed.handler, "extend", amount="五天", reason="等设备").status_code == 400
    assert timed.take(timed.handler, "extend", amount="1.5", reason="等设备").status_code == 400
    timed.done(timed.handler, "extend", amount="5", reason="等设备")
    assert timed.timers()["handle"].due_at == before["handle"].due_at
    assert timed.take(timed.handler, "extend", amount="5", reason="再要").status_code == 403
    timed.done(timed.desk, "refuse_extension", reason="再想办法")
    timed.done(timed.handler, "extend", amount="5", reason="等设备到货")
    timed.done(timed.desk, "grant_extension")
    after = timed.timers()
    assert after["handle"].due_at == before["handle"].due_at + timedelta(days=7)
    assert after["whole"].due_at >= after["handle"].due_at  # the whole is not due before its part
    assert "已同意" in timed.page(timed.handler)


@pytest.mark.parametrize("amount", ["1e3", "１", "+1", "1_0", "0", "-1", "0x1", "NaN", "999999999", "1.005"])
def test_more_time_is_a_plain_number(timed: Timed, amount: str) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    refused = timed.take(timed.handler, "extend", amount=amount, reason="等设备")
    assert (refused.status_code, refused.json["field"]) == (400, "amount")


def test_more_time_has_a_bound_that_is_data(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()  # five work days
    refused = timed.take(timed.handler, "extend", amount="6", reason="等设备")
    assert (refused.status_code, refused.json["field"]) == (400, "amount")
    assert "原办理时限为 5 工作日，延期合计不超过 5 工作日" in refused.json["detail"]
    for amount in ("2", "1"):
        timed.done(timed.handler, "extend", amount=amount, reason="等设备")
        timed.done(timed.desk, "grant_extension")
    refused = timed.take(timed.handler, "extend", amount="1", reason="再等")
    assert "至多延期 2 次" in refused.json["detail"]
    with owner() as session:
        session.execute(
            text("update system_settings set value = '{\"times\": 9, \"share\": 0.8}' where key = 'cases.extension'")
        )
    refused = timed.take(timed.handler, "extend", amount="2", reason="再等")
    assert "不超过 4 工作日，已延 3 工作日" in refused.json["detail"]
    timed.done(timed.handler, "extend", amount="1", reason="再等")
    timed.done(timed.desk, "reclassify", category="0101", grade="urgent", reason="有人身危险")
    mixed = timed.take(timed.desk, "grant_extension")  # a day was asked; the limit is in hours now
    assert mixed.status_code == 409
    assert "重新申请" in mixed.json["detail"]


def test_what_was_asked_ends_with_the_order(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    timed.done(timed.handler, "extend", amount="5", reason="等设备")
    timed.done(timed.handler, "return", reason="不属本所职责")
    with owner() as session:
        kept = session.execute(text("select status, decided_by, decided_at from case_extensions")).one()
    assert tuple(kept) == ("lapsed", None, timed.now)
    page = timed.page(timed.desk)
    assert "已失效" in page
    assert "待审批" not in page


def test_levels_are_written_once_and_in_order_the_first_too(timed: Timed) -> None:
    timed.dispatch()
    assert timed.sweep() == 0
    timed.now = china(2026, 11, 23, 11, 0)
    assert timed.sweep() == 1
    assert timed.sweep() == 0
    assert timed.levels() == [("accept", "remind")]
    timed.now = china(2026, 11, 23, 12, 0)
    assert timed.sweep() == 1
    timed.now = china(2026, 11, 24, 12, 0)
    assert timed.sweep() == 2  # the second limit of 接单, and the whole course by its class
    assert timed.levels()[:3] == [("accept", "remind"), ("accept", "overdue"), ("whole", "overdue")]
    assert ("accept", "second") in timed.levels()
    assert timed.case().supervision == "ordinary"
    seen = timed.seen(timed.desk)
    assert seen["supervision"] == "ordinary"
    assert (seen["history"][-1]["action"], seen["history"][-1]["actor"]) == ("supervise", "系统")
    assert "普通督办" in timed.page(timed.desk)
    listed = timed.desk.get("/cases?supervision=ordinary", headers={"Accept": "application/json"}).json
    assert [item["case_code"] for item in listed["items"]] == [timed.code]
    assert timed.desk.get("/cases?supervision=red", headers={"Accept": "application/json"}).json["total"] == 0


def test_the_ladder_is_climbed_in_order_and_left_with_a_reason(timed: Timed) -> None:
    timed.handle()
    assert timed.take(timed.desk, "supervise", reason="拖延").status_code == 403
    assert timed.take(timed.supervisor, "supervise").status_code == 400
    for level in ("ordinary", "yellow", "red"):
        timed.done(timed.supervisor, "supervise", reason="拖延")
        assert timed.case().supervision == level
    assert timed.take(timed.supervisor, "supervise", reason="拖延").status_code == 403
    timed.done(timed.supervisor, "release", reason="已整改")
    assert timed.case().supervision is None
    assert timed.take(timed.supervisor, "release", reason="已整改").status_code == 403


def test_notices_made_at_night_wait_until_the_morning(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")  # one hour by the clock, on a Friday evening
    timed.now = china(2026, 11, 21, 0, 0)
    assert timed.sweep() == 1
    told = "select count(*) from notices where kind in ('case.remind', 'case.overdue', 'case.second')"
    with owner() as session:
        assert tell_waiting(session, now=timed.now) == 0
        assert session.execute(text(told)).scalar() == 0
        assert tell_waiting(session, now=china(2026, 11, 21, 7, 59)) == 0
        assert tell_waiting(session, now=china(2026, 11, 21, 8, 0)) == 1
        assert tell_waiting(session, now=china(2026, 11, 21, 8, 1)) == 0
        assert session.execute(text(told)).scalar() == 1
    assert timed.levels() == [("accept", "remind"), ("accept", "overdue"), ("accept", "second")]


def morning(owner: Callable[[], Any], at: datetime) -> list[str]:
    """Tell what waits at ``at``; return the bodies of what was told of limits."""
    with owner() as session:
        tell_waiting(session, now=at)
        told = "select body from notices where kind in ('case.remind', 'case.overdue', 'case.second') order by id"
        return list(session.execute(text(told)).scalars())


def test_a_stage_that_ended_at_night_is_not_told_as_late_in_the_morning(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)  # quiet since nine: late, and supervised
    timed.sweep()
    timed.now = china(2026, 11, 20, 23, 0)
    timed.done(timed.handler, "accept")
    told = morning(owner, china(2026, 11, 21, 8, 0))
    assert len(told) == 1
    assert "接单环节曾超时后再次到限，现为普通督办，该环节现已办完" in told[0]


def test_a_supervision_that_was_released_at_night_is_not_told(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.done(timed.handler, "accept")
    timed.done(timed.supervisor, "release", reason="已接单")
    assert morning(owner, china(2026, 11, 21, 8, 0)) == []


def test_what_is_paused_is_told_after_the_pause_if_it_is_true_then(timed: Timed, owner: Callable[[], Any]) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.done(timed.desk, "pause", reason="等待鉴定", until="2026-11-23T22:00")
    assert morning(owner, china(2026, 11, 21, 8, 0)) == []
    assert morning(owner, china(2026, 11, 23, 23, 0)) == []  # the pause ends in quiet hours
    assert len(morning(owner, china(2026, 11, 24, 8, 0))) == 1


def test_the_sweep_writes_the_paper_of_a_supervision_once_for_each_level(
    timed: Timed, owner: Callable[[], Any]
) -> None:
    timed.dispatch("urgent")
    timed.now = china(2026, 11, 20, 22, 0)
    timed.sweep()
    timed.sweep()
    with owner() as session:
        wanted = session.execute(text("select args from procrastinate_jobs where task_name = 'cases.supervision'"))
        steps = [step for args in wanted.scalars() for step in args["steps"]]
        assert len(steps) == 1
        session.execute(text("set local role gridmap_jobs"))
        assert ask_papers(session, steps, timed.now) == 1
        assert ask_papers(session, steps, timed.now) == 0  # done again: nothing more
        session.execute(text("reset role"))
        paper = session.execute(text("select * from case_documents where kind = 'supervision'")).one()
    assert paper.step_number == timed.seen(timed.desk)["history"][-1]["number"]
    assert (paper.issuer_name, paper.actor_name, paper.asked_by) == ("甲街道综治中心", "系统", None)
    assert paper.fields["主送"] == "派出所"
    assert "系统自动督办" in paper.fields["正文"]
    assert "督办单" in timed.page(timed.desk)


def test_a_time_out_is_exempted_by_two_reviews_of_different_people_and_stays_to_be_seen(timed: Timed) -> None:
    timed.handle()
    assert timed.take(timed.handler, "appeal", timer="1", reason="道路中断").status_code == 403
    timed.now = china(2026, 12, 7, 9, 0)
    timed.sweep()
    handle = str(timed.timers()["handle"].id)
    other = timed.take(timed.other, "appeal", timer=handle, reason="道路中断")
    assert other.status_code == 403
    assert "办理：派出所" in other.json["detail"]
    timed.done(timed.handler, "appeal", timer=handle, reason="道路中断")
    assert timed.take(timed.supervisor, "decide_appeal", verdict="agree", reason="属实").status_code == 403
    assert timed.take(timed.desk, "review_appeal", verdict="maybe", reason="属实").status_code == 400
    timed.done(timed.desk, "review_appeal", verdict="agree", reason="属实")
    timed.done(timed.supervisor, "decide_appeal", verdict="agree", reason="属实")
    exempted = [row for row in timed.timers().values() if row.exempted_at]
    assert len(exempted) == 1
    page = timed.page(timed.desk)
    assert "已免责，不计入超时统计" in page
    assert "超时" in page


def test_a_time_out_is_appealed_against_by_whose_it_is_and_named(timed: Timed) -> None:
    """The police station accepts late and returns; the justice office handles late; the desk was late to dispatch between them."""
    timed.dispatch()
    timed.now += timedelta(days=7)
    timed.done(timed.handler, "accept")
    timed.done(timed.handler, "return", reason="不属本所职责")
    accept = str(timed.timers()["accept"].id)
    timed.now += timedelta(days=7)
    timed.done(timed.desk, "dispatch", department=timed.justice)
    desk_late = str(timed.timers()["dispatch"].id)
    timed.done(timed.other, "accept")
    timed.now += timedelta(days=30)
    handle = str(timed.timers()["handle"].id)

    def offered(client: Any) -> list[str]:
        form = timed.page(client, "/steps/appeal").split('<select id="timer"')[1].split("</select>")[0]
        return [part.split('"')[0] for part in form.split('<option value="')[2:]]

    whole = str(timed.timers()["whole"].id)
    assert offered(timed.handler) == [accept, whole]  # it held the case when the whole course fell due
    assert offered(timed.other) == [handle]
    assert offered(timed.desk) == [desk_late]
    refused = timed.take(timed.other, "appeal", timer=accept, reason="道路中断")
    assert (refused.status_code, refused.json["field"]) == (400, "timer")
    timed.done(timed.other, "appeal", timer=handle, reason="道路中断")
    assert "办理环节的超时申诉：道路中断" in timed.page(timed.desk)
    assert "申诉的超时：办理环节" in timed.page(timed.desk)
    timed.done(timed.desk, "review_appeal", verdict="agree", reason="属实")
    timed.done(timed.supervisor, "decide_appeal", verdict="agree", reason="属实")
    assert timed.timers()["handle"].exempted_at
    assert not timed.timers()["accept"].exempted_at
    assert offered(timed.handler) == [accept, whole]
    again = timed.take(timed.other, "appeal", timer=handle, reason="再申诉")
    assert again.status_code == 403
    assert "接单：派出所" in again.json["detail"]


def test_a_calendar_changed_for_a_later_day_moves_what_runs_and_not_what_was(
    timed: Timed, owner: Callable[[], Any]
) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    before = timed.timers()["handle"]
    assert before.due_at == china(2026, 11, 30, 18, 0)
    on = china(2026, 11, 26, 0, 0).date()
    with owner() as session:
        edit_day(
            session,
            actor_at((Role.ADMINISTRATOR, COUNTY)),
            area_code=TOWN_A,
            seen_id=version_at(session, TOWN_A, timed.now).id,
            on=on,
            day=Day(on, False, "停电停工"),
            reason="检修",
            now=china(2026, 11, 24, 9, 0),
        )
    with owner() as session:
        assert adopt_calendars(session, now=china(2026, 11, 24, 9, 1)) == 2
    with owner() as session:
        assert adopt_calendars(session, now=china(2026, 11, 24, 9, 2)) == 0
    after = timed.timers()["handle"]
    assert after.due_at == china(2026, 12, 1, 18, 0)
    assert after.data["calendars"][0] == before.data["calendars"][0]
    assert "停电停工" in timed.page(timed.desk, "/deadlines")


def test_an_administrator_makes_a_new_version_that_runs_from_now_on(timed: Timed, signed_in: Any) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    timed.handle()
    admin = signed_in((Role.ADMINISTRATOR, COUNTY))
    values = {"stage": "handle", "kind": "work_days", "amount": "3", "remind_before": "1", "second_after": "1"}
    values |= {"area": str(COUNTY)}
    refused = admin.post("/cases/limits", data={**values, "amount": "2.5", "source_note": "本中心规定"})
    assert refused.status_code == 400
    assert "应为整数" in refused.get_data(as_text=True)
    answer = admin.post("/cases/limits", data={**values, "source_note": "本中心规定"}, follow_redirects=True)
    assert "已保存为第 1 版" in answer.get_data(as_text=True)  # the first of this county; that of the system stays
    assert timed.timers()["handle"].due_at == china(2026, 11, 30, 18, 0)  # what runs keeps its limit
    timed.handle()
    assert timed.timers()["handle"].due_at == china(2026, 11, 26, 18, 0)


def test_a_limit_counts_in_its_own_area_and_the_nearest_wins(timed: Timed, signed_in: Any) -> None:
    timed.now = china(2026, 11, 23, 9, 0)
    clients = {area: signed_in((Role.ADMINISTRATOR, area)) for area in (COUNTY, TOWN_A, TOWN_B)}

    def put(client: Any, area: int, amount: int, **more: str) -> Any:
        values = {
            "area": "" if area < 0 else f"{area:015d}" if area else "0",
            "stage": "handle",
            "kind": "work_days",
            "amount": str(amount),
        }
        return client.post(
            "/cases/limits", data={**values, "source_note": "本级规定", **more}, follow_redirects=True
        )  # fmt: skip

    def handled() -> datetime:
        timed.handle()
        return timed.timers()["handle"].due_at

    assert put(clients[TOWN_B], TOWN_B, 1).status_code == 200
    assert handled() == china(2026, 11, 30, 18, 0)  # town A: as the system has it
    assert put(clients[COUNTY], COUNTY, 2).status_code == 200
    assert handled() == china(2026, 11, 25, 18, 0)
    assert put(clients[TOWN_A], TOWN_A, 3).status_code == 200
    assert handled() == china(2026, 11, 26, 18, 0)
    assert put(clients[COUNTY], COUNTY, 4, category="0101").status_code == 200
    assert handled() == china(2026, 11, 26, 18, 0)  # the nearest area comes before the more specific row
    for client, area in (
        (clients[TOWN_A], 0),
        (clients[TOWN_A], COUNTY),
        (clients[TOWN_A], TOWN_B),
        (clients[COUNTY], 0),
    ):
        refused = put(client, area, 9)
        assert refused.status_code == 400
        assert "不在您负责的范围内" in refused.get_data(as_text=True)
    assert "请选择区划" in put(clients[TOWN_A], -1, 9).get_data(as_text=True)
    assert "没有找到该区划" in put(clients[TOWN_A], 990102001009000, 9).get_data(as_text=True)
    page = clients[TOWN_A].get("/cases/limits").get_data(as_text=True)
    assert "甲街道" in page
    assert "全系统" in page
    assert "乙镇" not in page


def test_a_case_without_timers_goes_on(timed: Timed, make: Factories) -> None:
    timed.code = make.case(status="assessed", due_at=FRIDAY + timedelta(days=9))
    assert "没有逐环节的时限记录" in timed.page(timed.desk, "/deadlines")
    timed.done(timed.desk, "dispatch", department=timed.police)
    assert set(timed.timers()) == {"accept"}
    assert timed.case().due_at == FRIDAY + timedelta(days=9)


def test_each_unit_has_its_own_quiet_hours_and_the_nearest_count(timed: Timed, signed_in: Any, owner: Any) -> None:
    county, town = signed_in((Role.ADMINISTRATOR, COUNTY)), signed_in((Role.ADMINISTRATOR, TOWN_A))
    values = {"begins": "19:00", "ends": "09:30", "quiet_note": "本区规定"}

    def put(client: Any, unit: int | str, **more: str) -> Any:
        return client.post("/cases/limits/quiet", data={**values, "quiet_unit": unit, **more}, follow_redirects=True)

    def told() -> datetime:
        timed.now = china(2026, 11, 20, 17, 30)
        timed.dispatch("urgent")  # one hour to accept, reminded half an hour before
        timed.now = china(2026, 11, 20, 20, 0)
        timed.sweep()
        with owner() as session:
            row = session.scalars(select(CaseEscalation).order_by(CaseEscalation.id.desc()).limit(1)).one()
        return row.tell_at

    assert told() == china(2026, 11, 20, 20, 0)  # the country is quiet from nine on
    assert "已保存为第 1 版" in put(county, COUNTY).get_data(as_text=True)
    assert told() == china(2026, 11, 21, 9, 30)
    page = put(town, TOWN_A, begins="08:00", ends="08:00", quiet_note="本街道不设").get_data(as_text=True)
    assert "不设" in page
    assert "19:00 至次日 09:30" in page  # what counts where the town leaves it
    assert "21:00 至次日 08:00" in page
    assert told() == china(2026, 11, 20, 20, 0)
    assert "已保存为第 2 版" in put(town, TOWN_A, begins="", ends="").get_data(as_text=True)
    assert told() == china(2026, 11, 21, 9, 30)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"quiet_unit": COUNTY}, "不在您负责的范围内"),
        ({"quiet_unit": "0"}, "不在您负责的范围内"),
        ({"quiet_unit": ""}, "请选择区划"),
        ({"quiet_unit": "12345"}, "代码"),
        ({"quiet_unit": 990102001009000}, "没有找到该区划"),
        ({"begins": "25:00"}, "应写作 21:00"),
        ({"ends": "八点"}, "应写作 21:00"),
        ({"ends": ""}, "要么都填"),
        ({"quiet_note": " "}, "请填写依据"),
        ({"quiet_note": "长" * 501}, "最多 500 个字"),
    ],
)
def test_quiet_hours_that_cannot_be_are_told(
    make: Factories, signed_in: Any, owner: Any, more: dict[str, Any], words: str
) -> None:
    make.world()
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    values = {"quiet_unit": TOWN_A, "begins": "20:00", "ends": "08:00", "quiet_note": "本级规定", **more}
    answer = admin.post("/cases/limits/quiet", data=values)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)
    with owner() as session:
        assert session.execute(text("select count(*) from quiet_hours")).scalar() == 1
