"""The work list in a browser: what is due first, time in words and colour, several cases at once, saved filters, unread marks."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from tests.browser.conftest import serve
from tests.factories import TOWN_A, Factories

Colour = tuple[int, int, int]


@pytest.fixture
def desk(
    clone: Callable[[], Any], tmp_path: Path, browser: Browser
) -> Iterator[tuple[Page, Factories, Callable[[], Any]]]:
    """The desk of the small world with five cases to register: due at different times, told in no particular order."""
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make, now = Factories(owner), datetime.now(UTC)
    make.world()
    username, password = make.account((Role.CENTRE_STAFF, TOWN_A), name="何静")
    for title, left in (
        ("十天后到期的事", timedelta(days=10, hours=1)),
        ("已经超期的事", -timedelta(hours=5, minutes=1)),
        ("没有期限的事", None),
        ("今天到期的事", timedelta(hours=12, minutes=30)),
        ("刚刚超期的事", -timedelta(minutes=50)),
    ):
        make.case(
            title=title,
            status="received",
            stage_due_at=now + left if left else None,
            received_at=now - timedelta(days=2),
        )
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
        page.wait_for_url(re.compile("/work$"))
        yield page, make, owner
        context.close()
    engine.dispose()


def row(page: Page, title: str) -> Locator:
    """Return the row of a case in the list."""
    return page.locator(".work-table tbody tr", has_text=title)


def colour(tag: Locator) -> Colour:
    """Return the colour of the words of a tag (red, green, blue)."""
    told = tag.evaluate("element => getComputedStyle(element).color")
    red, green, blue = re.findall(r"\d+", told)[:3]
    return int(red), int(green), int(blue)


def test_what_is_due_first_is_on_top_and_says_so_in_words_and_colour(desk: Any) -> None:
    page, _make, _owner = desk
    expect(page.locator(".work-table .case-title")).to_have_text(
        [
            re.compile(title)
            for title in ("已经超期的事", "刚刚超期的事", "今天到期的事", "十天后到期的事", "没有期限的事")
        ]
    )
    tags = {title: row(page, title).locator(".case-late") for title in ("已经超期", "今天到期", "十天后", "没有期限")}
    expect(tags["已经超期"]).to_have_text(re.compile("^已超期 5 小时"))
    expect(tags["今天到期"]).to_have_text("还剩 12 小时")
    expect(tags["十天后"]).to_have_text(re.compile("^还剩 10 天"))
    expect(tags["没有期限"]).to_have_text("未定期限")
    late, soon, far = (colour(tags[title]) for title in ("已经超期", "今天到期", "十天后"))
    assert late[0] > 2 * max(late[1:])  # red
    assert soon[0] > soon[1] > soon[2]  # orange
    assert far[2] > far[0]  # blue
    expect(page.get_by_role("navigation", name="主导航")).to_contain_text("待办5")


def test_several_cases_are_registered_at_once(desk: Any) -> None:
    page, _make, owner = desk
    page.get_by_role("link", name=re.compile("^待受理")).click()
    expect(page.locator(".work-groups [aria-current]")).to_have_text(re.compile("待受理"))
    row(page, "已经超期的事").get_by_role("checkbox").check()
    row(page, "刚刚超期的事").get_by_role("checkbox").check()
    expect(page.locator("[data-ticked]")).to_have_text(re.compile("2 件"))
    page.get_by_role("button", name=re.compile("批量办理")).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("批量登记受理")
    with owner() as session:  # somebody was faster with one of them
        session.execute(text("update cases set status = 'registered' where title = '刚刚超期的事'"))
    page.get_by_role("button", name="登记受理 2 件").click()
    expect(page.get_by_role("status")).to_contain_text("完成 1 件，未办 1 件")
    expect(page.get_by_role("row", name=re.compile("刚刚超期的事"))).to_contain_text("已受理")
    page.get_by_role("link", name="回到我的待办").click()
    page.get_by_role("link", name=re.compile("^待受理")).click()
    expect(page.locator(".work-table tbody tr")).to_have_count(3)


def test_a_filter_is_kept_under_a_name(desk: Any) -> None:
    page, _make, _owner = desk
    page.get_by_role("link", name=re.compile("^待受理")).click()
    page.get_by_text("常用筛选").click()
    page.get_by_label("把当前筛选保存为").fill("要受理的")
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text("已保存筛选条件“要受理的”。")).to_be_visible()
    page.get_by_role("link", name=re.compile("^全部")).click()
    expect(page.locator(".work-groups [aria-current]")).to_have_text(re.compile("全部"))
    page.get_by_text("常用筛选").click()
    page.get_by_role("link", name="要受理的").click()
    page.wait_for_url(re.compile("group=register"))
    expect(page.locator(".work-table tbody tr")).to_have_count(5)


def test_what_others_did_is_marked_until_it_is_opened(desk: Any) -> None:
    page, _make, owner = desk
    with owner() as session:
        session.execute(
            text(
                "insert into case_steps (county_code, unit_code, case_id, number, action, before, after, at, actor_name)"
                " select county_code, unit_code, id, 1, 'submit', null, 'received', received_at, '赵巡'"
                " from cases where title = '今天到期的事'"
            )
        )
    page.reload()
    expect(page.locator(".work-new")).to_have_count(1)
    expect(row(page, "今天到期的事").locator(".work-new")).to_be_visible()
    expect(row(page, "今天到期的事")).to_contain_text("有新进展")
    page.get_by_role("link", name=re.compile("今天到期的事")).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("今天到期的事")
    page.get_by_role("link", name=re.compile("^待办")).first.click()
    expect(page.locator(".work-table tbody tr")).to_have_count(5)
    expect(page.locator(".work-new")).to_have_count(0)
