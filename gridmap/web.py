"""What every request needs: the actor, the session and its commit, who may enter a door, paging, JSON or page.

The rule of commit: actions flush; a request that writes (POST, PUT, PATCH, DELETE) commits once, after its view returned and
before its answer is sent; any error rolls back.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

from flask import Flask, Response, current_app, g, jsonify, redirect, request, url_for
from flask_login import current_user
from flask_wtf import FlaskForm
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.local import LocalProxy
from werkzeug.wrappers import Response as BaseResponse
from wtforms.meta import DefaultMeta

from gridmap.access import Actor, Permission
from gridmap.constraints import from_database
from gridmap.db import WRITING_PATIENCE, database
from gridmap.errors import BadInput, Forbidden, NotFound, NotSignedIn

BODY_BYTES = 16 * 1024 * 1024  # of a request that brings no file: an outline of 100,000 vertices has some 4 MB
UNREADABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]"
)  # PostgreSQL refuses the first, HTML and XML the rest
BY = "X-Gridmap-By"
"""Header in which the product's pages say who asks: ``timer`` or ``person``; see ``by_person``."""
WRITES = frozenset({"POST", "PUT", "PATCH", "DELETE"})
F = TypeVar("F", bound=Callable[..., Any])


def _session() -> Session:
    """Return the session of this request, made at first use in the scope of its actor."""
    if "session" not in g:
        g.session = database.open(_actor_or_none(), WRITING_PATIENCE if request.method in WRITES else 1)
    return g.session


def _actor_or_none() -> Actor | None:
    user = current_user._get_current_object()  # a proxy would ask for it twice
    return user.actor if user.is_authenticated else None


def _actor() -> Actor:
    actor = _actor_or_none()
    if actor is None:
        raise NotSignedIn("登录已失效，请重新登录。")
    return actor


session: Session = LocalProxy(_session)  # type: ignore[assignment]
actor: Actor = LocalProxy(_actor)  # type: ignore[assignment]


def here() -> tuple[Session, Actor]:
    """Return the session and the actor of this request themselves, for what looks at them often: a proxy asks each time who it is."""
    return _session(), _actor()


@contextmanager
def session_of(other: Actor) -> Iterator[Session]:
    """Lend a session in the scope of somebody without an account (a resident by a link); commit at the end, roll back on any error."""
    with database.open(other, WRITING_PATIENCE) as own:
        yield own
        own.commit()


def public(view: F) -> F:
    """Declare that a door is open to people who have not signed in."""
    view.door = "public"  # type: ignore[attr-defined]
    return view


def signed_in(view: F) -> F:
    """Declare that a door is open to anybody who has signed in, whatever their post."""
    view.door = "signed-in"  # type: ignore[attr-defined]
    return view


def requires(permission: Permission, at: int | None = None) -> Callable[[F], F]:
    """Declare the permission of a door, held at the unit ``at`` when given (0: the whole system); without it 403 with the reason."""

    def wrap(view: F) -> F:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            decision = actor.may(permission, at)
            if not decision:
                raise Forbidden(decision.reason)
            return view(*args, **kwargs)

        guarded.door, guarded.at = permission, at  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return wrap


def takes(most_bytes: Callable[[], int]) -> Callable[[F], F]:
    """Declare that a door takes files: how long a request of a signed-in person may be, in bytes."""

    def mark(view: F) -> F:
        view.most_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return mark


def records(view: F) -> F:
    """Declare that a door which only reads writes down who read: its transaction is committed too."""
    view.records = True  # type: ignore[attr-defined]
    return view


def polled(view: F) -> F:
    """Declare that pages ask this door by themselves, each minute: that keeps nobody signed in."""
    view.polled = True  # type: ignore[attr-defined]
    return view


def by_person() -> bool:
    """Say whether a request counts as an act of the person, which puts off the idle limit of the sign-in.

    A door declared ``polled`` does not, nor what a page's timer asks (header ``BY``: ``timer``). A page says ``person`` at a
    polled door when somebody has typed or clicked there since it last asked. The longest time of a sign-in holds whatever is said.
    """
    said = request.headers.get(BY)
    if said == "person":
        return True
    view = current_app.view_functions.get(request.endpoint or "")
    return said != "timer" and not getattr(view, "polled", False)


def wants_json() -> bool:
    """Say whether the asker prefers JSON to a page."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return best in ("application/json", "application/problem+json")


def bound_bodies(app: Flask) -> None:
    """Bound the length of every request before its form is read, which CSRF protection does ahead of any view.

    A door that takes files says how much (``takes``), for those who may pass it; everybody else gets ``BODY_BYTES``.
    """

    @app.before_request
    def bound() -> None:
        if request.method not in WRITES:
            return
        view = app.view_functions.get(request.endpoint or "")
        declared = getattr(view, "most_bytes", None)
        most = declared() if declared and _may_pass(getattr(view, "door", None)) else BODY_BYTES
        request.max_content_length = min(most, app.config["MAX_CONTENT_LENGTH"] or most)


def _may_pass(door: Any) -> bool:
    """Say whether who asks is signed in and has the permission of a door, if it has one."""
    who = _actor_or_none()
    return who is not None and (not isinstance(door, Permission) or bool(who.may(door)))


def guard_doors(app: Flask) -> None:
    """Refuse everything that is not declared open: no sign-in, no door; and a first password is changed before anything else.

    What comes out stays in no cache, and not behind the back button after signing out, unless its view says how it may.
    """

    @app.after_request
    def private(response: Response) -> Response:
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    @app.before_request
    def guard() -> BaseResponse | None:
        _refuse_nul()
        view = app.view_functions.get(request.endpoint or "")
        door = getattr(view, "door", None)
        if request.endpoint is None or request.endpoint == "static" or door == "public":
            return None
        if not current_user.is_authenticated:
            if request.method == "GET" and not wants_json() and not request.path.startswith("/tiles/"):
                return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
            raise NotSignedIn("请先登录。")
        if current_user.actor.must_change_password and request.endpoint not in ("accounts.password", "accounts.logout"):
            if request.method == "GET" and not wants_json():
                return redirect(url_for("accounts.password"))
            raise Forbidden("首次登录请先修改密码。")
        return None


def _refuse_nul() -> None:
    """Refuse an address with a NUL, which no text in the database has. Raises ``NotFound`` or ``BadInput``."""
    if "\x00" in request.path:
        raise NotFound("没有找到该页面：地址中含有无法识别的字符。")
    for name, value in request.args.items(multi=True):
        if "\x00" in name + value:
            raise BadInput("地址中含有无法识别的字符，请重新输入。", field=name.replace("\x00", ""))


def commit_rule(app: Flask) -> None:
    """Commit once after a writing request that succeeded; roll back and close otherwise."""

    @app.after_request
    def finish(response: Response) -> Response:
        view = app.view_functions.get(request.endpoint or "")
        writes = request.method in WRITES or getattr(view, "records", False)
        if "session" in g and writes and response.status_code < 400:
            g.session.commit()
        return response

    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        current = g.pop("session", None)
        if current is not None:
            current.rollback()
            current.close()


class Form(FlaskForm):
    """Base of every form: the library's own messages in Chinese; no field takes control characters."""

    class Meta(FlaskForm.Meta):
        """WTForms ships these messages."""

        locales = ("zh",)

        def get_translations(self, form: Any) -> Any:
            """Use WTForms' catalogue, whatever else is installed."""
            return DefaultMeta.get_translations(self, form)

    def validate(self, extra_validators: Any = None) -> bool:
        """Check every field. Characters that no text has are told beside it, and taken out: the page that says so stays valid."""
        spoilt = [field for field in self if isinstance(field.data, str) and UNREADABLE.search(field.data)]
        for field in spoilt:
            field.data = UNREADABLE.sub("", field.data)
        fine = super().validate(extra_validators)
        for field in spoilt:
            field.errors = [f"“{field.label.text}”含有无法识别的字符，请重新输入。"]
        return fine and not spoilt


@dataclass
class Attempt:
    """Whether what was tried went through."""

    done: bool = False

    def __bool__(self) -> bool:
        return self.done


@contextmanager
def attempt(form: Any) -> Iterator[Attempt]:
    """Try an action of a form; bad input lands beside its field instead of on an error page, and nothing of it stays.

    ``form`` is a WTForms form. Constraints of the database speak through the same map as everywhere.
    """
    outcome = Attempt()
    point = session.begin_nested()
    try:
        yield outcome
        session.flush()
    except (BadInput, Forbidden, IntegrityError) as fault:
        point.rollback()
        error = from_database(fault) if isinstance(fault, IntegrityError) else fault
        name = getattr(error, "field", None)
        field = form[name] if name in form else next(f for f in form if f.type != "CSRFTokenField")
        field.errors = [error.message]
    else:
        outcome.done = True


def written(sent: MultiDict[str, str] | None = None) -> MultiDict[str, str]:
    """Return what was sent (``sent``, else the form), for the page that shows it once more: without characters that no text has, so that the page stays valid."""
    values = request.form if sent is None else sent
    return MultiDict([(name, UNREADABLE.sub("", value)) for name, value in values.items(multi=True)])


def page_number(args: Mapping[str, str]) -> int:
    """Return the asked page, from 1. Raises ``BadInput`` for what is no number, or beyond any list."""
    text = args.get("page") or "1"
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise BadInput("页码应为从 1 起的整数。", field="page")
    return int(text)


def listing(
    items: list[dict[str, Any]], total: int, following: str | None, *, more_than: bool | None = None
) -> Response:
    """Answer a list for programs: ``items``, ``total`` of the same filter, ``next`` (address of the next page or null).

    Lists that may stop counting also say ``more_than``: there are more than ``total``.
    """
    more = {} if more_than is None else {"more_than": more_than}
    return jsonify(items=items, total=total, next=following, **more)


def safe_next(target: str | None) -> str:
    """Return ``target`` when it is a path of this site, else the front page: no open redirect."""
    if not target:
        return url_for("maps.front")
    if not target.startswith("/") or target.startswith(("//", "/\\")) or any(ord(c) < 32 for c in target):
        return url_for("maps.page")
    if "\\" in target:
        return url_for("maps.page")
    return target
