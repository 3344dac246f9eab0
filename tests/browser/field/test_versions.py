"""A new version of the app reaches phones on which items wait: offered, taken over when the person agrees, and nothing is lost or doubled.

The server serves a copy of the product that the test changes as the next version would.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import Watch
from tests.browser.field.conftest import Phone, phone_of
from tests.browser.people import Crew, crew_on
from tests.conftest import ROOT, Databases

NEW_WORD, OLD_WORD = "任务清单", "任务 "
STEP_END = """    db.createObjectStore("fixes", { keyPath: "seq", autoIncrement: true }).createIndex("duty", "duty");
  },
"""
NEXT_STEP = (
    STEP_END
    + """  (db, change) => {
    db.createObjectStore("routes", { keyPath: "id" });
    change.objectStore("items").createIndex("kind", "kind");
  },
"""
)


@dataclass
class Release:
    """The files that the server serves."""

    root: Path

    def change(self, path: str, old: str, new: str) -> None:
        """Write the next version of a script."""
        file = self.root / "gridmap" / "static" / "js" / "field" / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    def bring_out(self) -> None:
        """Bring out a version with another screen and another form of the phone's database."""
        self.change("screens/today.js", f'`{OLD_WORD}${{tasks.length || ""}}`', f'"{NEW_WORD}"')
        self.change("store.js", STEP_END, NEXT_STEP)


@pytest.fixture
def release(tmp_path: Path) -> Release:
    """A copy of the product."""
    root = tmp_path / "product"
    root.mkdir()
    for one in ("data", "docs", "migrations"):
        (root / one).symlink_to(ROOT / one)
    shutil.copytree(ROOT / "gridmap", root / "gridmap", ignore=shutil.ignore_patterns("__pycache__"))
    return Release(root)


@pytest.fixture
def crew(
    release: Release, databases: Databases, migrated: Any, worker_name: str, browser: Browser, tmp_path: Path
) -> Iterator[Crew]:
    """The small world, served from the copy."""
    name = f"{worker_name}_versions_{len(databases.made)}"
    url, watch = databases.create(name, template=migrated.database), Watch()
    copied = f"--chdir {release.root}"  # gunicorn imports from there first
    with crew_on(url, tmp_path / "instance", browser, watch, GUNICORN_CMD_ARGS=copied) as crew:
        yield crew
        assert not watch.unexpected(), "\n".join(watch.unexpected())
    databases.drop(name)


def reported(crew: Crew, name: str) -> list[str]:
    """The titles of the cases that somebody reported."""
    asked = "select title from cases c join accounts a on a.id = c.created_by where a.name = :n order by title"
    return [row.title for row in crew.rows(asked, n=name)]


def look_for_updates(phone: Phone) -> None:
    """Come back to the app, as from another one: it looks whether there is a new version."""
    phone.page.evaluate("navigator.serviceWorker.getRegistration('/field/').then((one) => one.update())")


def test_an_update_with_items_in_the_queue_and_another_form_of_the_database_loses_nothing(
    crew: Crew, release: Release
) -> None:
    phone = phone_of(crew, "更新人")
    phone.set_up()
    expect(phone.page.get_by_role("heading", name=OLD_WORD.strip(), exact=True)).to_be_visible()
    phone.answer("**/field/sync", 503)
    phone.report(title="楼道堆物一")
    phone.report(title="楼道堆物二")
    release.bring_out()
    look_for_updates(phone)
    phone.page.get_by_text("有新版本").wait_for()
    phone.report(title="楼道堆物三")  # the old version works on until the person agrees
    phone.page.get_by_role("button", name="更新", exact=True).tap()
    expect(phone.page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    phone.key()
    for title in ("楼道堆物一", "楼道堆物二", "楼道堆物三"):
        expect(phone.item(title)).to_contain_text("待发送")
    phone.go("today")
    expect(phone.page.get_by_role("heading", name=NEW_WORD)).to_be_visible()
    phone.go("queue")
    phone.context.unroute("**/field/sync")
    phone.send_now()
    expect(phone.sending).to_have_text("全部已送达")
    assert sorted(reported(crew, "更新人")) == ["楼道堆物一", "楼道堆物三", "楼道堆物二"]
    phone.cut()
    phone.unlock()  # all of the new version is kept
    expect(phone.page.get_by_role("heading", name=NEW_WORD)).to_be_visible()


def test_a_second_tab_with_the_old_version_comes_along(crew: Crew, release: Release) -> None:
    phone = phone_of(crew, "两页人")
    phone.set_up()
    phone.answer("**/field/sync", 503)
    phone.report(title="路灯不亮")
    other = Phone(phone.context.new_page(), phone.context, phone.url, phone.name, crew)
    other.unlock()
    release.bring_out()
    look_for_updates(phone)
    phone.page.get_by_role("button", name="更新", exact=True).tap()
    for one in (phone, other):
        expect(one.page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
    phone.context.unroute("**/field/sync")
    other.key()
    expect(other.page.get_by_role("heading", name=NEW_WORD)).to_be_visible()
    expect(other.sending).to_have_text("全部已送达", timeout=60_000)
    assert reported(crew, "两页人") == ["路灯不亮"]
