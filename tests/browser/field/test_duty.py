"""On duty: one duty and one track however often and wherever it is tapped, and no recording when it is over, whoever ended it."""

from __future__ import annotations

import json
import re
from typing import Any

from playwright.sync_api import Page, expect

from gridmap.clock import now
from tests.browser.conftest import wait_until
from tests.browser.field.conftest import HERE, Phone, phone_of
from tests.browser.people import Crew
from tests.factories import GRID_A11

STEP = 0.00003  # degrees of longitude, some 2.4 m


def goes_on(phone: Phone) -> None:
    """One tap, and it is on the server."""
    phone.page.get_by_role("button", name="上岗", exact=True).tap()
    expect(phone.page.locator(".strip")).to_contain_text("最近定位")
    expect(phone.sending).to_have_text("全部已送达")


def duties(crew: Crew, phone: Phone) -> list[Any]:
    """What the server knows of a worker's duties."""
    return crew.rows(
        "select id, off_at is not null as over, ended_by from duties where account_name = :n", n=phone.name
    )


def second_tab(phone: Phone) -> Page:
    """Open the app in another tab of the same phone."""
    other = phone.context.new_page()
    other.goto(f"{phone.url}/field/")
    expect(other.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    for digit in "271828":
        other.get_by_role("button", name=digit, exact=True).tap()
    expect(other.locator(".sending")).to_be_visible()
    return other


def test_a_double_tap_is_one_duty(phone: Phone, crew: Crew) -> None:
    begin = phone.page.get_by_role("button", name="上岗", exact=True)
    begin.evaluate("(button) => { button.click(); button.click(); }")
    expect(phone.page.get_by_role("button", name="下岗")).to_be_visible()
    expect(phone.sending).to_have_text("全部已送达")
    phone.page.get_by_role("button", name="下岗").evaluate("(button) => { button.click(); button.click(); }")
    expect(phone.page.get_by_role("button", name="上岗", exact=True)).to_be_visible()
    wait_until(phone.page, "() => document.querySelector('.sending').textContent === '全部已送达'")
    (duty,) = duties(crew, phone)
    assert duty.over
    assert crew.rows("select kind, verdict from field_items where account_id = (select account_id from duties where id = :d)"
                     " and verdict <> 'accepted'", d=duty.id) == []  # fmt: skip


def test_of_two_tabs_one_records_and_both_end(phone: Phone, crew: Crew) -> None:
    goes_on(phone)
    other = second_tab(phone)
    expect(other.locator(".strip")).to_contain_text("最近定位")
    expect(phone.page.locator(".strip")).to_contain_text("另一个窗口正在记录")
    phone.page.bring_to_front()
    phone.page.evaluate("() => window.dispatchEvent(new Event('focus'))")
    expect(phone.page.locator(".strip")).to_contain_text("最近定位")
    expect(other.locator(".strip")).to_contain_text("另一个窗口正在记录")
    other.get_by_role("button", name="下岗").tap()
    expect(phone.page.get_by_role("button", name="上岗", exact=True)).to_be_visible()
    expect(phone.page.locator(".strip")).to_be_hidden()
    expect(phone.sending).to_have_text("全部已送达")
    wait_until(phone.page, "() => document.querySelector('.sending').textContent === '全部已送达'")
    (duty,) = duties(crew, phone)
    assert (duty.over, duty.ended_by) == (True, "self")


def test_a_duty_that_the_system_ended_is_recorded_no_more_and_the_worker_is_told(phone: Phone, crew: Crew) -> None:
    goes_on(phone)
    (duty,) = duties(crew, phone)
    crew.rows("update duties set off_at = now(), ended_by = 'system' where id = :d returning 1", d=duty.id)
    phone.go("queue")
    phone.send_now()
    expect(phone.page.locator(".notes")).to_contain_text("此后不再记录位置。继续巡查请重新上岗")
    expect(phone.page.locator(".strip")).to_be_hidden()
    expect(phone.sending).to_have_text("全部已送达")
    phone.page.get_by_role("button", name="知道了").tap()
    expect(phone.page.locator(".notes")).not_to_contain_text("不再记录")
    phone.go("today")
    goes_on(phone)
    phone.go("queue")
    expect(phone.item("上岗").filter(has_text="已送达")).to_have_count(2)
    assert [one.over for one in duties(crew, phone)] == [True, False]


def test_a_forgotten_duty_ends_also_without_a_network(phone: Phone, crew: Crew) -> None:
    goes_on(phone)
    phone.cut()
    phone.page.clock.install(time=now().timestamp() + 17 * 3600)
    phone.open()
    phone.key()
    expect(phone.page.locator(".notes")).to_contain_text("此后不再记录位置")
    expect(phone.page.get_by_role("button", name="上岗", exact=True)).to_be_visible()


def test_an_open_app_is_shut_when_it_was_too_long_without_the_server(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.report(title="三天前写的")
    phone.page.clock.install(time=now().timestamp() + 71 * 3600)
    phone.open()
    phone.key()
    phone.go("queue")
    expect(phone.item("三天前写的")).to_contain_text("待发送")
    phone.page.clock.fast_forward("02:00:00")
    expect(phone.page.get_by_text("距上次联网验证已超过 72 小时")).to_be_visible()
    expect(phone.page.get_by_text("三天前写的")).to_have_count(0)


def spoils_tracks(phone: Phone) -> None:
    """Let stretches of track come to the server spoilt."""

    def spoilt(route: Any) -> None:
        sent = route.request.post_data_json
        for item in sent["items"]:
            if item["kind"] == "points":
                item["body"]["points"] = "…"
        route.continue_(post_data=json.dumps(sent))

    phone.context.route("**/field/sync", spoilt)


def test_a_track_that_was_refused_is_shown_and_holds_nothing_up(crew: Crew) -> None:
    phone = phone_of(crew, "轨迹被拒的人")
    phone.set_up()
    goes_on(phone)
    spoils_tracks(phone)
    phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + STEP})
    phone.page.get_by_role("button", name="下岗").tap()
    expect(phone.sending).to_have_text("1 条需要处理")
    phone.go("queue")
    shown = phone.item("巡查轨迹：第 1 段")
    expect(shown).to_contain_text("轨迹")
    expect(phone.item("下岗")).to_contain_text("已送达")
    phone.context.unroute("**/field/sync")
    shown.get_by_role("button", name="再发一次").tap()
    expect(phone.sending).to_have_text("全部已送达")
    expect(phone.item("巡查轨迹")).to_have_count(0)
    assert crew.rows("select count(*) > 0 from track_batches b join duties d on d.id = b.duty_id where d.account_name = :n",
                     n=phone.name) == [(True,)]  # fmt: skip


def test_a_task_that_is_being_written_survives_a_reload_and_a_refused_one_is_mended(crew: Crew) -> None:
    crew.make.case(GRID_A11, status="reported", title="护栏松动", case_code="990102-2025-0000088")
    phone = phone_of(crew, "写任务的人")
    phone.set_up()
    phone.page.get_by_role("button", name="护栏松动").tap()
    phone.page.get_by_label("核实情况").first.fill("螺丝已拧紧")
    phone.page.wait_for_timeout(300)
    phone.unlock()
    phone.page.get_by_role("button", name="护栏松动").tap()
    words = phone.page.get_by_label("核实情况").first
    expect(words).to_have_value("螺丝已拧紧")
    words.fill("长" * 3000)
    words.evaluate("(field) => field.removeAttribute('maxlength')")
    phone.page.get_by_role("button", name="核实通过").tap()
    shown = phone.item("护栏松动")
    expect(shown).to_contain_text("需要处理")
    expect(shown).to_contain_text("您填写的：长长长")
    shown.get_by_role("button", name="修改后重新提交").tap()
    words = phone.page.get_by_label("核实情况").first
    expect(words).to_have_value(re.compile("^长{3000}$"))
    words.fill("螺丝已拧紧，复查无晃动")
    phone.page.get_by_role("button", name="核实通过").tap()
    expect(phone.sending).to_have_text("全部已送达")
    told = crew.rows("select reason from case_steps where action = 'verify' and actor_name = :n", n=phone.name)
    assert [row.reason for row in told] == ["螺丝已拧紧，复查无晃动"]
    phone.go("today")
    expect(phone.page.get_by_role("button", name="护栏松动")).to_have_count(0)
