"""gridmap (网格防控图): the working system of a grassroots governance centre. ``create_app()`` is the one list of features."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Flask


def create_app(**overrides: Any) -> Flask:
    """Build the application: settings, libraries, doors, features, errors. ``overrides`` replace Flask settings (tests)."""
    app = Flask(__name__)
    _configure(app, overrides)
    _extensions(app)
    _features(app)
    return app


def _configure(app: Flask, overrides: dict[str, Any]) -> None:
    from werkzeug.middleware.proxy_fix import ProxyFix

    from gridmap.config import APP_ROLE, settings
    from gridmap.db import database

    values = settings()
    app.config.update(
        SECRET_KEY=values.signing_key(),
        MAX_CONTENT_LENGTH=values.max_upload_mb * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        SESSION_COOKIE_NAME="gridmap",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=values.secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=values.session_hours),
        SESSION_REFRESH_EACH_REQUEST=False,  # idle time is kept with the sign-in, on the server
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=values.secure_cookies,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=365),
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    if values.proxies:  # else anybody could claim any address
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=values.proxies, x_proto=values.proxies)  # type: ignore[method-assign]
    app.config.update(overrides)
    if database.engine is None and not app.config.get("NO_DATABASE"):
        database.start(values.role_url(APP_ROLE))


def _extensions(app: Flask) -> None:
    from gridmap import errors_view, pages
    from gridmap.accounts import views as accounts
    from gridmap.config import settings
    from gridmap.extensions import csrf, login_manager, talisman
    from gridmap.web import bound_bodies, commit_rule, guard_doors

    # First, so that even a page that refuses a forged request has its nonce.
    talisman.init_app(
        app,
        force_https=False,
        session_cookie_secure=settings().secure_cookies,
        strict_transport_security=settings().secure_cookies,
        content_security_policy=pages.content_security_policy(),
        content_security_policy_nonce_in=["script-src"],
        referrer_policy="same-origin",
    )
    bound_bodies(app)  # before anything reads a form
    csrf.init_app(app)
    login_manager.init_app(app)
    accounts.install(login_manager)
    guard_doors(app)
    commit_rule(app)
    pages.install(app)
    errors_view.install(app)


def _features(app: Flask) -> None:
    from gridmap import health, jobs_view
    from gridmap.accounts import views as accounts
    from gridmap.analysis import views as analysis
    from gridmap.cases import views as cases
    from gridmap.cases.actions.leaving import follow
    from gridmap.cases.queries.leaving import held_at
    from gridmap.field import views as field
    from gridmap.maps import views as maps
    from gridmap.patrols import views as patrols
    from gridmap.tiles import views as tiles
    from gridmap.units import views as units
    from gridmap.units.queries.leaving import tenants
    from gridmap.worktime import views as worktime

    tenants.count, tenants.follow = held_at, follow
    for feature in (health, jobs_view, accounts, units, worktime, cases, patrols, analysis, tiles, maps, field):
        app.register_blueprint(feature.blueprint)
    app.register_blueprint(cases.appointments.blueprint)
    app.register_blueprint(cases.mediation.blueprint)
    app.register_blueprint(cases.meetings.blueprint)
