"""The app without a network: it opens, takes reports in few taps, keeps them sealed, and sends them when the network is back."""

from __future__ import annotations

import json
from urllib.parse import urlsplit

from playwright.sync_api import expect

from tests.browser.conftest import wait_until
from tests.browser.field.conftest import Phone, phone_of
from tests.browser.people import Crew


def titles(crew: Crew, name: str) -> list[str]:
    """Return the titles of the cases that a worker reported, oldest first."""
    found = crew.rows(
        "select c.title from cases c join accounts a on a.id = c.created_by where a.name = :name order by c.id",
        name=name,
    )
    return [row[0] for row in found]


def test_a_plain_report_takes_three_taps(phone: Phone, crew: Crew) -> None:
    phone.taps = 0
    phone.report()
    assert phone.taps <= 6
    expect(phone.item("邻里纠纷")).to_contain_text("已送达")
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["邻里纠纷"]


def test_a_class_that_is_not_on_top_takes_two_more(phone: Phone) -> None:
    phone.taps = 0
    phone.go("report")
    phone.tap(phone.page.get_by_role("button", name="全部类别"))
    phone.tap(phone.page.get_by_role("button", name="安全生产", exact=True))
    phone.tap(phone.page.locator(".classes .chips").last.get_by_role("button", name="消防隐患", exact=True))
    phone.tap(phone.page.get_by_role("button", name="保存并上报"))
    assert phone.taps <= 6
    expect(phone.item("消防隐患")).to_contain_text("已送达")


def test_the_app_opens_in_airplane_mode_and_sends_when_the_network_is_back(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.unlock()
    phone.report(title="楼道堆物")
    phone.report(title="路灯不亮")
    expect(phone.sending).to_contain_text("2 条未送达")
    expect(phone.item("楼道堆物")).to_contain_text("待发送")
    phone.unlock()  # closed and opened again: still there
    phone.go("queue")
    expect(phone.item("路灯不亮")).to_contain_text("待发送")
    assert titles(crew, phone.name) == []
    phone.join()
    phone.page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["楼道堆物", "路灯不亮"]


def test_what_the_app_loads_is_what_it_keeps(phone: Phone) -> None:
    script = "() => performance.getEntriesByType('resource').map((one) => one.name)"
    phone.open()
    expect(phone.page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    phone.key()
    for screen in ("report", "queue", "me", "today"):
        phone.go(screen)
    loaded = {urlsplit(address).path for address in phone.page.evaluate(script) if "/static/" in address}
    text = phone.page.request.get(f"{phone.url}/field/worker.js").text()
    files = json.loads(text.split("const FILES = ", 1)[1].split(";\n", 1)[0])
    kept = {urlsplit(address).path for address in files["kept"]}
    assert {path for path in loaded if path.endswith((".js", ".mjs", ".css"))} <= kept
    needless = {path for path in kept if path.endswith((".js", ".mjs"))} - loaded
    assert needless == {"/static/vendor/exif-reader.js"}  # loaded with the first photo


def test_nothing_readable_lies_on_the_phone(phone: Phone) -> None:
    phone.cut()
    phone.report(title="秘密的标题")
    phone.page.locator(".bar [data-name=report]").tap()
    phone.page.get_by_label("情况").fill("写到一半的话")
    expect(phone.page.locator("#screen")).to_have_attribute("data-draft", "kept")
    stored = phone.stored()
    assert stored.count("kind=report") == 1
    for words in ("秘密的标题", "写到一半", phone.name, "第一网格", "coordinates"):
        assert words not in stored


def test_a_draft_survives_a_reload(phone: Phone) -> None:
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="治安隐患", exact=True).tap()
    phone.page.get_by_label("情况").fill("写到一半的话")
    wait_until(phone.page, "() => document.querySelector('#title').value === '治安隐患'")
    phone.page.get_by_label("标题").fill("桥栏杆断了")
    expect(phone.page.locator("#screen")).to_have_attribute("data-draft", "kept")
    phone.unlock()
    phone.go("report")
    expect(phone.page.get_by_label("情况")).to_have_value("写到一半的话")
    expect(phone.page.locator(".chip[aria-pressed=true]")).to_have_text("治安隐患")


def test_a_wrong_pin_opens_nothing_and_costs_time(phone: Phone) -> None:
    phone.open()
    for _ in range(5):
        phone.key("000000")
        expect(phone.page.get_by_text("解锁码不对")).to_be_visible()
        expect(phone.page.locator(".pin-dots .on")).to_have_count(0)
    phone.key()
    expect(phone.page.get_by_text("连续输错 5 次")).to_be_visible()
    expect(phone.sending).to_have_count(0)


def test_a_phone_without_a_sign_in_asks_for_one(crew: Crew) -> None:
    crew.watch.allow("status of 401")
    context = crew.browser.new_context(viewport={"width": 360, "height": 640}, locale="zh-CN")
    crew.contexts.append(context)
    page = context.new_page()
    page.goto(f"{crew.url}/field/")
    expect(page.get_by_text("请先用网格员账号登录一次")).to_be_visible()
    page.get_by_role("link", name="去登录").click()
    expect(page.get_by_label("用户名")).to_be_visible()


def test_the_first_time_needs_a_network_and_the_app_says_so(crew: Crew) -> None:
    made = phone_of(crew, "没有网的人")
    made.open()
    expect(made.page.get_by_role("heading", name="请设置解锁码")).to_be_visible()
    made.key()
    expect(made.page.get_by_role("heading", name="请再输入一次")).to_be_visible()
    made.cut()
    made.key()
    expect(made.page.get_by_text("没有网络，请在有网络的地方再输入一次")).to_be_visible()
    made.join()
    made.key()
    expect(made.sending).to_have_text("全部已送达")
