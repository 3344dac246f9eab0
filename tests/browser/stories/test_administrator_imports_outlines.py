"""An administrator imports outlines, sees what is wrong with them, has it mended, and publishes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect
from sqlalchemy.engine import URL

from tests.browser.conftest import Live, Watch, wait_until
from tests.browser.units.conftest import VILLAGE, grids_of, map_is_there, shifted_file

__all__ = ["shifted_file"]


def test_administrator_imports_mends_and_publishes(
    page: Page, fresh: Live, sign_in: Callable[..., Page], shifted_file: Callable[[URL], Path], watch: Watch
) -> None:
    watch.allow("409")  # publishing with errors is refused on purpose below
    first, name, _ = grids_of(fresh.database)[0]

    # A surveyor has sent the grids of one village. The administrator chooses the file; nothing is stored by looking at it.
    sign_in(page, "admin", "/units/import", at=fresh)
    page.locator("input[type=file]").set_input_files(shifted_file(fresh.database))
    expect(page.get_by_text("惠民嘉苑网格.geojson（")).to_be_visible()

    # Nobody is taken to know the datum: without it the file is not even sent.
    page.get_by_role("button", name="上传并预览").click()
    expect(page.get_by_role("alert")).to_contain_text("请选择坐标基准")
    expect(page.get_by_label("坐标基准")).to_be_focused()
    page.get_by_label("坐标基准").select_option("wgs84")
    page.get_by_role("button", name="上传并预览").click()

    # The preview says row by row what would change: one grid; the others are the same as before.
    expect(page.get_by_role("heading", name="导入预览")).to_be_visible()
    expect(page.locator(".outcome-changed strong")).to_have_text("1")
    expect(page.locator(".outcome-refused strong")).to_have_text("0")
    map_is_there(page)
    page.get_by_role("button", name="建立草稿版本").click()

    # The draft is checked at once. The grid lies over its neighbours and leaves a gap behind it.
    page.wait_for_url("**/units/versions/*")
    map_is_there(page)
    faults = page.locator("[data-fault-list] .fault")
    expect(page.locator("[data-fault-list]")).to_contain_text("重叠")
    before = faults.count()

    # A click on a fault goes to it on the map; the area is told in square metres.
    zoom = "document.querySelector('[data-version-map]').gridmap.getZoom()"
    expect(page.locator(".map-wait")).to_have_count(0)
    far = page.evaluate(zoom)
    smallest = page.locator("[data-fault]:enabled").last
    smallest.click()
    expect(smallest).to_have_attribute("aria-pressed", "true")
    wait_until(page, f"{zoom} > {far} + 0.2")
    expect(smallest.locator(".fault-area")).to_contain_text("m²")

    # With errors it cannot go into force by a mere click.
    page.get_by_role("button", name="确认错误并发布").click()
    expect(page.get_by_role("alert")).to_contain_text("不能发布")

    # What juts out over the village's border is clipped, as suggested; the list grows shorter.
    clip = page.get_by_role("button", name="裁剪到上级边界内")
    if clip.count():
        clip.first.click()
        expect(page.get_by_text("已修正，并重新检查。")).to_be_visible()
        assert faults.count() < before

    # The rest is a matter of survey: who is signed in answers for it, in no other name, and with a reason.
    answering = page.locator("[data-answering]")
    expect(answering).to_contain_text("（admin）")
    page.get_by_label("确认理由").fill("该处正在勘界，月底前以实测成果更正。")
    page.get_by_role("button", name="确认错误并发布").click()
    expect(page.get_by_text("已发布，自生效日期起使用。")).to_be_visible()
    expect(page.get_by_text("月底前以实测成果更正")).to_be_visible()

    # The unit's page tells now and then, and shows the earlier outline on demand.
    page.goto(f"{fresh.url}/units/{first}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    history = page.locator('[aria-labelledby="outlines-title"] tbody tr')
    expect(history).to_have_count(2)
    expect(history.first).to_contain_text("现行")
    map_is_there(page)
    history.nth(1).get_by_role("button", name="在图上看").click()
    expect(history.nth(1).get_by_role("button")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("tree")).to_be_visible()
    assert VILLAGE[:12] == first[:12]
