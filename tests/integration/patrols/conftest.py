"""A worker of grid A11 with a phone, and what it sends."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from gridmap.access import Actor, Post, Role
from gridmap.errors import NotFound
from gridmap.patrols.actions.drawing import draw_duty, queue_drawing
from gridmap.patrols.actions.duty import NO_DUTY, go_off_duty, go_on_duty
from gridmap.patrols.actions.tracks import Batch, Taken, store_points
from gridmap.patrols.queries.settings import terms_of_points
from gridmap.patrols.queries.tracks import own_duty
from tests.factories import GRID_A11, SIZE, SOUTH, WEST, Factories

_AT = datetime.now(UTC)
NOW = (_AT - timedelta(hours=4)).replace(hour=4, minute=0, second=0, microsecond=0)  # the last noon in China
METRE_LON, METRE_LAT = 1 / 80_400, 1 / 111_100  # degrees, near the small world
MIDDLE = (WEST + SIZE / 2, SOUTH + SIZE / 2)


def walk(
    start: datetime, points: int, *, every_s: float = 5, step_m: float = 6, at: tuple[float, float] = MIDDLE
) -> list[dict[str, Any]]:
    """Points of a walk to the east, as a phone writes them."""
    return [
        {
            "t": round((start + timedelta(seconds=n * every_s)).timestamp() * 1000),
            "lon": at[0] + n * step_m * METRE_LON,
            "lat": at[1],
            "a": 5,
            "v": step_m / every_s,
        }
        for n in range(points)
    ]


@dataclass
class Phone:
    """A worker's phone: acts at its own times, its clock ``slow`` by so much."""

    actor: Actor
    open: Callable[[Actor | None], Any]
    slow: timedelta = timedelta(0)
    device: uuid.UUID = field(default_factory=uuid.uuid4)
    numbers: Any = field(default_factory=lambda: count(1))

    def on(self, at: datetime, now: datetime = NOW, client_id: uuid.UUID | None = None) -> uuid.UUID:
        """Go on duty; return the duty's client id."""
        client_id = client_id or uuid.uuid4()
        with self.open(self.actor) as session:
            go_on_duty(
                session, self.actor, client_id=client_id, phone_at=at - self.slow, phone_sent_at=now - self.slow, now=now
            )  # fmt: skip
            session.commit()
        return client_id

    def off(self, duty: uuid.UUID, at: datetime, now: datetime = NOW) -> bool:
        """Go off duty; say whether this ended it."""
        with self.open(self.actor) as session:
            _, ended = go_off_duty(
                session, self.actor, duty=duty, client_id=uuid.uuid4(), phone_at=at - self.slow,
                phone_sent_at=now - self.slow, now=now,
            )  # fmt: skip
            session.commit()
        return ended

    def send(
        self, duty: uuid.UUID, points: list[dict[str, Any]] | str, *, now: datetime = NOW, number: int | None = None,
        client_id: uuid.UUID | None = None,
    ) -> Taken:  # fmt: skip
        """Send a batch of points."""
        batch = Batch(client_id or uuid.uuid4(), self.device, number or next(self.numbers), now - self.slow)
        sent = points if isinstance(points, str) else json.dumps(points)
        with self.open(self.actor) as session:
            on = own_duty(session, self.actor, duty)
            if on is None:
                raise NotFound(NO_DUTY)
            taken = store_points(session, on, batch, sent, terms=terms_of_points(session), now=now)
            if taken.draws:
                queue_drawing(session, on)
            session.commit()
        return taken


@pytest.fixture
def worker(make: Factories, owner: Callable[[], Any]) -> Callable[..., Actor]:
    """``worker(unit, role)``: a new person with an account."""

    def enter(unit_code: int = GRID_A11, role: Role = Role.GRID_WORKER, name: str = "网格员甲") -> Actor:
        username, _ = make.account((role, unit_code), name=name)
        with owner() as session:
            account = session.execute(text("select id from accounts where username = :u"), {"u": username}).scalar()
        return Actor(account, username, name, (Post(role, unit_code),))

    return enter


@pytest.fixture
def phone(make: Factories, worker: Callable[..., Actor], as_actor: Callable[..., Any]) -> Phone:
    """The phone of a worker of grid A11 in the small world."""
    make.world()
    return Phone(worker(), as_actor)


@pytest.fixture
def as_job(connection: Connection) -> Callable[[], Any]:
    """``with as_job() as session``: a session that works as the job role, on the connection of the test."""

    @contextmanager
    def work() -> Iterator[Session]:
        connection.exec_driver_sql("set local role gridmap_jobs")
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as session:
            yield session
            session.commit()
        connection.exec_driver_sql("reset role")

    return work


GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="c" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>{points}</trkseg></trk></gpx>"""


def gpx(points: list[dict[str, Any]]) -> bytes:
    """A GPX file of these points."""
    body = "".join(
        f'<trkpt lat="{p["lat"]}" lon="{p["lon"]}"><time>{datetime.fromtimestamp(p["t"] / 1000, UTC).isoformat()}</time></trkpt>'
        for p in points
    )
    return GPX.format(points=body).encode()


@pytest.fixture
def draw(as_job: Callable[[], Any], owner: Callable[[], Any]) -> Callable[[], int]:
    """Do the waiting jobs of drawing; return how many batches were drawn."""

    def work() -> int:
        with owner() as session:
            waiting = session.execute(
                text("select args from procrastinate_jobs where task_name = 'patrols.draw' and status = 'todo' order by id")
            ).scalars().all()  # fmt: skip
            session.execute(text("update procrastinate_jobs set status = 'succeeded' where task_name = 'patrols.draw'"))
        drawn = 0
        for args in waiting:
            with as_job() as session:
                drawn += draw_duty(session, **args, now=NOW)
        return drawn

    return work
