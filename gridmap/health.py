"""Is the process alive (/healthz); are the database, its migrations and the queue ready (/readyz)."""

from __future__ import annotations

import logging
from functools import cache

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from gridmap.constraints import named
from gridmap.db import MIGRATIONS, database
from gridmap.web import public

log = logging.getLogger("gridmap")
blueprint = Blueprint("health", __name__)
PARTS = ("database", "migrations", "queue")


@cache
def _head() -> str:
    """Return the newest migration of the code (file names are numbered)."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _state() -> dict[str, bool]:
    """Say of each part whether it is ready; why not goes into the log, for it is nobody else's business."""
    try:
        with database.open(None) as session:
            current = session.execute(text("select gridmap_schema()")).scalar()
            session.execute(text("select 1 from procrastinate_jobs limit 1"))
    except SQLAlchemyError as error:
        log.error("not ready: %s", named(error) if isinstance(error, DBAPIError) else type(error).__name__)
        return dict.fromkeys(PARTS, False)
    if current != _head():
        log.error("not ready: the database is at migration %s, the code at %s", current, _head())
    return {"database": True, "migrations": current == _head(), "queue": True}


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
