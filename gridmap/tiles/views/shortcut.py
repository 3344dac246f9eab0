"""The short way in for tiles that will be answered: no request objects, no session, none of the hooks of a page.

A tile takes PostgreSQL a millisecond or two, and Flask with all its hooks as long again. So a GET of a tile by a signed-in person
is answered here, by the same functions as the route. Whatever is not plainly an answer (nobody signed in, a password to
change, no permission, a bad address or filter, any error but a time limit) goes the long way, where it is refused in the usual
words.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Request

from gridmap.access import Actor, Permission
from gridmap.accounts.queries import actor_of
from gridmap.constraints import Failure, from_operation
from gridmap.errors import GridmapError, NotReady, TooSlow
from gridmap.tiles.views.answers import answer, draw

TILE = re.compile(r"/tiles/([a-z]+)/([0-9]+)/([0-9]+)/([0-9]+)\.mvt")
REMEMBERED_S = 5.0
"""How long the signature of a cookie need not be checked again; whether the sign-in still holds is asked as everywhere."""
log = logging.getLogger("gridmap")


def _refused(error: NotReady, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer that the database gave up, in the form that tiles are refused in on the long way."""
    body = json.dumps(error.problem(), ensure_ascii=False).encode()
    headers = [("Content-Type", "application/problem+json"), ("Cache-Control", "no-store")]
    headers += [("Content-Length", str(len(body))), ("Retry-After", str(error.retry_after_s))]
    start_response(f"{error.status} SERVICE UNAVAILABLE", headers)
    return (body,)


class Shortcut:
    """WSGI around the application."""

    def __init__(self, app: Flask) -> None:
        self.app, self.inner = app, app.wsgi_app
        self.tokens: dict[str, tuple[float, str]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer a tile, or hand the request on."""
        match = TILE.fullmatch(environ["PATH_INFO"]) if environ["REQUEST_METHOD"] == "GET" else None
        if match is None:
            return self.inner(environ, start_response)
        try:
            who = self._actor(environ)
            if who is None:
                return self.inner(environ, start_response)
            layer, z, x, y = match.groups()
            drawn = draw(layer, z, x, y, who, environ.get("QUERY_STRING", "").encode("latin-1"))
        except GridmapError:
            return self.inner(environ, start_response)
        except Exception as error:
            told = from_operation(error) if isinstance(error, Failure) else None
            if isinstance(told, TooSlow):  # on the long way it would be as slow once more
                return _refused(told, start_response)
            if told is None:
                log.exception("a tile failed on the short way")
            return self.inner(environ, start_response)
        made = answer(drawn, environ.get("HTTP_ACCEPT_ENCODING", ""), environ.get("HTTP_IF_NONE_MATCH", ""))
        start_response(made.status, made.headers)
        return (made.body,)

    def _actor(self, environ: dict[str, Any]) -> Actor | None:
        """Return the signed-in person who may see the map, else ``None``."""
        cookie = environ.get("HTTP_COOKIE", "")
        known = self.tokens.get(cookie)
        if known is None or time.monotonic() - known[0] > REMEMBERED_S:
            session = self.app.session_interface.open_session(self.app, Request(environ)) if cookie else None
            token = session.get("_user_id") if session else None
            if not token:
                return None
            if len(self.tokens) > 10_000:
                self.tokens.clear()
            known = self.tokens[cookie] = (time.monotonic(), token)
        who = actor_of(known[1], acts=environ.get("HTTP_X_GRIDMAP_BY") != "timer")
        return who if who and not who.must_change_password and who.may(Permission.MAP_READ) else None
