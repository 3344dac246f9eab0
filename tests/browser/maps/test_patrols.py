"""巡查 on the map: coverage with its legend and slider of days, points, people on duty, and words where there is too much to draw."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import TOWN, map_is_drawn, wait_until


def switch(page: Page, name: str) -> None:
    """Turn a layer on or off."""
    page.get_by_role("group", name="图层").get_by_label(name).click()


def test_coverage_is_drawn_with_its_legend_and_days(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", f"/map?unit={TOWN}")
    map_is_drawn(page)
    page.locator("summary[aria-label=图层]").click()
    switch(page, "巡查覆盖")
    wait_until(page, "() => Number(document.querySelector('#map').dataset.cover) > 0")
    legend = page.locator("#map-legend")
    expect(legend).to_contain_text("巡查覆盖 · 最近 7 天")
    for words in ("已覆盖", "未覆盖", "不清楚"):
        expect(legend).to_contain_text(words)
    slider = page.get_by_role("slider", name="最近几天的巡查")
    slider.focus()
    with page.expect_response(lambda answer: "/patrols/cover.json" in answer.url and "days=8" in answer.url):
        slider.press("ArrowRight")
    assert "days=8" in page.url
    assert "cover" in page.url
    page.reload()
    map_is_drawn(page)
    wait_until(page, "() => Number(document.querySelector('#map').dataset.cover) > 0")
    expect(page.locator("#map-legend")).to_contain_text("最近 8 天")


def test_points_are_drawn_by_whether_somebody_was_there(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", f"/map?unit={TOWN}&days=1")
    map_is_drawn(page)
    page.locator("summary[aria-label=图层]").click()
    switch(page, "巡查点位")
    wait_until(page, "() => Number(document.querySelector('#map').dataset.points) > 0")
    legend = page.locator("#map-legend")
    for words in ("巡查点位 · 最近 1 天", "有人到过", "没有人到过"):
        expect(legend).to_contain_text(words)
    with page.expect_response(lambda answer: "/patrols/points" in answer.url and "days=90" in answer.url) as told:
        page.get_by_role("slider", name="最近几天的巡查").press("End")
    items = told.value.json()["items"]
    assert {bool(item["times"]) for item in items} == {True, False}
    expect(legend).to_contain_text("最近 90 天")
    assert "points" in page.url
    switch(page, "巡查点位")
    expect(legend).not_to_contain_text("巡查点位")


def test_a_district_says_that_there_is_too_much_to_draw(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "district", "/map?layers=borders,cover")
    map_is_drawn(page)
    expect(page.get_by_text("覆盖情况请进入乡镇街道后查看")).to_be_visible()


def test_who_is_not_to_see_patrols_is_not_offered_them(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "handler", "/map?layers=borders,cases,cover,duty")
    map_is_drawn(page)
    page.locator("summary[aria-label=图层]").click()
    expect(page.get_by_role("group", name="图层").get_by_label("事件点与聚合")).to_be_visible()
    expect(page.get_by_role("group", name="图层").get_by_label("巡查覆盖")).to_have_count(0)
    expect(page.get_by_role("group", name="图层").get_by_label("在岗人员")).to_have_count(0)
