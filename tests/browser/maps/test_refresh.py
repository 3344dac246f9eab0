"""The map's refresh of each minute: it leaves the person where they are, and follows the day."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import map_is_drawn, wait_until

TOP = """() => document.activeElement.getBoundingClientRect().top"""


def codes(page: Page) -> list[str]:
    """Return the codes of the rows listed."""
    return page.eval_on_selector_all(".case-row", "rows => rows.map((row) => row.dataset.code)")


def first_day(address: str) -> date:
    """Return the first day of a request's filter."""
    return date.fromisoformat(parse_qs(urlsplit(address).query)["from"][0])


def test_a_refresh_keeps_rows_place_and_focus(page: Page, sign_in: Callable[..., Page]) -> None:
    page.clock.install()
    sign_in(page, "leader", "/map?tab=cases")
    map_is_drawn(page)
    page.locator(".case-row").first.wait_for()
    shown = len(codes(page))
    page.locator("#list-more").click()
    wait_until(page, f"() => document.querySelectorAll('.case-row').length === {2 * shown}")
    before = codes(page)
    chosen = page.locator(".case-row").nth(shown + 3)
    chosen.focus()
    place = page.evaluate(TOP)

    def one_gone_one_new(route: Route) -> None:
        """The first row ended meanwhile, and two others came."""
        answer: Any = route.fetch()
        told = answer.json()
        if "page=" not in route.request.url and "after=" not in route.request.url:
            second = told["items"][1]
            told["items"] = [{**second, "case_code": f"220102-2026-99{n:05}"} for n in (1, 2)] + told["items"][1:]
        route.fulfill(response=answer, body=json.dumps(told))

    page.route(lambda address: urlsplit(address).path == "/cases", one_gone_one_new)
    page.clock.run_for(61_000)
    expect(page.locator(".case-row").first).to_have_attribute("data-code", "220102-2026-9900001")
    after = codes(page)
    assert before[1:] == after[2 : len(before) + 1]
    expect(page.locator(f'.case-row[data-code="{before[shown + 3]}"]')).to_be_focused()
    assert abs(page.evaluate(TOP) - place) < 2
    page.unroute_all(behavior="wait")


def test_a_refresh_keeps_the_focus_in_the_table_and_the_numbers(page: Page, sign_in: Callable[..., Page]) -> None:
    page.clock.install()
    sign_in(page, "leader")
    map_is_drawn(page)

    def more_each_time(route: Route) -> None:
        """Each answer differs from the one before, whichever of them the page shows when it is asked."""
        answer: Any = route.fetch()
        told, more = answer.json(), next(grown)
        for counted in (told, *told["items"]):
            counted["total"] += more
        route.fulfill(response=answer, body=json.dumps(told))

    grown = count(1)
    figure = page.locator("#panel-numbers .figure-value").first
    page.route("**/counts.json?*", more_each_time)
    for wanted in (
        ".units-table tbody tr:nth-child(3) th button",
        ".units-table thead th:nth-child(2) button",
        "#panel-numbers a >> nth=1",
    ):
        control = page.locator(wanted)
        control.focus()
        expect(control).to_be_focused()
        name, said = control.inner_text(), figure.inner_text()
        page.clock.run_for(61_000)
        expect(figure).not_to_have_text(said)
        expect(control).to_be_focused()
        assert control.inner_text() == name
    page.unroute_all(behavior="wait")


def test_after_midnight_the_last_seven_days_are_others(page: Page, sign_in: Callable[..., Page]) -> None:
    page.clock.install()
    with page.expect_request(lambda request: "/counts.json" in request.url) as asked:
        sign_in(page, "leader", "/map?period=7d")
    map_is_drawn(page)
    first = first_day(asked.value.url)
    following = first + timedelta(days=1)
    with (
        page.expect_request(lambda request: "/counts.json" in request.url) as counts,
        page.expect_request(lambda request: "/cases?" in request.url) as listed,
        page.expect_request(lambda request: "/tiles/cases/" in request.url and f"from={following}" in request.url),
    ):
        page.clock.fast_forward("24:00:00")
    assert first_day(counts.value.url) == following
    assert first_day(listed.value.url) == following
    expect(page.locator("#list-all")).to_have_attribute("href", f"/cases?from={following}&unit=220102200000000")
