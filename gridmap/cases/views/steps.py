"""Taking a step of a case: what it asks for, and doing it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.forms import read_step
from gridmap.cases.forms.register import MOST_PHOTOS
from gridmap.cases.forms.step import read_client
from gridmap.cases.queries import CaseRow
from gridmap.cases.queries.routing import suggestion
from gridmap.cases.views.door import MISSING, NAMES, blueprint
from gridmap.clock import now
from gridmap.config import settings
from gridmap.errors import BadInput, GridmapError, NotFound
from gridmap.web import actor, here, requires, session, takes, wants_json, written


def _visible(case_code: str) -> CaseRow:
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    return row


def _action(name: str) -> rules.Action:
    if name not in set(rules.Action):
        raise NotFound("没有这项操作。")
    return rules.Action(name)


@blueprint.get("/cases/<case_code>/steps/<action>")
@requires(Permission.CASE_READ)
def step(case_code: str, action: str) -> Response | str:
    """What a step asks for; back to the case, with the reason, when it cannot be taken now."""
    case, wanted = _visible(case_code).case, _action(action)
    row = rules.transition(rules.Status(case.status), wanted)
    facts, last = queries.facts_of(session, case, now())
    if row is None:
        reason = rules.refusal(rules.Status(case.status), wanted)
    else:
        reason = rules.judge(
            row, facts, queries.doer_of(actor, case), lambda asked: actor.may(asked, case.unit_code)
        ).reason
    if row is None or reason:
        flash(f"不能“{rules.ACTION_NAMES[wanted]}”：{reason}")
        return redirect(url_for("cases.detail", case_code=case_code))
    return _page(case, row, facts, seen=last, client_id=str(uuid.uuid4()))


@blueprint.post("/cases/<case_code>/steps/<action>")
@requires(Permission.CASE_READ)
@takes(lambda: (settings().max_photo_mb * MOST_PHOTOS + 2) * 1024 * 1024)
def take(case_code: str, action: str) -> Response | tuple[str, int]:
    """Take the step; the same form sent twice is one step."""
    wanted, (held, who) = _action(action), here()
    try:
        given = read_step(rules.asked(wanted), request.form, request.files)
        case, fresh = actions.take_step(held, who, case_code=case_code, action=wanted, given=given, clock=now)
    except BadInput as fault:
        return _refused(case_code, wanted, fault)
    if case is None:
        return _out_of_sight(case_code, wanted)
    if wants_json():
        return jsonify(case_code=case.case_code, status=case.status, fresh=fresh)
    flash(f"已完成“{rules.ACTION_NAMES[wanted]}”，事件现在是“{rules.STATUS_NAMES[rules.Status(case.status)]}”。")
    if wanted is rules.Action.TRANSFER and queries.status_of(session, actor, case_code) is None:
        return redirect(url_for("cases.index"))  # handed over to a unit outside this person's sight
    return redirect(url_for("cases.detail", case_code=case_code))


def _refused(case_code: str, action: rules.Action, fault: BadInput) -> Response | tuple[str, int]:
    """Answer for a form that was not filled in well: once more, where the case still has this step."""
    session.rollback()
    status = queries.status_of(session, actor, case_code)
    if status is None:
        return _sent_before(case_code, action)
    row = rules.transition(status, action)
    if wants_json() or row is None:
        raise fault
    return _again(case_code, row, fault), 400


def _sent_before(case_code: str, action: rules.Action) -> Response:
    """Answer for a case that this person does not see: as done when this very form took it out of their sight."""
    if not queries.sent_before(session, actor, case_code, action, read_client(request.form)):
        raise NotFound(MISSING)
    return _out_of_sight(case_code, action)


def _out_of_sight(case_code: str, action: rules.Action) -> Response:
    if wants_json():
        return jsonify(case_code=case_code, status=None, fresh=False)
    flash(f"已完成“{rules.ACTION_NAMES[action]}”，事件 {case_code} 已不在您负责的范围内。")
    return redirect(url_for("cases.index"))


def _again(case_code: str, row: rules.Transition, fault: GridmapError) -> str:
    """Render the form once more, with what was written and the message beside its field."""
    case = _visible(case_code).case
    facts, _last = queries.facts_of(session, case, now())
    return _page(
        case, row, facts, seen=request.form.get("seen", ""), client_id=request.form.get("client_id", ""), fault=fault
    )


def _page(case: Any, row: rules.Transition, facts: rules.Facts, **more: Any) -> str:
    return render_template(
        "cases/step.html",
        case=case,
        row=row,
        choices={wanted.name: queries.choices(session, case, facts, wanted, now()) for wanted in row.inputs},
        given=written(request.values),  # an address may bring what is already known: ?agreement=12
        suggested=suggestion(session, case, now()) if row.action is rules.Action.DISPATCH else None,
        fault=more.pop("fault", None),
        limits={"photos": MOST_PHOTOS, "photo_mb": settings().max_photo_mb},
        **more,
        **NAMES,
    )
