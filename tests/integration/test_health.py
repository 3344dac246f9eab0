"""/healthz and /readyz."""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import create_engine

from gridmap.db import database


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_ready_on_a_migrated_database(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "正常", "migrations": "正常", "queue": "正常"}


def test_not_ready_when_migrations_are_behind(
    client: FlaskClient, connection: Any, caplog: pytest.LogCaptureFixture
) -> None:
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql("update alembic_version set version_num = '0001'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not-ready", "database": "正常", "migrations": "未就绪", "queue": "正常"}
    assert "0001" not in answer.get_data(as_text=True)
    assert "0001" in caplog.text


def test_a_queue_that_nobody_works_is_not_ready(client: FlaskClient, connection: Any) -> None:
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql(
        "insert into procrastinate_jobs (task_name, queue_name, scheduled_at) values ('x', 'default', now() - interval '1 minute')"
    )
    assert client.get("/readyz").status_code == 200  # due, but a worker may just be starting
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql("update procrastinate_jobs set scheduled_at = now() - interval '10 minutes'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json == {"status": "not-ready", "database": "正常", "migrations": "正常", "queue": "未就绪"}
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql(
        "insert into procrastinate_workers (last_heartbeat) values (now() - interval '10 minutes')"
    )
    assert client.get("/readyz").json["queue"] == "未就绪"
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql("update procrastinate_workers set last_heartbeat = now()")
    assert client.get("/readyz").status_code == 200


def test_a_missing_queue_does_not_blame_the_database(client: FlaskClient, connection: Any) -> None:
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql("alter table procrastinate_workers rename to elsewhere")
    answer = client.get("/readyz")
    assert answer.json == {"status": "not-ready", "database": "正常", "migrations": "正常", "queue": "未就绪"}


def test_a_database_that_is_away_is_not_ready(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch, connection: Any
) -> None:
    away = create_engine("postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    bound = database.factory.kw["bind"]
    database.factory.configure(bind=away)
    try:
        answer = client.get("/readyz")
    finally:
        database.factory.configure(bind=bound)
    assert (answer.status_code, set(answer.json.values())) == (503, {"not-ready", "未就绪"})


def test_no_powerful_function_is_anybodys(connection: Any) -> None:
    """Functions that work with their owner's rights are granted by name, never to PUBLIC; triggers cannot be called."""
    open_to_all = connection.exec_driver_sql(
        "select oid::regprocedure::text from pg_proc p where prosecdef and prorettype <> 'trigger'::regtype"
        " and pronamespace = 'public'::regnamespace and has_function_privilege('public', p.oid, 'execute')"
        " and not exists (select from pg_depend d where d.objid = p.oid and d.deptype = 'e')"
    ).scalars()
    assert list(open_to_all) == []


def test_only_the_application_asks_for_the_schema(connection: Any) -> None:
    allowed = connection.exec_driver_sql(
        "select rolname from pg_roles where rolname like 'gridmap%%' and not rolsuper"
        " and has_function_privilege(rolname, 'gridmap_schema()', 'execute') order by 1"
    ).scalars()
    assert list(allowed) == ["gridmap_app"]
