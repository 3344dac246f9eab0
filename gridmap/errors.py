"""The catalogue of errors: a stable code and an HTTP status each, rendered as a page for people or problem+json for programs.

Raise the narrowest class. A message is Chinese, for the person who reads it: what is wrong, where, and the remedy.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class RowError:
    """One fault in a file or form: ``row`` counts from 1 (the header is row 1), ``field`` is the name people see."""

    row: int | None
    field: str | None
    message: str


class GridmapError(Exception):
    """Base of every error the product raises on purpose."""

    code = "error"
    status = 500
    title = "系统出错"
    retry_after_s: int | None = None  # told in the head Retry-After

    def __init__(self, message: str = "", **extra: Any) -> None:
        super().__init__(message or self.title)
        self.message = message or self.title
        self.extra = extra

    def problem(self) -> dict[str, Any]:
        """Return the body of an ``application/problem+json`` answer (RFC 9457)."""
        return {
            "type": f"urn:gridmap:{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.message,
            **self.extra,
        }


class BadInput(GridmapError):
    """What was given cannot be used; names the field or the rows, and the remedy."""

    code, status, title = "bad-input", 400, "输入有误"

    def __init__(self, message: str, *, field: str | None = None, rows: list[RowError] | None = None) -> None:
        super().__init__(message)
        self.field = field
        self.rows = rows or []
        if field:
            self.extra["field"] = field
        if self.rows:
            self.extra["rows"] = [asdict(row) for row in self.rows]


class NotSignedIn(GridmapError):
    """Nobody is signed in, or the sign-in has ended."""

    code, status, title = "not-signed-in", 401, "请先登录"


class Forbidden(GridmapError):
    """The person may know the thing is there, but may not do this; carries the reason."""

    code, status, title = "forbidden", 403, "没有权限"


class NotFound(GridmapError):
    """Not there, or not visible to this person: the two answers are the same."""

    code, status, title = "not-found", 404, "没有找到"


class Conflict(GridmapError):
    """Somebody else changed it first, or its state does not allow this now."""

    code, status, title = "conflict", 409, "内容已被他人修改"


class Busy(GridmapError):
    """Somebody else is changing the same thing at this moment; nothing was stored, the same again will do."""

    code, status, title, retry_after_s = "busy", 409, "别人正在修改", 5


class TooLarge(GridmapError):
    """More than the configured limit."""

    code, status, title = "too-large", 413, "文件过大"


class TooMany(GridmapError):
    """Too many attempts; carries when to try again."""

    code, status, title = "too-many", 429, "操作过于频繁"


class NotReady(GridmapError):
    """A part the answer needs is not working now."""

    code, status, title, retry_after_s = "not-ready", 503, "服务暂不可用", 10


class TooSlow(NotReady):
    """The database gave up after its time limit; a narrower question, or another moment, will do."""

    code, title, retry_after_s = "too-slow", "查询时间过长", 30
