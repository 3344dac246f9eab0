"""Real commits: two people send an answer by one link at the same moment; one is taken, the other finds the link used."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.cases.actions import take_step
from gridmap.cases.actions.links import answer_link
from gridmap.cases.forms import Given
from gridmap.cases.models import RevisitLink
from gridmap.cases.rules import Action, Satisfaction
from gridmap.cases.rules.links import Resident, token_of
from gridmap.config import APP_ROLE, role_url, settings
from gridmap.db import Database
from gridmap.errors import NotFound
from tests.factories import GRID_A11, TOWN_A, Factories
from tests.integration.conftest import actor_at

DESK = actor_at((Role.CENTRE_STAFF, TOWN_A))


@pytest.fixture
def worlds(clone: Callable[[], Any]) -> Any:
    """Sessions of the application role on a copy of the database, and a case that waits for its follow-up."""
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    code = make.case(status="verified")
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=8)
    yield database, work, code
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()


def test_two_answers_at_once(worlds: Any) -> None:
    database, owner, code = worlds
    with database.open(DESK) as session:
        now = datetime.now(UTC)
        take_step(session, DESK, case_code=code, action=Action.SEND_LINK, given=Given({}), clock=lambda: now)
        session.commit()
        token = token_of(settings().signing_key(), session.query(RevisitLink).one().row_key)
    start, grades = Barrier(2), (Satisfaction.SATISFIED, Satisfaction.DISSATISFIED)

    def send(grade: Satisfaction) -> bool:
        resident = Resident.at(GRID_A11)
        with database.open(resident) as session:
            session.execute(text("select 1"))
            start.wait(30)
            try:
                answer_link(
                    session, resident, case_code=code, token=token, grade=grade, words="一句话", now=datetime.now(UTC)
                )
            except NotFound:
                return False
            session.commit()
            return True

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(send, grades))
    assert sorted(taken) == [False, True]
    with owner() as session:
        found = session.execute(text("select action, reason from case_steps where actor_id is null")).all()
        assert len(found) == 1
        expected = "revisit" if taken[0] else "dissatisfied"
        assert found[0].action == expected
        assert session.execute(text("select count(*) from revisit_links where answered_at is not null")).scalar() == 1
