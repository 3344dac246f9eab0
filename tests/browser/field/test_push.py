"""A phone that is woken looks at once what there is; where push is set up, the person may switch it on."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.field.conftest import Phone
from tests.browser.people import Crew
from tests.factories import GRID_A11


def test_a_phone_that_is_woken_fetches_the_notice(phone: Phone, crew: Crew) -> None:
    found: list[dict[str, str]] = []
    line = phone.context.new_cdp_session(phone.page)
    line.on("ServiceWorker.workerRegistrationUpdated", lambda told: found.extend(told["registrations"]))
    line.send("ServiceWorker.enable")
    crew.rows(
        "insert into notices (county_code, unit_code, account_id, kind, body, link)"
        " select :c, :u, id, 'case.x', '请到三号楼核实', '/' from accounts where name = :n",
        c=GRID_A11 // 10**9, u=GRID_A11, n=phone.name,
    )  # fmt: skip
    expect(phone.page.get_by_text("请到三号楼核实")).to_have_count(0)
    for _ in range(300):
        if any(one["scopeURL"].endswith("/field/") for one in found):
            break
        phone.page.wait_for_timeout(100)  # lets the browser tell what it has registered
    number = next(one["registrationId"] for one in found if one["scopeURL"].endswith("/field/"))
    line.send("ServiceWorker.deliverPushMessage", {"origin": phone.url, "registrationId": number, "data": ""})
    expect(phone.page.get_by_text("请到三号楼核实")).to_be_visible()


def test_where_push_is_not_set_up_nothing_is_offered(phone: Phone) -> None:
    phone.go("me")
    expect(phone.page.get_by_role("heading", name="显示", exact=True)).to_be_visible()
    expect(phone.page.get_by_text("通知提醒")).to_have_count(0)
