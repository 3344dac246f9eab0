"""An elderly home's drain is blocked: told at night by phone, dispatched next morning to 民政 and the community, done, revisited.

The duty officer of the night takes the call and writes down who called; the desk of the morning sends it to two, who report
before it is closed; somebody who had no part in it calls back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gridmap.access import Role
from gridmap.cases.rules import Action
from gridmap.clock import CHINA, local, now
from tests.browser.conftest import Watch
from tests.browser.people import Crew, Person, crew_on
from tests.factories import GRID_A11, TOWN_A, VILLAGE_A1

TITLE = "示例养老院厨房下水道堵塞"
CALLER, PHONE = "欧阳测试", "13800001234"


@pytest.fixture
def crew(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[Crew]:
    watch = Watch()
    with crew_on(clone(), tmp_path, browser, watch) as people:
        yield people
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def last_night() -> datetime:
    """Return 23:20 of yesterday on the clock in China."""
    return datetime.combine(local(now()).date() - timedelta(days=1), time(23, 20), CHINA)


def test_a_blocked_drain_told_at_night_is_mended_the_next_day(crew: Crew) -> None:
    civil = crew.make.department("民政办", TOWN_A)
    community = crew.make.department("甲一社区居委会", VILLAGE_A1)
    night = crew.call("何静", Role.CENTRE_STAFF, TOWN_A)

    code = takes_the_call(night)
    the_night_goes_by(crew, code)

    morning = crew.call("秦岭", Role.CENTRE_STAFF, TOWN_A)
    sends_it_to_two(morning, code)
    the_home_is_helped(
        crew.call("丁木", Role.DEPARTMENT_HANDLER, TOWN_A, civil),
        crew.call("田野", Role.DEPARTMENT_HANDLER, VILLAGE_A1, community),
        code,
    )

    # The grid worker looks at the drain; whoever handled it may not ask how it went, somebody else does.
    crew.call("马强", Role.GRID_WORKER, GRID_A11).step(code, Action.VERIFY, reason="已到厨房看过，排水通畅")
    asks_and_closes(crew.call("罗青", Role.CENTRE_STAFF, TOWN_A), code)

    # What is kept of the caller is not readable for whoever gets hold of the tables.
    kept = crew.rows("select string_agg(p::text, ' ') from case_parties p")[0][0]
    assert CALLER not in kept
    assert PHONE.encode().hex() not in kept


def takes_the_call(night: Person) -> str:
    """何静 has the night's duty: she writes while the caller speaks, and reads out the number of the case at the end."""
    page = night.open("/desk")
    expect(page.get_by_label("姓名")).to_be_focused()
    for name, words in (
        ("party_name", CALLER),
        ("party_phone", PHONE),
        ("title", TITLE),
        ("category", "0101"),
        ("address_text", "幸福路 8 号示例养老院"),
        ("description", "污水漫到走廊，三十多位老人要从这里去吃早饭。"),
        ("channel", "来电"),
        ("grade", "急难事"),
        ("lon", "125.305"),
        ("lat", "43.81"),
    ):
        night.fill(name, words)
    page.keyboard.press("F9")
    expect(page.get_by_role("heading", level=1)).to_have_text("受理单")
    receipt = page.locator(".receipt")
    expect(receipt).to_contain_text("来电")
    expect(receipt).to_contain_text("欧*")
    expect(receipt).to_contain_text("138****1234")
    expect(receipt).to_contain_text("何静")
    return page.locator(".receipt-code").inner_text().strip()


def the_night_goes_by(crew: Crew, code: str) -> None:
    """Shift what happened so far to last night: the clock of the product is the real one."""
    crew.rows("update cases set received_at = :at where case_code = :code", at=last_night(), code=code)
    crew.rows(
        "update case_steps set at = :at where case_id = (select id from cases where case_code = :code)",
        at=last_night(), code=code,
    )  # fmt: skip


def sends_it_to_two(morning: Person, code: str) -> None:
    """秦岭 finds it among what waits in the morning, weighs it, and sends it to 民政 with the community beside it."""
    page = morning.open("/work")
    waiting = page.locator(".work-table tbody tr", has_text=TITLE)
    expect(waiting).to_have_count(1)
    page = morning.at(code)
    expect(page.locator(".case-history")).to_contain_text(f"{last_night():%m-%d} 23:20")
    morning.step(code, Action.ASSESS, category="邻里纠纷", grade="急难事", scale="个体性", risk="低")
    page = morning.step(
        code, Action.DISPATCH, department="民政办", assisting=["甲一社区居委会"], task="今日午前疏通，早饭改送到房间"
    )
    expect(page.locator(".case-papers")).to_contain_text("交办单")


def the_home_is_helped(civil: Person, community: Person, code: str) -> None:
    """民政 has the drain opened; it cannot report before the community, which brought the breakfast, has."""
    civil.open("/work")
    expect(civil.page.locator(".work-table tbody tr", has_text=TITLE)).to_have_count(1)
    civil.step(code, Action.ACCEPT)
    civil.step(code, Action.START, reason="已联系疏通队，九点到场")
    community.step(code, Action.ASSIST_ACCEPT)
    page = civil.at(code)
    page.locator(".case-why summary").click()
    expect(page.locator(".case-why")).to_contain_text("协办单位甲一社区居委会还没有反馈，请等待或催办。")
    community.step(code, Action.ASSIST_REPORT, reason="早饭已送到三十二间房")
    civil.step(code, Action.PROGRESS, reason="油脂结块，已清出")
    page = civil.step(code, Action.REPORT, reason="管道已疏通，厨房恢复使用")
    expect(page.locator(".case-tags")).to_contain_text("已反馈")


def asks_and_closes(second: Person, code: str) -> None:
    """罗青, who had no part in it, calls back, and the caller is told in writing that it is done."""
    second.step(code, Action.REVISIT, means=["电话"], satisfaction=["非常满意"], reason="院方表示当天中午就好了")
    page = second.step(code, Action.CLOSE)
    expect(page.locator(".case-tags")).to_contain_text("已结案")
    told = page.locator(".case-history")
    for words in (
        "登记受理",
        "分流派单",
        "协办反馈",
        "办结反馈",
        "核实通过",
        "回访验单",
        "结案",
        "早饭已送到三十二间房",
    ):
        expect(told).to_contain_text(words)
    expect(told).not_to_contain_text(CALLER)
    expect(page.locator(".case-papers")).to_contain_text("办结告知书")
    expect(page.locator(".case-history").get_by_text(re.compile("何静")).first).to_be_visible()
