"""Workers with phones: Chromium as large as a small phone, with a position and a finger, on a server with the small world."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from gridmap.access import Role
from tests.browser.conftest import Watch, wait_until
from tests.browser.people import Crew, crew_on
from tests.conftest import Databases
from tests.factories import GRID_A11, SIZE, SOUTH, WEST

PIN = "271828"
HERE = {"longitude": WEST + SIZE / 2, "latitude": SOUTH + SIZE / 2, "accuracy": 8}
SCREEN = {
    "viewport": {"width": 360, "height": 640},
    "has_touch": True,
    "permissions": ["geolocation"],
    "geolocation": HERE,
}
NO_NETWORK = r"ERR_INTERNET_DISCONNECTED|ERR_FAILED|Failed to fetch"


@dataclass
class Phone:
    """A worker's phone: its tab, and the acts of a thumb."""

    page: Page
    context: BrowserContext
    url: str
    name: str
    crew: Crew
    taps: int = 0

    def open(self) -> None:
        """Open the app, as by its icon."""
        self.page.goto(f"{self.url}/field/")

    def key(self, digits: str = PIN) -> None:
        """Type a PIN on the screen's own keys."""
        for digit in digits:
            self.page.get_by_role("button", name=digit, exact=True).tap()

    def set_up(self) -> None:
        """Open the app for the first time and choose a PIN; wait until its files are kept."""
        self.open()
        expect(self.page.get_by_role("heading", name="请设置解锁码")).to_be_visible()
        self.key()
        expect(self.page.get_by_role("heading", name="请再输入一次")).to_be_visible()
        self.key()
        expect(self.sending).to_have_text("全部已送达")
        wait_until(self.page, "() => navigator.serviceWorker.controller !== null")

    def unlock(self) -> None:
        """Open the app again and type the PIN."""
        self.open()
        expect(self.page.get_by_role("heading", name="请输入解锁码")).to_be_visible()
        self.key()
        expect(self.sending).to_be_visible()

    @property
    def sending(self) -> Any:
        """The word about the sending in the head."""
        return self.page.locator(".sending")

    def tap(self, target: Any) -> None:
        """Tap, and count it."""
        target.tap()
        self.taps += 1

    def go(self, screen: str) -> None:
        """Choose a screen of the bar."""
        self.tap(self.page.locator(f".bar [data-name={screen}]"))

    def report(self, category: str = "邻里纠纷", title: str = "") -> None:
        """Make a report: screen, class, save."""
        self.go("report")
        self.tap(self.page.locator(".classes").get_by_role("button", name=category, exact=True))
        if title:
            self.page.get_by_label("标题").fill(title)
        self.tap(self.page.get_by_role("button", name="保存并上报"))
        expect(self.page.get_by_role("heading", name="发送", exact=True)).to_be_visible()

    def item(self, title: str) -> Any:
        """The entry of an item on the screen of the queue."""
        return self.page.locator(".item").filter(has_text=title)

    def send_now(self) -> None:
        """Press the button of the queue."""
        self.page.get_by_role("button", name="立即发送").tap()

    def cut(self) -> None:
        """Cut the network."""
        self.crew.watch.allow(NO_NETWORK)
        self.context.set_offline(True)

    def join(self) -> None:
        """Join the network again."""
        self.context.set_offline(False)

    def answer(self, path: str, status: int | None, body: str = "", times: int = 10_000) -> None:
        """Let the server answer so, ``times`` times; ``None``: the connection breaks."""
        if status is None:
            self.crew.watch.allow(NO_NETWORK)
        elif status >= 400:
            self.crew.watch.allow(rf"status of {status}|answer {status}")

        def answered(route: Route) -> None:
            if status is None:
                route.abort()
            else:
                route.fulfill(status=status, body=body, content_type="application/json")

        self.context.route(path, answered, times=times)

    def stored(self) -> str:
        """Return all that lies in the phone's database, as far as it is readable as text."""
        script = """async () => {
          const asked = indexedDB.open("gridmap-field");
          const db = await new Promise((done) => { asked.onsuccess = () => done(asked.result); });
          let all = "";
          for (const name of db.objectStoreNames) {
            const rows = await new Promise((done) => { const got = db.transaction(name).objectStore(name).getAll(); got.onsuccess = () => done(got.result); });
            const text = (value) => value instanceof ArrayBuffer || ArrayBuffer.isView(value) ? new TextDecoder().decode(value)
              : value && typeof value === "object" ? Object.entries(value).map(([k, v]) => `${k}=${text(v)}`).join(";") : String(value);
            all += `${name}: ${rows.map(text).join("|")}\\n`;
          }
          db.close();
          return all;
        }"""
        told: str = self.page.evaluate(script)
        return told


@pytest.fixture(scope="module")
def field_crew(
    databases: Databases,
    migrated: Any,
    worker_name: str,
    browser: Browser,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Crew]:
    """The small world on a server of its own, for the tests of one file: each calls its own workers."""
    name = f"{worker_name}_field_{len(databases.made)}"
    url = databases.create(name, template=migrated.database)
    with crew_on(url, tmp_path_factory.mktemp("field"), browser, Watch()) as crew:
        yield crew
    databases.drop(name)


@pytest.fixture
def crew(field_crew: Crew) -> Iterator[Crew]:
    """The crew, watched anew by each test."""
    field_crew.watch = Watch()
    yield field_crew
    for context in field_crew.contexts:
        context.close()
    field_crew.contexts.clear()
    assert not field_crew.watch.unexpected(), "\n".join(field_crew.watch.unexpected())


def phone_of(crew: Crew, name: str, unit: int = GRID_A11, **screen: Any) -> Phone:
    """Give a worker a phone on which they have signed in."""
    person = crew.call(name, Role.GRID_WORKER, unit, **{**SCREEN, **screen})
    return Phone(person.page, person.context, person.url, name, crew)


@pytest.fixture
def phone(crew: Crew, request: pytest.FixtureRequest) -> Phone:
    """A worker's phone with the app set up."""
    made = phone_of(crew, f"网格员{abs(hash(request.node.name)) % 10_000}")
    made.set_up()
    return made
