"""Fixtures for everybody: a private cluster for the run, a really migrated database for each worker, a savepoint for each test.

Unit tests (tests/unit) cannot reach the database. Integration tests see one connection whose transaction is rolled back; what the
application does on it happens as the application role (SET LOCAL ROLE), what a test prepares happens as the owner (``owner``).
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

ROOT = Path(__file__).resolve().parent.parent
_started: list[Any] = []

hypothesis.settings.register_profile(
    "gridmap", deadline=None
)  # how long an example takes says something of the machine only
hypothesis.settings.load_profile("gridmap")


def pytest_configure(config: pytest.Config) -> None:
    """Before workers start: a PostgreSQL server of the run's own, unless GRIDMAP_DATABASE_URL names one."""
    if hasattr(config, "workerinput") or os.environ.get("GRIDMAP_TEST_SERVER_URL"):
        return
    if os.environ.get("GRIDMAP_DATABASE_URL"):
        os.environ["GRIDMAP_TEST_SERVER_URL"] = os.environ["GRIDMAP_DATABASE_URL"]
        return
    if all("tests/unit" in argument for argument in config.args):
        return
    from gridmap.cluster import Cluster

    cluster = Cluster(ROOT / "instance" / "test")
    started = cluster.start()
    if not started.was_running:
        _started.append(cluster)
    os.environ["GRIDMAP_TEST_SERVER_URL"] = started.url.render_as_string(hide_password=False)


def pytest_unconfigure() -> None:
    """Stop the server that this run started, unless another run is working on it."""
    for cluster in _started:
        if not _others_at_work():
            cluster.stop()


def _others_at_work() -> bool:
    engine = create_engine(make_url(os.environ["GRIDMAP_TEST_SERVER_URL"]).set(drivername="postgresql+psycopg2"))
    count = "select count(*) from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
    try:
        with engine.connect() as connection:
            return bool(connection.execute(text(count)).scalar())
    finally:
        engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def instance_dir() -> Iterator[Path]:
    """A throw-away instance folder for each worker."""
    from gridmap.config import settings

    folder = Path(tempfile.mkdtemp(prefix="gridmap-test-"))
    os.environ["GRIDMAP_INSTANCE_DIR"] = str(folder)
    settings.cache_clear()  # a test that is collected may have read them already
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Databases:
    """Makes and drops databases on the run's server."""

    def __init__(self, server: str) -> None:
        self.server = make_url(server).set(drivername="postgresql+psycopg2")
        self.made: list[str] = []

    def _run(self, *statements: str) -> None:
        engine = create_engine(self.server.set(database="postgres"), isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    def create(self, name: str, template: str | None = None) -> Any:
        """Create ``name`` (as a copy of ``template``) and return the owner's address of it."""
        copy = f" template {template}" if template else ""
        self._run(f"drop database if exists {name} with (force)", f"create database {name}{copy}")
        self.made.append(name)
        return self.server.set(database=name)

    def drop(self, name: str) -> None:
        """Drop a database, whoever is connected."""
        self._run(f"drop database if exists {name} with (force)")


@pytest.fixture(scope="session")
def databases(worker_id: str) -> Iterator[Databases]:
    """Databases of this worker; dropped at the end."""
    made = Databases(os.environ["GRIDMAP_TEST_SERVER_URL"])
    yield made
    for name in made.made:
        made.drop(name)


@pytest.fixture(scope="session")
def worker_name(worker_id: str) -> str:
    """A name no other run or worker uses."""
    return f"gm_{os.getpid()}_{worker_id}"


@pytest.fixture(scope="session")
def migrated(databases: Databases, worker_name: str) -> Any:
    """A database brought to head by the real migrations: the template of all others."""
    from gridmap.db import migrate

    url = databases.create(worker_name)
    migrate(url)
    return url


@pytest.fixture
def clone(databases: Databases, migrated: Any) -> Iterator[Callable[[], Any]]:
    """Make copies of the migrated database, for tests that need real commits or real concurrency."""
    names: list[str] = []

    def make() -> Any:
        names.append(f"{migrated.database}_{len(databases.made)}")
        return databases.create(names[-1], template=migrated.database)

    yield make
    for name in names:
        databases.drop(name)
