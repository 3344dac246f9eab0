"""The task queue (procrastinate, in PostgreSQL).

Tasks are declared on ``app``; ``defer(session, name, …)`` adds a job inside our transaction. The worker works as the job role, see ``work()``.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import procrastinate
from procrastinate.contrib.sqlalchemy import SQLAlchemyPsycopg2Connector
from sqlalchemy import text
from sqlalchemy.engine import Engine
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.config import APP_ROLE, JOBS_ROLE, settings

if TYPE_CHECKING:
    from gridmap.db import Database

TASKS: list[str] = [
    "gridmap.accounts.actions.deliveries",
    "gridmap.analysis.actions.tasks",
    "gridmap.cases.actions.supervision",
    "gridmap.cases.actions.sweep",
    "gridmap.cases.actions.tasks",
    "gridmap.field.actions.tasks",
    "gridmap.patrols.actions.tasks",
    "gridmap.upkeep",
]  # modules that declare tasks, loaded by the worker

app = procrastinate.App(connector=SQLAlchemyPsycopg2Connector(), import_paths=TASKS)

_inside = procrastinate.App(
    connector=SQLAlchemyPsycopg2Connector()
)  # ``app`` has another connector while the worker runs


def defer(
    session: Session, name: str, *, not_before: datetime | None = None, lock: str | None = None, **args: Any
) -> None:
    """Add a job to the session's transaction: it exists exactly if that commits. For requests and for jobs alike.

    Jobs of one ``lock`` take turns.
    """
    task = _inside.configure_task(name, connection=session.connection(), schedule_at=not_before, lock=lock)
    task.defer(**args)


_WAITING = text(
    "select 1 from procrastinate_jobs where task_name = :name and lock = :lock and status = 'todo' limit 1"
    " for share skip locked"
)


def defer_once(session: Session, name: str, *, lock: str, **args: Any) -> None:
    """Add a job unless one of its name and lock waits already: that one sees what this transaction does.

    It cannot begin while its row is held, that is until this transaction ends.
    """
    if session.execute(_WAITING, {"name": name, "lock": lock}).scalar() is None:
        defer(session, name, lock=lock, **args)


def work() -> None:
    """Run the queue as the worker does, on connections of the job role, until a signal ends it.

    The connector is replaced on ``app`` itself: periodic tasks keep to the application they were declared on.
    """
    url = settings().role_url(JOBS_ROLE).set(drivername="postgresql").render_as_string(hide_password=False)
    connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=4)
    with app.replace_connector(connector) as running:
        running.run_worker(
            concurrency=1,
            shutdown_graceful_timeout=10,
            stalled_worker_timeout=SILENT_S,
            worker_middleware=[_keep_fault],
        )


@app.periodic(cron="* * * * *")
@app.task(name="queue.resume", queueing_lock="queue.resume")
def resume(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Put back what a worker was doing when it was killed. Without a lock of its own: nothing can stand in its way."""
    with job_session() as session:
        resume_stalled(session)


def resume_stalled(session: Session) -> int:
    """Put jobs of workers that are silent for ``SILENT_S`` back into the queue; return how many.

    Every job is made so that it may be done again from its beginning. One that was broken off ``MOST_BREAKS`` times fails, so that
    it is seen and stops no other; one whose like is waiting already (``queueing_lock``) is given up for that one.
    """
    found = session.execute(_STALLED, {"silent_s": SILENT_S}).all()
    for job in found:
        if job.attempts + 1 >= MOST_BREAKS:
            session.execute(
                _FAULT, {"job": job.id, "words": f"执行中断 {job.attempts + 1} 次（后台进程被终止），没有再试。"}
            )
            session.execute(_FINISH, {"job": job.id, "status": "failed"})
        elif job.again:
            session.execute(_FINISH, {"job": job.id, "status": "aborted"})
        else:
            session.execute(_RETRY, {"job": job.id})
    return len(found)


SILENT_S = 120  # a worker says every 10 s that it lives; a machine under load may be late
MOST_BREAKS = 5
_STALLED = text(
    "select j.id, j.attempts, exists (select from procrastinate_jobs t where t.queueing_lock = j.queueing_lock"
    " and t.status = 'todo') as again from procrastinate_jobs j left join procrastinate_workers w on w.id = j.worker_id"
    " where j.status = 'doing' and (w.id is null or w.last_heartbeat < now() - make_interval(secs => :silent_s))"
    " order by j.id for update of j skip locked"
)
_RETRY = text("select procrastinate_retry_job_v2(:job, now(), null, null, null)")
_FINISH = text("select procrastinate_finish_job_v1(:job, cast(:status as procrastinate_job_status), false)")


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


@cache
def _people() -> Database:
    from gridmap.db import Database

    made = Database()
    made.start(settings().role_url(APP_ROLE), pool_size=2)
    return made


@contextmanager
def session_as(actor: Actor) -> Iterator[Session]:
    """Open a session in the scope of a person, for what a job finishes for them; commits at the end, rolls back on any error."""
    from gridmap.db import WRITING_PATIENCE

    with _people().open(actor, WRITING_PATIENCE) as session:
        yield session
        session.commit()


@contextmanager
def job_session() -> Iterator[Session]:
    """Open the session of a job: sees every unit, commits at the end, rolls back on any error."""
    with Session(_engine(), expire_on_commit=False) as session, session.begin():
        yield session
