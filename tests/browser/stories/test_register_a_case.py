"""A grid worker sees a blocked fire passage and registers it: class, place on the map, a photo, done; the centre finds it at once.

Told in a real Chromium against a real server on a copy of the database.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine, func, select
from sqlalchemy.orm import Session

from gridmap.access import Role
from tests.browser.conftest import serve, wait_until
from tests.factories import GRID_A11, SIZE, SOUTH, TOWN_A, WEST, Factories


class Town:
    """The small world, served: its address, its factories, and a look into its tables."""

    def __init__(self, address: str, make: Factories, owner: Callable[[], Any]) -> None:
        self.address, self.make, self.owner = address, make, owner

    def count(self, model: Any) -> int:
        """Return how many rows there are."""
        with self.owner() as session:
            return session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def town(clone: Callable[[], Any], tmp_path: Path) -> Iterator[Town]:
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    for server in serve(url, tmp_path):
        yield Town(server.url, make, owner)
    engine.dispose()


@pytest.fixture
def chromium(browser: Browser) -> Iterator[Browser]:
    """The run's browser; what this test opened in it is closed."""
    yield browser
    for context in browser.contexts:
        context.close()


def enter(browser: Browser, town: Town, role: Role, unit: int, **options: Any) -> Page:
    """Sign a new person in and return their page; a script error fails the story."""
    username, password = town.make.account((role, unit))
    context = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **options)
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"script error: {error}"))
    page.goto(f"{town.address}/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "/login" not in address)
    return page


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    file = tmp_path / "现场.jpg"
    Image.new("RGB", (640, 480), (120, 90, 60)).save(file)
    return file


def test_from_the_street_to_the_desk(town: Town, chromium: Browser, photo: Path, tmp_path: Path) -> None:
    from gridmap.cases.models import Case, CasePhoto

    worker = enter(chromium, town, Role.GRID_WORKER, GRID_A11, viewport={"width": 390, "height": 844})
    worker.goto(f"{town.address}/cases/new")

    # The class in two steps; what it brings with it is filled in.
    worker.get_by_role("button", name="安全生产").click()
    worker.get_by_label("类别").select_option(label="消防隐患")
    expect(worker.get_by_label("五事五办")).to_have_value("worry")

    # Sent too early, the form says what is missing, beside the field, and keeps the rest.
    worker.get_by_role("button", name="登记受理").click()
    expect(worker.get_by_text("请填写标题。")).to_be_visible()
    worker.get_by_label("标题").fill("消防通道被三轮车堵住")
    expect(worker.get_by_text("请填写标题。")).to_have_count(0)

    # Longitude and latitude the wrong way round are offered the other way round; then the grid is named.
    worker.get_by_label("经度").fill(f"{SOUTH + SIZE / 2:.4f}")
    worker.get_by_label("纬度").fill(f"{WEST + SIZE / 2:.4f}")
    expect(worker.get_by_text("可能填反了")).to_be_visible()
    worker.get_by_role("button", name="对调经纬度").click()
    expect(worker.locator("#placed")).to_contain_text("甲街道甲一社区第一网格")

    # A file that only pretends to be a photo is named; the good one stays chosen.
    liar = tmp_path / "说谎.jpg"
    liar.write_text("这不是照片")
    worker.locator("#photos").set_input_files([photo, liar])
    worker.get_by_role("button", name="登记受理").click()
    expect(worker.get_by_text("“说谎.jpg”不是可识别的照片")).to_be_visible()
    assert town.count(Case) == 0
    worker.get_by_role("button", name="移除照片 说谎.jpg").click()

    # Two quick taps make one case.
    worker.get_by_role("button", name="登记受理").dblclick()
    expect(worker.get_by_role("heading", level=1)).to_have_text("消防通道被三轮车堵住")
    expect(worker.get_by_text("已上报，等待综治中心受理")).to_be_visible()
    assert (town.count(Case), town.count(CasePhoto)) == (1, 1)

    # The desk of the town looks for it by a word of two characters, and opens it.
    desk = enter(chromium, town, Role.CENTRE_STAFF, TOWN_A, viewport={"width": 1440, "height": 900})
    town.make.case(title="另一件事")
    desk.goto(f"{town.address}/cases")
    expect(desk.locator(".case-total")).to_have_text("共 2 件")
    desk.get_by_placeholder("编号、标题、地址、描述").fill("消防")
    expect(desk.locator(".case-total")).to_have_text("共 1 件")
    desk.get_by_role("link", name="消防通道被三轮车堵住").click()
    expect(desk.get_by_alt_text("现场照片 1")).to_be_visible()
    expect(desk.locator("[aria-current=step]")).to_contain_text("受理")

    # What leads on comes first: the desk registers it, and the course goes on.
    desk.get_by_role("link", name="登记受理").click()
    desk.get_by_role("button", name="登记受理").click()
    expect(desk.locator("[aria-current=step]")).to_contain_text("分析研判")


def test_with_the_keyboard_only(town: Town, chromium: Browser) -> None:
    from gridmap.cases.models import Case

    page = enter(chromium, town, Role.CENTRE_STAFF, TOWN_A, viewport={"width": 1440, "height": 900})
    page.goto(f"{town.address}/cases/new")
    page.get_by_label("类别").focus()
    page.keyboard.press("ArrowDown")
    page.get_by_label("标题").focus()
    page.keyboard.type("楼上漏水")
    page.locator("#pick-map canvas").focus()
    page.keyboard.press("ArrowLeft")
    wait_until(page, "!document.querySelector('#pick-map').gridmap.isMoving()")  # it glides
    page.keyboard.press("Enter")
    expect(page.get_by_label("经度")).not_to_have_value("")
    expect(page.locator("#placed")).to_have_attribute("data-state", re.compile("inside|asks"))
    asked = page.locator("#border-choices input")
    if asked.count():
        asked.first.focus()
        page.keyboard.press("Space")
    page.get_by_role("button", name="登记受理").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("楼上漏水")
    assert town.count(Case) == 1


def test_without_scripts(town: Town, chromium: Browser, photo: Path) -> None:
    from gridmap.cases.models import Case

    page = enter(chromium, town, Role.GRID_WORKER, GRID_A11, java_script_enabled=False)
    page.goto(f"{town.address}/cases/new")
    page.get_by_label("类别").select_option(label="邻里纠纷")
    page.get_by_label("标题").fill("停车争执")
    page.get_by_label("经度").fill(f"{SOUTH + SIZE / 2:.4f}")
    page.get_by_label("纬度").fill(f"{WEST + SIZE / 2:.4f}")
    page.get_by_role("button", name="登记受理").click()
    expect(page.get_by_text("可能填反了")).to_be_visible()
    page.get_by_role("button", name="对调经纬度").click()
    page.locator("#photos").set_input_files([photo])
    page.get_by_role("button", name="登记受理").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("停车争执")
    page.get_by_role("link", name="事件", exact=True).first.click()
    page.get_by_placeholder("编号、标题、地址、描述").fill("争执")
    page.get_by_role("button", name="查询").click()
    expect(page.locator(".case-total")).to_have_text("共 1 件")
    assert town.count(Case) == 1
