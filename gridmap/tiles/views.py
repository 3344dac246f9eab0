"""Doors of tiles: vector tiles and their TileJSON."""

from __future__ import annotations

import hashlib
import zlib
from dataclasses import asdict
from typing import Any

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import ETags

from gridmap.access import Actor, Permission
from gridmap.cases.forms import CaseFilter
from gridmap.clock import now, today
from gridmap.errors import Forbidden
from gridmap.tiles import forms, queries, rules
from gridmap.web import actor, requires

blueprint = Blueprint("tiles", __name__)
MVT = "application/vnd.mapbox-vector-tile"
CACHE = "private, max-age=0, must-revalidate"
SMALL_BYTES = 256


@blueprint.get("/tiles/<layer>/<z>/<x>/<y>.mvt")
@requires(Permission.MAP_READ)
def tile(layer: str, z: str, x: str, y: str) -> Response:
    """One vector tile of a layer, under the same filters as the list of cases."""
    forms.known_layer(layer)
    where = forms.read_tile(z, x, y)
    args, who = request.args, _permitted(layer)
    if layer == "units":
        drawn = queries.unit_tile(who, where, forms.read_day(args, today()), forms.read_level(args))
    elif layer == "heat":
        drawn = queries.heat_tile(who, where, CaseFilter.from_args(args), now())
    else:
        drawn = queries.case_tile(who, where, CaseFilter.from_args(args), forms.read_by(args), now())
    return _sent(drawn.body, {"X-Gridmap-Gathered": "1"} if drawn.gathered else {})


@blueprint.get("/tiles/<layer>.json")
@requires(Permission.MAP_READ)
def tilejson(layer: str) -> Response:
    """TileJSON 3.0.0 of a layer; the filters given come back in the addresses of its tiles."""
    forms.known_layer(layer)
    who, args = _permitted(layer), request.args
    if layer == "units":
        forms.read_day(args, today()), forms.read_level(args)
    else:
        CaseFilter.from_args(args), forms.read_by(args)
    return _described(layer, queries.scope_bounds(who, forms.read_day(args, today())))


def _permitted(layer: str) -> Actor:
    who: Actor = actor._get_current_object()  # type: ignore[attr-defined]
    if layer != "units" and not (decision := who.may(Permission.CASE_READ)):
        raise Forbidden(decision.reason)
    return who


def _sent(body: bytes, headers: dict[str, str]) -> Response:
    """Answer a tile for this person only: 304 when the asker has it, else packed lightly where that is understood."""
    packed = len(body) >= SMALL_BYTES and "gzip" in request.headers.get("Accept-Encoding", "")
    tag = hashlib.blake2b(body, digest_size=12).hexdigest() + ("-gz" if packed else "")
    headers |= {"ETag": f'"{tag}"', "Cache-Control": CACHE, "Vary": "Cookie, Accept-Encoding"}
    asked: ETags = request.if_none_match
    if asked and asked.contains_weak(tag):
        return Response(status=304, headers=headers)
    if packed:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body, headers["Content-Encoding"] = packer.compress(body) + packer.flush(), "gzip"
    return Response(body, headers=headers, mimetype=MVT)


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
