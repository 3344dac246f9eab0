"""巡查计划 of a unit, and what became of their periods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select, text
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, Permission, subtree
from gridmap.clock import local
from gridmap.db import in_ranges, valid_on
from gridmap.patrols.models import PatrolPlan, PatrolPlanPoint, PatrolPoint
from gridmap.patrols.queries.coverage import Period, list_coverage
from gridmap.patrols.queries.ground import GRID_LEVEL
from gridmap.patrols.rules.plans import Aim, Outcome, Span, judge_area, judge_points, spans
from gridmap.units.models import Unit

MOST_GRIDS = 2_000
Told = list[tuple[Span, Outcome]]
_BEEN = text("""
select a.plan_id, a.from_at, count(*) as needed,
  array_agg(p.id order by r.place) filter (where not been.there) as ids, array_agg(p.name order by r.place) filter (where not been.there) as names
from unnest(cast(:plans as bigint[]), cast(:froms as timestamptz[]), cast(:tos as timestamptz[])) as a (plan_id, from_at, to_at)
join patrol_plan_points r on r.plan_id = a.plan_id
join patrol_points p on p.county_code = r.county_code and p.id = r.point_id and (p.ended_at is null or p.ended_at >= a.to_at)
cross join lateral (select exists (
    select from patrol_check_ins c
    where c.county_code = p.county_code and c.point_id = p.id and c.at >= a.from_at and c.at < a.to_at
  ) as there) been
group by a.plan_id, a.from_at
""")


@dataclass(frozen=True)
class PlanRow:
    """A plan in use, the name of its grid, and its latest periods, newest first; none before it begins."""

    plan: PatrolPlan
    unit_name: str
    told: Told


def visible_plans(actor: Actor, permission: Permission = Permission.PATROL_READ) -> Select[Any]:
    """Return the plans of units where ``permission`` is granted."""
    return select(PatrolPlan).where(in_ranges(PatrolPlan.unit_code, actor.granted_ranges(permission)))


def one_plan(session: Session, actor: Actor, plan_id: int, permission: Permission) -> PatrolPlan | None:
    """Return a plan of a unit where ``permission`` is granted, in use or not."""
    return session.scalars(visible_plans(actor, permission).where(PatrolPlan.id == plan_id)).one_or_none()


def grids_to_plan(session: Session, actor: Actor, unit_code: int, on: date) -> list[tuple[int, str]]:
    """Return code and name (begins with its village's) of the grids in force under a unit for which the actor may plan."""
    within, village = subtree(unit_code), aliased(Unit)
    found = (
        select(Unit.unit_code, func.coalesce(village.name, "") + Unit.name)
        .outerjoin(village, village.unit_code == Unit.parent_code)
        .where(Unit.level == GRID_LEVEL, valid_on(Unit, on), Unit.unit_code >= within.lo, Unit.unit_code < within.hi)
        .where(in_ranges(Unit.unit_code, actor.granted_ranges(Permission.PATROL_PLAN)))
    )
    return [(row[0], row[1]) for row in session.execute(found.order_by(Unit.unit_code).limit(MOST_GRIDS))]


def list_plans(session: Session, actor: Actor, unit_code: int, *, now: datetime) -> list[PlanRow]:
    """Return the plans in use under a unit with their last two periods, by grid and name."""
    within, village = subtree(unit_code), aliased(Unit)
    found = session.execute(
        visible_plans(actor)
        .add_columns((func.coalesce(village.name, "") + Unit.name).label("unit_name"))
        .join(Unit, Unit.unit_code == PatrolPlan.unit_code)
        .outerjoin(village, village.unit_code == Unit.parent_code)
        .where(PatrolPlan.ended_on.is_(None), PatrolPlan.unit_code >= within.lo, PatrolPlan.unit_code < within.hi)
        .order_by(PatrolPlan.unit_code, PatrolPlan.name, PatrolPlan.id)
    ).all()
    told = told_of(session, actor, [row[0] for row in found], under=unit_code, most=2, now=now)
    return [PlanRow(row[0], row.unit_name, told[row[0].id]) for row in found]


def own_plans(session: Session, actor: Actor, *, now: datetime) -> list[PlanRow]:
    """Return the plans in use of the actor's own grids that have begun and that nobody else is asked for: what their phone takes along."""
    mine = visible_plans(actor, Permission.PATROL_RECORD).where(PatrolPlan.ended_on.is_(None))
    mine = mine.where((PatrolPlan.account_id == actor.account_id) | PatrolPlan.account_id.is_(None))
    by_unit: dict[int, list[PatrolPlan]] = defaultdict(list)
    for plan in session.scalars(mine.order_by(PatrolPlan.unit_code, PatrolPlan.id)):
        by_unit[plan.unit_code].append(plan)
    found = []
    for unit_code, plans in by_unit.items():
        told = told_of(session, actor, plans, under=unit_code, most=1, now=now)
        found += [PlanRow(plan, "", told[plan.id]) for plan in plans if told[plan.id]]
    return found


def route_of(session: Session, plan: PatrolPlan) -> list[PatrolPoint]:
    """Return the points of a plan that was found visible, in the order of its route, those taken down too."""
    on = (
        (PatrolPlanPoint.county_code == PatrolPoint.county_code)
        & (PatrolPlanPoint.point_id == PatrolPoint.id)
        & (PatrolPlanPoint.plan_id == plan.id)
    )
    found = select(PatrolPoint).join(PatrolPlanPoint, on).where(PatrolPoint.county_code == plan.county_code)
    return list(session.scalars(found.order_by(PatrolPlanPoint.place)))


def told_of(
    session: Session, actor: Actor, plans: Iterable[PatrolPlan], *, under: int, most: int, now: datetime
) -> Mapping[int, Told]:
    """Return number of a plan → its latest ``most`` periods with what became of them, newest first; all plans lie under ``under``."""
    today = local(now).date()
    asked = {plan: spans(plan.from_on, plan.every_days, today, ended_on=plan.ended_on, most=most) for plan in plans}
    walked = _walked(
        session, actor, {span for plan in asked if plan.aim == Aim.AREA for span in asked[plan]}, under, now
    )
    been = _been(session, {plan: asked[plan] for plan in asked if plan.aim == Aim.POINTS})
    told: dict[int, Told] = {}
    for plan, of in asked.items():
        told[plan.id] = []
        for span in of:
            over = span.to_on < today
            if plan.aim == Aim.AREA:
                outcome = judge_area(walked[span].get(plan.unit_code), plan.percent or 100, over)
            else:
                outcome = judge_points(*been.get((plan.id, span), (0, {})), over)
            told[plan.id].append((span, outcome))
    return told


def _walked(session: Session, actor: Actor, asked: set[Span], under: int, now: datetime) -> dict[Span, dict[int, Any]]:
    """Return for each period: unit code → what is known of a grid, up to today."""
    today = local(now).date()
    return {
        span: {
            grid.unit_code: grid.known
            for grid in list_coverage(session, actor, under, Period(span.from_on, min(span.to_on, today)), now=now)
        }
        for span in asked
    }


def _been(
    session: Session, asked: Mapping[PatrolPlan, list[Span]]
) -> dict[tuple[int, Span], tuple[int, dict[int, str]]]:
    """Return for each plan and period how many points were asked for, and those at which nobody checked in (number → name)."""
    by_start = {}
    for plan, of in asked.items():
        for span in of:
            by_start[plan.id, Period(span.from_on, span.to_on).bounds] = (plan.id, span)
    values = {
        "plans": [plan_id for plan_id, _ in by_start],
        "froms": [begins for _, (begins, _) in by_start],
        "tos": [ends for _, (_, ends) in by_start],
    }
    starts = {(plan_id, begins): key for (plan_id, (begins, _)), key in by_start.items()}
    rows = session.execute(_BEEN, values) if by_start else ()
    return {
        starts[row.plan_id, row.from_at]: (row.needed, dict(zip(row.ids or [], row.names or [], strict=True)))
        for row in rows
    }
