"""A resident walks in and the desk registers what they say, by keyboard alone; a neighbour comes about the same thing and is joined.

What is counted is key presses beside the words themselves, never seconds: that is what a slow machine cannot change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from tests.browser.conftest import serve
from tests.factories import TOWN_A, Factories

MOST_KEYS = 8  # Tab, Enter and F-keys for a whole walk-in


@pytest.fixture
def desk(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[tuple[Page, Callable[[], Any]]]:
    """The desk of the small world, signed in, and a look into its tables."""
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    username, password = make.account((Role.CENTRE_STAFF, TOWN_A), name="何静")
    for server in serve(url, tmp_path):
        context = browser.new_context(
            locale="zh-CN", timezone_id="Asia/Shanghai", viewport={"width": 1440, "height": 900}
        )
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
        page.goto(f"{server.url}/login")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda address: "/login" not in address)
        page.goto(f"{server.url}/desk")
        yield page, owner
        context.close()
    engine.dispose()


class Keyboard:
    """Types and counts every key that is no word."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def words(self, words: str) -> None:
        """Type words where the focus is."""
        self.page.keyboard.type(words)

    def key(self, name: str) -> None:
        """Press a key that moves or saves."""
        self.page.keyboard.press(name)
        self.pressed += 1


def test_a_walk_in_and_the_neighbour_by_keyboard(desk: tuple[Page, Callable[[], Any]]) -> None:
    page, owner = desk
    keyboard = Keyboard(page)

    # The focus is on the name already; Enter goes on from line to line, F9 saves.
    expect(page.get_by_label("姓名")).to_be_focused()
    keyboard.words("欧阳测试")
    keyboard.key("Enter")
    keyboard.words("13800001234")
    keyboard.key("Enter")
    keyboard.words("楼上漏水滴到厨房")
    keyboard.key("Enter")
    keyboard.words("0101")
    keyboard.key("Tab")
    keyboard.words("幸福路 12 号 3 单元")
    keyboard.key("F9")
    expect(page.get_by_role("heading", level=1)).to_have_text("受理单")
    assert keyboard.pressed <= MOST_KEYS
    expect(page.locator(".receipt")).to_contain_text("欧*")
    expect(page.locator(".receipt")).to_contain_text("138****1234")
    first = page.locator(".receipt-code").inner_text()

    # F2 on the receipt calls the next; what was just told is offered while the words are typed, and one key joins.
    page.keyboard.press("F2")
    expect(page.get_by_label("姓名")).to_be_focused()
    keyboard.words("司徒测试")
    keyboard.key("F4")
    keyboard.words("楼上漏水")
    expect(page.locator("#similar li")).to_have_count(1)
    expect(page.locator("#similar")).to_contain_text("楼上漏水滴到厨房")
    expect(page.locator("#similar")).to_contain_text("刚刚")
    keyboard.key("F8")
    keyboard.words("0101")
    page.keyboard.press("Alt+1")
    expect(page.get_by_text(f"已登记并并入事件 {first}")).to_be_visible()

    # Nothing of who they are is in the database in plain; both are kept with the first case.
    with owner() as session:
        kept = session.execute(text("select count(*), count(from_case) from case_parties where case_id ="
                                    " (select id from cases where case_code = :code)"), {"code": first}).one()  # fmt: skip
        assert tuple(kept) == (2, 1)
        dump = session.execute(text("select string_agg(p::text, ' ') from case_parties p")).scalar_one()
    assert "欧阳" not in dump
    assert "欧阳".encode().hex() not in dump
    assert b"13800001234".hex() not in dump


def test_a_form_sent_too_early_says_what_is_missing(desk: tuple[Page, Callable[[], Any]]) -> None:
    page, _owner = desk
    page.keyboard.type("欧阳测试")
    page.keyboard.press("F9")
    expect(page.get_by_text("请填写标题。").or_(page.get_by_text("请选择类别。")).first).to_be_visible()
    expect(page.get_by_label("姓名")).to_have_value("欧阳测试")
    expect(page.locator("[aria-invalid]").first).to_be_focused()
