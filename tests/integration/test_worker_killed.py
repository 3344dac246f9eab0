"""A worker is killed in the middle of a job: nothing of it is half done, and the next worker does it once."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.config import settings
from gridmap.media import kept_path
from tests.factories import Factories

PATIENCE_S = 120
PAPER_JOB = "from procrastinate_jobs where task_name = 'cases.document'"


@contextmanager
def worker(values: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a real worker; it is ended with the block, however the block ends."""
    command = [sys.executable, "-m", "gridmap.cli", "worker"]
    with subprocess.Popen(command, env={**os.environ, **values}, stderr=subprocess.DEVNULL, text=True) as running:
        try:
            yield running
        finally:
            running.kill()
            running.wait(30)


def until(engine: Any, question: str, wanted: Any) -> None:
    deadline = time.monotonic() + PATIENCE_S
    found = None
    while time.monotonic() < deadline:
        with engine.connect() as connection:
            found = connection.execute(text(question)).scalar()
        if found == wanted:
            return
        time.sleep(0.3)
    raise AssertionError((question, wanted, found))


@pytest.fixture
def waiting_paper(clone: Callable[[], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A database where one paper waits for the queue, and what a worker on it needs to know."""
    url = clone()
    values = {"GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False), "GRIDMAP_INSTANCE_DIR": str(tmp_path)}
    monkeypatch.setenv("GRIDMAP_INSTANCE_DIR", str(tmp_path))
    settings.cache_clear()
    engine = create_engine(url)

    @contextmanager
    def owner() -> Iterator[Session]:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(owner)
    make.world()
    paper = make.paper(make.case())
    with owner() as session:
        jobs.defer(session, "cases.document", county_code=990102, document_id=paper)
    yield engine, values
    engine.dispose()
    settings.cache_clear()


def test_what_a_killed_worker_was_doing_is_done_once_by_the_next(waiting_paper: Any) -> None:
    engine, values = waiting_paper
    with worker(values) as first, engine.connect() as held:
        # Somebody holds the paper, so that the job stands in the middle of its transaction when the worker dies.
        held.execute(text("select 1 from case_documents for update"))
        until(engine, f"select status::text {PAPER_JOB}", "doing")
        until(engine, "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()", 1)  # fmt: skip
        first.kill()
        first.wait(30)
        held.rollback()
    with engine.connect() as connection:
        assert connection.execute(text("select made_at from case_documents")).scalar() is None
        assert connection.execute(text("select count(*) from document_numbers")).scalar() == 0
    with worker(values):
        until(engine, "select count(*) > 0 from procrastinate_jobs where task_name = 'queue.resume' and status = 'succeeded'", True)  # fmt: skip
        with engine.connect() as connection:  # still within the time in which a worker may be silent
            assert connection.execute(text(f"select status::text {PAPER_JOB}")).scalar() == "doing"
        with engine.begin() as connection:  # minutes go by without a word of the dead one
            connection.execute(
                text(f"update procrastinate_workers set last_heartbeat = now() - interval '10 minutes' where id = (select worker_id {PAPER_JOB})")
            )  # fmt: skip
        until(engine, f"select status::text {PAPER_JOB}", "succeeded")
    with engine.connect() as connection:
        paper = connection.execute(text("select number, pdf_sha256 from case_documents")).one()
        assert paper.number == 1
        assert kept_path(paper.pdf_sha256, "pdf").read_bytes().startswith(b"%PDF")
        assert connection.execute(text(f"select count(*) {PAPER_JOB}")).scalar() == 1


@pytest.fixture
def stalled(owner: Callable[[], Any]) -> Callable[..., int]:
    """A job that nobody does any more, although it says so."""

    def add(attempts: int = 0, queueing_lock: str | None = None, status: str = "doing") -> int:
        with owner() as session:
            values = {"attempts": attempts, "again": queueing_lock, "status": status}
            found = session.execute(
                text(
                    "insert into procrastinate_jobs (task_name, queue_name, status, attempts, queueing_lock)"
                    " values ('cases.words', 'default', cast(:status as procrastinate_job_status), :attempts, :again) returning id"
                ),
                values,
            )
            return int(found.scalar_one())

    return add


def test_a_job_that_kills_its_worker_each_time_fails_and_is_seen(
    stalled: Callable[..., int], owner: Callable[[], Any]
) -> None:
    poison, fine, double = stalled(jobs.MOST_BREAKS - 1), stalled(1), stalled(queueing_lock="cases.words")
    waiting = stalled(queueing_lock="cases.words", status="todo")
    with owner() as session:
        assert jobs.resume_stalled(session) == 3
        assert jobs.resume_stalled(session) == 0
        states = dict(session.execute(text("select id, status::text from procrastinate_jobs")).all())
        words = session.execute(text("select words from job_faults where job_id = :id"), {"id": poison}).scalar()
    assert states == {poison: "failed", fine: "todo", double: "aborted", waiting: "todo"}
    assert words == "执行中断 5 次（后台进程被终止），没有再试。"


def test_the_job_that_puts_back_runs_every_minute_and_waits_for_no_other() -> None:
    task = jobs.app.tasks["queue.resume"]
    assert task.lock is None
    crons = {found.task.name: found.cron for found in jobs.app.periodic_registry.periodic_tasks.values()}
    assert crons["queue.resume"] == "* * * * *"
