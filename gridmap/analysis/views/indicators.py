"""指标: the page of figures with their formulas, and the rows that every number opens."""

from __future__ import annotations

from typing import Any

from flask import Response as Answer
from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Actor, Permission
from gridmap.analysis.forms.indicators import Question, read_department, read_indicator, read_side
from gridmap.analysis.queries import indicators as reads
from gridmap.analysis.queries.indicators import Asked, Counted
from gridmap.analysis.rules.indicators import (
    BY_CODE,
    GROUP_NAMES,
    INDICATORS,
    SIDE_NAMES,
    Figure,
    Group,
    Indicator,
    Side,
    change,
    periods,
    window_of,
    year_before,
)
from gridmap.analysis.views.door import blueprint
from gridmap.cases import queries, rules
from gridmap.cases.forms import Page
from gridmap.cases.forms.register import families
from gridmap.clock import local, now, today
from gridmap.web import actor, listing, requires, session, wants_json

WORDS = {"Side": Side, "SIDE_NAMES": SIDE_NAMES, "Group": Group, "GROUP_NAMES": GROUP_NAMES}


def _asked(question: Question, department: int | None = None) -> Asked:
    wanted = question.wanted
    window = window_of(question.since, question.until, local(now()))
    return Asked(window, wanted.unit, wanted.family, wanted.category, department)


def _place(question: Question) -> str:
    """Return where in words: the unit asked for, or the person's own."""
    who: Actor = actor._get_current_object()  # type: ignore[attr-defined]
    unit = question.wanted.unit
    if unit is None and len(who.posts) == 1 and who.home:
        unit = who.home.unit_code
    return queries.tell_name(session, unit) if unit else "我负责的全部区划"


@blueprint.get("/indicators")
@requires(Permission.INDICATOR_READ)
def indicators() -> Answer | str:
    """The figures of a period, each with its formula, last year's, and the departments' acceptance."""
    question = Question.from_args(request.args, today())
    asked = _asked(question)
    found = reads.figures(session, actor, asked)
    if wants_json():
        items = [_as_item(item, *found[item.code], question) for item in INDICATORS]
        span = {
            "from": question.since.isoformat(),
            "to": question.until.isoformat(),
            "as_of": asked.window.end.isoformat(),
        }
        return jsonify(items=items, total=len(items), next=None, period=span, place=_place(question))
    return render_template(
        "analysis/indicators.html",
        groups=[(group, [item for item in INDICATORS if item.group is group]) for group in Group],
        found=found,
        departments=reads.department_figures(session, actor, asked),
        change=change,
        orders=BY_CODE["orders_accepted"],
        before=year_before(asked.window),
        **_filter(question, asked),
    )


def _filter(question: Question, asked: Asked) -> dict[str, Any]:
    """Return what the pages say of the question and offer to change."""
    presets = periods(today())
    return {
        "question": question,
        "asked": asked,
        "args": question.to_args(),
        "place": _place(question),
        "presets": presets,
        "named": next((n for n, first, last in presets if (first, last) == (question.since, question.until)), ""),
        "units": queries.unit_choices(session, actor, Permission.INDICATOR_READ, today()),
        "families": families(queries.categories_on(session, today())),
        **WORDS,
    }


def _as_item(item: Indicator, this: Figure, before: Figure, question: Question) -> dict[str, Any]:
    """Return an indicator as JSON: its definition, and each number with the address of its rows."""
    args: dict[str, Any] = question.to_args()
    sides = (Side.HIT, Side.ALL, Side.MISSED, Side.EXEMPT) if item.is_rate else (Side.ALL,)
    numbers = {
        side.value: {
            "words": item.words(side),
            "count": this.count(side),
            "rows": url_for("analysis.counted", code=item.code, side=side.value, **args),
        }
        for side in sides
    }
    return {
        "code": item.code,
        "name": item.name,
        "formula": item.formula,
        "counted_on": item.counted_on,
        "left_out": item.left_out,
        "source": item.source,
        **numbers,
        "rate": this.rate if item.is_rate else None,
        "last_year": {"all": before.all, "hit": before.hit, "rate": before.rate if item.is_rate else None},
        "change": change(item, this, before),
    }


@blueprint.get("/indicators/<code>")
@requires(Permission.INDICATOR_READ)
def counted(code: str) -> Response | str:
    """The rows behind a number: as many as the number says."""
    item, side = read_indicator(code), read_side(request.args)
    question = Question.from_args(request.args, today(), "side", "department", "after", "limit")
    page = Page.from_args(request.args)
    department = read_department(request.args)
    asked = _asked(question, department)
    rows, total, after = reads.list_counted(
        session, actor, code, side, asked, after=page.after, limit=page.limit, now=now()
    )
    own: dict[str, Any] = {
        "code": code,
        "side": side.value,
        **question.to_args(),
        **({"department": department} if department else {}),
    }
    more: dict[str, Any] = {"limit": page.limit} if page.limit != Page().limit else {}
    following = url_for("analysis.counted", after=after.text(), **own, **more) if after else None
    if wants_json():
        return listing([_as_row(row) for row in rows], total, following)
    return render_template(
        "analysis/counted.html",
        item=item,
        side=side,
        rows=rows,
        total=total,
        following=following,
        first=url_for("analysis.counted", **own) if page.after else None,
        department=department,
        named_department=rows[0].department if department and rows else "",
        **_filter(question, asked),
        STATUS_NAMES=rules.STATUS_NAMES,
    )


def _as_row(found: Counted) -> dict[str, Any]:
    case = found.row.case
    return {
        "case_code": case.case_code,
        "title": case.title,
        "status": case.status,
        "unit_code": f"{case.unit_code:015d}",
        "place": found.row.place_name,
        "counted_at": _iso(found.place.at),
        "due_at": _iso(found.due_at),
        "done_at": _iso(found.done_at),
        "hit": found.hit,
        "exempt": found.exempt,
        "department": found.department or None,
        "url": url_for("cases.detail", case_code=case.case_code),
    }


def _iso(at: Any) -> str | None:
    return local(at).isoformat() if at else None
