"""The directory: tree, list with filters, and the page of one unit."""

from __future__ import annotations

from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.errors import NotFound
from gridmap.pages import code as code_words
from gridmap.pages import day
from gridmap.units.forms.web import unit_code, unit_filters
from gridmap.units.queries import directory
from gridmap.units.queries.directory import Filters, UnitRow
from gridmap.units.queries.facts import known_facts
from gridmap.units.queries.names import NameSpan, list_names
from gridmap.units.rules.codes import Level
from gridmap.units.rules.facts import SCHEMES
from gridmap.units.views.door import blueprint
from gridmap.web import actor, listing, page_number, requires, session, wants_json

PAGE = 50
EVENT_NAMES = {
    "units.divisions_imported": "导入区划代码表",
    "units.outlines_imported": "导入边界文件",
    "units.edited": "在图上编辑边界",
    "units.published": "发布版本",
    "units.discarded": "放弃版本",
}
MISSING = "没有找到该区划，可能已撤销，或不在您负责的范围内。"


@blueprint.get("/units")
@requires(Permission.UNIT_READ)
def index() -> Response | str:
    """Tree and list of the units in the person's ranges."""
    filters, page = unit_filters(request.args), page_number(request.args)
    rows, total = directory.list_units(session, actor, filters, limit=PAGE, offset=(page - 1) * PAGE)
    following = url_for(".index", **_query(filters), page=page + 1) if page * PAGE < total else None
    if wants_json():
        return listing([as_item(row) for row in rows], total, following)
    return render_template(
        "units/index.html",
        units=rows,
        total=total,
        filters=filters,
        query=_query(filters),
        page=page,
        following=following,
        levels=list(Level),
        counts=directory.count_levels(session, actor),
        tops=directory.list_tops(session, actor),
    )


@blueprint.get("/units/<code>")
@requires(Permission.UNIT_READ)
def detail(code: str) -> Response | str:
    """One unit: facts, map, units below, outlines now and then, what happened."""
    number = unit_code(code)
    if code != code_words(number):
        return redirect(url_for(".detail", code=code_words(number)))
    unit = visible_unit(number)
    outlines = directory.list_outlines(session, number)
    names = list_names(session, number, unit.name, unit.valid_from)
    facts = known_facts(session, [number])[number]
    if wants_json():
        more = {"outlines": [_outline_item(row) for row in outlines], "names": [_name_item(row) for row in names]}
        return jsonify(as_item(unit) | more | facts.as_dict())
    return render_template(
        "units/detail.html",
        unit=unit,
        crumbs=directory.list_ancestors(session, actor, number),
        outlines=outlines,
        names=names,
        facts=facts,
        SCHEMES=SCHEMES,
        events=directory.list_events(session, number, [row.version_id for row in outlines]),
        event_names=EVENT_NAMES,
        below=directory.list_units(session, actor, Filters(parent=number), limit=PAGE),
        tops=directory.list_tops(session, actor),
    )


@blueprint.get("/units/<code>/shapes")
@requires(Permission.UNIT_READ)
def shapes(code: str) -> Response:
    """GeoJSON for the map of one unit; ``outline`` asks for an earlier outline of it."""
    unit = visible_unit(unit_code(code))
    return jsonify(directory.shapes_around(session, actor, unit.code, outline_id=request.args.get("outline", type=int)))


def visible_unit(code: int) -> UnitRow:
    """Return a unit the person sees. Raises ``NotFound`` for all others, whether they exist or not."""
    unit = directory.one_unit(session, actor, code)
    if unit is None:
        raise NotFound(MISSING)
    return unit


def as_item(unit: UnitRow) -> dict[str, Any]:
    """Return a unit as programs (and the tree) read it."""
    return {
        "code": code_words(unit.code),
        "name": unit.name,
        "level": str(unit.level),
        "level_name": unit.level.label,
        "parent_code": code_words(unit.parent_code) if unit.parent_code else None,
        "parent_name": unit.parent_name,
        "children": unit.children,
        "has_outline": unit.area_m2 is not None,
        "area_m2": unit.area_m2,
        "is_demo": unit.is_demo,
        "valid_from": day(unit.valid_from, empty=""),
        "valid_to": day(unit.valid_to, empty="") or None,
        "url": url_for("units.detail", code=code_words(unit.code)),
    }


def _outline_item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "valid_from": day(row.valid_from, empty=""),
        "valid_to": day(row.valid_to, empty="") or None,
        "area_m2": row.area_m2,
        "source_datum": row.source_datum,
        "origin": row.origin,
        "is_demo": row.is_demo,
    }


def _name_item(row: NameSpan) -> dict[str, Any]:
    since, until = day(row.valid_from, empty="") or None, day(row.valid_to, empty="") or None
    return {"name": row.name, "valid_from": since, "valid_to": until}


def _query(filters: Filters) -> dict[str, Any]:
    """Return filters as the address carries them."""
    return {
        "q": filters.words or None,
        "parent": code_words(filters.parent) if filters.parent is not None else None,
        "level": str(filters.level) if filters.level else None,
        "without_outline": 1 if filters.without_outline else None,
    }
