"""Is the process alive (/healthz); are the database, its migrations and the queue ready (/readyz)."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gridmap.constraints import named
from gridmap.db import MIGRATIONS, database
from gridmap.web import public

log = logging.getLogger("gridmap")
blueprint = Blueprint("health", __name__)
PARTS = ("database", "migrations", "queue")
SILENT_S = 60  # a worker of the queue is heard of every 10 s
OVERDUE_S = 120
_WORKED = f"""select exists (select from procrastinate_workers
  where last_heartbeat > clock_timestamp() - make_interval(secs => {SILENT_S}))
or not exists (select from procrastinate_jobs j where status = 'todo' and coalesce(scheduled_at,
  (select min(at) from procrastinate_events e where e.job_id = j.id)) < clock_timestamp() - make_interval(secs => {OVERDUE_S}))"""
"""A job is due and waits although it should long be taken, and no worker is there: nobody works the queue."""


@cache
def _head() -> str:
    """Return the newest migration of the code (file names are numbered)."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _state() -> dict[str, bool]:
    """Say of each part whether it is ready; why not goes into the log, for it is nobody else's business."""
    if _asked("select 1") is None:
        return dict.fromkeys(PARTS, False)
    at, worked = _asked("select gridmap_schema()"), _asked(_WORKED)
    if at != _head():
        log.error("not ready: the database is at migration %s, the code at %s", at, _head())
    if not worked:
        log.error("not ready: jobs wait for more than %d s and no worker is heard of", OVERDUE_S)
    return {"database": True, "migrations": at == _head(), "queue": bool(worked)}


def _asked(statement: str) -> Any:
    """Return the one value of a statement, ``None`` when the database refuses it."""
    try:
        with database.open(None) as session:
            return session.execute(text(statement)).scalar()
    except SQLAlchemyError as error:
        log.error("not ready: %s", named(error) if isinstance(error, DBAPIError) else type(error).__name__)
        return None


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """Answer as long as the process serves."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Answer 200 only when every part an answer needs is there, else 503 with the parts that are not, and no more."""
    state = _state()
    fine = all(state.values())
    told = {part: "正常" if good else "未就绪" for part, good in state.items()}
    return jsonify(status="ok" if fine else "not-ready", **told), 200 if fine else 503
