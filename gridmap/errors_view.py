"""One map from errors to answers, and its two renderers: a page for people, problem+json for programs."""

from __future__ import annotations

import logging

import psycopg2
from flask import Flask, Response, g, jsonify, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from gridmap.constraints import from_database, from_operation, named
from gridmap.errors import BadInput, Forbidden, GridmapError, NotFound, NotReady, TooLarge, TooMany
from gridmap.extensions import login_manager
from gridmap.web import wants_json

log = logging.getLogger("gridmap")
UNEXPECTED = "系统出错，已记录；请稍后再试，如持续出现请联系系统管理员。"
HTTP_ERRORS = {
    400: "请求的内容无法识别，请刷新页面后重试。",
    404: "没有找到该页面，可能已被移走，或者您无权查看。",
    405: "该地址不支持这种操作。",
    415: "提交的内容类型不受支持。",
    429: "操作过于频繁，请稍后再试。",
}


def render(error: GridmapError) -> Response:
    """Render any product error for whoever asks."""
    if wants_json() or request.path.startswith("/tiles/") or request.path.endswith(".json"):
        response = jsonify(error.problem())
        response.mimetype = "application/problem+json"
    else:
        response = Response(render_template("error.html", error=error))
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def from_http(error: HTTPException) -> GridmapError:
    """Give Werkzeug's own errors a Chinese message and our renderer."""
    kind = {404: NotFound, 413: TooLarge, 429: TooMany, 403: Forbidden}.get(error.code or 500, GridmapError)
    message = HTTP_ERRORS.get(error.code or 500, "系统出错，请稍后再试。")
    if isinstance(error, RequestEntityTooLarge):
        message = "上传的文件超过允许的大小，请压缩或拆分后重试。"
    made = kind(message)
    made.status = error.code or 500
    return made


def install(app: Flask) -> None:
    """Register the handlers."""
    _install_database(app)

    @app.errorhandler(GridmapError)
    def ours(error: GridmapError) -> Response:
        return render(error)

    @app.errorhandler(CSRFError)
    def forged(_error: CSRFError) -> Response:
        return render(BadInput("页面已过期，请刷新后重新提交。", field="csrf_token"))

    @app.errorhandler(RecursionError)
    def too_deep(_error: RecursionError) -> Response:
        return render(BadInput("提交的内容嵌套过深，无法识别。"))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response | HTTPException:
        if error.code is not None and error.code < 400:
            return error
        return render(from_http(error))

    @app.errorhandler(Exception)
    def unknown(error: Exception) -> Response:
        _log_unexpected(error)
        if app.testing:
            raise error
        return render(GridmapError(UNEXPECTED))


def _install_database(app: Flask) -> None:
    """Register the handlers of what the database says."""

    @app.errorhandler(IntegrityError)
    @app.errorhandler(ProgrammingError)
    def database(error: IntegrityError | ProgrammingError) -> Response:
        if isinstance(error, ProgrammingError) and "row-level security" not in str(error.orig):
            if app.testing:
                raise error
            _log_unexpected(error)
            return render(GridmapError(UNEXPECTED))
        return render(from_database(error))

    @app.errorhandler(DataError)
    def out_of_range(error: DataError) -> Response:
        log.error("value the database cannot hold at %s: %s", request.endpoint, named(error))
        return render(BadInput("内容中有超出范围的数字、日期或无法识别的字符，未保存；请核对后重试。"))

    @app.errorhandler(OperationalError)
    @app.errorhandler(psycopg2.OperationalError)
    def refused(error: OperationalError | psycopg2.OperationalError) -> Response:
        told = from_operation(error)
        if isinstance(told, NotReady):
            g._login_user = login_manager.anonymous_user()  # the page must not ask the database who reads it
        return render(told)


def _log_unexpected(error: Exception) -> None:
    """Log a fault with its trace; of a database error only what holds nothing that people wrote."""
    if isinstance(error, DBAPIError | psycopg2.Error):
        log.error("unexpected database error at %s: %s", request.endpoint, named(error))
    else:
        log.exception("unexpected error at %s", request.endpoint, exc_info=error)
