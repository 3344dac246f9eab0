"""When many phones come at once: what was sent is kept and answered soon, and a job decides it; nothing is lost, doubled or let through."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Post, Role
from gridmap.accounts.queries import acting
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url, settings
from gridmap.db import Database
from gridmap.field.actions.sync import decide_held, take_round
from gridmap.field.forms.items import read_round
from gridmap.field.rules.items import LATER_WORDS
from gridmap.field.views.turns import CROWD, REST_MS, turn
from tests.factories import GRID_A11, Factories
from tests.integration.field.conftest import JSON, Phone, jpeg, ms
from tests.integration.field.test_at_once import report

Owner = Callable[[], Any]


@pytest.fixture
def crowd() -> Iterator[None]:
    """Another request is at work."""
    with turn() as alone:
        assert alone
        yield


def actor_of(owner: Owner) -> Actor:
    """The worker of the only phone."""
    with owner() as session:
        found = session.execute(
            text(
                "select a.id, a.username, a.name from accounts a join posts p on p.account_id = a.id where p.role = 'grid_worker'"
            )
        ).one()
    return Actor(found.id, found.username, found.name, (Post(Role.GRID_WORKER, GRID_A11),))


def count(owner: Owner, what: str) -> int:
    """Count rows."""
    with owner() as session:
        return int(session.execute(text(f"select count(*) from {what}")).scalar() or 0)


@pytest.mark.usefixtures("crowd")
def test_what_there_is_no_time_for_is_kept_and_decided_later_once(
    phone: Phone, owner: Owner, as_actor: Callable[..., Any]
) -> None:
    photo = phone.photo()
    first = phone.report("人多的时候", photos=[{"id": photo}])
    for _ in range(2):
        (told,) = phone.send(first)
        assert (told["verdict"], told["words"]) == ("held", LATER_WORDS)
    assert (count(owner, "cases"), count(owner, "case_photos")) == (0, 0)
    assert count(owner, "procrastinate_jobs where task_name = 'field.decide' and status = 'todo'") == 1
    worker = actor_of(owner)
    for decided in (1, 0):
        with as_actor(worker) as session:
            assert decide_held(session, worker, now=now()) == decided
            session.commit()
    assert (count(owner, "cases"), count(owner, "case_photos")) == (1, 1)
    assert phone.send(first)[0]["verdict"] == "accepted"
    assert count(owner, "cases") == 1


def test_a_crowd_is_asked_to_rest(phone: Phone) -> None:
    content = jpeg()
    with ExitStack() as others:
        for _ in range(CROWD - 1):
            others.enter_context(turn())
        assert phone.put(content, str(uuid.uuid4())).json["rest_ms"] == REST_MS
        assert phone.post(phone.report("人多")).json["rest_ms"] == REST_MS
    assert "rest_ms" not in phone.put(content, str(uuid.uuid4())).json
    assert "rest_ms" not in phone.post(phone.report("人少")).json


def test_time_for_deciding_is_limited(phone: Phone, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gridmap.field.views.sync.DECIDE_S", 1e-9)
    told = phone.send(phone.item("duty_on", {"unit": None}), phone.report("一"))
    assert [one["verdict"] for one in told] == ["accepted", "held"]
    assert count(owner, "procrastinate_jobs where task_name = 'field.decide' and status = 'todo'") == 1


@pytest.mark.usefixtures("crowd")
def test_what_cannot_be_read_is_refused_at_once(phone: Phone, owner: Owner) -> None:
    (told,) = phone.send({**phone.report("x"), "kind": "nonsense"})
    assert (told["verdict"], "不认识" in told["words"]) == ("refused", True)


def test_what_is_no_photo_is_told_when_it_is_looked_into(
    phone: Phone, owner: Owner, crowd: None, as_actor: Callable[..., Any]
) -> None:
    number = str(uuid.uuid4())
    assert phone.put(b"#!/bin/sh\nrm -rf /\n" * 10, number).json["complete"] is True
    good = phone.photo(jpeg(colour="red"))
    phone.send(phone.report("一", photos=[{"id": number}]), phone.report("二", photos=[{"id": good}]))
    worker = actor_of(owner)
    with as_actor(worker) as session:
        assert decide_held(session, worker, now=now()) == 2
        session.commit()
    told = {one["verdict"]: one for one in phone.client.get("/field/items.json").json["items"]}
    assert set(told) == {"accepted", "refused"}
    assert "照片" in told["refused"]["words"]
    assert count(owner, "cases") == 1


def test_pieces_stay_until_the_photo_is_stored_for_good(phone: Phone, owner: Owner, crowd: None) -> None:
    phone.photo()
    assert len(list((settings().instance_dir / "uploads" / "field").glob("*.part"))) >= 1
    assert count(owner, "field_uploads where photo_sha256 is null and received_bytes = size_bytes") == 1


@pytest.mark.usefixtures("crowd")
def test_a_photo_that_the_disk_lost_is_asked_for_again(
    phone: Phone, owner: Owner, as_actor: Callable[..., Any]
) -> None:
    content, number = jpeg(400, 300), str(uuid.uuid4())
    assert phone.put(content, number).json["complete"] is True
    report = phone.report(photos=[{"id": number}])
    assert phone.send(report)[0]["verdict"] == "held"
    for part in (settings().instance_dir / "uploads" / "field").glob(f"*{number}.part"):
        part.unlink()
    worker = actor_of(owner)
    with as_actor(worker) as session:
        assert decide_held(session, worker, now=now()) == 0
        session.commit()
    assert phone.send(report)[0]["waits_for"] == [number]
    assert phone.client.get(f"/field/photos/{number}", headers=JSON).json["received"] == 0
    assert phone.put(content, number).json["complete"] is True
    with as_actor(worker) as session:
        assert decide_held(session, worker, now=now()) == 1
        session.commit()
    assert phone.send(report)[0]["verdict"] == "accepted"


def test_a_worker_of_the_queue_decides_as_the_person_and_not_for_who_is_gone(
    clone: Callable[[], Any], tmp_path: Path
) -> None:
    url = clone()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Any:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    names = [make.account((Role.GRID_WORKER, GRID_A11), name=name)[0] for name in ("在岗的", "停用的", "调走的")]
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=2)
    for name in names:
        with owner() as session:
            account = session.execute(text("select id from accounts where username = :n"), {"n": name}).scalar()
            actor = acting(session, account)
        assert actor is not None
        sent = read_round({"device": str(uuid.uuid4()), "sent_at": ms(now()), "items": [report()]})
        with database.open(actor) as session:
            take_round(session, actor, sent=sent, now=now(), decide_s=0)
            session.commit()
    with owner() as session:
        session.execute(text("update accounts set disabled_at = now() where name = '停用的'"))
        session.execute(
            text("update posts set ended_at = now() where account_id = (select id from accounts where name = '调走的')")
        )
    values = {"GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False), "GRIDMAP_INSTANCE_DIR": str(tmp_path)}
    try:
        _work_until(owner, {**os.environ, **values})
        assert count(owner, "cases where created_by = (select id from accounts where name = '在岗的')") == 1
        assert count(owner, "cases") == 1
        assert count(owner, "field_items where verdict = 'held'") == 2
        assert count(owner, "procrastinate_jobs where status = 'failed'") == 0
    finally:
        assert database.engine is not None
        database.engine.dispose()
        engine.dispose()


def _work_until(owner: Owner, environment: dict[str, str]) -> None:
    """Run the worker until no job of phones is left."""
    command = [sys.executable, "-m", "gridmap.cli", "worker"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        try:
            deadline = time.monotonic() + 120
            left = 1
            while left and time.monotonic() < deadline and worker.poll() is None:
                time.sleep(0.5)
                left = count(
                    owner, "procrastinate_jobs where task_name = 'field.decide' and status in ('todo', 'doing')"
                )
        finally:
            worker.terminate()
            said = worker.communicate(timeout=30)[1]
    assert not left, said
