"""Integration tests: real PostGIS, one transaction a test, the application acting as its own role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import create_engine
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from gridmap.access import Actor, Post, Role
from tests import factories
from tests.page_lint import LintingClient


@pytest.fixture(scope="session")
def owner_engine(migrated: Any) -> Iterator[Engine]:
    """Connections of the owner of all tables; none stays open between tests, or the database could not be a template."""
    engine = create_engine(migrated, poolclass=NullPool)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(owner_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connection]:
    """The one connection of a test; everything on it is rolled back. The application uses it too, as its own role."""
    from gridmap.accounts import queries
    from gridmap.db import Database, database

    with owner_engine.connect() as connection:
        outer = connection.begin()

        @contextmanager
        def lean(_self: Database) -> Iterator[Any]:
            yield connection.connection.driver_connection

        monkeypatch.setattr(Database, "lean", lean)
        monkeypatch.setattr(database, "engine", owner_engine)
        database.factory.configure(bind=connection, join_transaction_mode="create_savepoint")
        queries._seen.clear()
        yield connection
        outer.rollback()


@pytest.fixture
def owner(connection: Connection) -> Callable[[], Any]:
    """``with owner() as session``: prepare or look at things as the owner, outside any scope."""

    @contextmanager
    def work() -> Iterator[Session]:
        connection.exec_driver_sql("reset role")
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
            session.commit()

    return work


@pytest.fixture
def as_actor(connection: Connection) -> Callable[[Actor | None], Any]:
    """``with as_actor(actor) as session``: a session of the application role in the scope of ``actor``."""
    from gridmap.db import database

    @contextmanager
    def work(actor: Actor | None) -> Iterator[Session]:
        with database.open(actor) as session:
            yield session

    return work


@pytest.fixture
def make(owner: Callable[[], Any]) -> factories.Factories:
    """Factories of fictional units, people and cases."""
    return factories.Factories(owner)


@pytest.fixture(scope="session")
def app(instance_dir: object, migrated: Any) -> Flask:
    """The application, with a limiter that does not limit tests."""
    from gridmap import create_app
    from gridmap.config import settings

    settings.cache_clear()
    app = create_app(TESTING=True, WTF_CSRF_ENABLED=False, NO_DATABASE=True)
    app.test_client_class = LintingClient
    return app


@pytest.fixture
def client(app: Flask, connection: Connection) -> FlaskClient:
    """A browser that has not signed in."""
    return app.test_client()


@pytest.fixture
def signed_in(app: Flask, connection: Connection, make: factories.Factories) -> Callable[..., FlaskClient]:
    """``signed_in(role, unit_code)``: a client signed in as a new person with that post (or several ``(role, unit)``)."""

    def enter(*posts: tuple[Role, int] | tuple[Role, int, int], name: str = "测试员") -> FlaskClient:
        username, password = make.account(*posts, name=name)
        client = app.test_client()
        answer = client.post("/login", data={"username": username, "password": password})
        assert answer.status_code == 302, answer.get_data(as_text=True)
        return client

    return enter


def actor_at(*posts: tuple[Role, int]) -> Actor:
    """An actor for tests below the web."""
    return Actor(1, "ceshi", "测试员", tuple(Post(role, unit) for role, unit in posts))
