"""People of a story in the small world: each signed in in a browser of their own, taking the steps of a case as themselves.

``step`` goes through the screen as a person does; ``send`` sends the same form by HTTP with the same sign-in, for what a story
repeats. Both fail with what the product said when a step did not go through.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

from playwright.sync_api import APIResponse, Browser, BrowserContext, Page, expect
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.rules import ACTION_NAMES, Action
from tests.browser.conftest import Watch, serve
from tests.factories import Factories

JSON = {"Accept": "application/json"}


@dataclass
class Person:
    """Somebody with a browser: ``page`` is what they look at."""

    page: Page
    context: BrowserContext
    url: str
    name: str

    def open(self, path: str) -> Page:
        """Go to a page of the product."""
        self.page.goto(f"{self.url}{path}")
        return self.page

    def at(self, code: str) -> Page:
        """Look at a case."""
        return self.open(f"/cases/{code}")

    def step(self, code: str, action: Action, **fields: Any) -> Page:
        """Take a step through the screen: its button on the case's page, the form, and the word that it is done."""
        self.ask(code, action, **fields)
        expect(self.page.locator(".flash-good")).to_contain_text(f"已完成“{ACTION_NAMES[action]}”")
        return self.page

    def ask(self, code: str, action: Action, **fields: Any) -> Page:
        """Fill in a step's form and send it, whatever the answer."""
        self.at(code).locator(".case-actions").get_by_role("link", name=ACTION_NAMES[action], exact=True).click()
        expect(self.page.get_by_role("heading", level=1)).to_have_text(ACTION_NAMES[action])
        for name, value in fields.items():
            self.fill(name, value)
        self.page.get_by_role("button", name=ACTION_NAMES[action], exact=True).click()
        return self.page

    def fill(self, name: str, value: Any) -> None:
        """Fill a field of the form by its name: choose, tick (the words of the choices) or write."""
        if isinstance(value, (list, tuple)):
            for words in value:
                choice = self.page.locator(f'label:has([name="{name}"])')
                choice.filter(has_text=re.compile(f"^{re.escape(words)}")).first.locator("input").check()
            return
        field = self.page.locator(f'[name="{name}"]').first
        if field.evaluate("e => e.tagName") == "SELECT":
            label = field.locator("option", has_text=value).first.inner_text()
            field.select_option(label=label)
        else:
            field.fill(str(value))

    def send(self, code: str, action: Action, **fields: Any) -> APIResponse:
        """Take a step by HTTP as this person; raises ``AssertionError`` with the answer when it did not go through."""
        answer = self.post(f"/cases/{code}/steps/{action}", **fields)
        assert answer.ok, f"{self.name} {ACTION_NAMES[action]}: {answer.text()[:400]}"
        return answer

    def post(self, path: str, **fields: Any) -> APIResponse:
        """Send a form as this person, as a program would."""
        token = self.page.locator('meta[name="csrf-token"]').get_attribute("content")
        data = [(name, str(item)) for name, value in fields.items() for item in _several(value)]
        body = "&".join(f"{quote_plus(name)}={quote_plus(item)}" for name, item in [*data, ("csrf_token", token or "")])
        return self.page.request.post(
            f"{self.url}{path}", data=body, headers={**JSON, "Content-Type": "application/x-www-form-urlencoded"}
        )


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


class Crew:
    """The small world on a server of its own, and whoever a story calls."""

    def __init__(self, browser: Browser, url: str, owner: Callable[[], Any], make: Factories, watch: Watch) -> None:
        self.browser, self.url, self.owner, self.make, self.watch = browser, url, owner, make, watch
        self.contexts: list[BrowserContext] = []

    def call(self, name: str, *post: Any, **screen: Any) -> Person:
        """Give somebody a post (role, unit, and the department's number where it is one's) and sign them in."""
        role, unit_code, *rest = post
        username, password = self.make.account((Role(role), unit_code, *rest), name=name)
        desk = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
        context = self.browser.new_context(**{**desk, **screen})
        context.set_default_timeout(30_000)
        self.watch.follow(context)
        self.contexts.append(context)
        page = context.new_page()
        page.goto(f"{self.url}/login")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(password)
        page.get_by_role("button", name="登录").click()
        page.wait_for_url(lambda address: "/login" not in address)
        return Person(page, context, self.url, name)

    def number(self, name: str) -> int:
        """Return the number of somebody's account."""
        return int(self.rows("select id from accounts where name = :name", name=name)[0][0])

    def rows(self, statement: str, **values: Any) -> list[Any]:
        """Look into the tables."""
        with self.owner() as session:
            found = session.execute(text(statement), values)
            return list(found) if found.returns_rows else []

    def report(self, person: Person, title: str, category: str = "0101", **more: Any) -> str:
        """Let somebody report a case with a place in the first grid; return its code."""
        values = {
            "client_id": str(uuid.uuid4()), "category": category, "channel": "grid_worker", "scale": "group", "title": title,
            "position_method": "map", "lon": "125.305", "lat": "43.81", "datum": "wgs84", **more,
        }  # fmt: skip
        answer = person.post("/cases", **values)
        assert answer.status == 201, answer.text()[:400]
        return str(answer.json()["case_code"])


@contextmanager
def crew_on(url: Any, folder: Path, browser: Browser, watch: Watch, **settings: str) -> Iterator[Crew]:
    """Serve a database with the small world in it for the people of one story; their browsers are closed at the end."""
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    for server in serve(url, folder, **settings):
        crew = Crew(browser, server.url, owner, make, watch)
        yield crew
        for context in crew.contexts:
            context.close()
    engine.dispose()
