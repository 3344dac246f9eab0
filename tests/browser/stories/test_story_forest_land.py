"""A forest-land dispute: three tiers try three times each and fail, the county settles it with two departments at the spot.

Two village groups quarrel about where the wood ends. The mediators of the group, the village and the town try one after the
other, each hands over what was tried, and the county's mediator finds the line between them once the forestry and the land office
have stood on it. Whatever is repeated is sent by HTTP by the same people.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pypdf
import pytest
from playwright.sync_api import Browser, expect

from gridmap.access import Role
from gridmap.cases.rules import Action
from gridmap.clock import local, now, today
from tests.browser.conftest import Watch
from tests.browser.people import Crew, Person, crew_on
from tests.factories import COUNTY, GRID_A11, TOWN_A, VILLAGE_A1

TITLE = "石家坳与柳树屯山林界线争议"
CLAIM = "石家坳要回老水渠以东的林地"


@pytest.fixture
def crew(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[Crew]:
    watch = Watch()
    with crew_on(clone(), tmp_path, browser, watch) as people:
        yield people
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def ago(hours: int) -> str:
    """Return a time in the past as a form's field takes it."""
    return f"{local(now()) - timedelta(hours=hours):%Y-%m-%dT%H:%M}"


def fails_three_times(mediator: Person, code: str, tier: str, place: str) -> None:
    """Three sessions are held one after the other and recorded, each with what stood in the way."""
    parties = "石家坳代表、柳树屯代表"
    for number in (1, 2, 3):
        when = {"starts_at": ago(30 - 2 * number), "minutes": 60}
        mediator.send(code, Action.PLAN_SESSION, place=place, parties=parties, **when)
        said = {"claims": CLAIM, "offers": "以老水渠为界", "reason": f"{tier}第{number}次：柳树屯不认老水渠"}
        mediator.send(code, Action.RECORD_SESSION, session=number, result="not_agreed", **said)


def no_fourth_time(mediator: Person, code: str) -> None:
    """The template allows three sessions: the case's page says so, and what to do instead."""
    page = mediator.at(code)
    expect(page.locator(".case-actions").get_by_role("link", name="安排调解会", exact=True)).to_have_count(0)
    page.locator(".case-why summary").click()
    expect(page.locator(".case-why")).to_contain_text("至多 3 次，已安排或召开 3 次，不能再安排；请“移交上一级调解”。")


def hands_over(crew: Crew, mediator: Person, code: str, tier: str, to: Person) -> None:
    """Move the mediation up, and let the next mediator read in the pack what was tried."""
    mediator.step(code, Action.MOVE_UP, reason=f"{tier}三次未成", mediators=[to.name])
    page = to.at(code)
    expect(page.locator(".mediation")).to_contain_text(f"调解员：{to.name}")
    page.get_by_role("link", name="移交材料").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("移交材料")
    for words in (
        CLAIM,
        "以老水渠为界",
        f"{tier}第1次：柳树屯不认老水渠",
        f"{tier}第3次：柳树屯不认老水渠",
        f"{tier}三次未成",
    ):
        expect(page.locator("#content")).to_contain_text(words)


def an_hour_goes_by(crew: Crew) -> None:
    """Shift the whistle and whoever turned up so far into the past: the clock of the product is the real one."""
    for statement in (
        "update case_whistles set sent_at = sent_at - interval '1 hour', due_at = due_at - interval '1 hour'",
        "update case_whistle_calls set turned_up_at = turned_up_at - interval '1 hour'",
    ):
        crew.rows(statement)


def words_of(pdf: bytes) -> str:
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def test_a_forest_land_dispute_is_settled_by_the_county_after_three_times_three(crew: Crew) -> None:
    crew.rows(
        "insert into categories (version_id, code, name, family, family_name, dimension, default_grade, limit_hours)"
        " select min(version_id), '0209', '林地草场边界争议', 2, '农业产业', '矛盾纠纷', 'painful', 1440 from categories"
    )
    forestry, land = crew.make.department("林业局", COUNTY), crew.make.department("自然资源局", COUNTY)
    worker = crew.call("马强", Role.GRID_WORKER, GRID_A11)
    desk = crew.call("何静", Role.CENTRE_STAFF, TOWN_A)
    group = crew.call("石安", Role.MEDIATOR, VILLAGE_A1)
    village = crew.call("叶兰", Role.MEDIATOR, VILLAGE_A1)
    town = crew.call("白平", Role.MEDIATOR, TOWN_A)
    county = crew.call("江川", Role.MEDIATOR, COUNTY)
    county_desk = crew.call("秦岭", Role.CENTRE_STAFF, COUNTY)
    forester = crew.call(
        "丁木", Role.DEPARTMENT_HANDLER, COUNTY, forestry,
        geolocation={"longitude": 125.3061, "latitude": 43.8112, "accuracy": 15}, permissions=["geolocation"],
    )  # fmt: skip
    surveyor = crew.call("田野", Role.DEPARTMENT_HANDLER, COUNTY, land)

    # The grid worker hears of it; the town's desk takes it in, writes down who quarrels, and keeps it.
    code = crew.report(worker, TITLE, "0209", description="两个村民组为老水渠两侧林地的界线争执多年。")
    desk.send(code, Action.REGISTER)
    for role, name, identity in (("applicant", "石磊", "11010519491231002X"), ("respondent", "柳枝", "")):
        desk.send(code, Action.ADD_PARTY, party_role=role, party_name=name, party_id_number=identity)
    desk.send(code, Action.ASSESS, category="0209", grade="painful", scale="group", risk="medium")
    desk.send(code, Action.HANDLE_HERE)

    # Group, village, town: three times each, then the next tier reads what was tried.
    group.step(code, Action.START_MEDIATION, tier="组级", mediators=["石安"])
    fails_three_times(group, code, "组级", "石家坳晒谷场")
    no_fourth_time(group, code)
    hands_over(crew, group, code, "组级", village)
    fails_three_times(village, code, "村级", "村委会")
    hands_over(crew, village, code, "村级", town)
    fails_three_times(town, code, "镇级", "镇综治中心")
    hands_over(crew, town, code, "镇级", county)

    # The county whistles two departments to the spot: the forestry office is there in time, the land office is late.
    half_an_hour = f"{local(now()) + timedelta(minutes=30):%Y-%m-%dT%H:%M}"
    county_desk.step(
        code, Action.WHISTLE, department="林业局", assisting=["自然资源局"], place="老水渠东头", deadline=half_an_hour,
        reason="现场指界",
    )  # fmt: skip
    forester.at(code).get_by_role("link", name="报到", exact=True).click()
    forester.page.locator("[data-here]").click()
    expect(forester.page.locator("[data-here-words]")).to_contain_text(
        "已取得位置：125.30610，43.81120，误差约 15 米。"
    )
    forester.page.get_by_role("button", name="报到", exact=True).click()
    expect(forester.page.locator(".calls")).to_contain_text("按时报到")
    an_hour_goes_by(crew)
    surveyor.step(code, Action.TURN_UP, reason="界址图已带到")
    page = county_desk.step(code, Action.END_WHISTLE, reason="两局共同指界，以老水渠中心线为界")
    expect(page.locator(".calls li").nth(0)).to_contain_text("林业局")
    expect(page.locator(".calls li").nth(0)).to_contain_text("按时报到")
    expect(page.locator(".calls li").nth(1)).to_contain_text(re.compile("迟到 (29|30|31) 分钟"))

    # With the line on the ground they agree: both sign, and what they promise has a date.
    county.step(
        code, Action.PLAN_SESSION, starts_at=ago(1), minutes="30 分钟", place="县综治中心", parties="双方代表、两局人员"
    )
    county.step(code, Action.RECORD_SESSION, session="第 1 次", result=["达成一致"], offers="以老水渠中心线为界")
    due = today() + timedelta(days=20)
    page = county.step(
        code, Action.AGREE, counterpart="柳树屯村民组", terms="以老水渠中心线为界，渠东归石家坳，渠西归柳树屯。",
        confirmation=["已申请"], duty_what="埋设界桩", duty_by="双方", duty_due=due.isoformat(), ends=["全部谈妥"],
    )  # fmt: skip
    expect(page.locator(".mediation")).to_contain_text("县级：已达成协议")
    reads_the_agreement(county, code, due)

    # The desk tells what came of it; others look whether it is so, ask, and close.
    desk.step(code, Action.REPORT, reason="双方签订调解协议，界线已明确")
    worker.step(code, Action.VERIFY, reason="现场看过，双方都认")
    second = crew.call("罗青", Role.CENTRE_STAFF, TOWN_A)
    second.step(code, Action.REVISIT, means=["电话"], satisfaction=["非常满意"])
    page = second.step(code, Action.CLOSE)
    expect(page.locator(".case-tags")).to_contain_text("已结案")
    told = page.locator(".case-history")
    for words in ("由组级移交村级调解", "由村级移交镇级调解", "由镇级移交县级调解", "协议第 1 号"):
        expect(told).to_contain_text(words)
    expect(told).not_to_contain_text("石磊")


def reads_the_agreement(mediator: Person, code: str, due: date) -> None:
    """The paper is made at once, and names who signs, what they agreed and until when."""
    page = mediator.page
    paper = page.locator(".case-papers li", has_text="调解协议书")
    paper.get_by_role("button", name="立即生成").click()
    link = page.get_by_role("link", name=re.compile("下载调解协议书 .* 的 PDF"))
    expect(link).to_be_visible()
    words = words_of(page.request.get(f"{mediator.url}{link.get_attribute('href')}").body())
    assert "申请人：石磊，身份证号11010519491231002X" in words
    assert "被申请人：柳枝" in words
    assert "以老水渠中心线为界，渠东归石家坳，渠西归柳树屯。" in words
    assert f"{due.year}年{due.month}月{due.day}日前，双方履行：埋设界桩" in words
    assert "申请人石磊：＿" in words
