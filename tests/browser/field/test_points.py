"""点位 on the phone: 打卡 by place and by sign, without a network; too far away it says so before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.field.conftest import HERE, Phone, phone_of
from tests.browser.people import Crew
from tests.factories import GRID_A11


@pytest.fixture
def signs(crew: Crew) -> Callable[[], dict[str, str]]:
    """Two points of grid A11, one here and one a kilometre away; returns what their signs say."""
    add = (
        "insert into patrol_points (county_code, unit_code, name, lon, lat, radius_m, code, code_at, made_at, made_name)"
        " values (:c, :u, :n, :lon, :lat, 50, :code, now() - interval '1 day', now() - interval '1 day', '工作人员')"
        " on conflict do nothing"
    )
    codes = {"东门消防栓": "ABCDE23456", "河边泵房": "FGHJK23456"}
    for n, (name, code) in enumerate(codes.items()):
        lon, lat = HERE["longitude"] + n * 0.012, HERE["latitude"]
        crew.rows(add, c=GRID_A11 // 10**9, u=GRID_A11, n=name, lon=lon, lat=lat, code=code)
    return lambda: codes


def been(crew: Crew, name: str) -> list[Any]:
    """Where somebody checked in, and how."""
    found = crew.rows(
        "select p.name, c.method from patrol_check_ins c join patrol_points p on p.id = c.point_id"
        " where c.account_name = :n order by c.at, c.id",
        n=name,
    )
    return [tuple(row) for row in found]


def test_a_day_past_points_without_a_network(crew: Crew, signs: Callable[[], dict[str, str]]) -> None:
    phone = phone_of(crew, "巡点人")
    phone.set_up()
    page = phone.page
    expect(page.get_by_role("heading", name="点位 0/2")).to_be_visible()
    expect(page.get_by_text("上岗后才能打卡")).to_be_visible()
    page.get_by_role("button", name="上岗", exact=True).tap()
    expect(phone.sending).to_have_text("全部已送达")
    expect(page.locator(".strip")).to_contain_text("最近定位")
    phone.cut()
    page.get_by_role("button", name="在河边泵房打卡").tap()
    expect(page.locator(".point").filter(has_text="河边泵房")).to_contain_text("请走近后再打卡")
    page.get_by_role("button", name="在东门消防栓打卡").dblclick()  # once
    expect(page.get_by_role("heading", name="点位 1/2")).to_be_visible()
    expect(page.locator(".point").filter(has_text="东门消防栓")).to_contain_text("今日已打卡")
    by_sign(phone, "错的编号", "没有认出编号")
    by_sign(phone, "fghjk 23456")
    expect(page.get_by_role("heading", name="发送", exact=True)).to_be_visible()
    phone.join()
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert been(crew, "巡点人") == [("东门消防栓", "position"), ("河边泵房", "qr")]
    phone.go("today")
    expect(page.get_by_role("heading", name="点位 2/2")).to_be_visible()


def by_sign(phone: Phone, code: str, words: str = "") -> None:
    """Type what the sign says."""
    phone.page.goto(re.sub("#.*", "", phone.page.url) + "#check")
    box = phone.page.get_by_label("二维码下面的编号")
    box.fill(code)
    phone.page.get_by_role("button", name="打卡", exact=True).tap()
    if words:
        expect(phone.page.get_by_role("alert")).to_contain_text(words)


def test_a_sign_opened_with_the_phones_camera_checks_in_once(crew: Crew, signs: Callable[[], dict[str, str]]) -> None:
    phone = phone_of(crew, "扫码人")
    phone.set_up()
    phone.page.get_by_role("button", name="上岗", exact=True).tap()
    expect(phone.sending).to_have_text("全部已送达")
    other = phone.context.new_page()
    other.goto(f"{phone.url}/field/#check/{signs()['东门消防栓']}")
    phone.page = other
    phone.key()
    expect(other.get_by_role("heading", name="发送", exact=True)).to_be_visible()
    expect(other.locator(".item").filter(has_text="扫码打卡")).to_contain_text("已送达")
    other.reload()
    phone.key()
    expect(other.locator(".sending")).to_have_text("全部已送达")
    assert been(crew, "扫码人") == [("东门消防栓", "qr")]


def test_without_a_duty_nothing_is_checked_in(crew: Crew, signs: Callable[[], dict[str, str]]) -> None:
    phone = phone_of(crew, "没上岗的人")
    phone.set_up()
    phone.page.goto(f"{phone.url}/field/#check/{signs()['东门消防栓']}")
    phone.page.reload()
    phone.key()
    expect(phone.page.get_by_text("上岗后才能打卡")).to_be_visible()
    assert been(crew, "没上岗的人") == []
