"""/healthz and /readyz."""

from __future__ import annotations

from typing import Any

from flask.testing import FlaskClient


def test_alive(client: FlaskClient) -> None:
    assert client.get("/healthz").json == {"status": "ok"}


def test_ready_on_a_migrated_database(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json == {"status": "ok", "database": "正常", "migrations": "正常", "queue": "正常"}


def test_not_ready_when_migrations_are_behind(client: FlaskClient, connection: Any) -> None:
    connection.exec_driver_sql("reset role")
    connection.exec_driver_sql("update alembic_version set version_num = '0001'")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "需要升级" in answer.json["migrations"]
