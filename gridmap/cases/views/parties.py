"""当事人: the part of a case's page, opening one for a stated purpose, and the log of who opened whom."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.forms.parties import read_purpose
from gridmap.cases.queries.duty import duty_name, has_left
from gridmap.cases.queries.parties import list_openings, masked_parties, may_open, one_party
from gridmap.cases.queries.repeats import visible_earlier
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES
from gridmap.cases.views.door import DETAIL_PARTS, MISSING, blueprint
from gridmap.clock import now
from gridmap.crypto import KeyFault
from gridmap.errors import BadInput, Forbidden, NotFound
from gridmap.web import actor, requires, session, wants_json


def involved(row: queries.CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Who is involved, masked, who follows the case to the end, and what happened at the same place before. Without the keys the page says so and stays."""
    found: dict[str, Any] = {"parties": [], "parties_fault": "", "PARTY_ROLE_NAMES": PARTY_ROLE_NAMES}
    try:
        found["parties"] = masked_parties(session, row.case)
    except KeyFault as fault:
        found["parties_fault"] = fault.message
    found["earlier"] = visible_earlier(session, actor, row.case)
    duty = {"duty_name": duty_name(session, row.case), "duty_left": has_left(session, row.case)}
    return {**found, **duty, "may_open_parties": may_open(actor, row.case)}


DETAIL_PARTS.append(involved)


def _asking(case_code: str, party_id: int) -> Any:
    """Return the visible case of a party."""
    row = queries.one_case(session, actor, case_code, now())
    if row is None or party_id >= 2**63 or one_party(session, row.case, party_id) is None:
        raise NotFound(MISSING)
    return row.case


@blueprint.get("/cases/<case_code>/parties/<int:party_id>")
@requires(Permission.PARTY_READ)
def party(case_code: str, party_id: int) -> Response | str:
    """Ask for the purpose before a party is opened."""
    case = _asking(case_code, party_id)
    decision = may_open(actor, case)
    if not decision:
        return _refused(case_code, decision.reason)
    return render_template("cases/party.html", case=case, party_id=party_id, shown=None, fault=None)


@blueprint.post("/cases/<case_code>/parties/<int:party_id>")
@requires(Permission.PARTY_READ)
def open_party(case_code: str, party_id: int) -> Response | str | tuple[str, int]:
    """Show a party in full and record who looked, when and what for."""
    case = _asking(case_code, party_id)
    try:
        purpose = read_purpose(request.form.get("purpose", ""))
        shown = actions.open_party(session, actor, case=case, party_id=party_id, purpose=purpose)
    except Forbidden as fault:
        return _refused(case_code, fault.message)
    except BadInput as fault:
        if wants_json():
            raise
        return render_template("cases/party.html", case=case, party_id=party_id, shown=None, fault=fault), 400
    names = {"PARTY_ROLE_NAMES": PARTY_ROLE_NAMES, "purpose": purpose}
    return render_template("cases/party.html", case=case, party_id=party_id, shown=shown, **names)


def _refused(case_code: str, reason: str) -> Response:
    if wants_json():
        raise Forbidden(reason)
    flash(f"不能查看当事人：{reason}")
    return redirect(url_for("cases.detail", case_code=case_code))


@blueprint.get("/cases/openings")
@requires(Permission.AUDIT_READ)
def openings() -> str:
    """Who opened which party's record, when and what for."""
    found = list_openings(session, actor)
    return render_template("cases/openings.html", found=found, PARTY_ROLE_NAMES=PARTY_ROLE_NAMES)
