"""The first useful map in a real browser with nothing cached: how long, how many bytes."""

from __future__ import annotations

import shutil
import statistics
import time
from collections.abc import Callable

from bench.map import base
from bench.map.serving import gridmap_server, sign_in
from bench.measure import Measure

READY = 'html[data-map-ready="1"]'
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
]


def first_map(quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Open ``/map`` of the demonstration town in headless Chromium, a new profile each time."""
    from playwright.sync_api import sync_playwright

    base.ensure(base.TOWN, say)
    where = base.places(base.TOWN)
    spent, sizes = [], []
    with gridmap_server(base.TOWN) as (port, _), sync_playwright() as tools:
        name, value = sign_in(base.TOWN, port, where.town).split("=", 1)
        browser = tools.chromium.launch(executable_path=chromium(), args=FLAGS)
        for _ in range(2 if quick else 7):
            context = browser.new_context(viewport={"width": 1440, "height": 900})
            context.add_cookies([{"name": name, "value": value, "url": f"http://127.0.0.1:{port}"}])
            page = context.new_page()
            wire = context.new_cdp_session(page)
            wire.send("Network.enable")
            received: list[float] = []
            wire.on("Network.loadingFinished", lambda event, out=received: out.append(event["encodedDataLength"]))
            started = time.perf_counter()
            page.goto(f"http://127.0.0.1:{port}/map", wait_until="commit")
            page.locator(READY).wait_for(state="attached", timeout=60_000)
            spent.append(time.perf_counter() - started)
            sizes.append(sum(received) / 1e6)
            context.close()
        browser.close()
    return [
        Measure("browser.first_map", statistics.median(spent), "s", 3),
        Measure("browser.transferred", statistics.median(sizes), "MB", 1.5),
    ]


def chromium() -> str:
    """Return the system's Chromium. Raises ``RuntimeError`` when there is none."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    if not found:
        raise RuntimeError("没有找到 Chromium：请先运行 make test，由它安装。")
    return found
