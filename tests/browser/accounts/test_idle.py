"""The end of a sign-in that nobody used: an open page does not keep it alive, and says so when it has ended."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, Request, expect

from tests.browser.conftest import Live, Watch, map_is_drawn


def asked_by(request: Request) -> str:
    """Return who a request says asks."""
    return request.headers.get("x-gridmap-by", "")


def minutes_pass(page: Page) -> None:
    """Let the page's timers of a minute come, without waiting for them."""
    page.clock.run_for(61_000)


def test_a_page_says_that_the_sign_in_has_ended(
    page: Page, live: Live, sign_in: Callable[..., Page], watch: Watch
) -> None:
    watch.allow("401")
    page.clock.install()
    with page.expect_response(lambda answer: "/notices/count" in answer.url):
        sign_in(page, "leader", "/cases?status=open")
    page.context.clear_cookies()
    minutes_pass(page)
    said = page.locator("#signed-out")
    expect(said).to_contain_text("登录已失效，请重新登录")
    expect(said.get_by_role("link", name="重新登录")).to_have_attribute("href", "/login?next=%2Fcases%3Fstatus%3Dopen")
    expect(page.locator("#signed-out")).to_have_count(1)


def test_badges_tell_whether_somebody_is_there(page: Page, live: Live, sign_in: Callable[..., Page]) -> None:
    page.clock.install()
    with page.expect_response(lambda answer: "/notices/count" in answer.url):
        sign_in(page, "leader", "/cases")
    with page.expect_request(lambda request: "/notices/count" in request.url) as asked:
        minutes_pass(page)
    assert asked_by(asked.value) == "timer"
    page.locator("body").press("Shift")
    with page.expect_request(lambda request: "/notices/count" in request.url) as asked:
        minutes_pass(page)
    assert asked_by(asked.value) == "person"


def test_the_map_says_what_its_timer_asks_and_what_the_person(
    page: Page, live: Live, sign_in: Callable[..., Page], watch: Watch
) -> None:
    page.clock.install()
    sign_in(page, "leader")
    map_is_drawn(page)
    kinds = ("/counts.json", "/cases?", "/tiles/cases/")
    seen: list[Request] = []
    page.on("request", lambda request: seen.append(request))
    with (
        page.expect_response(lambda answer: kinds[0] in answer.url),
        page.expect_response(lambda answer: kinds[1] in answer.url),
        page.expect_response(lambda answer: kinds[2] in answer.url),
    ):
        minutes_pass(page)
    refreshed = [one for one in seen if any(kind in one.url for kind in kinds)]
    assert refreshed
    assert {asked_by(one) for one in refreshed} == {"timer"}
    with page.expect_request(lambda request: kinds[0] in request.url) as asked:
        page.get_by_role("button", name="近 7 天").click()
    assert asked_by(asked.value) == ""
    watch.allow("401")
    page.context.clear_cookies()
    minutes_pass(page)
    expect(page.locator("#map-banner").get_by_role("link", name="重新登录")).to_be_visible()
    expect(page.locator("#signed-out")).to_have_count(0)
