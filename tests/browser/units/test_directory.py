"""The directory in the browser: the tree by keyboard, the map that opens a unit, the phone."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import TOWN, wait_until
from tests.browser.units.conftest import VILLAGE, map_is_there


def test_the_tree_is_walked_with_the_keyboard(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", "/units")
    root = page.get_by_role("treeitem", name="幸福乡").first
    expect(root).to_have_attribute("aria-expanded", "true")
    root.focus()
    page.keyboard.press("ArrowLeft")
    expect(root).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    village = page.locator(f'[data-code="{VILLAGE}"]')
    expect(village).to_be_focused()
    page.keyboard.press("ArrowRight")
    grids = village.get_by_role("treeitem")
    expect(grids.first).to_be_visible()
    page.keyboard.press("ArrowDown")
    expect(grids.first).to_be_focused()
    page.keyboard.press("ArrowLeft")
    expect(village).to_be_focused()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    expect(root).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("惠民嘉苑社区")
    expect(page.locator(f'[data-code="{VILLAGE}"]')).to_have_attribute("aria-selected", "true")


def test_a_click_on_the_map_opens_the_unit(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader", "/units")
    map_is_there(page)
    wait_until(
        page,
        "document.querySelector('[data-unit-map]').gridmap.queryRenderedFeatures({ layers: ['units-land'] }).length > 0",
    )
    box = page.locator("[data-unit-map]").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.wait_for_url("**/units/2*")
    expect(page.get_by_role("heading", level=1)).to_be_visible()


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page, sign_in: Callable[..., Page]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "admin", f"/units/{TOWN}")
    for path in (f"/units/{TOWN}", "/units", "/units/import", "/units/versions", f"/units/{VILLAGE[:-3]}001/edit"):
        page.goto(page.url.split("/units")[0] + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
    page.goto(page.url.split("/units")[0] + "/units")
    expect(page.get_by_role("tree")).to_be_hidden()
    page.get_by_text("区划目录").click()
    expect(page.get_by_role("tree")).to_be_visible()
