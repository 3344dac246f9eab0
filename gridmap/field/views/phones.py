"""Phones: made known by the app, asked after by it, closed by their worker."""

from __future__ import annotations

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from gridmap.access import Permission
from gridmap.accounts import actions, queries
from gridmap.clock import now
from gridmap.field.forms.phones import read_phone, read_push, read_secret
from gridmap.field.views.door import blueprint
from gridmap.web import actor, public, records, requires, session


@blueprint.get("/field/phones")
@requires(Permission.PATROL_RECORD)
def phones() -> str:
    """我的手机: where one uses the app."""
    return render_template("field/phones.html", phones=queries.list_phones(session, actor, actor.account_id))


@blueprint.post("/field/phones")
@requires(Permission.PATROL_RECORD)
def register_phone() -> tuple[Response, int]:
    """Make this phone known; its secret is told once."""
    device, name = read_phone(request.get_json(silent=True))
    return jsonify(secret=actions.register_phone(session, actor, device=device, name=name, now=now())), 201


@blueprint.get("/field/phones/state")
@public
@records
def phone_state() -> Response:
    """Tell a phone that shows its secret whether it is still welcome; needs no sign-in, tells nothing else."""
    device, secret = read_secret(request.headers)
    state = "unknown" if device is None else actions.phone_state(session, device=device, secret=secret)
    return jsonify(state=state)


@blueprint.post("/field/push")
@requires(Permission.PATROL_RECORD)
def push() -> Response:
    """Let this phone be woken when there is something to read, or no more."""
    device, address = read_push(request.get_json(silent=True))
    if address is None:
        actions.unsubscribe(session, actor, device=device)
    else:
        actions.subscribe(session, actor, device=device, address=address)
    return jsonify(push=address is not None)


@blueprint.post("/field/phones/<int:phone_id>/revoke")
@requires(Permission.PATROL_RECORD)
def revoke_phone(phone_id: int) -> BaseResponse:
    """Close one of one's own phones."""
    actions.revoke_phone(session, actor, phone_id=phone_id if phone_id < 2**63 else 0, now=now())
    flash("已停用该手机：它下次联网时清除保存的数据。")
    return redirect(url_for(".phones"))
