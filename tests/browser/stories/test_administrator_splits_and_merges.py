"""An administrator splits a grid that has grown too large, publishes, and later merges the two again."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Live
from tests.browser.units.conftest import draw_line, grids_of, open_editor


def publish(page: Page) -> None:
    """Publish the clean version whose page is open."""
    expect(page.get_by_text("没有错误，可以发布。")).to_be_visible()
    page.get_by_role("button", name="发布", exact=True).click()
    expect(page.get_by_text("已发布，自生效日期起使用。")).to_be_visible()


def test_administrator_splits_a_grid_and_merges_it_back(page: Page, fresh: Live, sign_in: Callable[..., Page]) -> None:
    before = grids_of(fresh.database)
    code, name, whole = before[0]

    # From the grid's page one click leads to the editor.
    sign_in(page, "admin", f"/units/{code}", at=fresh)
    page.get_by_role("link", name="编辑边界").click()
    open_editor(page)

    # He draws a line across the grid, from outside to outside, and sees two parts with their areas.
    page.get_by_role("button", name="分割", exact=False).first.click()
    box = page.locator("[data-edit-map]").bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2
    draw_line(page, (middle, box["y"] + 25), (middle, box["y"] + box["height"] - 25))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="预览").click()
    parts = page.locator(".part")
    expect(parts).to_have_count(2)

    # The larger part keeps code and name; the other gets the next free code, and he names it.
    expect(parts.first.get_by_label("代码")).to_have_value(code)
    new_code = parts.nth(1).get_by_label("代码").input_value()
    assert new_code not in {other for other, _, _ in before}
    parts.nth(1).get_by_label("名称").fill("新设网格")
    page.get_by_role("button", name="保存为草稿").click()

    # The draft shows no fault; published, the village has one grid more and not a square metre less.
    page.wait_for_url("**/units/versions/*")
    publish(page)
    after = grids_of(fresh.database)
    assert [other for other, _, _ in after] == sorted([*(other for other, _, _ in before), new_code])
    pieces = {other: geom for other, _, geom in after if other in (code, new_code)}
    assert abs(pieces[code].union(pieces[new_code]).area - whole.area) < 1e-9 * whole.area
    assert pieces[code].intersection(pieces[new_code]).area < 1e-14

    # It was a mistake: he opens the editor again, chooses the new grid as the one to join, and previews.
    page.goto(f"{fresh.url}/units/{code}/edit")
    open_editor(page)
    page.keyboard.press("g")
    page.get_by_role("checkbox", name="新设网格").check()
    page.get_by_role("button", name="预览").click()
    expect(page.locator("[data-result]")).to_contain_text("发布后撤销")
    page.get_by_role("button", name="保存为草稿").click()
    page.wait_for_url("**/units/versions/*")

    # The page says what is still at the grid that ends, and who takes over.
    ending = page.get_by_role("region", name="撤销的区划")
    expect(ending).to_contain_text("新设网格")
    expect(ending).to_contain_text("没有未办结事件和岗位")
    expect(ending).to_contain_text(f"承接：{name}")
    publish(page)

    # The outline is what it was, and the code that ended is kept in the history, never to be used again.
    again = {other: geom for other, _, geom in grids_of(fresh.database)}
    assert new_code not in again
    assert again[code].symmetric_difference(whole).area < 1e-9 * whole.area
    page.goto(f"{fresh.url}/units/{new_code}")
    expect(page.get_by_text("已撤销")).to_be_visible()
