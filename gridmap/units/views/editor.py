"""The editor of one outline: what is there, a preview of an edit (nothing stored), and saving it as a draft version."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.pages import code as code_words
from gridmap.units import actions
from gridmap.units.forms.drawn import Drawing, read_drawing
from gridmap.units.forms.web import unit_code
from gridmap.units.queries.directory import UnitRow
from gridmap.units.queries.editing import current_outlines, outlines_to_edit, parts_of_split
from gridmap.units.queries.numbering import free_codes
from gridmap.units.queries.review import map_changes
from gridmap.units.queries.versions import OPEN, one_version
from gridmap.units.rules.codes import level_of, short_code
from gridmap.units.rules.edits import EditError
from gridmap.units.views.browse import visible_unit
from gridmap.units.views.door import blueprint
from gridmap.web import actor, requires, session

SNAP_DEG = 2e-6  # what the browser snapped to a vertex is equal to it; this only takes up rounding
FREE = 12


@blueprint.get("/units/<code>/edit")
@requires(Permission.UNIT_EDIT)
def edit(code: str) -> str:
    """The map on which an outline is edited; ``version`` goes on with a draft."""
    unit = editable_unit(code)
    version = draft(request.args.get("version", type=int))
    return render_template("units/edit.html", unit=unit, version=version)


@blueprint.get("/units/<code>/edit/outlines")
@requires(Permission.UNIT_EDIT)
def edit_outlines(code: str) -> Response:
    """GeoJSON of the unit, its neighbours and its parent, and the free codes for new units beside it."""
    unit = editable_unit(code)
    version = draft(request.args.get("version", type=int))
    features, _ = outlines_to_edit(session, actor, unit.code, version)
    free = free_codes(session, unit.parent_code, FREE, level_of(unit.code)) if unit.parent_code else []
    response = jsonify(
        **features,
        free_codes=[short_code(number) for number in free],
        version_id=version.id if version else None,
        row_version=version.row_version if version else None,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.post("/units/<code>/edit/preview")
@requires(Permission.UNIT_EDIT)
def edit_preview(code: str) -> Response:
    """What an edit would give: outlines, faults. Everything is rolled back."""
    unit = editable_unit(code)
    body = request.get_json(silent=True)
    with_parts = isinstance(body, dict) and bool(body.get("parts"))
    drawing = read_drawing(body, with_parts=with_parts)
    if drawing.operation == "split" and not with_parts:
        return jsonify(parts=_pieces(unit.code, drawing))
    try:
        result = perform(unit.code, drawing)
        answer = _outcome(result)
    finally:
        session.rollback()
    return jsonify(answer)


@blueprint.post("/units/<code>/edit")
@requires(Permission.UNIT_EDIT)
def save_edit(code: str) -> Response:
    """Save an edit as a draft version (or in the draft it goes on with)."""
    unit = editable_unit(code)
    result = perform(unit.code, read_drawing(request.get_json(silent=True)))
    return jsonify(
        version_id=result.version_id,
        row_version=result.row_version,
        faults=len(result.faults),
        url=url_for(".version", version_id=result.version_id),
    )


def perform(code: int, drawing: Drawing) -> actions.EditResult:
    """Carry out an edit. Raises ``BadInput``, ``Forbidden`` or ``Conflict`` in words for the person."""
    state: dict[str, Any] = {
        "base": drawing.base,
        "version_id": drawing.version_id,
        "row_version": drawing.row_version,
    }
    if drawing.operation == "border" and drawing.line is not None:
        return actions.move_border(session, actor, first=code, second=drawing.others[0], line=drawing.line, **state)
    if drawing.line is not None:
        return actions.split_unit(session, actor, unit_code=code, line=drawing.line, parts=list(drawing.parts), **state)
    if drawing.outline is not None:
        return actions.reshape_unit(session, actor, unit_code=code, new=drawing.outline, snap_deg=SNAP_DEG, **state)
    return actions.merge_units(session, actor, unit_codes=[code, *drawing.others], keep_code=code, **state)


def editable_unit(code: str) -> UnitRow:
    """Return a unit whose outline the person may edit. Raises ``NotFound`` outside the scope, ``Conflict`` when ended."""
    unit = visible_unit(unit_code(code))
    decision = actor.may(Permission.UNIT_EDIT, unit.code)
    if not decision:
        raise Forbidden(decision.reason)
    if not unit.in_force:
        raise Conflict("该区划已撤销，不能再编辑边界。")
    return unit


def draft(version_id: int | None) -> Any:
    """Return the open version an edit goes on with, or ``None``. Raises ``NotFound`` or ``Conflict``."""
    if version_id is None:
        return None
    version = one_version(session, actor, version_id)
    if version.status not in OPEN:
        raise Conflict("该版本已发布或放弃，不能继续修改：请在现行边界上修改。")
    return version


def _pieces(code: int, drawing: Drawing) -> list[dict[str, Any]]:
    version = draft(drawing.version_id)
    outlines = current_outlines(session, code, version)
    if code not in outlines:
        raise NotFound("该区划没有边界，不能拆分。")
    assert drawing.line is not None
    try:
        return parts_of_split(outlines, code, drawing.line)
    except EditError as error:
        raise BadInput(str(error), field="line") from error


def _outcome(result: actions.EditResult) -> dict[str, Any]:
    """Return what an edit changed and the faults it leaves, before it is rolled back."""
    version = one_version(session, actor, result.version_id)
    return {
        **map_changes(session, version),
        "changed": [code_words(code) for code in result.changed],
        "ended": [code_words(code) for code in result.ended],
        "faults": [
            {"kind": fault.kind.label, "severity": str(fault.severity), "message": fault.message}
            for fault in result.faults
        ],
    }
