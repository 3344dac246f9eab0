"""The app itself: its one page, its service worker and manifest, which hold nobody's data, and who is signed in."""

from __future__ import annotations

import hashlib
import json
import uuid
from functools import cache
from typing import Any

from flask import Response, current_app, jsonify, render_template, request, url_for
from flask_wtf.csrf import generate_csrf

from gridmap.access import GRANTS, Permission
from gridmap.accounts.actions import push_key
from gridmap.clock import now
from gridmap.config import settings
from gridmap.field.queries.items import recorded_duty
from gridmap.field.rules.assets import reachable
from gridmap.field.views.door import blueprint
from gridmap.pages import STATIC, asset, code, import_map_of
from gridmap.patrols.queries.settings import duty_limits
from gridmap.web import actor, polled, public, requires, session

ENTRY = "js/field/app.js"
MAP = "js/field/map.js"  # fetched when the map is opened first, or once the rest is there
STYLES = ("vendor/modern-normalize.css", "css/tokens.css", "css/field.css")
MAP_STYLES = ("vendor/maplibre-gl.css",)
PICTURES = ("img/mark.svg", "img/icons.svg", "img/field-192.png", "img/field-512.png")
WORKER = "js/field/worker.js"


@cache
def _modules(_stamp: int) -> tuple[list[str], list[str]]:
    """Return the modules of the app without its map, and those that the map adds."""

    def read(path: str) -> str:
        return (STATIC / path).read_text(encoding="utf-8")

    app = reachable(ENTRY, read, without=(MAP,))
    return app, [path for path in reachable(MAP, read) if path not in app]


def modules() -> tuple[list[str], list[str]]:
    """Return ``_modules`` of the files as they are now."""
    files = (STATIC / "js").rglob("*.js")
    return _modules(hash(tuple(sorted((str(file), file.stat().st_mtime_ns) for file in files))))


@blueprint.get("/field/")
@public
def app() -> str:
    """The app's one page; all that it shows is kept on the phone."""
    ours, of_map = modules()
    imports = import_map_of([*ours, *of_map])
    return render_template("field/app.html", styles=STYLES, map_styles=MAP_STYLES, entry=ENTRY, imports=imports)


@blueprint.get("/field/worker.js")
@public
def worker() -> Response:
    """The service worker with the list of what it keeps; a changed file makes another version."""
    ours, of_map = modules()
    kept = [url_for("field.app"), *(asset(name) for name in (*STYLES, *PICTURES, *ours))]
    later = [asset(name) for name in (*MAP_STYLES, *of_map)]
    said = json.dumps({"kept": kept, "later": later})
    text = (STATIC / WORKER).read_text(encoding="utf-8")
    version = hashlib.blake2b((said + text + _page_stamp()).encode(), digest_size=6).hexdigest()
    answer = Response(f'const VERSION = "{version}";\nconst FILES = {said};\n{text}', mimetype="text/javascript")
    answer.headers["Cache-Control"] = "no-cache"
    return answer


def _page_stamp() -> str:
    """Return what the page's own text depends on beside the files that it loads."""
    environment = current_app.jinja_env
    assert environment.loader is not None
    return environment.loader.get_source(environment, "field/app.html")[0]


@blueprint.get("/field/manifest.webmanifest")
@public
def manifest() -> Response:
    """What an installed app is called and looks like."""
    icons = [{"src": asset("img/mark.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}]
    for side in (192, 512):
        icons.append(
            {
                "src": asset(f"img/field-{side}.png"),
                "sizes": f"{side}x{side}",
                "type": "image/png",
                "purpose": "any maskable",
            }
        )
    answer = jsonify(
        name="网格防控图 · 网格员",
        short_name="网格员",
        lang="zh-CN",
        start_url=url_for("field.app"),
        scope=url_for("field.app"),
        display="standalone",
        orientation="portrait",
        background_color="#10294a",
        theme_color="#10294a",
        icons=icons,
    )
    answer.mimetype = "application/manifest+json"
    return answer


@blueprint.get("/field/session.json")
@requires(Permission.PATROL_RECORD)
@polled
def who() -> Response:
    """Who is signed in, for which units, the token that their writes carry, and whether the duty that the phone is on has ended."""
    units = [post for post in actor.posts if Permission.PATROL_RECORD in GRANTS[post.role]]
    told: dict[str, Any] = {
        "account": actor.account_id,
        "name": actor.name,
        "username": actor.username,
        "units": [{"code": code(post.unit_code), "name": post.unit_name} for post in units],
        "csrf": generate_csrf(),
        "offline_hours": settings().field_offline_hours,
        "lock_minutes": settings().field_lock_minutes,
        "push_key": push_key(),
        "duty_hours": duty_limits(session)[1],
        "duty_ended_at": _duty_ended_at(request.args.get("duty", type=uuid.UUID)),
        "now": now().isoformat(),
    }
    return jsonify(told)


def _duty_ended_at(number: uuid.UUID | None) -> str | None:
    """Return when one's own duty ended that the phone still counts as going on: by the system, or by another phone."""
    duty = recorded_duty(session, actor, number) if number else None
    return duty.off_at.isoformat() if duty is not None and duty.off_at is not None else None
