"""The editor in the browser: corners are dragged, steps taken back, and whoever comes later is told."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import Live, Watch, wait_until
from tests.browser.units.conftest import corners, draw_line, grids_of, open_editor

GRID = "220102200001001"


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Drag with the mouse, in steps as a hand does."""
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2, steps=4)
    page.mouse.move(*end, steps=4)
    page.mouse.up()


def rounded(places: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Places in whole pixels, in an order of their own."""
    return sorted((round(x), round(y)) for x, y in places)


def settled(page: Page, expected: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """The corners once they are drawn anew: the drawing follows the data by a few frames."""
    for _ in range(300):
        if rounded(corners(page)) == rounded(expected):
            break
        page.wait_for_timeout(100)
    return rounded(corners(page))


def middle_of(places: list[tuple[float, float]]) -> tuple[float, float]:
    """The mean of places on the screen."""
    return sum(x for x, _ in places) / len(places), sum(y for _, y in places) / len(places)


def pulled_in(page: Page) -> tuple[tuple[float, float], tuple[float, float]]:
    """A corner that can be seen, and a place a little further inside the grid."""
    places = corners(page)
    size = page.viewport_size or {"width": 1440, "height": 900}
    x, y = next((x, y) for x, y in places if 400 < x < size["width"] - 80 and 90 < y < size["height"] - 80)
    inside = middle_of(places)
    return (x, y), (x + (inside[0] - x) * 0.3, y + (inside[1] - y) * 0.3)


def test_a_corner_is_moved_taken_back_and_cancelled(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "admin", f"/units/{GRID}/edit")
    open_editor(page)
    undo, preview = page.get_by_role("button", name="撤销一步"), page.get_by_role("button", name="预览")
    page.keyboard.press("m")
    before = corners(page)
    expect(undo).to_be_disabled()
    start, end = pulled_in(page)
    drag(page, start, end)
    expect(undo).to_be_enabled()
    expect(preview).to_be_enabled()
    undo.click()
    expect(undo).to_be_disabled()
    assert settled(page, before) == rounded(before)
    drag(page, start, end)
    expect(undo).to_be_enabled()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="移动角点")).to_have_attribute("aria-pressed", "false")
    expect(preview).to_be_disabled()


def test_a_line_that_does_not_cut_is_explained(page: Page, sign_in: Callable[..., Page], watch: Watch) -> None:
    watch.allow("400")
    sign_in(page, "admin", f"/units/{GRID}/edit")
    open_editor(page)
    page.keyboard.press("s")
    box = page.locator("[data-edit-map]").bounding_box()
    assert box
    draw_line(page, (box["x"] + 20, box["y"] + 20), (box["x"] + 80, box["y"] + 20))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("alert")).to_contain_text("分割线没有经过")


def test_the_later_of_two_administrators_is_told_and_loses_nothing(
    page: Page, browser: Browser, fresh: Live, sign_in: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("409")
    before = grids_of(fresh.database)
    sign_in(page, "admin", f"/units/{GRID}/edit", at=fresh)
    open_editor(page)
    other = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN").new_page()
    sign_in(other, "admin", f"/units/{GRID}/edit", at=fresh)
    open_editor(other)
    for editor in (page, other):
        editor.keyboard.press("s")
        editor.get_by_role("button", name="从正中竖分").click()
        editor.get_by_role("button", name="预览").click()
        expect(editor.locator(".part")).to_have_count(2)
    other.get_by_role("button", name="保存为草稿").click()
    other.wait_for_url("**/units/versions/*")
    page.get_by_role("button", name="保存为草稿").click()
    told = page.get_by_role("alert")
    expect(told).to_contain_text("周清和")
    expect(told).to_contain_text("打开该版本")
    expect(page.locator(".part")).to_have_count(2)
    assert [code for code, _, _ in grids_of(fresh.database)] == [code for code, _, _ in before]
    wait_until(page, "() => !document.querySelector('[data-editor]').hasAttribute('aria-busy')")
    other.context.close()


def test_corners_are_moved_added_and_removed_by_keyboard_alone(
    page: Page, watch: Watch, sign_in: Callable[..., Page]
) -> None:
    sign_in(page, "admin", f"/units/{GRID}/edit")
    open_editor(page)
    page.keyboard.press("m")
    words, place = page.locator("[data-corner-words]"), page.locator("[data-corner-place]")
    expect(page.locator("[data-corner-pad]")).to_be_focused()
    expect(place).to_contain_text("角点 1／")
    total = int(place.inner_text().split("／")[1])
    page.keyboard.press("PageDown")
    expect(place).to_have_text(f"角点 2／{total}")
    page.keyboard.press("PageUp")
    page.keyboard.press("PageUp")
    expect(place).to_have_text(f"角点 {total}／{total}")
    page.keyboard.press("ArrowRight")
    expect(words).to_contain_text("已向东移动 1 米。")
    page.get_by_label("每按一次移动").select_option("5")
    page.locator("[data-corner-pad]").focus()
    page.keyboard.press("ArrowDown")
    expect(words).to_contain_text("已向南移动 5 米。")
    page.keyboard.press("Insert")
    expect(place).to_contain_text(f"／{total + 1}")
    page.keyboard.press("Delete")
    expect(place).to_contain_text(f"／{total}")
    expect(words).to_have_attribute("role", "status")
    page.keyboard.press("Control+z")
    expect(place).to_contain_text(f"／{total + 1}")
    # this corner lies on the border of the town: what would reach beyond it is refused in words, and nothing is lost
    watch.allow("400")
    page.keyboard.press("Enter")
    expect(page.get_by_text("请不要越过上级边界")).to_be_visible()
    expect(place).to_contain_text(f"／{total + 1}")


def test_the_border_with_a_neighbour_is_moved_without_a_gap(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "admin", f"/units/{GRID}/edit")
    open_editor(page)
    page.get_by_role("button", name="公共边界").click()
    expect(page.get_by_role("button", name="预览")).to_be_disabled()
    page.get_by_role("group", name="移动与哪个相邻区划的公共边界").get_by_role("radio").first.check()
    expect(page.locator("[data-corner-place]")).to_contain_text("角点 1／")
    page.locator("[data-corner-pad]").focus()
    page.keyboard.press("Insert")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    result = page.locator("[data-result]")
    expect(result).to_contain_text("修改后")
    expect(result).to_contain_text("没有缝隙和重叠")
