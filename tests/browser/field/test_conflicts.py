"""Two people at the same case: what the phone has and what the server has, side by side, and the worker's own words of both."""

from __future__ import annotations

from playwright.sync_api import expect

from gridmap.access import Role
from gridmap.cases.rules import Action
from tests.browser.field.conftest import phone_of
from tests.browser.people import Crew
from tests.factories import GRID_A11, TOWN_A


def test_what_the_desk_wrote_meanwhile_is_merged_by_the_worker(crew: Crew) -> None:
    code = crew.make.case(GRID_A11, status="reported", title="井盖松动", case_code="990102-2025-0000077")
    phone, desk = phone_of(crew, "核实人"), crew.call("中心员", Role.CENTRE_STAFF, TOWN_A)
    phone.set_up()
    phone.cut()
    page = phone.page
    page.get_by_role("button", name="井盖松动").tap()
    page.get_by_label("核实情况").first.fill("已修好")
    page.get_by_role("button", name="核实通过").tap()
    expect(phone.item("井盖松动")).to_contain_text("待发送")
    desk.send(code, Action.NOTE, reason="商户要求加警示牌")
    phone.join()
    phone.send_now()
    shown = phone.item("井盖松动")
    expect(shown).to_contain_text("需要处理")
    expect(shown.get_by_role("row", name="说明 — 商户要求加警示牌")).to_be_visible()
    shown.get_by_text("合并两边的内容").tap()
    shown.get_by_label("合并后的核实情况").fill("已修好，已告知商户加警示牌")
    phone.cut()
    shown.get_by_role("button", name="提交合并的内容").tap()
    expect(shown.get_by_role("alert")).to_contain_text("没有网络")
    phone.join()
    shown.get_by_role("button", name="提交合并的内容").tap()
    expect(shown).to_contain_text("已送达")
    told = crew.rows("select reason from case_steps where action = 'verify'")
    assert [row.reason for row in told] == ["已修好，已告知商户加警示牌"]
