"""Is the process alive (/healthz); are the database, its migrations and the queue ready (/readyz)."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, jsonify
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gridmap.db import MIGRATIONS, database
from gridmap.web import public

blueprint = Blueprint("health", __name__)


@cache
def _head() -> str:
    """Return the newest migration of the code (file names are numbered)."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def _state() -> dict[str, str]:
    try:
        with database.open(None) as session:
            current = session.execute(text("select gridmap_schema()")).scalar()
            session.execute(text("select 1 from procrastinate_jobs limit 1"))
    except SQLAlchemyError:
        return {"database": "不可用", "migrations": "未知", "queue": "未知"}
    migrated = "正常" if current == _head() else f"需要升级（现为 {current}，应为 {_head()}）"
    return {"database": "正常", "migrations": migrated, "queue": "正常"}


@blueprint.get("/healthz")
@public
def alive() -> Response:
    """Answer as long as the process serves."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Answer 200 only when every part an answer needs is there, else 503 with the part that is not."""
    state = _state()
    fine = all(value == "正常" for value in state.values())
    return jsonify(status="ok" if fine else "not-ready", **state), 200 if fine else 503
