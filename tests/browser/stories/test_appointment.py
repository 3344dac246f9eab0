"""Somebody calls and gets a time, comes at it, and is registered from what was written down: by keyboard, and at a phone's width."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gridmap.access import Role
from gridmap.clock import CHINA, local, now, today
from tests.browser.conftest import Watch
from tests.browser.people import Crew, crew_on
from tests.factories import TOWN_A

NAME, PHONE, TOPIC = "欧阳测试", "13800001234", "楼上漏水滴到厨房"


@pytest.fixture
def crew(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[Crew]:
    watch = Watch()
    with crew_on(clone(), tmp_path, browser, watch) as people:
        yield people
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def the_day_comes(crew: Crew) -> None:
    """Shift the appointment to an hour ago (today): the clock of the product is the real one."""
    begin = datetime.combine(today(), time(0), CHINA)
    at = max(begin, local(now()) - timedelta(hours=1))
    crew.rows("update appointments set starts_at = :at, ends_at = :end", at=at, end=at + timedelta(minutes=1))


def test_a_time_is_made_kept_and_registered(crew: Crew) -> None:
    admin = crew.call("周正", Role.ADMINISTRATOR, TOWN_A)
    desk = crew.call("何静", Role.CENTRE_STAFF, TOWN_A)

    # Nothing can be had before an administrator has said how a desk receives.
    expect(desk.open("/appointments").locator(".empty")).to_contain_text("还没有接待窗口")
    page = admin.open("/appointments/desks")
    page.locator("#name-new").fill("综合接待窗口")
    page.locator("#capacity-new").fill("2")
    page.get_by_role("button", name="添加").click()
    expect(page.locator(".flash-good")).to_contain_text("接待窗口“综合接待窗口”已保存。")

    crew.watch.allow("400")  # a form is sent too early on purpose below
    # The desk's keys: the next day that is open, F2 the first free slot, F9 saves.
    page = desk.open("/appointments")
    page.keyboard.press("F7")
    expect(page).to_have_url(re.compile(str(today() + timedelta(days=1))))
    closed = page.get_by_role("link", name="看下一个接待日")
    if closed.count():
        closed.click()
    expect(page.locator("[data-free]").first).to_be_visible()
    page.keyboard.press("F2")
    expect(page.get_by_label("姓名")).to_be_focused()
    page.keyboard.type(NAME)
    page.keyboard.press("Tab")
    page.keyboard.type(PHONE)
    page.keyboard.press("Tab")
    page.keyboard.press("F9")
    expect(page.locator("#topic-error")).to_have_text("请填写“事由”。")
    expect(page.get_by_label("姓名")).to_have_value(NAME)
    page.get_by_label("事由").fill(TOPIC)
    page.keyboard.press("F9")
    expect(page.locator(".flash-good")).to_contain_text("已预约")
    person = page.locator(".slot-person")
    expect(person).to_contain_text("欧*")
    expect(person).to_contain_text("138****1234")
    expect(person).to_contain_text("待到访")
    expect(page.locator(".slot", has=person).locator("[data-free]")).to_contain_text("余 1")

    # The day comes, and so does the person: one press, and the registering form knows what was said on the telephone.
    the_day_comes(crew)
    page = desk.open("/appointments")
    page.get_by_role("button", name=re.compile("^到访")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("接待登记")
    expect(page.get_by_label("姓名")).to_have_value(NAME)
    expect(page.get_by_label("标题")).to_have_value(TOPIC)
    page.keyboard.press("F8")
    page.keyboard.type("0101")
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", level=1)).to_have_text("受理单")
    code = page.locator(".receipt-code").inner_text().strip()

    # The day's list leads to the case, the case to the appointment.
    page = desk.open("/appointments")
    expect(page.locator(".slot-person")).to_contain_text("已到访")
    page.get_by_role("link", name=code).click()
    expect(page.get_by_role("heading", level=2, name="预约")).to_be_visible()
    kept = crew.rows("select string_agg(a::text, ' ') from appointments a")[0][0]
    assert NAME not in kept


def test_moved_and_cancelled_on_a_phone(crew: Crew) -> None:
    number = crew.make.appointment_desk(TOWN_A)
    desk = crew.call("何静", Role.CENTRE_STAFF, TOWN_A, viewport={"width": 390, "height": 844})
    day = today() + timedelta(days=1)
    page = desk.open(f"/appointments?on={day}")
    if page.get_by_role("link", name="看下一个接待日").count():
        page.get_by_role("link", name="看下一个接待日").click()
        day = date.fromisoformat(page.locator("#on").input_value())
    page.locator("[data-free]").first.click()
    slot = page.locator("#slot").input_value()
    assert slot.startswith(f"{number}@{day}")
    for field, words in (("姓名", NAME), ("电话", PHONE), ("事由", "咨询")):
        page.get_by_label(field).fill(words)
    page.get_by_role("button", name="保存预约").click()
    expect(page.locator(".slot-person")).to_contain_text("咨询")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390
    page.locator(".slot-who").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("咨询")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="看时段").click()
    expect(page.locator("#on")).to_have_value(day.isoformat())
    page.get_by_label("改期理由").fill("来人要上班")
    page.get_by_role("button", name="改期", exact=True).click()
    expect(page.locator(".flash-good")).to_contain_text("已改到")
    expect(page.locator(".appointment-history")).to_contain_text("来人要上班")
    page.get_by_label("取消理由").fill("已自行解决")
    page.get_by_role("button", name="取消预约").click()
    expect(page.locator(".case-tags")).to_contain_text("已取消")
    expect(page.locator(".appointment-history")).to_contain_text("已自行解决")
