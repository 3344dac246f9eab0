"""A leader opens the map in a meeting and asks why one village is dark."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import map_is_drawn


def test_leader_drills_from_the_town_to_the_case(page: Page, sign_in: Callable[..., Page]) -> None:
    # She signs in and the map of her own town is there; nothing had to be chosen.
    sign_in(page, "leader")
    map_is_drawn(page)
    expect(page.locator("#panel-heading h2")).to_have_text("幸福乡")

    # She wants to see risk: the layer switch shades the villages by their high-risk cases, and the legend says so.
    page.get_by_label("图层", exact=True).click()
    page.get_by_label("高风险事件数").check()
    expect(page.locator("#map-legend")).to_contain_text("高风险事件数")
    page.get_by_label("图层", exact=True).click()

    # The table is sorted by risk; the village on top has the most.
    page.get_by_role("button", name="高风险").click()
    top = page.locator(".units-table tbody tr").first
    village = top.locator("th button").inner_text()
    risky = int(top.locator("td").nth(3).inner_text())
    assert risky > 0

    # A click on it shows its card; “下钻” goes in, and the path above says where she is.
    top.locator("td").first.click()
    card = page.get_by_role("dialog")
    expect(card).to_contain_text(village)
    card.get_by_role("button", name="下钻").click()
    expect(page.locator("#panel-heading h2")).to_have_text(village)
    expect(page.get_by_role("navigation", name="区划层级")).to_contain_text("幸福乡")

    # The number of high-risk cases opens exactly these cases.
    figure = page.locator("#panel-numbers a", has_text="高风险")
    expect(figure).to_contain_text(str(risky))
    figure.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("事件")
    expect(page.locator("main")).to_contain_text(f"{risky}")

    # Back on the map she is where she was, takes one case from the list and opens its page.
    page.go_back()
    map_is_drawn(page)
    expect(page.locator("#panel-heading h2")).to_have_text(village)
    page.get_by_role("button", name="事件列表", exact=True).click()
    row = page.locator(".case-row").first
    title = row.locator(".case-title").inner_text()
    row.click()
    expect(page.get_by_role("dialog")).to_contain_text(title)
    page.get_by_role("dialog").get_by_role("link", name="打开事件").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)
