"""Real commits: one phone's round twice at the same moment, two tabs, and the pieces of a photo that overtake each other."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url, settings
from gridmap.db import Database
from gridmap.errors import Conflict
from gridmap.field.actions.sync import decide_held, take_round
from gridmap.field.actions.uploads import take_piece
from gridmap.field.forms.items import read_round
from gridmap.field.forms.pieces import Piece
from tests.factories import GRID_A11, Factories
from tests.integration.conftest import actor_at
from tests.integration.field.conftest import MIDDLE, jpeg, ms

WORKER = actor_at((Role.GRID_WORKER, GRID_A11))
TIMES = 6


@pytest.fixture
def database(clone: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Sessions of the application role on a copy of the database that holds the small world."""
    monkeypatch.setattr(type(settings()), "media_dir", property(lambda _self: tmp_path))
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    Factories(work).world()
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=TIMES)
    yield database
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()


def report(**more: Any) -> dict[str, Any]:
    """Return a report as the app makes it."""
    number = str(uuid.uuid4())
    body = {"title": "同时", "category": "0101", "lon": MIDDLE[0], "lat": MIDDLE[1], "accuracy_m": 8, "method": "gps"}
    item = {"id": number, "kind": "report", "schema": 1, "object": number, "after": None, "made_at": ms(now())}
    return {**item, "base": None, "body": body, "photos": [], **more}


def send(database: Database, items: list[dict[str, Any]], together: Barrier) -> list[tuple[str, str, Any]]:
    """Send a round at the same moment as others; return (number, verdict, case) of all that was decided or is held."""
    sent = read_round({"device": str(uuid.uuid4()), "sent_at": ms(now()), "items": items})
    with database.open(WORKER) as session:
        session.execute(text("select 1"))
        together.wait()
        answer = take_round(session, WORKER, sent=sent, now=now())
        session.commit()
        rows = [*answer.verdicts, *answer.later]
        return [(str(row.client_id), row.verdict, row.told.get("result", {}).get("case_code")) for row in rows]


def test_one_round_sent_six_times_at_once_is_one(database: Database) -> None:
    items, together = [report(), report()], Barrier(TIMES)
    with ThreadPoolExecutor(TIMES) as pool:
        answers = list(pool.map(lambda _: send(database, items, together), range(TIMES)))
    assert all(answer == answers[0] for answer in answers)
    assert [verdict for _, verdict, _ in answers[0]] == ["accepted", "accepted"]
    with database.open(WORKER) as session:
        assert session.execute(text("select count(*) from cases")).scalar() == 2
        assert session.execute(text("select count(*) from case_steps")).scalar() == 2
        assert session.execute(text("select count(*) from field_items")).scalar() == 2


def test_a_phone_does_not_wait_for_the_job_that_decides_its_items(database: Database) -> None:
    first, duty = report(), report(kind="duty_on", body={"unit": None})
    early = report(kind="duty_off", body={"duty": str(uuid.uuid4())})
    later = {"device": str(uuid.uuid4()), "sent_at": ms(now())}

    def verdicts(*items: dict[str, Any], decide_s: float = 1) -> list[str]:
        with database.open(WORKER) as session:
            answer = take_round(
                session, WORKER, sent=read_round({**later, "items": list(items)}), now=now(), decide_s=decide_s
            )
            session.commit()
            return [row.verdict for row in answer.verdicts]

    assert verdicts(first, early, decide_s=0) == ["held", "held"]
    with database.open(WORKER) as job:
        assert decide_held(job, WORKER, now=now()) == 1  # and is not over yet
        assert verdicts(early, first, duty) == ["held", "held", "accepted"]
        job.commit()
    assert verdicts(first) == ["accepted"]
    with database.open(WORKER) as session:
        assert session.execute(text("select count(*) from cases")).scalar() == 1


def test_what_follows_and_what_it_follows_meet_in_two_tabs(database: Database) -> None:
    """Whichever comes first, both are decided when both are here: nothing waits for a third request."""
    for _ in range(5):
        first = report()
        second = report(after=first["id"])
        together = Barrier(2)
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda item: send(database, [item], together), (first, second)))  # noqa: B023
        decided = {number for answer in answers for number, verdict, _ in answer if verdict == "accepted"}
        assert decided == {first["id"], second["id"]}


def test_pieces_of_a_photo_sent_twice_at_once_make_one_photo(database: Database) -> None:
    content, number = jpeg(400, 300), uuid.uuid4()
    checksum, half = hashlib.sha256(content).hexdigest(), len(jpeg(400, 300)) // 2

    def put(offset: int, end: int, together: Barrier) -> int:
        piece = Piece(offset, content[offset:end], len(content), checksum)
        with database.open(WORKER) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                row = take_piece(session, WORKER, client_id=number, piece=piece, now=now())
                session.commit()
            except Conflict as conflict:
                return int(conflict.extra["received"])
            return row.received_bytes

    for offset, end in ((0, half), (half, len(content))):
        together = Barrier(TIMES)
        with ThreadPoolExecutor(TIMES) as pool:
            received = list(pool.map(lambda _: put(offset, end, together), range(TIMES)))  # noqa: B023
        assert received == [end] * TIMES
    with database.open(WORKER) as session:
        rows = session.execute(text("select photo_sha256 is not null, received_bytes from field_uploads")).all()
    assert [tuple(row) for row in rows] == [(True, len(content))]
