"""A grid worker's day: on duty, into a stairwell without a signal, three reports with photos, two things looked at, a walk, and back.

While the phone is cut off the command room sees nothing; within seconds of the signal it sees all of it, and the numbers agree.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from gridmap.access import Role
from tests.browser.conftest import Watch, map_is_drawn, wait_until
from tests.browser.field.conftest import HERE, Phone, phone_of
from tests.browser.field.test_faults import photo, shoot
from tests.browser.people import Crew, Person, crew_on
from tests.factories import GRID_A11, TOWN_A

WORKER = "马强"
SEEN = ("楼道堆放杂物", "单元门禁损坏", "井盖松动")
STEP = 0.0003  # degrees of longitude, some 24 m


@pytest.fixture
def crew(clone: Callable[[], Any], tmp_path: Path, browser: Browser) -> Iterator[Crew]:
    watch = Watch()
    with crew_on(clone(), tmp_path, browser, watch) as people:
        yield people
    assert not watch.unexpected(), "\n".join(watch.unexpected())


def test_a_day_without_a_signal_stands_on_the_map_as_soon_as_there_is_one(crew: Crew) -> None:
    mended = {
        title: crew.make.case(GRID_A11, status="reported", title=title, case_code=f"990102-2025-000000{number}")
        for number, title in enumerate(("路灯已修好", "积水已排除"), 1)
    }
    command = crew.call("何静", Role.CENTRE_STAFF, TOWN_A)
    watches_the_map(command, total=2)

    phone = phone_of(crew, WORKER)
    phone.set_up()
    goes_on_duty(phone)
    is_seen_on_duty(command)

    phone.cut()
    for number, title in enumerate(SEEN):
        phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + (number + 1) * STEP})
        reports(phone, title)
    for title in mended:
        looks_at(phone, title)
    walks(phone)
    expect(phone.sending).to_contain_text("5 条未送达")
    assert figure(command) == "2"  # nothing of it is known yet

    phone.join()
    expect(phone.sending).to_have_text("全部已送达")
    back_at = time.monotonic()
    wait_until(command.page, "() => document.querySelector('#panel-numbers .figure-value').textContent === '5'")
    assert time.monotonic() - back_at < 60  # the issue asks for 5 s; a loaded machine gets more

    the_numbers_agree(crew, command)
    goes_off_duty(phone)
    everything_is_there(crew, set(mended.values()))


def watches_the_map(command: Person, *, total: int) -> None:
    """The command room has the map open, with who is on duty."""
    command.open(f"/map?unit={TOWN_A}&layers=borders,cases,duty")
    map_is_drawn(command.page)
    assert figure(command) == str(total)


def figure(command: Person) -> str:
    """Return how many cases the map's panel says there are."""
    return command.page.locator("#panel-numbers .figure-value").first.inner_text()


def goes_on_duty(phone: Phone) -> None:
    """One tap; the strip says since when and how exact the position is."""
    phone.page.get_by_role("button", name="上岗").tap()
    expect(phone.page.locator(".strip")).to_contain_text("在岗")
    expect(phone.page.locator(".strip")).to_contain_text("误差约 8 米")
    expect(phone.sending).to_have_text("全部已送达")


def is_seen_on_duty(command: Person) -> None:
    """The command room sees that somebody is on duty now."""
    wait_until(command.page, "() => document.querySelector('#map').dataset.duty === '1'")


def reports(phone: Phone, title: str) -> None:
    """A report with a photo, kept on the phone."""
    phone.go("report")
    phone.page.locator(".classes").get_by_role("button", name="消防隐患", exact=True).tap()
    phone.page.get_by_label("标题").fill(title)
    shoot(phone.page, photo(1200, 900))
    phone.page.get_by_role("button", name="保存并上报").tap()
    expect(phone.item(title)).to_contain_text("待发送")


def looks_at(phone: Phone, title: str) -> None:
    """A task of today: what was said to be done is looked at on the spot."""
    phone.go("today")
    phone.page.locator(".task button").filter(has_text=title).tap()
    phone.page.get_by_label("核实情况").fill("到现场看过，属实")
    phone.page.get_by_role("button", name="核实通过").tap()
    expect(phone.item(f"任务：{title}")).to_contain_text("待发送")


def walks(phone: Phone) -> None:
    """A walk to the east until five more positions are kept: the phone keeps one every three seconds."""
    phone.go("me")
    for number in range(400):
        phone.context.set_geolocation({**HERE, "longitude": HERE["longitude"] + number * STEP / 10})
        if kept_positions(phone) >= 5:
            return
        phone.page.wait_for_timeout(250)  # a person walks
    raise AssertionError("the phone keeps no positions")


def kept_positions(phone: Phone) -> int:
    """Return how many positions the phone says it has kept."""
    found = re.search(r"已记录 (\d+) 个位置", phone.page.locator(".panel").first.inner_text())
    return int(found.group(1)) if found else 0


def the_numbers_agree(crew: Crew, command: Person) -> None:
    """Panel, list and tables say the same."""
    command.page.get_by_role("button", name="事件列表").click()
    expect(command.page.locator(".case-row")).to_have_count(5)
    for title in SEEN:
        expect(command.page.locator(".case-row").filter(has_text=title)).to_have_count(1)
    assert crew.rows("select count(*) from cases") == [(5,)]


def goes_off_duty(phone: Phone) -> None:
    """One tap; nothing is recorded from now on."""
    phone.go("today")
    phone.page.get_by_role("button", name="下岗").tap()
    expect(phone.page.get_by_role("button", name="上岗")).to_be_visible()
    expect(phone.page.locator(".strip")).to_be_hidden()
    expect(phone.sending).to_have_text("全部已送达")
    wait_until(phone.page, "() => document.querySelector('.sending').textContent === '全部已送达'")


def everything_is_there(crew: Crew, mended: set[str]) -> None:
    """Three cases with their photos, two things verified, one duty that ended, and its track."""
    assert crew.rows("select count(*) from case_photos") == [(3,)]
    codes = {row[0] for row in crew.rows("select case_code from cases where status = 'verified'")}
    assert codes == mended
    wanted = "select d.off_at is not null, (select count(*) from track_points) from duties d"
    for _ in range(100):
        ((ended, points),) = crew.rows(wanted)
        if ended and points >= 5:
            break
        time.sleep(0.1)
    assert ended
    assert points >= 5
