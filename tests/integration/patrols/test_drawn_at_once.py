"""Real commits: two workers of the queue that come to the same grid for the first time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.config import JOBS_ROLE, role_url
from gridmap.patrols.actions.drawing import keep_frame
from tests.factories import GRID_A11, Factories
from tests.integration.patrols.conftest import NOW


def test_the_lattice_of_a_grid_is_made_once(clone: Callable[[], Any]) -> None:
    url = clone()
    owner, jobs = create_engine(url), create_engine(role_url(url, JOBS_ROLE), pool_size=4)

    @contextmanager
    def as_owner() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    def work(together: Barrier) -> int:
        with Session(jobs) as session, session.begin():
            session.execute(text("select 1"))
            together.wait()
            row = keep_frame(session, outline, GRID_A11, NOW)
            assert row is not None
            return row.id

    Factories(as_owner).world()
    with owner.connect() as connection:
        asked = text("select id from outlines where unit_code = :unit and valid_to is null")
        outline = connection.execute(asked, {"unit": GRID_A11}).scalar_one()
    together = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(work, [together] * 4))
    with owner.connect() as connection:
        assert connection.execute(text("select array_agg(id) from coverage_frames")).scalar() == [made[0]]
    assert len(set(made)) == 1
    jobs.dispose()
    owner.dispose()
