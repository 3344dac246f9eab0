"""A mediator's day on the screen: a tier starts, a room is taken, a clash is told in words, they agree, the court confirms, it is paid."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gridmap.access import Role
from gridmap.cases.rules import Action
from gridmap.clock import local, now, today
from tests.browser.conftest import Watch
from tests.browser.people import Crew, crew_on
from tests.factories import GRID_A11, TOWN_A
from tests.integration.cases.test_agreement_tables import HEAD

PARTIES = "商户、市场管理方"


@pytest.fixture
def crew(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[Crew]:
    watch = Watch()
    with crew_on(clone(), tmp_path, browser, watch) as people:
        yield people
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def morning() -> datetime:
    """Return nine o'clock on a Wednesday to come."""
    day = next(found for n in range(7, 14) if (found := today() + timedelta(days=n)).isoweekday() == 3)
    return datetime.combine(day, time(9))


def test_from_the_first_tier_to_the_last_promise(crew: Crew) -> None:
    crew.make.room(TOWN_A, "一号调解室")
    code = crew.make.case(GRID_A11, status="handling", title="市场摊位费争议")
    other = crew.make.case(GRID_A11, status="handling", title="楼道漏水争议")
    mediator = crew.call("白平", Role.MEDIATOR, TOWN_A)
    crew.watch.allow("400")  # the form that is refused on purpose

    # The first tier starts with its limit in words.
    page = mediator.step(code, Action.START_MEDIATION, tier="组级", mediators=["白平"])
    expect(page.locator(".mediation-tier-head")).to_contain_text("组级调解")
    expect(page.locator(".mediation")).to_contain_text("至多 3 次")
    mediator.send(other, Action.START_MEDIATION, tier=1, mediators=crew.number("白平"))

    # A room is taken for an hour; who wants half of the same hour is told when it is free, and what they wrote stays.
    taken = {"minutes": "1 小时", "room": "一号调解室", "parties": PARTIES}
    mediator.step(code, Action.PLAN_SESSION, starts_at=f"{morning():%Y-%m-%dT%H:%M}", **taken)
    late = morning() + timedelta(minutes=30)
    page = mediator.ask(other, Action.PLAN_SESSION, starts_at=f"{late:%Y-%m-%dT%H:%M}", **taken)
    expect(page.locator(".field-error")).to_contain_text(f"{morning():%m-%d} 09:00–10:00 已有预约，不能重叠")
    expect(page.locator(".field-error")).to_contain_text(f"最近的空闲时间是 {morning():%Y-%m-%d} 10:00。")
    expect(page.locator('[name="parties"]')).to_have_value(PARTIES)
    page.locator('[name="starts_at"]').fill(f"{morning():%Y-%m-%d}T10:00")
    page.get_by_role("button", name="安排调解会", exact=True).click()
    expect(page.locator(".flash-good")).to_contain_text("已完成“安排调解会”")
    page = mediator.open(f"/mediation?week={morning():%Y-%m-%d}")
    expect(page.locator(".mediation-week")).to_contain_text("09:00–10:00")
    expect(page.locator(".mediation-week")).to_contain_text("10:00–11:00")

    # The day was put off, another session is held, and they agree on two payments.
    mediator.send(code, Action.RECORD_SESSION, session=1, result="postponed", reason="商户提前到场，改在今天")
    ago = f"{local(now()) - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    mediator.step(code, Action.PLAN_SESSION, starts_at=ago, minutes="1 小时", place="市场门卫室", parties=PARTIES)
    mediator.step(code, Action.RECORD_SESSION, session="第 2 次", result=["达成一致"], offers="分两期支付")
    page = mediator.at(code)
    page.locator(".case-actions").get_by_role("link", name="达成调解协议", exact=True).click()
    for name, value in (
        ("counterpart", "12 号商铺"),
        ("terms", "摊位费 6,000 元分两期付清。"),
        ("confirmation", ["已申请"]),
    ):
        mediator.fill(name, value)
    for row, (days, amount) in enumerate(((10, "3000"), (40, "3000")), 1):
        page.get_by_label(f"第 {row} 项做什么").fill(f"支付第 {row} 期摊位费")
        page.get_by_label(f"第 {row} 项由谁履行").fill("12 号商铺")
        page.get_by_label(f"第 {row} 项金额（元）").fill(amount)
        page.get_by_label(f"第 {row} 项到期日期").fill((today() + timedelta(days=days)).isoformat())
    mediator.fill("ends", ["全部谈妥"])
    page.get_by_role("button", name="达成调解协议", exact=True).click()
    expect(page.locator(".mediation")).to_contain_text("组级：已达成协议")
    expect(page.locator(".case-papers")).to_contain_text("调解协议书")

    # The court confirms; the first payment comes, the second is still waited for.
    page = mediator.step(code, Action.CONFIRM_AGREEMENT, agreement="1", on=today().isoformat())
    expect(page.locator(".mediation-agreements")).to_contain_text("已司法确认")
    page = mediator.step(code, Action.PERFORM, duty="1", performed=["已履行"], on=today().isoformat())
    expect(page.locator(".mediation")).to_contain_text("待履行 1、已履行 1、未履行 0")
    page.get_by_role("link", name="查看协议和履行情况").click()
    expect(page.locator("#content")).to_contain_text("3,000.00")


def test_the_papers_of_a_table_of_agreements_are_made_and_taken_together(crew: Crew) -> None:
    code = crew.make.case(GRID_A11, status="handling", title="市场拖欠工资")
    mediator = crew.call("白平", Role.MEDIATOR, TOWN_A)
    mediator.at(code)
    ago = f"{local(now()) - timedelta(hours=2):%Y-%m-%dT%H:%M}"
    mediator.send(code, Action.START_MEDIATION, tier=1, mediators=crew.number("白平"))
    mediator.send(code, Action.PLAN_SESSION, starts_at=ago, minutes=60, place="市场门卫室", parties=PARTIES)
    mediator.send(code, Action.RECORD_SESSION, session=1, result="agreed")

    # Three shops agree by one table.
    page = mediator.at(code)
    page.locator(".case-actions").get_by_role("link", name="批量登记协议", exact=True).click()
    rows = "".join(f"{n} 号商铺,分两期付清所欠工资,否,支付工资,市场经营公司,{n}000,2027-12-31\n" for n in (1, 2, 3))
    page.locator("input[name=table]").set_input_files(
        {"name": "协议.csv", "mimeType": "text/csv", "buffer": (HEAD + rows).encode("utf-8-sig")}
    )
    mediator.fill("ends", ["全部谈妥"])
    page.get_by_role("button", name="批量登记协议", exact=True).click()
    expect(page.locator(".flash-good")).to_contain_text("已完成“批量登记协议”")

    # Their papers are asked for with one button; when they are made, they come as one file.
    page = mediator.open(f"/cases/{code}/mediation")
    expect(page.locator(".mediation-papers")).to_contain_text("还有 3 份协议没有协议书")
    page.get_by_role("button", name="生成协议书").click()
    expect(page.locator("#content")).to_contain_text("正在生成 3 份协议书")
    expect(page.get_by_role("button", name="生成协议书")).to_have_count(0)
    for row in crew.rows("select id from case_documents where kind = 'agreement'"):
        assert mediator.post(f"/cases/{code}/documents/{row.id}/make").ok
    page = mediator.open(f"/cases/{code}/mediation")
    expect(page.locator(".mediation-papers")).to_contain_text("协议书已生成 3 份")
    with page.expect_download() as taken:
        page.get_by_role("link", name="下载全部（PDF，ZIP）").click()
    assert taken.value.suggested_filename == f"调解协议书 {code}（3 份）.zip"
    with zipfile.ZipFile(taken.value.path()) as files:
        assert [name[:10] for name in files.namelist()] == [f"000{n} {n} 号商铺" for n in (1, 2, 3)]
