"""What a phone takes along for work without a signal: grids, classes, tasks and own cases; nothing of other people's grids but outlines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, Range
from gridmap.accounts.queries import list_notices
from gridmap.cases import queries, rules
from gridmap.cases.forms.work import WorkPage
from gridmap.cases.models import Case, Category
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.listing import CaseRow, as_row, with_names
from gridmap.cases.queries.work import list_work
from gridmap.cases.rules.work import GROUP_NAMES, Group
from gridmap.clock import local
from gridmap.db import multirange
from gridmap.pages import code
from gridmap.patrols.models import PatrolPoint
from gridmap.patrols.queries.plans import PlanRow, own_plans, route_of
from gridmap.patrols.queries.points import check_in_limits, own_points
from gridmap.patrols.rules.plans import Aim, rhythm

MOST_TASKS = 60
MOST_CASES = 200
MOST_NOTICES = 20
OWN_DAYS = 30
USED_DAYS = 180
MOST_USED = 8
NEAR_M = 300  # how far beyond one's own grids outlines go along, for the question at a border
SIMPLE = frozenset({"text", "line", "means", "satisfied", "dissatisfied", "verdict", "date", "number", "photos"})
"""Kinds of inputs that the phone's form can ask; steps that need others wait for a desk."""
ON_PHONE = (
    rules.Action.ANSWER_CHECK,
    rules.Action.VERIFY,
    rules.Action.REJECT,
    rules.Action.REVISIT,
    rules.Action.MISS,
    rules.Action.DISSATISFIED,
    rules.Action.START,
    rules.Action.PROGRESS,
    rules.Action.REPORT,
    rules.Action.FINISH_TASK,
)

_GRIDS = text("""
with mine as materialized (
  select o.id, o.geom from outlines o where o.level = 15 and o.valid_from <= :on and (o.valid_to is null or o.valid_to > :on)
    and o.unit_code <@ cast(:ranges as int8multirange)
)
select o.unit_code, u.name, p.name as above, ST_AsGeoJSON(o.geom, 7)::json as geom, m.id is not null as own
  from outlines o join units u on u.unit_code = o.unit_code
  left join units p on p.unit_code = o.unit_code / 1000 * 1000
  left join mine m on m.id = o.id
  where o.level = 15 and o.valid_from <= :on and (o.valid_to is null or o.valid_to > :on)
    and (m.id is not null or exists (select from mine n where o.geom && ST_Expand(n.geom, 0.006)
      and ST_DWithin(o.geom::geography, n.geom::geography, :near_m)))
  order by o.unit_code
""")


def package_of(session: Session, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what the actor's phone takes along at ``now``, ready for JSON; geometry is GeoJSON in WGS-84, times are ISO."""
    ranges = actor.granted_ranges(Permission.PATROL_RECORD)
    grids = _grids(session, ranges, now)
    categories = queries.categories_on(session, local(now).date())
    return {
        "today": local(now).date().isoformat(),
        "account": actor.account_id,
        "grids": [_named(grid) for grid in grids if grid.own],
        "near": [_named(grid) for grid in grids if not grid.own],
        "categories": [
            {"code": item.code, "name": item.name, "family": item.family, "family_name": item.family_name}
            for item in categories
        ],
        "used": _used(session, actor, now),
        "tasks": _tasks(session, actor, now),
        "notices": [
            {"body": one.body, "at": one.created_at.isoformat()}
            for one in list_notices(session, actor, limit=MOST_NOTICES, offset=0)
            if one.read_at is None
        ],
        "check_in_accuracy_m": check_in_limits(session).accuracy_m,
        "points": [_point(point, last_at) for point, last_at in own_points(session, actor)],
        "plans": [_plan(session, row) for row in own_plans(session, actor, now=now)],
        "cases": [_case(row) for row in _own_cases(session, actor, now)],
    }


def _grids(session: Session, ranges: tuple[Range, ...], now: datetime) -> list[Any]:
    values = {"on": local(now).date(), "ranges": multirange(ranges), "near_m": NEAR_M}
    return list(session.execute(_GRIDS, values))


def _named(grid: Any) -> dict[str, Any]:
    path = f"{grid.above} › {grid.name}" if grid.above else grid.name
    return {"code": code(grid.unit_code), "name": grid.name, "path": path, "geom": grid.geom}


def _point(point: PatrolPoint, last_at: datetime | None) -> dict[str, Any]:
    """Return a point to pass; what its sign says stays here, so that only who saw the sign can send it."""
    return {
        "id": point.id,
        "name": point.name,
        "lon": point.lon,
        "lat": point.lat,
        "radius_m": point.radius_m,
        "last_at": last_at.isoformat() if last_at else None,
    }


def _plan(session: Session, row: PlanRow) -> dict[str, Any]:
    """Return the period of a plan that runs now, with what it asks for."""
    plan, (span, outcome) = row.plan, row.told[0]
    stops = [point.id for point in route_of(session, plan) if point.ended_at is None] if plan.aim == Aim.POINTS else []
    return {
        "id": plan.id, "name": plan.name, "aim": plan.aim, "rhythm": rhythm(plan.every_days), "from_on": span.from_on.isoformat(),
        "to_on": span.to_on.isoformat(), "state": outcome.state.value, "done": outcome.done, "needed": outcome.needed,
        "points": stops, "left": [point for point in stops if point in outcome.left],
    }  # fmt: skip


def _used(session: Session, actor: Actor, now: datetime) -> list[str]:
    """Return the codes of the classes that the person reports most, of the last half year."""
    counted = (
        select(Category.code)
        .join(Case, Case.category_id == Category.id)
        .where(Case.created_by == actor.account_id, Case.received_at > now - timedelta(days=USED_DAYS))
        .group_by(Category.code)
        .order_by(func.count().desc(), Category.code)
    )
    return list(session.scalars(counted.limit(MOST_USED)))


def _own_cases(session: Session, actor: Actor, now: datetime) -> list[CaseRow]:
    mine = (Case.created_by == actor.account_id, Case.received_at > now - timedelta(days=OWN_DAYS))
    query = with_names(visible_cases(actor).where(*mine)).order_by(Case.received_at.desc(), Case.id.desc())
    return [as_row(row, now) for row in session.execute(query.limit(MOST_CASES)).unique()]


def _case(row: CaseRow) -> dict[str, Any]:
    case = row.case
    return {
        "case_code": case.case_code,
        "title": case.title,
        "status_name": rules.STATUS_NAMES[rules.Status(case.status)],
        "category": case.category.code,
        "lon": row.lon,
        "lat": row.lat,
        "received_at": case.received_at.isoformat(),
    }


def _tasks(session: Session, actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return what waits for the person and can be done on a phone, with the forms of its steps."""
    found = list_work(session, actor, WorkPage(limit=MOST_TASKS), now)
    tasks = []
    for row in found.rows:
        key = (row.case.county_code, row.case.id)
        facts, last = queries.facts_of(session, row.case, now)
        doer = queries.doer_of(actor, row.case)
        offers = rules.offers(facts, doer, lambda asked, at=row.case.unit_code: actor.may(asked, at))  # type: ignore[misc]
        actions = [_act(session, row.case, facts, offer.row, now) for offer in offers if _on_phone(offer)]
        if actions:
            tasks.append(_task(row, found.kinds[key], found.dues[key], last, actions))
    return tasks


def _on_phone(offer: rules.Offer) -> bool:
    asked = {item.kind for item in offer.row.inputs if item.required}
    return bool(offer.decision) and offer.row.action in ON_PHONE and asked <= SIMPLE


def _act(session: Session, case: Case, facts: rules.Facts, row: rules.Transition, now: datetime) -> dict[str, Any]:
    inputs = [item for item in row.inputs if item.kind in SIMPLE and item.kind != "photos"]
    return {
        "action": row.action.value,
        "name": row.name,
        "photos": any(item.kind == "photos" for item in row.inputs),
        "inputs": [
            {
                "name": item.name,
                "label": item.label,
                "kind": item.kind,
                "required": item.required,
                "choices": queries.choices(session, case, facts, item, now) or None,
            }
            for item in inputs
        ],
    }


def _task(
    row: CaseRow, group: Group, due_at: datetime | None, last: int, actions: list[dict[str, Any]]
) -> dict[str, Any]:
    case = row.case
    return {
        "case_code": case.case_code,
        "title": case.title,
        "description": case.description,
        "kind_name": GROUP_NAMES[group],
        "due_at": due_at.isoformat() if due_at else None,
        "lon": row.lon,
        "lat": row.lat,
        "address_text": case.address_text,
        "version": last,
        "actions": actions,
    }
