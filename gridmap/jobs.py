"""The task queue (procrastinate, in PostgreSQL).

Tasks are declared on ``app``; ``task.configure(connection=session.connection()).defer(…)`` adds a job inside our transaction, so
a job exists exactly if its transaction committed. The worker works as the job role, see ``work()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from gridmap.config import JOBS_ROLE, settings

TASKS: list[str] = [
    "gridmap.analysis.actions.tasks",
    "gridmap.cases.actions.sweep",
    "gridmap.cases.actions.tasks",
    "gridmap.upkeep",
]  # modules that declare tasks, loaded by the worker

app = procrastinate.App(connector=SQLAlchemyPsycopg2Connector(), import_paths=TASKS)


def work() -> None:
    """Run the queue as the worker does, on connections of the job role, until a signal ends it.

    The connector is replaced on ``app`` itself: periodic tasks keep to the application they were declared on.
    """
    url = settings().role_url(JOBS_ROLE).set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    with app.replace_connector(connector) as running:
        running.run_worker(concurrency=1, shutdown_graceful_timeout=10)


@cache
def _engine() -> Engine:
    from gridmap.db import make_engine

    return make_engine(settings().role_url(JOBS_ROLE), pool_size=2)


@contextmanager
def job_session() -> Iterator[Session]:
    """Open the session of a job: sees every unit, commits at the end, rolls back on any error."""
    with Session(_engine(), expire_on_commit=False) as session, session.begin():
        yield session
