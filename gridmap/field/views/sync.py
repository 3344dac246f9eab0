"""What phones send: rounds of items, photos piece by piece, and what the person chose where two had acted."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, jsonify, request

from gridmap.access import Permission
from gridmap.clock import now
from gridmap.errors import NotFound
from gridmap.field.actions.sync import settle_conflict, take_round
from gridmap.field.actions.uploads import take_piece
from gridmap.field.forms.items import read_round
from gridmap.field.forms.pieces import read_piece
from gridmap.field.queries import items as reads
from gridmap.field.rules.items import MOST_BYTES, Verdict
from gridmap.field.views.door import blueprint
from gridmap.field.views.turns import resting, turn
from gridmap.web import actor, here, polled, requires, session, takes

DECIDE_S = 0.5  # for so long a round decides; who waits for the answer has other things to do


@blueprint.post("/field/sync")
@requires(Permission.PATROL_RECORD)
@takes(lambda: MOST_BYTES)
def sync() -> Response:
    """Take a round of items; each gets its verdict, in the order in which they came."""
    with turn() as alone:
        sent, at = read_round(request.get_json(silent=True)), now()
        answer = take_round(*here(), sent=sent, now=at, decide_s=DECIDE_S if alone else 0)
        return jsonify(
            now=at.isoformat(),
            verdicts=[as_verdict(row) for row in answer.verdicts],
            later=[as_verdict(row) for row in answer.later],
            **resting(),
        )


def as_verdict(row: Any) -> dict[str, Any]:
    """Return what a phone is told of an item."""
    more = {"conflict": row.id} if row.verdict == Verdict.CONFLICT.value else {}
    return {"id": str(row.client_id), "verdict": row.verdict, **row.told, **more}


@blueprint.get("/field/items.json")
@requires(Permission.PATROL_RECORD)
def items() -> Response:
    """What the server holds of one's own items of the last 30 days."""
    rows = reads.list_items(session, actor, now())
    told = [{**as_verdict(row), "kind": row.kind, "received_at": row.received_at.isoformat()} for row in rows]
    return jsonify(items=told, total=len(told), next=None)


@blueprint.post("/field/conflicts/<int:item_id>")
@requires(Permission.PATROL_RECORD)
def settle(item_id: int) -> Response:
    """Use what the phone has, what the server has, or what the person made of both."""
    row = reads.item_number(session, actor, item_id if item_id < 2**63 else 0)
    if row is None:
        raise NotFound("没有找到这一条。")
    told = request.get_json(silent=True)
    told = told if isinstance(told, dict) else {}
    values = told["values"] if isinstance(told.get("values"), dict) else {}
    choice = str(told.get("choice"))
    return jsonify(as_verdict(settle_conflict(session, actor, row=row, choice=choice, values=values, now=now())))


@blueprint.get("/field/photos/<uuid:photo>")
@requires(Permission.PATROL_RECORD)
@polled
def photo_state(photo: uuid.UUID) -> Response:
    """How much of one's own photo is here; nothing, when it never came or is another's."""
    row = reads.one_upload(session, actor, photo)
    return _upload(row) if row else jsonify(received=0, complete=False, **resting())


@blueprint.put("/field/photos/<uuid:photo>")
@requires(Permission.PATROL_RECORD)
def put_photo(photo: uuid.UUID) -> Response:
    """Take a piece of a photo."""
    with turn() as alone:
        piece = read_piece(request.args, request.headers, request.get_data(cache=False))
        return _upload(take_piece(*here(), client_id=photo, piece=piece, now=now(), verifies=alone))


def _upload(row: Any) -> Response:
    return jsonify(received=row.received_bytes, complete=row.arrived, **resting())
