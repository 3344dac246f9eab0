"""Light and dark: the system decides until a person does, and the person's choice stays."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

INK = "() => getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()"
FAULT = "() => getComputedStyle(document.documentElement).getPropertyValue('--fault-error').trim()"


def test_the_system_decides_until_a_person_does(page: Page, sign_in: Callable[..., Page]) -> None:
    page.emulate_media(color_scheme="light")
    sign_in(page, "leader", "/units/versions")
    light, mark = page.evaluate(INK), page.evaluate(FAULT)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(INK)
    assert dark != light
    assert page.evaluate(FAULT) != mark
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="切换明暗").click()
    assert page.evaluate(INK) == light
    page.reload()
    assert page.evaluate(INK) == light
    page.emulate_media(color_scheme="light")
    page.locator("details.menu summary").last.click()
    page.get_by_role("button", name="切换明暗").click()
    assert page.evaluate(INK) == dark
