"""A tile as an answer, the same for both ways in: what is drawn for whom, and how it is tagged and packed."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from isal import isal_zlib
from werkzeug.http import parse_accept_header

from gridmap.access import Actor, Permission
from gridmap.clock import now, today
from gridmap.errors import Forbidden
from gridmap.tiles import forms, queries

MVT = "application/vnd.mapbox-vector-tile"
CACHE = "private, max-age=0, must-revalidate"
SMALL_BYTES = 256


class Answer(NamedTuple):
    """Status, headers and body of an answer."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


def permit(layer: str, who: Actor) -> None:
    """Raise ``Forbidden`` unless the person may see what the layer shows."""
    decision = who.may(Permission.MAP_READ if layer == "units" else Permission.CASE_READ)
    if not decision:
        raise Forbidden(decision.reason)


def draw(layer: str, z: str, x: str, y: str, who: Actor, query: bytes) -> queries.Drawn:
    """Return a tile for a person. Raises the product's errors for addresses and filters that make no sense."""
    forms.known_layer(layer)
    where = forms.read_tile(z, x, y)
    permit(layer, who)
    args = forms.read_args(query)
    if layer == "units":
        return queries.unit_tile(who, where, *forms.read_units(args, today()))
    wanted = forms.read_filter(query)
    if layer == "heat":
        return queries.heat_tile(who, where, wanted, now())
    return queries.case_tile(who, where, wanted, forms.read_by(args), now())


def answer(drawn: queries.Drawn, accepted: str, known_tags: str) -> Answer:
    """Answer a tile for this person only: 304 when the asker has it, else packed lightly where that is understood."""
    body = drawn.body
    packed = len(body) >= SMALL_BYTES and "gzip" in accepted and parse_accept_header(accepted).quality("gzip") > 0
    tag = f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}{"-gz" if packed else ""}"'
    headers = [("ETag", tag), ("Cache-Control", CACHE), ("Vary", "Cookie, Accept-Encoding")]
    if tag in known_tags:
        return Answer("304 NOT MODIFIED", headers, b"")
    headers += [("Content-Type", MVT), ("X-Content-Type-Options", "nosniff")]
    if packed:
        packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, 31)  # as small as zlib's level 1 in a quarter of its time
        body = packer.compress(body) + packer.flush()
        headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    return Answer("200 OK", headers, body)
