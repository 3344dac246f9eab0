"""The map page in a real browser: its address, its numbers, its borders of sight, its keyboard, its bad days."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import TOWN, Live, Watch, map_is_drawn, wait_until

FILTERS = ["", "family=1", "status=open&period=custom", "risk=high,medium&family=1,3", "lateness=late", "period=30d"]
LOCATED_ON_MAP = """() => {
  const map = document.getElementById("map").gridmap;
  const seen = new Set();
  let sum = 0;
  for (const one of map.querySourceFeatures("cases", { sourceLayer: "cases" })) {
    const key = one.properties.case_code ?? one.geometry.coordinates.join();
    if (!seen.has(key)) sum += one.properties.n;
    seen.add(key);
  }
  return sum;
}"""


def whole(page: Page, selector: str) -> int:
    """Return the number a part of the page shows."""
    return int("".join(c for c in page.locator(selector).inner_text() if c.isdigit()) or 0)


def asked_json(page: Page, live: Live, address: str) -> dict[str, Any]:
    """Ask the server for JSON as the signed-in person."""
    return page.request.get(live.url + address, headers={"Accept": "application/json"}).json()


@pytest.mark.parametrize("wanted", FILTERS)
def test_map_list_and_counts_show_the_same_number(
    page: Page, live: Live, sign_in: Callable[..., Page], wanted: str
) -> None:
    with page.expect_response(lambda answer: "/counts.json" in answer.url) as counted:
        sign_in(page, "leader", f"/map?{wanted}")  # straight there: no other map's numbers are asked before
    map_is_drawn(page)
    query = urlsplit(counted.value.url).query
    total = asked_json(page, live, f"/counts.json?{query}")["total"]
    unlocated = asked_json(page, live, f"/counts.json?{query}")["unlocated"]
    sent = "&".join(part for part in query.split("&") if not part.startswith("level="))
    assert asked_json(page, live, f"/cases?{sent}")["total"] == total > 0
    expect(page.locator("#panel-numbers .figure-value").first).to_have_text(f"{total:,}")
    expect(page.locator("#list-count")).to_have_attribute("data-total", str(total))
    # The map fits the whole town, so its clusters and points hold every located case once.
    page.wait_for_function(f"(number) => ({LOCATED_ON_MAP})() === number", arg=total - unlocated)


def test_drilling_down_and_up_keeps_the_numbers(page: Page, live: Live, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader")
    map_is_drawn(page)
    town = whole(page, "#panel-numbers .figure-value >> nth=0")
    first = page.locator(".units-table tbody tr").first
    village, inside = first.locator("th button").inner_text(), int(first.locator("td").first.inner_text())
    assert sum(int(text) for text in page.locator(".units-table td.bar-cell").all_inner_texts()) == town
    first.locator("th button").click()
    expect(page.locator("#panel-heading h2")).to_have_text(village)
    expect(page.locator("#panel-numbers .figure-value").first).to_have_text(str(inside))
    expect(page.locator("#list-count")).to_have_attribute("data-total", str(inside))
    page.get_by_role("navigation", name="区划层级").get_by_role("button", name="幸福乡").click()
    expect(page.locator("#panel-numbers .figure-value").first).to_have_text(str(town))
    page.go_back()
    expect(page.locator("#panel-heading h2")).to_have_text(village)


def test_the_address_holds_the_whole_state(page: Page, live: Live, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader")
    map_is_drawn(page)
    page.locator('[data-name="risk"] summary').click()
    page.get_by_role("group", name="风险").get_by_label("高").check()
    page.get_by_role("button", name="近 30 天").click()
    page.get_by_label("图层", exact=True).click()
    page.get_by_label("按期限").check()
    page.get_by_label("热力").check()
    page.locator(".units-table tbody tr td").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    said = parse_qs(urlsplit(page.url).query)
    assert said["risk"] == ["high"]
    assert said["period"] == ["30d"]
    assert said["color"] == ["lateness"]
    assert said["layers"] == ["borders,cases,heat"]
    assert said["sel"][0].startswith("unit:220102200")
    page.reload()
    map_is_drawn(page)
    expect(page.get_by_role("dialog")).to_be_visible()
    expect(page.get_by_role("button", name="近 30 天")).to_have_attribute("aria-pressed", "true")
    assert parse_qs(urlsplit(page.url).query) == said
    page.go_back()
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_a_colleagues_address_shows_only_what_is_theirs(
    page: Page, live: Live, sign_in: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("404")
    sign_in(page, "leader2", f"/map?unit={TOWN}")
    expect(page.locator("#map-banner")).to_contain_text("没有找到该区划")
    assert "幸福乡" not in page.locator("#panel-units").inner_text()
    page.goto(f"{live.url}/map")
    map_is_drawn(page)
    codes = page.evaluate(
        """() => document.getElementById("map").gridmap.querySourceFeatures("units", { sourceLayer: "units" }).map((f) => f.properties.code)"""
    )
    assert codes
    assert {code[:9] for code in codes} == {"220102003"}
    cases = asked_json(page, live, f"/cases?unit={TOWN}")
    assert cases["total"] == 0
    assert asked_json(page, live, "/map/search.json?q=幸福乡")["units"] == []


def test_the_keyboard_alone_finds_drills_and_closes(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader")
    map_is_drawn(page)
    page.get_by_role("combobox").focus()
    page.keyboard.type("八一社区")
    expect(page.get_by_role("option").first).to_contain_text("八一社区")
    page.keyboard.press("Enter")
    expect(page.locator("#panel-heading h2")).to_have_text("八一社区")
    grid = page.locator(".units-table tbody th button").first
    name = grid.inner_text()
    grid.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-heading h2")).to_have_text(name)
    page.locator("#panel-heading button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#panel-heading h2")).to_have_text("八一社区")
    page.locator("#map canvas").focus()
    middle = "document.getElementById('map').gridmap.getCenter().lng"
    before = page.evaluate(middle)
    page.keyboard.press("ArrowRight")
    wait_until(page, f"{middle} > {before}")
    page.locator(".units-table tbody tr td").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_print_view_says_what_when_and_who(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", "/map?family=3")
    map_is_drawn(page)
    page.get_by_role("button", name="打印视图").click()
    sheet = page.locator("#print-sheet")
    expect(sheet.get_by_role("heading")).to_have_text("幸福乡防控地图")
    expect(sheet).to_contain_text("类别：平安建设")
    expect(sheet).to_contain_text("打印人：林致远")
    expect(sheet.locator(".print-legend")).to_contain_text("事件数")
    expect(sheet.locator(".print-marks span").first).to_contain_text("林致远")
    assert page.evaluate("document.querySelector('.print-map').naturalWidth") > 500
    page.emulate_media(media="print")
    expect(page.locator("#map-area")).to_be_hidden()
    expect(sheet.get_by_role("button", name="打印")).to_be_hidden()
    page.emulate_media(media="screen")
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()


EVERY_TILE = """() => {
  const map = document.querySelector("#map").gridmap;
  const drawn = map.querySourceFeatures("cases", { sourceLayer: "cases" });
  return map.isSourceLoaded("cases") && map.areTilesLoaded() && drawn.length > 0;
}"""


def test_failed_tiles_are_said_and_can_be_tried_again(page: Page, sign_in: Callable[..., Page], watch: Watch) -> None:
    watch.allow("ERR_FAILED|Failed to fetch|AJAXError")

    def refuse(route: Route) -> None:
        route.abort()

    page.route("**/tiles/cases/**", refuse)
    sign_in(page, "leader")
    banner = page.locator("#map-banner")
    expect(banner).to_contain_text("部分地图数据没有取到")
    page.wait_for_load_state("networkidle")  # a tile refused later would be told once more
    page.unroute("**/tiles/cases/**", refuse)
    with page.expect_response(lambda answer: "/tiles/cases/" in answer.url and answer.ok):
        banner.get_by_role("button", name="重试").click()
    expect(banner).to_be_hidden()
    wait_until(page, EVERY_TILE)


def test_an_ended_sign_in_leads_back_to_the_same_map(
    page: Page, live: Live, sign_in: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("401")
    sign_in(page, "leader")
    map_is_drawn(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="近 7 天").click()
    link = page.locator("#map-banner").get_by_role("link", name="重新登录")
    expect(link).to_be_visible()
    assert "period%3D7d" in (link.get_attribute("href") or "")


def test_nothing_in_the_filter_is_said(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", "/map?from=2001-01-01&to=2001-01-02&tab=cases")
    map_is_drawn(page)
    expect(page.locator("#map-empty")).to_be_visible()
    expect(page.locator("#list-items")).to_contain_text("没有符合条件的事件")


def test_measuring_gives_length_and_area(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", "/map?at=125.35000,43.80000,14.00")
    map_is_drawn(page)
    page.get_by_role("button", name="测量距离和面积").click()
    box = page.locator("#map canvas").bounding_box()
    assert box
    for dx, dy, said in ((0, 0, "依次点击"), (100, 0, "距离"), (100, 100, "面积")):
        page.mouse.click(box["x"] + box["width"] / 2 + dx, box["y"] + box["height"] / 2 + dy)
        expect(page.get_by_role("button", name="撤销")).to_be_enabled()
        expect(page.locator(".measure-value")).to_contain_text(said)
    # 200 px at zoom 14 and latitude 43.8 (512 px tiles): 2 × 100 × 78271.517 × cos 43.8° / 2^14 m
    shown = page.locator(".measure-value").inner_text()
    length_m = float(shown.split("距离 ")[1].split(" ")[0])
    assert length_m == pytest.approx(2 * 100 * 78271.517 * 0.72176 / 2**14, rel=0.02)
    assert "公顷" in shown
    page.keyboard.press("Escape")
    expect(page.locator("#map-measure")).to_be_hidden()


def test_a_phone_has_a_sheet_and_no_sideways_scroll(page: Page, sign_in: Callable[..., Page]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "leader")
    map_is_drawn(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    # The town is seen from so far away that tiles of this zoom hold no villages; the map asks for them all the same.
    shaded = """() => new Set(document.getElementById("map").gridmap
      .queryRenderedFeatures({ layers: ["shade"] }).map((f) => f.properties.code)).size"""
    assert page.evaluate(shaded) == page.locator(".units-table tbody tr").count() == 8
    sheet = page.locator("#map-sheet")
    expect(sheet).to_have_attribute("data-step", "half")
    page.locator("#sheet-handle").click()
    expect(sheet).to_have_attribute("data-step", "full")
    page.get_by_role("button", name="事件列表").click()
    expect(page.locator(".case-row").first).to_be_visible()
    assert all(
        box["height"] >= 36 for box in json.loads(page.evaluate(
            """() => JSON.stringify([...document.querySelectorAll(".map-tools .tool, .tabs button")].map((e) => ({ height: e.offsetHeight })))"""
        ))
    )  # fmt: skip
