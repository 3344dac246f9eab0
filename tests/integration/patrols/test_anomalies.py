"""What is odd in a track is pointed out for a supervisor and the worker alike; nothing follows from it, and it goes with the points."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.clock import now
from gridmap.patrols.actions.anomalies import forget_anomalies, look_over
from gridmap.patrols.queries.anomalies import duties_since
from tests.factories import GRID_A11, TOWN_A, TOWN_B
from tests.integration.patrols.conftest import METRE_LON, MIDDLE, Phone, walk

HOUR = timedelta(hours=1)
Owner = Callable[[], Any]


def found(owner: Owner) -> list[tuple[str, int]]:
    """What was pointed out: kind and value, in tens."""
    with owner() as session:
        rows = session.execute(text("select kind, value from patrol_anomalies order by kind"))
        return [(row.kind, round(row.value, -1)) for row in rows]


@pytest.fixture
def over(owner: Owner, as_job: Callable[[], Any]) -> Callable[[], int]:
    """``over()``: look over the tracks of the last days, as the job does."""

    def look() -> int:
        at, changed = now(), 0
        with as_job() as session:
            for county_code, duty_id in duties_since(session, at - timedelta(days=2)):
                changed += look_over(session, county_code=county_code, duty_id=duty_id, now=at)
        return changed

    return look


@pytest.fixture
def duty(phone: Phone) -> uuid.UUID:
    """A duty that began an hour ago."""
    at = now()
    return phone.on(at - HOUR, now=at)


def jump(phone: Phone, duty: uuid.UUID, metres: float = 1000) -> None:
    """Send a walk in the middle of which the position jumps within 18 s, at 200 km/h for a thousand metres."""
    at = now()
    points = walk(at - HOUR / 2, 20)
    there = walk(
        at - HOUR / 2 + timedelta(seconds=19 * 5 + 18), 20, at=(MIDDLE[0] + (metres + 114) * METRE_LON, MIDDLE[1])
    )
    phone.send(duty, points + there, now=at)


def test_a_jump_is_pointed_out_once_and_covers_nothing_by_itself(
    phone: Phone, duty: uuid.UUID, over: Callable[[], int], owner: Owner
) -> None:
    jump(phone, duty)
    assert over() == 1
    assert over() == 0
    assert found(owner) == [("speed", 200)]


def test_a_walk_and_a_pause_are_not(phone: Phone, duty: uuid.UUID, over: Callable[[], int], owner: Owner) -> None:
    at = now()
    phone.send(duty, walk(at - HOUR, 100), now=at)
    phone.send(duty, walk(at - HOUR / 4, 50, at=(MIDDLE[0] + 5000 * METRE_LON, MIDDLE[1])), now=at)
    assert over() == 0


def test_two_phones_far_apart_are_pointed_out(
    phone: Phone, duty: uuid.UUID, over: Callable[[], int], owner: Owner
) -> None:
    at = now()
    phone.send(duty, walk(at - HOUR / 2, 50), now=at)
    phone.device = uuid.uuid4()
    phone.send(duty, walk(at - HOUR / 2, 50, at=(MIDDLE[0] + 2000 * METRE_LON, MIDDLE[1])), now=at, number=1)
    assert over() == 1
    assert found(owner) == [("apart", 1990)]


def test_a_supervisor_writes_what_came_of_asking_and_the_worker_reads_it(
    phone: Phone, duty: uuid.UUID, over: Callable[[], int], owner: Owner, signed_in: Callable[..., FlaskClient]
) -> None:
    jump(phone, duty)
    over()
    supervisor = signed_in((Role.SUPERVISOR, TOWN_A), name="督查员甲")
    page = supervisor.get("/patrols/anomalies").get_data(as_text=True)
    assert "每小时约 200 公里" in page
    action = re.search(r'action="(/patrols/anomalies/\d+)', page)
    assert action
    wrong = supervisor.post(action[1], data={"note": " "})
    assert (wrong.status_code, "1–200 个字" in wrong.get_data(as_text=True)) == (400, True)
    assert supervisor.post(action[1], data={"note": "乘公交去开会"}).status_code == 302
    jump(phone, duty, metres=1500)
    assert over() == 0  # what somebody has looked at stays as it was seen
    assert found(owner) == [("speed", 200)]
    with owner() as session:
        number = session.execute(text("select id from duties")).scalar()
    for address in ("/patrols/anomalies", f"/patrols/tracks/{number}"):
        told = supervisor.get(address).get_data(as_text=True)
        assert "乘公交去开会" in told
        assert "督查员甲" in told
    assert "没有轨迹异常" in signed_in((Role.SUPERVISOR, TOWN_B)).get("/patrols/anomalies").get_data(as_text=True)
    assert signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/patrols/anomalies").status_code == 403
    assert signed_in((Role.GRID_WORKER, GRID_A11)).get("/patrols/anomalies").status_code == 403


def test_it_goes_with_the_raw_points(
    phone: Phone, duty: uuid.UUID, over: Callable[[], int], owner: Owner, as_job: Callable[[], Any]
) -> None:
    jump(phone, duty)
    over()
    with as_job() as session:
        assert forget_anomalies(session, now=now() + timedelta(days=179)) == 0
        assert forget_anomalies(session, now=now() + timedelta(days=181)) == 1
    assert found(owner) == []
