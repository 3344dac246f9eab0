"""Browser tests: real Chromium, a live server, and the demonstration town in a database cloned for the worker.

The town is loaded once per run into a template; each worker clones it and serves the clone (``live``). A test that changes
data asks for ``fresh``, a server on a clone of its own. A console error, a breach of the content security policy, a failed
script or a request to another host fails the test that caused it, unless the test said beforehand that it will happen
(``watch.allow``).
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response, expect
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, make_url

from gridmap.cli.processes import Children, local_address, wait_ready, web_command
from gridmap.cluster.ports import any_free_port
from tests.conftest import ROOT, Databases

PASSWORD = "Ceshi-mima-2026"
TOWN = "220102200000000"  # 幸福乡 of the demonstration
LOCK = 730_194  # with the template's name: the lock of its makers, this run's workers
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--ignore-gpu-blocklist",
    "--disable-background-networking",
]
expect.set_options(timeout=30_000)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark everything in this folder ``browser`` and give it time: software rendering on a shared machine is slow."""
    for item in items:
        if Path(item.fspath).is_relative_to(Path(__file__).parent):
            item.add_marker("browser")
            item.add_marker(pytest.mark.timeout(300))


@pytest.fixture(scope="session")
def town(databases: Databases, instance_dir: Path) -> Iterator[str]:
    """Name of the template database that holds the demonstration town; the first worker loads it, the last one drops it."""
    server = make_url(os.environ["GRIDMAP_TEST_SERVER_URL"]).set(drivername="postgresql+psycopg2")
    name = f"gm_town_{os.environ.get('PYTEST_XDIST_TESTRUNUID', str(os.getpid()))[:12]}"
    engine = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as held:
        making, using = {"lock": LOCK, "name": name}, {"lock": LOCK + 1, "name": name}
        held.execute(text("select pg_advisory_lock(:lock, hashtext(:name))"), making)
        if not held.execute(text("select 1 from pg_database where datname = :name"), {"name": name}).scalar():
            load_town(databases, server, name)
        held.execute(text("select pg_advisory_lock_shared(:lock, hashtext(:name))"), using)
        held.execute(text("select pg_advisory_unlock(:lock, hashtext(:name))"), making)
        yield name
        held.execute(text("select pg_advisory_unlock_shared(:lock, hashtext(:name))"), using)
        if held.execute(text("select pg_try_advisory_lock(:lock, hashtext(:name))"), using).scalar():
            held.exec_driver_sql(f"drop database if exists {name} with (force)")
            Path(keys_of(name)).unlink(missing_ok=True)
    engine.dispose()


def keys_of(town: str) -> str:
    """Return the file of the keys with which the town's personal data is sealed: one for all workers and servers of the run."""
    return str(Path(tempfile.gettempdir()) / f"{town}.keys.json")


def load_town(databases: Databases, server: URL, name: str) -> None:
    """Migrate and fill the template under another name first, so that a broken one is never taken for a whole one."""
    from gridmap.config import settings
    from gridmap.db import migrate
    from gridmap.demo import load_demo

    os.environ |= {"GRIDMAP_DEMO_PASSWORD": PASSWORD, "GRIDMAP_KEYS": keys_of(name)}
    settings.cache_clear()
    making = databases.create(f"{name}_new")
    migrate(making)
    load_demo("town", 1, url=making)
    del os.environ["GRIDMAP_KEYS"]
    settings.cache_clear()
    engine = create_engine(server.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"alter database {name}_new rename to {name}")
    engine.dispose()


@dataclass
class Live:
    """A running server: its address, and the owner's address of its database."""

    url: str
    database: URL


def serve(database: URL, folder: Path, **settings: str) -> Iterator[Live]:
    """Run the web server on ``database``, with further settings, until the fixture ends.

    Says what its log says when it does not start.
    """
    values = {"GRIDMAP_DATABASE_URL": database.render_as_string(hide_password=False)}
    values |= {
        "GRIDMAP_INSTANCE_DIR": str(folder),
        "GRIDMAP_DEMO_PASSWORD": PASSWORD,
        "PYTHONPATH": str(ROOT),
        **settings,
    }
    children = Children(folder / "logs", {**os.environ, **values})
    port = any_free_port()
    try:
        children.start("网页服务", web_command("127.0.0.1", port, 2, folder / "logs"), "web.log")
        wait_ready(children, local_address("127.0.0.1", port))
        yield Live(local_address("127.0.0.1", port), database)
    finally:
        children.stop()


@pytest.fixture(scope="session")
def live(databases: Databases, worker_name: str, town: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The worker's server on a clone of the town, for tests that only look."""
    database = databases.create(f"{worker_name}_live", template=town)
    yield from serve(database, tmp_path_factory.mktemp("live"), GRIDMAP_KEYS=keys_of(town))


@pytest.fixture
def fresh(databases: Databases, worker_name: str, town: str, tmp_path: Path) -> Iterator[Live]:
    """A server on a clone of its own, for a test that changes things; dropped afterwards."""
    database = databases.create(f"{worker_name}_fresh", template=town)
    yield from serve(database, tmp_path, GRIDMAP_KEYS=keys_of(town))
    databases.drop(str(database.database))


@pytest.fixture(scope="session")
def base_url() -> None:
    """No address for all: tests name the server they mean, and the plugin's own fixture is not needed."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium, drawing WebGL in software."""
    found = next((path for path in map(shutil.which, BROWSERS) if path), None)
    assert found, "没有找到 Chromium：请先运行 make test，由它安装。"
    return {**browser_type_launch_args, "executable_path": found, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    """A desk in China."""
    desk = {"viewport": {"width": 1440, "height": 900}, "locale": "zh-CN", "timezone_id": "Asia/Shanghai"}
    return {**browser_context_args, **desk}


@dataclass
class Watch:
    """What went wrong in the browser, and what a test said would go wrong."""

    faults: list[str] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=lambda: {"127.0.0.1"})

    def allow(self, pattern: str) -> None:
        """Expect messages that match ``pattern``."""
        self.allowed.append(pattern)

    def note(self, what: str) -> None:
        """Keep a fault."""
        self.faults.append(what)

    def unexpected(self) -> list[str]:
        """Return the faults nobody expected."""
        return [fault for fault in self.faults if not any(re.search(pattern, fault) for pattern in self.allowed)]

    def follow(self, context: BrowserContext) -> None:
        """Listen to everything that happens in ``context``."""

        def said(message: ConsoleMessage) -> None:
            if message.type == "error" or "Content Security Policy" in message.text:
                self.note(f"console: {message.text} ({message.location.get('url', '')})")

        def asked(request: Request) -> None:
            parts = urlsplit(request.url)
            if parts.scheme in ("http", "https", "ws", "wss") and parts.hostname not in self.hosts:
                self.note(f"another host: {request.url}")

        def answered(response: Response) -> None:
            if response.status >= 500:
                self.note(f"answer {response.status}: {response.url}")

        context.on("console", said)
        context.on("request", asked)
        context.on("response", answered)
        context.on("weberror", lambda error: self.note(f"script: {error.error}"))


@pytest.fixture
def watch(context: BrowserContext) -> Iterator[Watch]:
    """Looks over the browser's shoulder; the test fails at its end for whatever it did not allow."""
    watching = Watch()
    watching.follow(context)
    yield watching
    assert not watching.unexpected(), "\n".join(watching.unexpected())


@pytest.fixture
def page(context: BrowserContext, watch: Watch) -> Page:
    """A tab that is watched."""
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    return opened


@pytest.fixture
def sign_in(live: Live) -> Callable[..., Page]:
    """``sign_in(page, "leader", "/map?shade=risk")``: sign in as a demonstration account and go there."""

    def enter(page: Page, username: str, target: str = "/map", *, at: Live = live) -> Page:
        page.goto(f"{at.url}/login?{urlencode({'next': target})}")
        page.get_by_label("用户名").fill(username)
        page.get_by_label("密码").fill(PASSWORD)
        page.get_by_role("button", name="登录").click()
        wanted = urlsplit(target).path  # the front page leads on to where the person's work is
        page.wait_for_url(
            lambda address: (
                urlsplit(address).path not in ("/", "/login") if wanted == "/" else urlsplit(address).path == wanted
            )
        )
        return page

    return enter


def wait_until(page: Page, script: str, seconds: float = 60.0) -> None:
    """Wait until a function of the page returns true. (Playwright's own waiting evaluates strings, which our policy forbids.)"""
    for _ in range(int(seconds * 10)):
        if page.evaluate(script):
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"not true within {seconds} s: {script}")


def map_is_drawn(page: Page) -> None:
    """Wait until the map has drawn its first units and cases."""
    page.locator('html[data-map-ready="1"]').wait_for(state="attached", timeout=90_000)
