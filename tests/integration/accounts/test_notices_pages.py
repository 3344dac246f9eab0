"""Lists of notices and of failed jobs are told to their end: ``next`` leads to every row exactly once, and the page has a link."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import COUNTY, TOWN_A, Factories

JSON = {"Accept": "application/json"}


def walked(client: FlaskClient, address: str, key: str) -> tuple[list[Any], int]:
    """Return a value of every row of a list, and the total its last page tells."""
    found: list[Any] = []
    following: str | None = address
    while following:
        answer = client.get(following, headers=JSON).json
        found += [item[key] for item in answer["items"]]
        following = answer["next"]
    return found, answer["total"]


def test_every_notice_can_be_reached(
    make: Factories, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    make.world()
    client = signed_in((Role.LEADER, TOWN_A))
    with owner() as session:
        session.execute(
            text(
                "insert into notices (county_code, unit_code, role, kind, body, link)"
                " select :county, :unit, 'leader', 'test', '第' || n || '件', '/work' from generate_series(1, 103) n"
            ),
            {"county": COUNTY // 10**9, "unit": TOWN_A},
        )
    bodies, total = walked(client, "/notices", "body")
    assert (len(bodies), len(set(bodies)), total) == (103, 103, 103)
    assert "下一页" in client.get("/notices").get_data(as_text=True)
    last = client.get("/notices?page=3").get_data(as_text=True)
    assert ("上一页" in last, "下一页" in last) == (True, False)
    assert client.get("/notices?page=0", headers=JSON).status_code == 400


@pytest.mark.parametrize("many", [100, 203])
def test_every_failed_job_can_be_reached(
    many: int, make: Factories, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    make.world()
    client = signed_in((Role.ADMINISTRATOR, 0))
    with owner() as session:
        session.execute(
            text(
                "insert into procrastinate_jobs (task_name, queue_name, status) select 'notices.send', 'default', 'failed'"
                " from generate_series(1, :many)"
            ),
            {"many": many},
        )
    jobs, total = walked(client, "/jobs", "id")
    assert (len(jobs), len(set(jobs)), total) == (many, many, many)
    assert ("下一页" in client.get("/jobs").get_data(as_text=True)) == (many > 100)


def test_every_job_has_a_chinese_name() -> None:
    from gridmap import jobs
    from gridmap.jobs_view import JOB_NAMES

    jobs.app.perform_import_paths()
    known = {name for name in jobs.app.tasks if not name.startswith(("builtin:", "procrastinate."))}
    assert known == set(JOB_NAMES)
