"""What goes wrong between a phone and the server: nothing is lost, nothing doubled, and the worker is told what it is."""

from __future__ import annotations

import io
import re
import time
from typing import Any

from PIL import Image
from playwright.sync_api import Page, expect

from gridmap.clock import now
from tests.browser.conftest import wait_until
from tests.browser.field.conftest import HERE, Phone
from tests.browser.field.test_offline import titles
from tests.browser.people import Crew
from tests.factories import PASSWORD


def photo(width: int = 2400, height: int = 1800, **more: Any) -> bytes:
    """Return a photo as a phone's camera makes it."""
    out = io.BytesIO()
    Image.effect_noise((width, height), 60).convert("RGB").save(out, "JPEG", quality=92, **more)
    return out.getvalue()


def shoot(page: Page, content: bytes, name: str = "IMG_0001.jpg") -> None:
    """Take a photo into the form that is open."""
    before = page.locator(".photos img").count()
    page.locator("#photos").set_input_files({"name": name, "mimeType": "image/jpeg", "buffer": content})
    expect(page.locator(".photos img")).to_have_count(before + 1)


def test_a_double_tap_is_one_report(phone: Phone, crew: Crew) -> None:
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="邻里纠纷", exact=True).tap()
    phone.page.get_by_role("button", name="保存并上报").evaluate("(button) => { button.click(); button.click(); }")
    expect(phone.item("邻里纠纷")).to_have_count(1)
    expect(phone.item("邻里纠纷")).to_contain_text("已送达")
    assert len(titles(crew, phone.name)) == 1


def test_a_server_that_answers_500_keeps_nothing_back(phone: Phone, crew: Crew) -> None:
    phone.answer("**/field/sync", 500, "{}", times=1)
    phone.report(title="服务器出错时")
    expect(phone.item("服务器出错时")).to_contain_text("待发送")
    expect(phone.page.locator(".sending")).to_contain_text("1 条未送达")
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["服务器出错时"]


def test_503_half_a_body_and_a_strangers_page_are_not_taken_for_answers(phone: Phone, crew: Crew) -> None:
    phone.answer("**/field/sync", 503, "", times=1)
    phone.report(title="三次不通")
    expect(phone.item("三次不通")).to_contain_text("待发送")
    for body in ('{"verdicts": [{"id"', "<html>请登录无线网络</html>", '{"verdicts": []}'):
        phone.answer("**/field/sync", 200, body, times=1)
        with phone.page.expect_response("**/field/sync"):
            phone.send_now()
        expect(phone.page.get_by_role("button", name="立即发送")).to_be_enabled()
        expect(phone.item("三次不通")).to_contain_text("待发送")
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["三次不通"]


def test_an_answer_that_is_lost_on_its_way_is_asked_for_again(phone: Phone, crew: Crew) -> None:
    def lose(route: Any) -> None:
        route.fetch()  # the server has taken it
        route.abort()

    crew.watch.allow("ERR_FAILED")
    phone.context.route("**/field/sync", lose, times=1)
    with phone.page.expect_event("requestfailed", lambda request: request.url.endswith("/field/sync")):
        phone.report(title="答复丢失")
    expect(phone.item("答复丢失")).to_contain_text("待发送")
    assert titles(crew, phone.name) == ["答复丢失"]
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["答复丢失"]


def test_a_sign_in_that_ended_loses_nothing_of_twenty(phone: Phone, crew: Crew) -> None:
    phone.cut()
    for number in range(20):
        phone.report(title=f"第{number}件")
    crew.rows("update sign_ins set ended_at = now() where ended_at is null")
    crew.watch.allow("status of 401")
    phone.join()
    phone.send_now()
    expect(phone.sending).to_contain_text("请重新登录")
    expect(phone.sending).to_contain_text("20 条未送达")
    expect(phone.page.get_by_role("link", name="去登录")).to_be_visible()
    username = crew.rows("select username from accounts where name = :name", name=phone.name)[0][0]
    phone.page.get_by_role("link", name="去登录").tap()
    phone.page.get_by_label("用户名").fill(username)
    phone.page.get_by_label("密码").fill(PASSWORD)
    phone.page.get_by_role("button", name="登录").click()
    phone.page.wait_for_url("**/field/**")
    phone.key()
    expect(phone.sending).to_have_text("全部已送达")
    assert titles(crew, phone.name) == [f"第{number}件" for number in range(20)]


def test_somebody_elses_sign_in_sends_nothing(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.report(title="我的")
    other = crew.call("网格员另", "grid_worker", 990102001001001)
    cookies = [one for one in other.context.cookies() if one["name"] == "gridmap"]
    phone.context.add_cookies(cookies)  # type: ignore[arg-type]
    phone.join()
    phone.send_now()
    expect(phone.page.locator(".notes")).to_contain_text("现在登录的是另一个账号")
    expect(phone.item("我的")).to_contain_text("待发送")
    assert titles(crew, "网格员另") == []


def test_a_reload_in_the_middle_of_a_photo_goes_on_with_it(phone: Phone, crew: Crew) -> None:
    pieces: list[int] = []
    sizes: list[int] = []

    def break_second(route: Any) -> None:
        offset = int(re.search(r"offset=(\d+)", route.request.url).group(1))  # type: ignore[union-attr]
        pieces.append(offset)
        sizes.append(len(route.request.post_data_buffer))
        if len(pieces) == 2:
            route.abort()
        else:
            route.continue_()

    crew.watch.allow("ERR_FAILED")
    phone.context.route("**/field/photos/*offset=*", break_second)
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="消防隐患", exact=True).tap()
    shoot(phone.page, photo())
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("消防隐患")).to_contain_text("待发送")
    wait_until(phone.page, "() => document.querySelector('.sending').textContent.includes('未送达')")
    phone.unlock()
    phone.go("queue")
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert len(pieces) >= 3
    assert pieces[2] == pieces[1] > 0  # went on where it stopped
    assert sizes[0] == 512 * 1024  # much at once, and less after it had failed
    assert max(sizes[2:]) <= 128 * 1024
    assert crew.rows(
        "select count(*) from case_photos p join accounts a on a.id = p.added_by where a.name = :name", name=phone.name
    ) == [(1,)]


def test_a_server_with_many_phones_is_given_time(phone: Phone, crew: Crew) -> None:
    at: list[float] = []

    def crowded(route: Any) -> None:
        at.append(time.monotonic())
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "rest_ms": 4000})

    phone.context.route("**/field/photos/*offset=*", crowded)
    phone.context.route("**/field/sync", crowded)
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="消防隐患", exact=True).tap()
    shoot(phone.page, photo(400, 300))
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("消防隐患")).to_contain_text("已送达")
    assert len(at) == 2
    assert at[1] - at[0] >= 2  # half as long at least, so that phones do not come back together
    assert len(titles(crew, phone.name)) == 1


def test_a_photo_is_shrunk_and_its_time_and_place_go_apart(phone: Phone, crew: Crew) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2026:11:20 09:30:00"
    exif.get_ifd(0x8825).update({1: "N", 2: (43.0, 48.0, 36.0), 3: "E", 4: (125.0, 18.0, 18.0)})
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="消防隐患", exact=True).tap()
    shoot(phone.page, photo(4000, 3000, exif=exif))
    phone.page.get_by_role("button", name="涂黑").tap()
    canvas = phone.page.locator(".boxes-stage canvas")
    box = canvas.bounding_box()
    assert box
    phone.page.mouse.move(box["x"] + 10, box["y"] + 10)
    phone.page.mouse.down()
    phone.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    phone.page.mouse.up()
    expect(phone.page.locator(".boxes-over .black")).to_have_count(1)
    phone.page.get_by_role("dialog").get_by_role("button", name="涂黑", exact=True).tap()
    expect(phone.page.get_by_role("dialog")).to_have_count(0)
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("消防隐患")).to_contain_text("已送达")
    row = crew.rows(
        "select p.width_px, p.height_px, p.taken_at::text, round(p.taken_lon::numeric, 3), round(p.taken_lat::numeric, 2),"
        " p.id, c.case_code from case_photos p join accounts a on a.id = p.added_by join cases c on c.id = p.case_id"
        " where a.name = :name", name=phone.name,
    )[0]  # fmt: skip
    assert tuple(row[:2]) == (1600, 1200)
    assert row[2].startswith("2026-11-20 01:30:00")
    assert (float(row[3]), float(row[4])) == (125.305, 43.81)
    seen = phone.page.request.get(f"{phone.url}/cases/{row[6]}/photos/{row[5]}")
    stored = Image.open(io.BytesIO(seen.body())).convert("L")
    assert stored.getpixel((300, 200)) < 20  # type: ignore[operator]  # what was boxed is black for good
    assert stored.resize((1, 1), Image.Resampling.BOX, (900, 700, 1500, 1100)).getpixel((0, 0)) > 60  # type: ignore[operator]


def test_two_tabs_send_everything_once(phone: Phone, crew: Crew) -> None:
    phone.cut()
    for number in range(6):
        phone.report(title=f"两个窗口{number}")
    other = phone.context.new_page()
    other.goto(f"{phone.url}/field/")
    expect(other.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    for digit in "271828":
        other.get_by_role("button", name=digit, exact=True).tap()
    expect(other.locator(".sending")).to_contain_text("6 条未送达")
    phone.join()
    script = "() => window.dispatchEvent(new Event('online'))"
    phone.page.evaluate(script)
    other.evaluate(script)
    for page in (phone.page, other):
        page.locator(".bar [data-name=queue]").tap()
        page.get_by_role("button", name="立即发送").tap()
        expect(page.locator(".sending")).to_have_text("全部已送达")
    assert sorted(titles(crew, phone.name)) == [f"两个窗口{number}" for number in range(6)]


def test_a_tab_waits_while_another_sends_and_then_sends_what_is_left(phone: Phone, crew: Crew) -> None:
    phone.page.evaluate(
        "() => new Promise((held) => navigator.locks.request('gridmap-field-sync', () => new Promise((free) => { window.freeLock = free; held(); })))"
    )
    phone.report(title="轮到才发")
    expect(phone.page.locator(".sending")).to_contain_text("正在发送")
    assert titles(crew, phone.name) == []
    phone.page.evaluate("() => window.freeLock()")
    expect(phone.page.locator(".sending")).to_have_text("全部已送达")
    assert titles(crew, phone.name) == ["轮到才发"]


def test_full_storage_is_said_and_what_was_written_stays(phone: Phone, crew: Crew) -> None:
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="消防隐患", exact=True).tap()
    phone.page.get_by_label("情况").fill("空间满的时候")
    script = "() => { const put = IDBObjectStore.prototype.add; IDBObjectStore.prototype.add = function (...rest) { if (this.name === 'items') throw new DOMException('full', 'QuotaExceededError'); return put.apply(this, rest); }; }"
    phone.page.evaluate(
        script
    )  # as Chromium does when the disk is full; a real full disk would stop the test's own browser
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.page.locator(".notes")).to_contain_text("存储空间已满")
    expect(phone.page.get_by_label("情况")).to_have_value("空间满的时候")
    assert titles(crew, phone.name) == []


def test_a_phone_closed_from_afar_is_emptied(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.report(title="没送达的")
    crew.rows(
        "update phones set revoked_at = now(), revoked_name = '管理员' where account_id = (select id from accounts where name = :n)",
        n=phone.name,
    )
    phone.join()
    expect(phone.page.get_by_text("这部手机已被停用")).to_be_visible()
    found = phone.page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name).join()")
    assert found == ""
    phone.open()
    expect(phone.page.get_by_role("heading", name="请设置解锁码")).to_be_visible()


def test_signing_out_empties_the_phone(phone: Phone, crew: Crew) -> None:
    crew.watch.allow("status of 401")
    phone.go("me")
    phone.page.once("dialog", lambda dialog: dialog.accept())
    phone.page.get_by_role("button", name="退出并清除本机数据").tap()
    expect(phone.page.get_by_text("保存在本机的数据已清除")).to_be_visible()
    found = phone.page.evaluate("async () => (await indexedDB.databases()).map((one) => one.name).join()")
    assert found == ""
    phone.open()
    expect(phone.page.get_by_text("请先用网格员账号登录一次")).to_be_visible()


def test_too_long_without_the_server_shows_nothing(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.report(title="三天前的")
    phone.page.clock.install(time=now().timestamp() + 73 * 3600)
    phone.open()
    phone.key()
    expect(phone.page.get_by_text("距上次联网验证已超过 72 小时")).to_be_visible()
    expect(phone.page.get_by_text("未送达的 1 条内容仍在本机")).to_be_visible()
    expect(phone.page.get_by_text("三天前的")).to_have_count(0)


def test_what_the_server_refuses_is_mended_and_sent_again(phone: Phone, crew: Crew) -> None:
    far = {**HERE, "longitude": HERE["longitude"] + 0.03}  # two kilometres off, in another grid
    phone.context.set_geolocation(far)
    phone.go("report")
    expect(phone.page.locator(".place")).to_contain_text("不在您的网格内")
    phone.page.locator(".classes").get_by_role("button", name="邻里纠纷", exact=True).tap()
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("邻里纠纷")).to_contain_text("需要处理")
    expect(phone.item("邻里纠纷")).to_contain_text("不在您负责的区划范围内")
    phone.context.set_geolocation(HERE)
    phone.page.get_by_role("button", name="修改后重新上报").tap()
    phone.page.get_by_role("button", name="用当前定位").tap()
    expect(phone.page.locator(".place")).to_contain_text("第一网格")
    phone.page.get_by_label("情况").fill("位置已核对")
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.sending).to_have_text("全部已送达")
    expect(phone.item("邻里纠纷")).to_have_count(1)
    assert titles(crew, phone.name) == ["邻里纠纷"]


def test_near_a_border_the_worker_is_asked_without_a_network(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + 0.00995, "accuracy": 40})
    phone.go("report")
    question = phone.page.get_by_role("group", name="位置靠近边界，属于哪一个？")
    expect(question).to_be_visible()
    phone.page.locator(".classes").get_by_role("button", name="邻里纠纷", exact=True).tap()
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.page.get_by_text("请选择属于哪一个网格")).to_be_visible()
    question.get_by_label("甲一社区 › 第一网格").check()
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("邻里纠纷")).to_contain_text("待发送")
    phone.join()
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert len(titles(crew, phone.name)) == 1


def test_a_server_that_was_set_back_loses_nothing_of_the_phone(phone: Phone, crew: Crew) -> None:
    phone.cut()
    phone.report(title="备份之后的")
    crew.rows("delete from phones where account_id = (select id from accounts where name = :n)", n=phone.name)
    phone.join()
    phone.send_now()
    expect(phone.item("备份之后的")).to_contain_text("已送达")
    assert titles(crew, phone.name) == ["备份之后的"]
    assert crew.rows(
        "select count(*) from phones p join accounts a on a.id = p.account_id where a.name = :n", n=phone.name
    ) == [(1,)]


def test_without_a_position_permission_the_worker_is_told_and_picks_on_the_map(phone: Phone, crew: Crew) -> None:
    phone.context.clear_permissions()
    phone.go("report")
    expect(phone.page.locator(".place")).to_contain_text("没有定位权限")
    phone.page.locator(".classes").get_by_role("button", name="邻里纠纷", exact=True).tap()
    phone.page.get_by_role("button", name="在地图上选").tap()
    canvas = phone.page.locator(".pick-map canvas")
    expect(canvas).to_be_visible()
    use = phone.page.get_by_role("button", name="用这个位置")
    expect(use).to_be_disabled()
    canvas.click(position={"x": 180, "y": 200})
    expect(use).to_be_enabled()
    use.tap()
    expect(phone.page.locator(".place")).to_contain_text("地图选点 · 甲一社区 › 第一网格")
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item("邻里纠纷")).to_contain_text("已送达")
    rows = crew.rows(
        "select c.position_method from cases c join accounts a on a.id = c.created_by where a.name = :n", n=phone.name
    )
    assert rows == [("map",)]
