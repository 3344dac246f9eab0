"""巡查计划: the plans of a unit with what became of them; made for a grid, ended."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission, Role
from gridmap.cases import queries
from gridmap.cases.queries.charge import people_for
from gridmap.clock import now, today
from gridmap.errors import BadInput, NotFound
from gridmap.pages import code
from gridmap.patrols.actions import plans as acts
from gridmap.patrols.forms.plans import read_plan
from gridmap.patrols.queries import plans as reads
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.queries.points import list_points
from gridmap.patrols.rules.plans import AIM_NAMES, FULFILMENT_NAMES, Aim, Fulfilment, rhythm
from gridmap.patrols.views.asked import asked, name_of
from gridmap.patrols.views.door import blueprint
from gridmap.web import actor, listing, requires, session, wants_json, written

SHOWN = 12  # periods on a plan's page
WORDS = {"Aim": Aim, "AIM_NAMES": AIM_NAMES, "FULFILMENT_NAMES": FULFILMENT_NAMES, "rhythm": rhythm}


@blueprint.get("/patrols/plans")
@requires(Permission.PATROL_READ)
def plans() -> Response | str:
    """The plans of a unit: how far the current period has come, and what became of the one before."""
    asking, at = asked(Permission.PATROL_READ, request.args), now()
    rows = reads.list_plans(session, actor, asking.unit_code, now=at)
    if wants_json():
        return listing([_as_item(row) for row in rows], len(rows), None)
    states = [row.told[0][1].state for row in rows if row.told]
    return render_template(
        "patrols/plans.html",
        rows=rows, asking=asking, unit_name=name_of(asking.unit_code), done=states.count(Fulfilment.DONE), begun=len(states),
        units=queries.unit_choices(session, actor, Permission.PATROL_READ, asking.today), today=asking.today, **WORDS,
    )  # fmt: skip


def _as_item(row: reads.PlanRow) -> dict[str, Any]:
    plan = row.plan
    return {
        "plan": plan.id, "name": plan.name, "unit_code": code(plan.unit_code), "aim": plan.aim, "percent": plan.percent,
        "every_days": plan.every_days, "from_on": plan.from_on.isoformat(), "periods": [_as_period(*one) for one in row.told],
    }  # fmt: skip


def _as_period(span: Any, outcome: Any) -> dict[str, Any]:
    return {
        "from_on": span.from_on.isoformat(), "to_on": span.to_on.isoformat(), "state": outcome.state.value,
        "done": outcome.done, "needed": outcome.needed, "words": outcome.words,
    }  # fmt: skip


@blueprint.get("/patrols/plans/new")
@requires(Permission.PATROL_PLAN)
def new_plan() -> str:
    """A new plan for a grid; for a wider unit first which grid."""
    return _new()


def _new(fault: BadInput | None = None) -> str:
    asking = asked(Permission.PATROL_PLAN, request.args)
    grids = reads.grids_to_plan(session, actor, asking.unit_code, asking.today)
    chosen = asking.unit_code if [one for one, _ in grids] == [asking.unit_code] else None
    return render_template(
        "patrols/plan_new.html",
        asking=asking, chosen=chosen, grids=grids, fault=fault, given=written(), today=asking.today, unit_name=name_of(asking.unit_code),
        points=[row.point for row in _points(chosen)], people=people_for(session, chosen, Role.GRID_WORKER) if chosen else [], **WORDS,
    )  # fmt: skip


def _points(chosen: int | None) -> Any:
    return list_points(session, actor, chosen, Period(today(), today())) if chosen else []


@blueprint.post("/patrols/plans")
@requires(Permission.PATROL_PLAN)
def add_plan() -> Response | tuple[str, int]:
    """Make a plan."""
    asking = asked(Permission.PATROL_PLAN, request.args)
    try:
        entry = read_plan(request.form, asking.today)
        made = acts.add_plan(session, actor, unit_code=asking.unit_code, entry=entry, now=now())
    except BadInput as fault:
        return _new(fault), 400
    flash(f"巡查计划“{made.name}”已建立，网格员的手机下次联网时收到。")
    return redirect(url_for(".plan", plan_id=made.id))


@blueprint.get("/patrols/plans/<int:plan_id>")
@requires(Permission.PATROL_READ)
def plan(plan_id: int) -> str:
    """A plan and what became of its periods."""
    found = _one(plan_id, Permission.PATROL_READ)
    told = reads.told_of(session, actor, [found], under=found.unit_code, most=SHOWN, now=now())[found.id]
    return render_template(
        "patrols/plan.html",
        plan=found, told=told, route=reads.route_of(session, found), today=today(),
        unit_name=queries.tell_name(session, found.unit_code), **WORDS,
    )  # fmt: skip


def _one(plan_id: int, permission: Permission) -> Any:
    found = reads.one_plan(session, actor, plan_id if plan_id < 2**63 else 0, permission)
    if found is None:
        raise NotFound(acts.MISSING)
    return found


@blueprint.post("/patrols/plans/<int:plan_id>/end")
@requires(Permission.PATROL_PLAN)
def end_plan(plan_id: int) -> Response:
    """End a plan."""
    found = acts.end_plan(session, actor, plan_id=_one(plan_id, Permission.PATROL_PLAN).id, now=now())
    flash(f"巡查计划“{found.name}”已停止，以前的完成情况保留。")
    return redirect(url_for(".plans", unit=code(found.unit_code)))
