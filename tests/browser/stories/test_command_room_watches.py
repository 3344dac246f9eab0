"""The command room keeps the map open on the wall and follows what is late."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import map_is_drawn


def test_command_room_follows_what_is_late(page: Page, sign_in: Callable[..., Page]) -> None:
    # On the large screen the units stand left, the cases right, the map between them; the room is dark.
    page.set_viewport_size({"width": 1920, "height": 1080})
    page.emulate_media(color_scheme="dark")
    sign_in(page, "desk")
    map_is_drawn(page)
    expect(page.locator(".units-table")).to_be_visible()
    expect(page.locator(".case-row").first).to_be_visible()

    # The officer on duty narrows everything to what is past its limit: map, table and list follow together.
    late = page.locator("#panel-numbers .figure-value").nth(2).inner_text()
    assert int(late) > 0
    page.locator('[data-name="lateness"] summary').click()
    page.get_by_role("group", name="期限").get_by_label("已超期").check()
    page.keyboard.press("Escape")
    expect(page.locator("#panel-numbers .figure-value").first).to_have_text(late)
    expect(page.locator("#list-count")).to_have_attribute("data-total", late)
    expect(page.locator(".case-row")).to_have_count(int(late))

    # Coloured by how they stand, every ring is now the colour of 已超期.
    page.get_by_label("图层", exact=True).click()
    page.get_by_label("按期限").check()
    page.get_by_label("图层", exact=True).click()
    expect(page.locator("#map-legend")).to_contain_text("按期限")

    # He looks up a case by its number, as a caller tells it on the telephone.
    number = page.locator(".case-row").first.get_attribute("data-code")
    assert number
    page.get_by_role("combobox").fill(number)
    expect(page.get_by_role("option").first).to_contain_text(number)
    page.get_by_role("combobox").press("Enter")
    card = page.get_by_role("dialog")
    expect(card).to_contain_text(number)
    expect(card).to_contain_text("已超期")

    # He sends the address to a colleague; it says everything that is on the screen.
    assert f"sel=case:{number}" in page.url
    assert "lateness=late" in page.url

    # Esc closes the card, and registering a new case is one click away.
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(page.get_by_role("link", name="登记事件")).to_be_visible()
