"""The phone app by a checker of WCAG 2.2 AA (axe-core), in both sizes of type and both themes, with buttons for a thumb; and by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.field.conftest import PIN, Phone, phone_of
from tests.browser.people import Crew
from tests.factories import GRID_A11

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
LEAST_PX = 48
NARROW = """(least) => {
  const shown = [...document.querySelectorAll("button, a, input, select, textarea")].filter((one) => one.checkVisibility());
  const told = (one, why) => `${one.outerHTML.slice(0, 90)}: ${why}`;
  const found = document.documentElement.scrollWidth > innerWidth ? [`the page is ${document.documentElement.scrollWidth} px wide`] : [];
  for (const one of shown) {
    const box = one.getBoundingClientRect();
    if (box.left < -1 || box.right > innerWidth + 1) found.push(told(one, "beyond the edge"));
    if (one.matches("button, a.wide") && box.height < least - 0.5) found.push(told(one, `${box.height} px high`));
  }
  return found;
}"""
SCREENS: dict[str, Callable[[Phone], Any]] = {
    "today": lambda phone: phone.go("today"),
    "report": lambda phone: phone.go("report"),
    "queue": lambda phone: phone.go("queue"),
    "me": lambda phone: phone.go("me"),
    "check": lambda phone: phone.page.evaluate("location.hash = 'check'"),
    "lock": lambda phone: phone.open(),
}


def faults_of(page: Page) -> list[str]:
    """What the checker finds wrong with what is shown, in words."""
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{one['id']}: {node['html'][:120]} {node.get('failureSummary', '')}" for one in found for node in one["nodes"]
    ]


@pytest.fixture
def busy(crew: Crew, request: pytest.FixtureRequest) -> Phone:
    """The phone of somebody with a task, a report in the queue, a point and a plan."""
    phone = phone_of(crew, f"忙人{request.node.callspec.id if hasattr(request.node, 'callspec') else ''}")
    if not crew.rows("select 1 from patrol_points where name = '北门水泵'"):
        crew.make.patrol_plan(
            GRID_A11, crew.make.patrol_point(GRID_A11, name="北门水泵"), name="夜间路线", every_days=7
        )
        crew.make.patrol_plan(GRID_A11, percent=80, every_days=7, name="每周走遍")
    phone.set_up()
    phone.answer("**/field/sync", 503)
    phone.report(title="楼道堆物")
    return phone


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("large", [False, True], ids=["plain", "large"])
def test_every_screen_can_be_read_and_reached(busy: Phone, large: bool, scheme: Any) -> None:
    busy.page.emulate_media(color_scheme=scheme)
    if large:
        busy.go("me")
        busy.page.get_by_label("大字").check()
    wrong = []
    for name, show in SCREENS.items():
        show(busy)
        if name == "lock":
            expect(busy.page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
        if name == "today":
            expect(busy.page.get_by_text("夜间路线")).to_be_visible()
        assert busy.page.evaluate("document.documentElement.classList.contains('large')") is large, name
        wrong += [f"{name}: {one}" for one in (*busy.page.evaluate(NARROW, LEAST_PX), *faults_of(busy.page))]
    assert not wrong, "\n".join(wrong)


def test_a_report_is_made_with_the_keyboard_alone(crew: Crew) -> None:
    phone = phone_of(crew, "键盘人")
    phone.set_up()
    page = phone.page
    page.goto(page.url.split("#")[0])  # the lock
    expect(page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    for digit in PIN:
        reach(page, digit)
        page.keyboard.press("Enter")
    expect(phone.sending).to_have_text("全部已送达")
    for name in ("上报", "邻里纠纷"):
        reach(page, name)
        page.keyboard.press("Enter")
    reach(page, "标题")
    page.keyboard.type("键盘上报")
    reach(page, "保存并上报")
    page.keyboard.press("Enter")
    expect(phone.item("键盘上报")).to_contain_text("已送达")


def reach(page: Page, name: str, most: int = 80) -> None:
    """Press Tab until what has this name has the focus and shows it."""
    script = """() => {
      const at = document.activeElement, style = getComputedStyle(at);
      const label = at.labels?.[0]?.textContent ?? at.getAttribute("aria-label") ?? at.textContent;
      return [label.trim(), style.outlineStyle !== "none" || style.boxShadow !== "none"];
    }"""
    for _ in range(most):
        label, shown = page.evaluate(script)
        if label.startswith(name):
            assert shown, f"{name}: the focus is not shown"
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not reach {name}")
