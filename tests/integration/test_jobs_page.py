"""The page of failed jobs: what failed and why, trying again, giving up; for administrators, kept in the log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from gridmap.access import Role
from tests.factories import COUNTY, TOWN_A, Factories


def failed(owner: Callable[[], Any]) -> int:
    with owner() as session:
        number = session.execute(
            text("insert into procrastinate_jobs (task_name, queue_name, status, attempts) values ('notices.send', 'default', 'failed', 3) returning id")
        ).scalar()  # fmt: skip
        session.execute(text(f"insert into job_faults (job_id, words) values ({number}, '机器人返回 HTTP 500。')"))
        return int(number)


def test_failed_jobs_are_shown_tried_again_and_given_up(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    make.world()
    administrator, first, second = signed_in((Role.ADMINISTRATOR, 0)), failed(owner), failed(owner)
    page = administrator.get("/jobs").get_data(as_text=True)
    assert "通知：发送邮件或群消息" in page
    assert "机器人返回 HTTP 500。" in page
    assert "失败 <strong" in page
    assert administrator.post(f"/jobs/{first}").status_code == 302
    assert administrator.post(f"/jobs/{second}", data={"give_up": "1"}).status_code == 302
    assert administrator.post(f"/jobs/{second}").status_code == 409
    with owner() as session:
        states = {row[0]: row[1] for row in session.execute(text("select id, status::text from procrastinate_jobs where task_name = 'notices.send'"))}  # fmt: skip
        kinds = session.execute(text("select kind, subject from events where kind like 'job.%' order by id")).all()
    assert states == {first: "todo", second: "cancelled"}
    assert [tuple(row) for row in kinds] == [("job.retried", str(first)), ("job.given_up", str(second))]
    assert administrator.get("/jobs", headers={"Accept": "application/json"}).json["total"] == 0
    assert signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/jobs").status_code == 403


def test_the_queue_of_all_counties_is_for_administrators_of_the_whole_system(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    make.world()
    number = failed(owner)
    for unit in (TOWN_A, COUNTY):
        administrator = signed_in((Role.ADMINISTRATOR, unit))
        assert administrator.get("/jobs").status_code == 403
        assert administrator.post(f"/jobs/{number}", data={"give_up": "1"}).status_code == 403
        assert 'href="/jobs"' not in administrator.get("/accounts").get_data(as_text=True)
    assert 'href="/jobs"' in signed_in((Role.ADMINISTRATOR, 0)).get("/accounts").get_data(as_text=True)
    with owner() as session:
        assert (
            session.execute(text(f"select status::text from procrastinate_jobs where id = {number}")).scalar()
            == "failed"
        )
