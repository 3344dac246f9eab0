"""Doors of counts."""

from __future__ import annotations

from dataclasses import asdict, replace

from flask import Response, jsonify, request

from gridmap.access import Actor, Permission
from gridmap.analysis import forms, queries
from gridmap.analysis.views.door import blueprint
from gridmap.cases.forms import CaseFilter, refuse_unknown
from gridmap.clock import now
from gridmap.web import actor, requires


@blueprint.get("/counts.json")
@requires(Permission.CASE_READ)
def counts() -> Response:
    """Counts of the children of a unit under the filters of the list; without a unit, of the person's own."""
    who: Actor = actor._get_current_object()  # type: ignore[attr-defined]
    refuse_unknown(request.args, "level")
    wanted = CaseFilter.from_args(request.args)
    if wanted.unit is None and who.home:
        wanted = replace(wanted, unit=who.home.unit_code)
    level = forms.read_child_level(request.args, wanted.unit or 0)
    found = queries.count_by_unit(who, wanted, level, now())
    items = [{**asdict(item), "unit_code": f"{item.unit_code:015d}"} for item in found.items]
    response = jsonify(items=items, total=found.total, unlocated=found.unlocated, level=level, next=None)
    response.headers["Cache-Control"] = "private, no-cache"
    response.vary.add("Cookie")
    return response
