"""Take the pictures of the guides per role from a running demonstration: ``python scripts/guide_pictures.py URL PASSWORD``.

The demonstration town must be loaded (``gridmap demo load --size town``) and served at URL. Pictures go to docs/images/guide as
PNG with at most 128 colours.
"""

from __future__ import annotations

import io
import shutil
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gridmap.clock import local, now

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images" / "guide"
DESK, PHONE = {"width": 1280, "height": 800}, {"width": 390, "height": 844}
COLOURS = (128, 64, 32, 16)
MOST_BYTES = 150_000
MEDIATED = "/mediated"  # stands for the case that is being mediated
# role: user of the demonstration, and the pages by the names of their pictures; a page may be a filter whose first case is opened
PICTURES: dict[str, tuple[str, dict[str, str]]] = {
    "administrator": ("admin", {"accounts": "/accounts", "templates": "/document-templates"}),
    "leader": ("leader", {"map": "/map", "work": "/work"}),
    "centre_staff": ("desk", {"work": "/work", "desk": "/desk", "appointments": "/appointments"}),
    "department_handler": ("handler", {"work": "/work", "case": "first:/cases?status=handling&sort=due"}),
    "mediator": ("mediator", {"week": "/mediation?who=all", "case": MEDIATED}),
    "grid_worker": ("worker", {"new": "/cases/new"}),
    "supervisor": ("supervisor", {"late": "/cases?lateness=late", "whistles": "/cases/whistles"}),
    "auditor": ("auditor", {"openings": "/cases/openings", "cases": "/cases"}),
}


def signed_in(browser: Browser, url: str, username: str, password: str, **screen: Any) -> Page:
    """Return a tab in which a person of the demonstration is signed in."""
    page = browser.new_context(locale="zh-CN", timezone_id="Asia/Shanghai", **screen).new_page()
    page.goto(f"{url}/login")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda address: "/login" not in address)
    return page


def address_of(page: Page, url: str, path: str) -> str:
    """Return the address of a page; ``first:`` leads to the first case of a filter."""
    if not path.startswith("first:"):
        return f"{url}{path}"
    answer = page.request.get(f"{url}{path.removeprefix('first:')}", headers={"Accept": "application/json"})
    return f"{url}{answer.json()['items'][0]['url']}"


def lively(browser: Browser, url: str, password: str) -> str:
    """Do what people do, so that no picture is empty; return the address of the case that is being mediated."""
    desk, mediator = (signed_in(browser, url, name, password, viewport=DESK) for name in ("desk", "mediator"))
    listed = desk.request.get(f"{url}/cases?status=handling", headers={"Accept": "application/json"}).json()["items"]
    addresses = [f"{url}{item['url']}" for item in listed]
    case = next(found for found in addresses if allowed(mediator, found, "start_mediation"))
    whistled = next(found for found in addresses if found != case and allowed(desk, found, "whistle"))
    begin = local(now())
    form(mediator, case, "start_mediation", tier=1, mediators=1)
    for days, place in ((-1, "八一社区会议室"), (1, "综治中心调解室")):
        at = f"{begin + timedelta(days=days):%Y-%m-%d}T09:30"
        form(mediator, case, "plan_session", starts_at=at, minutes="60", place=place, parties="申请人、对方当事人")
    said = {"claims": "要求限期恢复供水", "offers": "三日内抢修，减免当月水费", "reason": "对减免金额有分歧"}
    form(mediator, case, "record_session", session=1, result=2, **said)
    form(desk, case, "add_party", party_role="applicant", party_name="何示例", party_phone="13900000000")
    desk.goto(f"{url}{desk.locator('a[href*=parties]').first.get_attribute('href')}")
    desk.locator("[name=purpose]").fill("联系申请人，约定调解时间")
    desk.locator("main form button[type=submit]").first.click()
    soon = f"{begin + timedelta(minutes=40):%Y-%m-%dT%H:%M}"
    called = {"department": 5, "assisting": 7, "place": "小区东门", "deadline": soon, "reason": "现场会商抢修"}
    form(desk, whistled, "whistle", **called)
    form(desk, case, "ask_charge", leader=1, reason="涉及整栋楼居民，需要领导协调")
    for page in (desk, mediator):
        page.context.close()
    return case


def allowed(page: Page, case: str, action: str) -> bool:
    """Say whether somebody may take a step of a case now; the page of a step leads back when they may not."""
    page.goto(f"{case}/steps/{action}")
    return page.url.endswith(action)


def form(page: Page, case: str, action: str, **fields: str | int) -> None:
    """Fill in the form of a step by the names of its fields (a number: which choice) and send it. Raises when it is refused."""
    page.goto(f"{case}/steps/{action}")
    for name, value in fields.items():
        field = page.locator(f'[name="{name}"]')
        if isinstance(value, int) and field.first.evaluate("e => e.tagName") != "SELECT":
            field.nth(value - 1).check()
        elif field.first.evaluate("e => e.tagName") == "SELECT":
            field.select_option(**({"index": value} if isinstance(value, int) else {"value": value}))
        else:
            field.fill(str(value))
    page.locator("main form button[type=submit]").first.click()
    page.locator(".flash-good").wait_for()


def small(shot: bytes) -> bytes:
    """Return a picture with as many colours as fit into ``MOST_BYTES``."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    for colours in COLOURS:
        out = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
        if out.tell() <= MOST_BYTES:
            break
    return out.getvalue()


def main(url: str, password: str) -> None:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        chromium = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        mediated = lively(browser, url, password)
        for role, (username, pages) in PICTURES.items():
            screen = PHONE if role == "grid_worker" else DESK
            page = signed_in(browser, url, username, password, viewport=screen)
            for name, path in pages.items():
                page.goto(mediated if path == MEDIATED else address_of(page, url, path), wait_until="networkidle")
                if path == "/map":
                    page.locator('html[data-map-ready="1"]').wait_for(state="attached", timeout=120_000)
                shot = small(page.screenshot())
                (FOLDER / f"{role}-{name}.png").write_bytes(shot)
                print(f"{role}-{name}.png: {len(shot) // 1000} kB")
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1].rstrip("/"), sys.argv[2])
