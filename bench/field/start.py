"""The phone app's start without a network, on a slow phone: Chromium in airplane mode with a quarter of the CPU."""

from __future__ import annotations

import gzip
import statistics
import urllib.request
from collections.abc import Callable
from urllib.parse import urlsplit

from playwright.sync_api import Page, sync_playwright

from bench.field.crowd import workers
from bench.map.browser import FLAGS, chromium
from bench.map.serving import gridmap_server
from bench.measure import Measure

SLOWER = 4
BAR_S, BAR_KB = 1.5, 400.0
PIN = "271828"
SHOWN = "() => performance.getEntriesByName('gridmap:shown')[0]?.startTime ?? null"


def offline_start(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Set the app up, cut the network, and open it again and again; until the PIN can be typed, and until today's list stands."""
    (person,) = workers(name, 1)
    shown, opened = [], []
    with gridmap_server(name) as (port, _), sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 360, "height": 640}, has_touch=True)
        page = context.new_page()
        url = f"http://127.0.0.1:{port}"
        _set_up(page, url, person.username, person.password)
        size = _zipped(page, url)
        context.set_offline(True)
        wire = context.new_cdp_session(page)
        wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        for _ in range(3 if quick else 15):
            page.goto(f"{url}/field/")
            page.locator(".pin-keys").wait_for()
            shown.append(page.evaluate(SHOWN) / 1000)
            before = page.evaluate("() => performance.now()")
            _type(page)
            page.locator(".bar").wait_for()
            opened.append((page.evaluate("() => performance.now()") - before) / 1000)
        browser.close()
    say(f"离线打开 {len(shown)} 次")
    return [
        Measure("start.offline", statistics.median(shown), "s", BAR_S),
        Measure("start.offline_worst", max(shown), "s"),
        Measure("start.unlocked", statistics.median(opened), "s"),
        Measure("start.code_gzipped", size / 1000, "kB", BAR_KB),
    ]


def _set_up(page: Page, url: str, username: str, password: str) -> None:
    page.goto(f"{url}/login?next=/field/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    for heading in ("请设置解锁码", "请再输入一次"):
        page.get_by_role("heading", name=heading).wait_for()
        _type(page)
    page.locator(".bar").wait_for()
    page.locator(".sending.tone-good").wait_for()
    page.reload()  # the service worker serves from now on
    page.locator(".pin-keys").wait_for()


def _type(page: Page) -> None:
    for digit in PIN:
        page.keyboard.press(digit)


def _zipped(page: Page, url: str) -> float:
    """Return the bytes of all scripts and styles that the app loaded, each gzipped as the server sends it."""
    loaded = page.evaluate("() => performance.getEntriesByType('resource').map((one) => one.name)")
    files = {address for address in loaded if urlsplit(address).path.endswith((".js", ".mjs", ".css"))}
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    return sum(
        len(gzip.compress(directly.open(address).read(), 6)) for address in sorted(files) if address.startswith(url)
    )
