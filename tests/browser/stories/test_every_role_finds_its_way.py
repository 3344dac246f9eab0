"""Somebody of each role signs in for the first time, sees the map of what is theirs, and cannot see their neighbour's."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Live, Watch, map_is_drawn

NEIGHBOUR = "220102003000000"  # another town of the same district
EVERYBODY = ["待办", "防控地图", "事件", "区划与网格"]
OVERSEER = ["待办", "防控地图", "事件", "巡查", "指标", "区划与网格"]
PEOPLE = [
    # user, what their map opens on, doors in the head of the page, may register a case, starts with what waits for them
    ("leader", "幸福乡", OVERSEER, False, False),
    ("desk", "幸福乡", ["待办", "防控地图", "接待", "事件", "调解", "巡查", "指标", "区划与网格"], True, True),
    ("handler", "幸福乡", EVERYBODY, True, True),
    ("mediator", "幸福乡", ["待办", "防控地图", "事件", "调解", "区划与网格"], False, False),
    ("worker", "第一网格", ["待办", "防控地图", "事件", "巡查", "区划与网格"], True, False),
    ("supervisor", "南关区", OVERSEER, False, False),
    ("auditor", "南关区", ["待办", "防控地图", "事件", "指标", "区划与网格"], False, False),
]


@pytest.mark.parametrize(("username", "home", "doors", "registers", "works"), PEOPLE, ids=[p[0] for p in PEOPLE])
def test_the_map_opens_on_what_is_theirs(
    page: Page,
    watch: Watch,
    live: Live,
    sign_in: Callable[..., Page],
    username: str,
    home: str,
    doors: list[str],
    registers: bool,
    works: bool,
) -> None:
    # The first page after signing in is what waits for them, or the map; the map stands on their own unit.
    sign_in(page, username, "/")
    expect(page).to_have_url(re.compile("/work$" if works else "/map"))
    page.goto(f"{live.url}/map")
    map_is_drawn(page)
    expect(page.locator("#panel-heading h2")).to_contain_text(home)

    # The head of the page offers what their post allows, and nothing that would turn them away.
    head = page.get_by_role("navigation", name="主导航")
    assert [words.split()[0] for words in head.get_by_role("link").all_inner_texts()] == doors
    for door in doors:
        head.get_by_role("link", name=re.compile(f"^{door}")).click()
        expect(head.locator("[aria-current=page]")).to_have_text(re.compile(rf"^{door}\s*\d*$"))  # 待办 with its number

    # The list counts what the map counts.
    listed = page.request.get(f"{live.url}/cases?status=open", headers={"Accept": "application/json"}).json()["total"]
    unit = page.request.get(f"{live.url}/cases", headers={"Accept": "application/json"}).json()
    assert unit["total"] >= listed
    assert unit["total"] > 0
    page.goto(f"{live.url}/cases")
    expect(page.get_by_role("link", name="登记事件")).to_have_count(1 if registers else 0)

    # The town next door is not there, unless it lies in their district.
    watch.allow("404")
    neighbour = page.goto(f"{live.url}/units/{NEIGHBOUR}")
    assert neighbour is not None
    assert neighbour.status == (200 if home == "南关区" else 404)
    if home != "南关区":
        expect(page.get_by_role("heading", level=1)).to_have_text("没有找到")
        answer = page.request.get(f"{live.url}/cases?unit={NEIGHBOUR}", headers={"Accept": "application/json"})
        assert answer.status == 404 or answer.json()["total"] == 0


def test_somebody_with_two_posts_sees_both_places_and_nothing_between(
    page: Page, live: Live, sign_in: Callable[..., Page]
) -> None:
    # She mediates in one town and walks a grid in another.
    sign_in(page, "twoposts", "/")
    map_is_drawn(page)
    found = page.request.get(f"{live.url}/cases?status=open,ended", headers={"Accept": "application/json"}).json()
    assert found["total"] > 0
    for item in found["items"]:
        assert str(item["unit_code"]).startswith(("220102200", "220102003001001"))


def test_an_administrator_finds_people_and_units(page: Page, live: Live, sign_in: Callable[..., Page]) -> None:
    # The administrator keeps the whole system: accounts and units are at hand.
    sign_in(page, "admin", "/")
    map_is_drawn(page)
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="账号").click()
    page.get_by_label("搜索账号").fill("乔小满")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="worker", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("账号 worker")
    expect(page.locator("main")).to_contain_text("网格员")


def test_signing_in_with_the_keyboard_alone(page: Page, watch: Watch, live: Live) -> None:
    # The pointer is in the first field; Tab and Enter are enough, and a wrong password says so without telling more.
    watch.allow("401")
    page.goto(f"{live.url}/login")
    page.keyboard.type("leader")
    page.keyboard.press("Tab")
    page.keyboard.type("bu-dui-de-mima")
    page.keyboard.press("Enter")
    expect(page.get_by_text("用户名或密码不正确")).to_be_visible()
    # The name stays; the pointer waits in the password.
    expect(page.get_by_label("用户名")).to_have_value("leader")
    expect(page.get_by_label("密码")).to_be_focused()
