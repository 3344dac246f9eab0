"""派单规则: the list of a unit, editing, order, switching off, and the trial on last month's cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from geoalchemy2.shape import to_shape
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.actions.routing import MISSING as NO_RULE
from gridmap.cases.forms.routing import area_lines, read_rule, routing_unit
from gridmap.cases.queries import routing
from gridmap.cases.rules.routing import conditions_in_words
from gridmap.cases.views.door import blueprint
from gridmap.clock import CHINA, local, now, today
from gridmap.errors import BadInput, NotFound
from gridmap.pages import code
from gridmap.web import actor, requires, session


@blueprint.get("/cases/routing")
@requires(Permission.CASE_ROUTE)
def routing_index() -> str:
    """The rules of a unit in the order they are asked, and those of the units above."""
    unit = routing_unit(request.args.get("unit", ""), actor)
    codes, families = routing.words_of_categories(session)
    listed = [
        (rule, conditions_in_words(_plain(rule), codes, families, queries.tell_name(session, rule.within_unit or unit)))
        for rule in routing.list_rules(session, actor, unit)
    ]
    every = routing.rules_at(session, unit)
    above = [rule for rule in every if rule.unit_code != unit]
    faulty = {rule.id for rule in every if rule.is_faulty}
    return render_template(
        "cases/routing/index.html", listed=listed, above=above, faulty=faulty, today=today(), **_units(unit)
    )


@blueprint.get("/cases/routing/new")
@requires(Permission.CASE_ROUTE)
def routing_new() -> str:
    """An empty rule."""
    return _form(routing_unit(request.args.get("unit", ""), actor), None)


@blueprint.post("/cases/routing")
@requires(Permission.CASE_ROUTE)
def routing_add() -> Response | tuple[str, int]:
    """Add a rule at the end of a unit's list."""
    return _save(routing_unit(request.form.get("unit", ""), actor), None)


@blueprint.get("/cases/routing/<int:rule_id>")
@requires(Permission.CASE_ROUTE)
def routing_rule(rule_id: int) -> str:
    """A rule to be changed."""
    rule = _rule(rule_id)
    return _form(rule.unit_code, rule)


@blueprint.post("/cases/routing/<int:rule_id>")
@requires(Permission.CASE_ROUTE)
def routing_save(rule_id: int) -> Response | tuple[str, int]:
    """Change a rule."""
    rule = _rule(rule_id)
    return _save(rule.unit_code, rule)


@blueprint.post("/cases/routing/<int:rule_id>/switch")
@requires(Permission.CASE_ROUTE)
def routing_switch(rule_id: int) -> Response:
    """Switch a rule off or on again."""
    off = request.form.get("off") == "1"
    rule = actions.switch_rule(session, actor, rule_id=_rule(rule_id).id, off=off, now=now())
    flash(f"规则“{rule.name}”已{'停用' if off else '启用'}。")
    return redirect(url_for("cases.routing_index", unit=code(rule.unit_code)))


@blueprint.post("/cases/routing/<int:rule_id>/move")
@requires(Permission.CASE_ROUTE)
def routing_move(rule_id: int) -> Response:
    """Move a rule one place up or down."""
    up = request.form.get("up") == "1"
    rule = actions.move_rule(session, actor, rule_id=_rule(rule_id).id, up=up, now=now())
    return redirect(url_for("cases.routing_index", unit=code(rule.unit_code)))


@blueprint.get("/cases/routing/trial")
@requires(Permission.CASE_ROUTE)
def routing_trial() -> str:
    """What the rules would have done with last month's cases, compared with where they went."""
    unit = routing_unit(request.args.get("unit", ""), actor)
    found = routing.trial(session, actor, unit, last_month(now()), now())
    return render_template("cases/routing/trial.html", found=found, last=found.end - timedelta(days=1), **_units(unit))


def last_month(instant: datetime) -> tuple[datetime, datetime]:
    """Return the calendar month before ``instant`` on China's clock: start and end (exclusive), aware."""
    first = local(instant).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first - timedelta(days=1)).replace(day=1, tzinfo=CHINA), first


def _rule(rule_id: int) -> Any:
    found = routing.one_rule(session, actor, rule_id) if rule_id < 2**63 else None
    if found is None:
        raise NotFound(NO_RULE)
    return found


def _plain(rule: Any) -> Any:
    return routing.plain(rule, to_shape(rule.area) if rule.area is not None else None)


def _units(unit: int) -> dict[str, Any]:
    return {
        "unit": unit,
        "unit_name": queries.tell_name(session, unit),
        "units": queries.unit_choices(session, actor, Permission.CASE_ROUTE, today()),
    }


def _save(unit: int, rule: Any) -> Response | tuple[str, int]:
    number = rule.id if rule else None
    try:
        entry = read_rule(request.form, today=today())
        saved = actions.save_rule(session, actor, unit_code=unit, rule_id=number, entry=entry, now=now())
    except BadInput as fault:
        session.rollback()
        return _form(unit, _rule(number) if number else None, fault), 400
    flash(f"规则“{saved.name}”已保存。")
    return redirect(url_for("cases.routing_index", unit=code(unit)))


def _form(unit: int, rule: Any, fault: BadInput | None = None) -> str:
    kinds = queries.categories_on(session, today())
    return render_template(
        "cases/routing/rule.html",
        rule=rule,
        fault=fault,
        given=_given(rule),
        departments=queries.departments_for(session, unit),
        kinds=kinds,
        families=sorted({(item.family, item.family_name) for item in kinds}),
        SCALE_NAMES=rules.SCALE_NAMES,
        **_units(unit),
    )


def _given(rule: Any) -> dict[str, list[str]]:
    """Return the values of the form: what was sent, else those of the rule."""
    if request.method == "POST":
        return {name: request.form.getlist(name) for name in request.form}
    if rule is None:
        return {"active_from": [today().isoformat()]}
    area = to_shape(rule.area) if rule.area is not None else None
    one = {
        name: getattr(rule, name)
        for name in ("name", "source_note", "active_from", "active_to", "hour_from", "hour_to")
    }
    found = {name: [str(value)] for name, value in one.items() if value is not None}
    return {
        **found,
        "department": [str(rule.department_id or 0)],
        "family": [str(number) for number in rule.families],
        "category": list(rule.category_codes),
        "scale": list(rule.scales),
        "within": [code(rule.within_unit)] if rule.within_unit else [],
        "area": [area_lines(area)],
    }
