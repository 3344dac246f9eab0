"""The task queue (procrastinate, in PostgreSQL).

Tasks are declared on ``app``; ``defer(session, name, …)`` adds a job inside our transaction. The worker works as the job role, see ``work()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from gridmap.config import JOBS_ROLE, settings

TASKS: list[str] = [
    "gridmap.accounts.actions.deliveries",
    "gridmap.analysis.actions.tasks",
    "gridmap.cases.actions.sweep",
    "gridmap.cases.actions.tasks",
    "gridmap.upkeep",
]  # modules that declare tasks, loaded by the worker

app = procrastinate.App(connector=SQLAlchemyPsycopg2Connector(), import_paths=TASKS)

_inside = procrastinate.App(
    connector=SQLAlchemyPsycopg2Connector()
)  # ``app`` has another connector while the worker runs


def defer(session: Session, name: str, *, not_before: datetime | None = None, **args: Any) -> None:
    """Add a job to the session's transaction: it exists exactly if that commits. For requests and for jobs alike."""
    task = _inside.configure_task(name, connection=session.connection(), schedule_at=not_before)
    task.defer(**args)


def work() -> None:
    """Run the queue as the worker does, on connections of the job role, until a signal ends it.

    The connector is replaced on ``app`` itself: periodic tasks keep to the application they were declared on.
    """
    url = settings().role_url(JOBS_ROLE).set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    with app.replace_connector(connector) as running:
        running.run_worker(concurrency=1, shutdown_graceful_timeout=10, worker_middleware=[_keep_fault])


async def _keep_fault(call_next: Any, context: Any, _worker: Any) -> Any:
    """Keep why a job failed: its own words where they are ours, else only the kind of error, which names nobody."""
    try:
        return await call_next()
    except Exception as fault:
        own = type(fault).__module__.startswith("gridmap.") or type(fault) is RuntimeError
        words = (str(fault) if own else "") or f"{type(fault).__module__}.{type(fault).__name__}"
        with job_session() as session:
            session.execute(_FAULT, {"job": context.job.id, "words": words[:300]})
        raise


_FAULT = text(
    "insert into job_faults (job_id, words) values (:job, :words)"
    " on conflict (job_id) do update set words = excluded.words, at = now()"
)


@cache
def _engine() -> Engine:
    from gridmap.db import make_engine

    return make_engine(settings().role_url(JOBS_ROLE), pool_size=2)


@contextmanager
def job_session() -> Iterator[Session]:
    """Open the session of a job: sees every unit, commits at the end, rolls back on any error."""
    with Session(_engine(), expire_on_commit=False) as session, session.begin():
        yield session
