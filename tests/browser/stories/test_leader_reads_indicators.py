"""A leader reads the indicators of the year before a meeting and asks which cases a number is made of."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_every_number_opens_its_rows(page: Page, sign_in: Callable[..., Page]) -> None:
    # He opens 指标; the year of his own town is there, each figure with its formula beneath.
    sign_in(page, "leader")
    page.get_by_role("navigation", name="主导航").get_by_role("link", name="指标").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("指标")
    page.get_by_role("link", name="去年", exact=True).click()
    expect(page.get_by_role("link", name="去年", exact=True)).to_have_attribute("aria-current", "true")
    figure = page.locator("[data-indicator=satisfied]")
    expect(figure).to_contain_text("群众满意率 =")
    expect(figure).to_contain_text("同比")

    # Who was not satisfied? The number beside “未达到” opens as many rows as it says.
    link = figure.locator(".figure-sides a").last
    count = number(link.inner_text())
    assert count > 0
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("群众满意率：未达到")
    expect(page.locator(".figure-told strong")).to_have_text(str(count))
    expect(page.locator(".figure-table tbody tr")).to_have_count(min(count, 30))

    # One of them is opened, and its history tells what was said.
    title = page.locator(".figure-table tbody a").first
    words = title.inner_text()
    title.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    expect(page.locator("main")).to_contain_text("回访不满意")
    page.go_back()

    # The denominator has several pages; turning them all gives the number.
    page.get_by_role("navigation", name="范围").get_by_role("link", name="分母").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("群众满意率：分母")
    whole, seen = number(page.locator(".figure-told strong").inner_text()), 0
    following = page.get_by_role("link", name="下一页")
    while True:
        seen += page.locator(".figure-table tbody tr").count()
        if not following.count():
            break
        address = following.get_attribute("href")
        following.click()
        page.wait_for_url(lambda url, end=address: url.endswith(end or ""))
        expect(page.locator(".figure-told strong")).to_have_text(f"{whole:,}")
    assert seen == whole > count
