"""What keeps the database from answering is told for what it is, with when to try again; the log names things, not people."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.engine import Engine

from gridmap.access import Role
from gridmap.accounts import queries
from gridmap.cli.errors import line_for
from tests.factories import TOWN_A, Factories

RAISE = "do $$ begin raise exception 'x' using errcode = '{}'; end $$"
SAID = [
    (RAISE.format("55P03"), 409, "别人正在修改同一内容", "5"),
    (RAISE.format("40P01"), 409, "与别人的修改同时发生", "5"),
    (RAISE.format("40001"), 409, "与别人的修改同时发生", "5"),
    ("set local statement_timeout = '20ms'; select pg_sleep(5)", 503, "查询时间过长", "30"),
    (RAISE.format("53300"), 503, "数据库暂时无法连接", "10"),
]


@pytest.fixture
def person(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    return signed_in((Role.ADMINISTRATOR, TOWN_A))


@pytest.mark.parametrize("kind", ["text/html", "application/json"])
@pytest.mark.parametrize(("statement", "status", "words", "after"), SAID)
def test_each_is_told_for_what_it_is(
    person: FlaskClient, monkeypatch: pytest.MonkeyPatch, kind: str, statement: str, status: int, words: str, after: str
) -> None:
    monkeypatch.setattr(queries, "list_notices", lambda session, *_, **__: session.execute(text(statement)))
    answer = person.get("/notices", headers={"Accept": kind})
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, after)
    told = answer.json["detail"] if answer.is_json else answer.get_data(as_text=True)
    assert words in told
    assert ("无法连接" in told) == ("无法连接" in words)


def test_a_lock_that_somebody_else_holds(
    person: FlaskClient, monkeypatch: pytest.MonkeyPatch, owner_engine: Engine
) -> None:
    statement = "set local lock_timeout = '50ms'; select pg_advisory_xact_lock(7071)"
    monkeypatch.setattr(queries, "list_notices", lambda session, *_, **__: session.execute(text(statement)))
    with owner_engine.connect() as other:
        other.exec_driver_sql("select pg_advisory_xact_lock(7071)")
        answer = person.get("/notices", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["title"]) == (409, "别人正在修改")


@pytest.mark.parametrize(
    ("statement", "words"), [(RAISE.format("55P03"), "正在修改"), (RAISE.format("57014"), "时间过长")]
)
def test_the_command_line_says_so_too(connection: Any, statement: str, words: str) -> None:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - its text is what is tested
        connection.exec_driver_sql(statement)
    line = line_for(caught.value) or ""
    assert words in line
    assert "连不上" not in line


@pytest.mark.parametrize(
    ("statement", "status", "named"),
    [
        ("insert into posts (county_code, unit_code, account_id, role) values (1, {u}, 1, '李密探')", 400, "ck_posts_"),
        ("insert into departments (county_code, unit_code, name) values (990102, {u}, null)", 400, "column=name"),
        ("insert into posts (county_code, unit_code, account_id, role) values (990102, {u}, 88442211, 'leader')", 400, "fk_posts_"),
        ("select '李密探'::int", 400, "SQLSTATE=22P02"),
    ],
)  # fmt: skip
def test_the_log_names_the_constraint_and_no_value(
    person: FlaskClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    statement: str,
    status: int,
    named: str,
) -> None:
    monkeypatch.setattr(
        queries, "list_notices", lambda session, *_, **__: session.execute(text(statement.format(u=TOWN_A)))
    )
    with caplog.at_level(logging.DEBUG):
        answer = person.get("/notices", headers={"Accept": "application/json"})
    assert answer.status_code == status
    assert named in caplog.text
    for secret in ("李密探", "88442211", "Failing row", "DETAIL", "Traceback"):
        assert secret not in caplog.text
    assert "at=gridmap/" in caplog.text
