"""Doors of maps: the page, one unit, the search box, and the base map's file."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, jsonify, redirect, render_template, request, send_file, url_for
from flask.blueprints import BlueprintSetupState
from werkzeug.wrappers import Response

from gridmap import clock
from gridmap.access import Permission
from gridmap.cases.forms.register import families
from gridmap.cases.queries import categories_on
from gridmap.cases.rules import LATENESS_NAMES, RISK_NAMES, STATUS_NAMES
from gridmap.config import settings
from gridmap.errors import NotFound
from gridmap.maps import forms, queries
from gridmap.maps.rules.basemap import (
    METADATA_BYTES,
    BasemapError,
    archive_facts,
    attribution_of,
    metadata_place,
    parse_basemap,
)
from gridmap.pages import STATIC, may
from gridmap.tiles.rules import LAYERS, level_zooms, max_zoom
from gridmap.web import actor, polled, requires, session, signed_in

blueprint = Blueprint("maps", __name__)


@blueprint.record_once
def check_settings(_state: BlueprintSetupState) -> None:
    """Fail at the start, with the reason, when the configured base map cannot be used."""
    parse_basemap(settings().basemap)


@blueprint.get("/")
@signed_in
def front() -> Response:
    """Lead those who work on cases to what waits for them, others to the map, who may not see it to their notices."""
    if may(Permission.CASE_HANDLE):
        return redirect(url_for("cases.work"))
    return redirect(url_for("maps.page" if may(Permission.MAP_READ) else "accounts.notices"))


@blueprint.get("/map")
@requires(Permission.MAP_READ)
def page() -> str:
    """Show the map; its state is in the query string and is read by the browser."""
    asked = request.args.get("unit", "")
    first_unit = url_for("maps.unit", code=asked if re.fullmatch("[0-9]{1,15}", asked) else queries.home_code(actor))
    return render_template("maps/page.html", choices=choices(), modules=page_modules(), first_unit=first_unit)


@blueprint.get("/map/units/<code>.json")
@requires(Permission.MAP_READ)
def unit(code: str) -> Response:
    """Answer one unit with its place, ancestors and children."""
    return jsonify(queries.one_unit(session, actor, forms.unit_code_of(code)))


@blueprint.get("/map/pulse.json")
@requires(Permission.CASE_READ)
@polled
def pulse() -> Response:
    """Whether anything happened to a case just now: an open map asks every few seconds and refreshes when it did."""
    return jsonify(newest=queries.newest_event(session, actor, clock.now()))


@blueprint.get("/map/search.json")
@requires(Permission.MAP_READ)
def search() -> Response:
    """Answer what the search box found: units and cases within the scope."""
    text = forms.search_text(request.args)
    cases = queries.find_cases(session, actor, text, clock.now()) if may(Permission.CASE_READ) else []
    return jsonify(q=text, units=queries.find_units(session, actor, text), cases=cases)


@blueprint.get("/basemap/<path:name>")
@requires(Permission.MAP_READ)
def basemap(name: str) -> Response:
    """Serve the configured PMTiles file, by byte ranges."""
    file = archive_file()
    if file is None or name != file.name or not file.is_file():
        raise NotFound("没有配置该底图。")
    return send_file(file, mimetype="application/octet-stream", conditional=True, max_age=86400)


def archive_file() -> Path | None:
    """Return the configured PMTiles file; a relative name lies in the instance folder."""
    named = parse_basemap(settings().basemap).archive
    return settings().instance_dir / named if named else None


def basemap_facts() -> dict[str, Any]:
    """Return the base map as the browser reads it; what is wrong with an archive is said, and the map works without it."""
    described = parse_basemap(settings().basemap).as_json()
    file = archive_file()
    if file is None:
        return described
    fault = ""
    try:
        status = file.stat()
        facts, described["attribution"] = _archive(file, status.st_mtime_ns, status.st_size)
    except FileNotFoundError:
        fault = f"底图文件 {file.name} 不存在，已改用无底图。"
    except OSError:
        fault = f"底图文件 {file.name} 无法读取，已改用无底图；请检查文件的权限。"
    except BasemapError as error:
        fault = f"{error}现已改用无底图。"
    if fault:
        return {"choices": [], "attribution": "", "fault": fault}
    described["choices"][0]["archive"] = {"url": url_for("maps.basemap", name=file.name), **facts}
    return described


@lru_cache(maxsize=4)
def _archive(file: Path, _changed_ns: int, _size_bytes: int) -> tuple[dict[str, Any], str]:
    """Return what an archive holds and whom it names; read once for as long as the file stays the same."""
    with file.open("rb") as opened:
        header = opened.read(127)
        facts = archive_facts(header)
        offset, length = metadata_place(header)
        if not 0 < length <= METADATA_BYTES or offset >= 2**63:
            return facts, ""
        opened.seek(offset)
        return facts, attribution_of(header, opened.read(length))


@blueprint.app_template_global("map_config")
def map_config() -> dict[str, Any]:
    """Return what every map of a page needs; ``templates/maps/base.html`` renders it as JSON."""
    return {
        "tiles": "/tiles",
        "max_zoom": {layer: max_zoom(layer) for layer in LAYERS},
        "levels": [{"level": one.level, "minzoom": one.minzoom} for one in level_zooms()],
        "basemap": basemap_facts(),
        "home": queries.home_unit(session, actor),
    }


@cache
def page_modules() -> tuple[str, ...]:
    """Return the map's own modules, to be fetched at once instead of one after the other finds out about the next."""
    own = sorted(path.relative_to(STATIC).as_posix() for path in (STATIC / "js" / "maps").glob("*.js"))
    return ("js/dom.js", *own)


def choices() -> dict[str, Any]:
    """Return what the filters of the page offer, what the person may see, and who is looking (for the print)."""

    def listed(names: dict[Any, str]) -> list[dict[str, str]]:
        return [{"value": str(value), "name": name} for value, name in names.items()]

    return {
        "families": [
            {"value": str(value), "name": name} for value, name, _ in families(categories_on(session, clock.today()))
        ],
        "statuses": listed(STATUS_NAMES),
        "risks": [*listed(RISK_NAMES), {"value": "none", "name": "未评估"}],
        "lateness": listed(LATENESS_NAMES),
        "now": clock.now().isoformat(),
        "person": actor.name,
        "may_read_cases": may(Permission.CASE_READ),
        "may_read_patrols": may(Permission.PATROL_READ),
        "may_read_duty": may(Permission.DUTY_READ),
        "may_create_cases": may(Permission.CASE_CREATE),
    }
