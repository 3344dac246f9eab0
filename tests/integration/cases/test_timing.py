"""Limits of cases through the product: what runs, pauses, extensions, class changes, appeals."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.actions.escalation import adopt_calendars
from gridmap.worktime.actions import edit_day
from gridmap.worktime.queries import version_at
from gridmap.worktime.rules import Day
from tests.factories import COUNTY, TOWN_A, Factories
from tests.integration.cases.timed import FRIDAY, Timed, china
from tests.integration.conftest import actor_at


def test_four_work_hours_from_friday_half_past_five_with_lunch(timed: Timed) -> None:
    timed.dispatch()
    running = timed.timers()
    assert running["accept"].due_at == china(
        2026, 11, 23, 12, 0
    )  # half an hour on Friday, Monday morning without lunch
    assert running["dispatch"].stopped_at == FRIDAY
    case = timed.case()
    assert case.due_at == china(2026, 11, 24)  # the three days of the list of classes: to the end of Monday
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
    assert before["whole"].due_at == china(2026, 11, 27)  # three natural days after the 23rd, to the end of the 26th
    assert paused["whole"].due_at == china(2026, 11, 28)
    assert timed.case().due_at == paused["whole"].due_at
    assert "已暂停至" in timed.page(timed.desk)
    assert "暂停：等鉴定" in timed.page(timed.desk, "/deadlines")
    assert timed.take(timed.desk, "pause", reason="再等", until="2026-11-26T09:00").status_code == 403
    timed.now = china(2026, 11, 24, 9, 0)
    timed.done(timed.desk, "resume", reason="鉴定已出")
    resumed = timed.timers()
    assert resumed["handle"].due_at == before["handle"].due_at
    assert resumed["whole"].due_at == before["whole"].due_at
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


def test_a_case_without_timers_goes_on(timed: Timed, make: Factories) -> None:
    timed.code = make.case(status="assessed", due_at=FRIDAY + timedelta(days=9))
    assert "没有逐环节的时限记录" in timed.page(timed.desk, "/deadlines")
    timed.done(timed.desk, "dispatch", department=timed.police)
    assert set(timed.timers()) == {"accept"}
    assert timed.case().due_at == FRIDAY + timedelta(days=9)
