"""回访链接: the part of a case's page, and the plain page that a resident opens without an account."""

from __future__ import annotations

from typing import Any

from flask import Response as Answer
from flask import make_response, render_template, request, url_for
from flask_login import current_user

from gridmap.cases import queries, rules
from gridmap.cases.actions.links import answer_link, count_try
from gridmap.cases.forms.links import read_answer
from gridmap.cases.forms.step import MOST_CHARACTERS
from gridmap.cases.queries.links import answerable, last_link
from gridmap.cases.rules.links import LINK_STATE_NAMES, Resident
from gridmap.cases.views.door import DETAIL_PARTS, blueprint
from gridmap.clock import now
from gridmap.errors import BadInput, NotFound
from gridmap.web import UNREADABLE, actor, public, session, session_of


def _part(row: queries.CaseRow, facts: rules.Facts) -> dict[str, Any]:
    link = last_link(session, actor, row.case, facts, now())
    address = url_for("cases.answer_page", token=link.token, _external=True) if link and link.token else ""
    names = {"LINK_STATE_NAMES": LINK_STATE_NAMES, "SATISFACTION_NAMES": rules.SATISFACTION_NAMES}
    return {"revisit_link": link, "revisit_address": address, **names}


DETAIL_PARTS.append(_part)


@blueprint.get("/r/<token>")
@public
def answer_page(token: str) -> Answer:
    """What the holder of a link is asked."""
    count_try(session, request.remote_addr or "", now())
    shown = answerable(session, token, now())
    return _page("ask", 200, shown=shown) if shown else _page("gone", 404)


@blueprint.post("/r/<token>")
@public
def answer(token: str) -> Answer:
    """Take the answer: once; whatever stands in its way looks the same."""
    at = now()
    count_try(session, request.remote_addr or "", at)
    shown = answerable(session, token, at)
    if shown is None:
        return _page("gone", 404)
    if current_user.is_authenticated:
        return _page("ask", 409, shown=shown, fault="您已登录工作账号，不能代群众评价；请在事件页登记“回访验单”。")
    try:
        grade, words = read_answer(request.form)
    except BadInput as fault:
        return _page("ask", 400, shown=shown, fault=fault.message)
    return _page(*_take(shown, token, grade, words, at))


def _take(shown: Any, token: str, grade: rules.Satisfaction, words: str, at: Any) -> tuple[str, int]:
    """Answer in the scope of the case's own unit; return which page follows, and its status."""
    resident = Resident.at(shown.unit_code)
    try:
        with session_of(resident) as own:
            answer_link(own, resident, case_code=shown.case_code, token=token, grade=grade, words=words, now=at)
    except NotFound:
        return "gone", 404
    return ("thanks" if grade in rules.SATISFIED else "reopened"), 200


def _page(kind: str, status: int, **values: Any) -> Answer:
    answer = make_response(
        render_template(
            "cases/answer.html",
            kind=kind,
            chosen=request.form.get("satisfaction", ""),
            words=UNREADABLE.sub("", request.form.get("reason", ""))[: 2 * MOST_CHARACTERS],
            SATISFACTION_NAMES=rules.SATISFACTION_NAMES,
            **{"shown": None, "fault": "", **values},
        ),
        status,
    )
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer
