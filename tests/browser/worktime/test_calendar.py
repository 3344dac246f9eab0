"""The work calendar in the browser: a day changed by keyboard alone, and the pages on a phone."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Page, expect

from gridmap.clock import today
from tests.browser.conftest import Live, Watch

LIMIT = "/worktime/trial?start=2026-09-30T17:30&kind=work_hours&amount=4"


def test_a_day_is_changed_by_keyboard(page: Page, fresh: Live, sign_in: Callable[..., Page], watch: Watch) -> None:
    watch.allow(r"status of 400 .*/worktime/days")  # the reason is left out once
    year = today().year + 1
    sign_in(page, "admin", f"/worktime?year={year}", at=fresh)
    expect(
        page.get_by_text(f"{year} 年的放假安排尚未公布，按周末计算。").or_(page.get_by_text("国庆节").first)
    ).to_be_visible()
    first = page.locator("[data-days] a").first
    first.focus()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    on = today().replace(year=year, month=1, day=1) + timedelta(days=36)
    expect(page.locator(f'[data-day="{on}"]')).to_be_focused()
    page.keyboard.press("Tab")  # the year is one stop
    assert page.evaluate("document.activeElement.closest('[data-days]')") is None
    page.locator(f'[data-day="{on}"]').focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"修改 {on}")).to_be_visible()
    expect(page.get_by_role("radio", name="按星期安排")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("radio", name="放假")).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("停电停工")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # without a reason
    expect(page.get_by_text("请填写修改原因。")).to_be_visible()
    page.get_by_label("修改原因").first.focus()
    page.keyboard.type("线路检修")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("停电停工")
    expect(page.locator(f'[data-day="{on}"]')).to_have_accessible_name(f"{on.month} 月 {on.day} 日 停电停工")
    page.goto(f"{fresh.url}/worktime/trial?start={on}T08:30&kind=work_hours&amount=4")
    expect(page.get_by_role("cell", name="停电停工")).to_be_visible()


def test_nothing_is_wider_than_a_phone(page: Page, sign_in: Callable[..., Page]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    sign_in(page, "admin", "/worktime?year=2026")
    base = page.url.split("/worktime")[0]
    for path in ("/worktime?year=2026", f"/worktime?day={today()}", LIMIT):
        page.goto(base + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        picture(page, path)
    page.set_viewport_size({"width": 1440, "height": 900})
    for path in ("/worktime?year=2026", f"/worktime?day={today()}", LIMIT):
        page.goto(base + path)
        picture(page, "wide" + path)


def picture(page: Page, name: str) -> None:
    if os.environ.get("SHOTS"):
        page.screenshot(
            path=os.environ["SHOTS"] + "/wt_" + "".join(c for c in name if c.isalnum()) + ".png", full_page=True
        )
