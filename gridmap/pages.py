"""What every page shares: the content security policy, the names of enums, Chinese dates and numbers, versioned assets."""

from __future__ import annotations

import gzip
import hashlib
import json
import time
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, request, url_for
from flask_login import current_user
from markupsafe import Markup

from gridmap.access import ROLE_NAMES, Permission
from gridmap.clock import local
from gridmap.config import settings

STATIC = Path(__file__).parent / "static"


def content_security_policy() -> dict[str, str]:
    """Everything comes from this server; a configured base map adds its host to images and requests, nothing else."""
    hosts = ""
    kind, _, template = settings().basemap.strip().partition(":")
    kind = kind.lower()
    if kind == "tianditu":
        hosts = " https://*.tianditu.gov.cn"
    elif kind in ("xyz", "wmts"):
        addresses = [urlsplit(template.strip().replace("{s}", s)) for s in ("abc" if "{s}" in template else " ")]
        hosts = "".join(f" {parts.scheme}://{parts.netloc}" for parts in addresses)
    return {
        "default-src": "'self'",
        "script-src": "'self'",
        "style-src": "'self'",
        "img-src": f"'self' data: blob:{hosts}",
        "connect-src": f"'self'{hosts}",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }


@cache
def _fingerprint(path: str, _stamp: int) -> str:
    return hashlib.blake2b((STATIC / path).read_bytes(), digest_size=6).hexdigest()


def asset(path: str) -> str:
    """Return the address of a static file with its content's fingerprint, so that it may be cached for a year."""
    file = STATIC / path
    return url_for("static", filename=path, v=_fingerprint(path, file.stat().st_mtime_ns))


IMPORT_MAP_TTL_S = (
    2.0  # how long a changed script may keep its old address; looking at all of them takes longer than a page
)
_maps: dict[str, tuple[float, Markup]] = {}


@cache
def _modules(_stamp: int) -> tuple[str, ...]:
    found = (path.relative_to(STATIC).as_posix() for end in ("js", "mjs") for path in STATIC.rglob(f"*.{end}"))
    return tuple(sorted(found))


def import_map() -> Markup:
    """Return the import map of our ES modules: plain addresses lead to fingerprinted ones.

    A module imports its neighbours by relative address, which carries no fingerprint; without the map a browser would keep
    an old neighbour for a year.
    """
    made_at, kept = _maps.get(request.script_root, (0.0, None))
    if kept is not None and time.monotonic() - made_at < IMPORT_MAP_TTL_S:
        return kept
    folders = [STATIC, *(path for path in STATIC.rglob("*") if path.is_dir())]
    made = import_map_of(_modules(max(folder.stat().st_mtime_ns for folder in folders)))
    _maps[request.script_root] = time.monotonic(), made
    return made


def import_map_of(names: Iterable[str]) -> Markup:
    """Return an import map of some modules, named by their paths under the static files."""
    addresses = {url_for("static", filename=name): asset(name) for name in names}
    return Markup(json.dumps({"imports": addresses}).replace("<", "\\u003c"))  # noqa: S704 (our own file names)


@cache
def _gzipped(path: str, _stamp: int) -> bytes:
    return gzip.compress((STATIC / path).read_bytes(), 6, mtime=0)


def compress_static(response: Response) -> Response:
    """Send scripts and styles gzipped (made once per file and process): the map's library is a third of its size so."""
    if request.endpoint != "static" or response.status_code != 200 or "gzip" not in request.accept_encodings:
        return response
    path = STATIC / (request.view_args or {})["filename"]
    if path.suffix not in (".js", ".mjs", ".css", ".svg") or path.stat().st_size < 1000:
        return response
    etag = response.get_etag()[0]
    response.response.close()  # type: ignore[union-attr]  # the file that is not sent after all
    response.direct_passthrough = False
    response.set_data(_gzipped(path.relative_to(STATIC).as_posix(), path.stat().st_mtime_ns))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    if etag:
        response.set_etag(etag, weak=True)  # same content, other bytes; the next request with it is answered 304
    return response


def when(instant: datetime | None, *, empty: str = "—") -> str:
    """Return an instant as ``2026-11-22 17:30`` on China's clock."""
    return local(instant).strftime("%Y-%m-%d %H:%M") if instant else empty


def clock(instant: datetime) -> str:
    """Return the time of an instant as ``17:30`` on China's clock."""
    return local(instant).strftime("%H:%M")


def slot_time(instant: datetime) -> str:
    """Return an instant as addresses and fields for times take it: ``2026-11-22T17:30`` on China's clock."""
    return local(instant).strftime("%Y-%m-%dT%H:%M")


def day(value: date | datetime | None, *, empty: str = "—") -> str:
    """Return a date as ``2026-11-22``."""
    if isinstance(value, datetime):
        value = local(value).date()
    return value.isoformat() if value else empty


def number(value: float | None, *, empty: str = "—") -> str:
    """Return a count with thousands separated: ``12,345``."""
    return f"{value:,.0f}" if value is not None else empty


def code(unit_code: int) -> str:
    """Return a unit code as its 15 digits."""
    return f"{unit_code:015d}"


def may(permission: str, unit_code: int | None = None) -> bool:
    """Say in a template whether the signed-in person holds a permission (``may('case:create')``), at a unit when given."""
    return bool(current_user.is_authenticated and current_user.actor.may(Permission(permission), unit_code))


def install(app: Flask) -> None:
    """Give every template these names."""
    app.jinja_env.filters.update(when=when, clock=clock, slot_time=slot_time, day=day, number=number, code=code)
    app.jinja_env.globals.update(asset=asset, import_map=import_map, may=may, ROLE_NAMES=ROLE_NAMES)
    app.after_request(compress_static)

    @app.context_processor
    def person() -> dict[str, Any]:
        return {"me": current_user.actor if current_user.is_authenticated else None}
