"""Doors of tiles: vector tiles and their TileJSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Blueprint, Flask, Response, jsonify, request

from gridmap.access import Actor, Permission
from gridmap.clock import today
from gridmap.tiles import forms, queries, rules
from gridmap.tiles.views.answers import CACHE, answer, draw, permit
from gridmap.tiles.views.shortcut import Shortcut
from gridmap.web import actor, requires

blueprint = Blueprint("tiles", __name__)


@blueprint.record_once
def install(state: Any) -> None:
    """Put the short way in front of the application that these doors belong to."""
    app: Flask = state.app
    app.wsgi_app = Shortcut(app)  # type: ignore[method-assign]


@blueprint.get("/tiles/<layer>/<z>/<x>/<y>.mvt")
@requires(Permission.MAP_READ)
def tile(layer: str, z: str, x: str, y: str) -> Response:
    """One vector tile of a layer, under the same filters as the list of cases."""
    drawn = draw(layer, z, x, y, _who(), request.query_string)
    made = answer(drawn, request.headers.get("Accept-Encoding", ""), request.headers.get("If-None-Match", ""))
    return Response(made.body, status=made.status, headers=made.headers)


@blueprint.get("/tiles/<layer>.json")
@requires(Permission.MAP_READ)
def tilejson(layer: str) -> Response:
    """TileJSON 3.0.0 of a layer; the filters given come back in the addresses of its tiles."""
    forms.known_layer(layer)
    who, args = _who(), request.args
    permit(layer, who)
    if layer == "units":
        forms.read_units(args, today())
    else:
        forms.read_filter(request.query_string), forms.read_by(args)
    return _described(layer, queries.scope_bounds(who, forms.read_day(args, today())))


def _who() -> Actor:
    who: Actor = actor._get_current_object()  # type: ignore[attr-defined]
    return who


def _described(layer: str, bounds: tuple[float, float, float, float] | None) -> Response:
    query = request.query_string.decode("ascii", "replace")
    described: dict[str, Any] = {
        "tilejson": "3.0.0",
        "name": layer,
        "scheme": "xyz",
        "tiles": [f"/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt" + (f"?{query}" if query else "")],
        "minzoom": 0,
        "maxzoom": rules.max_zoom(layer),
        "vector_layers": rules.vector_layers(layer),
        "levels": [asdict(item) for item in rules.level_zooms()],
        "row_zoom": rules.ROW_ZOOM,
    }
    if bounds:
        described["bounds"] = [round(value, 6) for value in bounds]
    response = jsonify(described)
    response.headers["Cache-Control"] = CACHE
    response.vary.add("Cookie")
    response.add_etag()
    return response.make_conditional(request)  # type: ignore[return-value]
