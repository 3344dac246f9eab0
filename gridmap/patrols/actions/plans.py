"""巡查计划: made and ended. A plan that changes is ended and made anew, so what was asked of a period stays what it was."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, Role
from gridmap.cases.queries.charge import people_for
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.patrols.forms.plans import PlanEntry
from gridmap.patrols.models import PatrolPlan, PatrolPlanPoint, PatrolPoint
from gridmap.patrols.queries.ground import GRID_LEVEL
from gridmap.patrols.queries.plans import one_plan
from gridmap.units.models import Unit

MISSING = "没有找到该巡查计划，可能不在您负责的范围内。"
NO_GRID = "请选择一个网格：巡查计划按网格安排。"


def grid_to_plan(session: Session, actor: Actor, unit_code: int) -> Unit:
    """Return the grid for which the actor may plan. Raises ``NotFound``, ``BadInput`` (not a grid)."""
    unit = session.get(Unit, unit_code)
    if unit is None or not actor.may(Permission.PATROL_PLAN, unit_code):
        raise NotFound("没有找到该区划，可能不在您负责的范围内。")
    if unit.level != GRID_LEVEL:
        raise BadInput(NO_GRID, field="unit")
    return unit


def add_plan(session: Session, actor: Actor, *, unit_code: int, entry: PlanEntry, now: datetime) -> PatrolPlan:
    """Make a plan for a grid. Raises ``NotFound``, ``BadInput`` (a point or a worker of another grid)."""
    grid_to_plan(session, actor, unit_code)
    _refuse_points_elsewhere(session, unit_code, entry.point_ids)
    county = unit_code // 10**9
    plan = PatrolPlan(
        county_code=county, unit_code=unit_code, name=entry.name, aim=entry.aim.value, percent=entry.percent,
        every_days=entry.every_days, from_on=entry.from_on, account_id=entry.account_id,
        account_name=_name_of(session, unit_code, entry.account_id), made_at=now, made_name=actor.name,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    session.add_all(
        PatrolPlanPoint(county_code=county, unit_code=unit_code, plan_id=plan.id, point_id=point, place=place)
        for place, point in enumerate(entry.point_ids, start=1)
    )
    audit.record(session, actor, "plan.added", str(plan.id), unit_code, name=plan.name)
    session.flush()
    return plan


def _refuse_points_elsewhere(session: Session, unit_code: int, point_ids: tuple[int, ...]) -> None:
    here = select(PatrolPoint.id).where(PatrolPoint.unit_code == unit_code, PatrolPoint.ended_at.is_(None))
    if not set(point_ids) <= set(session.scalars(here)):
        raise BadInput("路线上有的点位已停用，或不在这个网格，请刷新页面后重新选择。", field="points")


def _name_of(session: Session, unit_code: int, account_id: int | None) -> str | None:
    if account_id is None:
        return None
    for person in people_for(session, unit_code, Role.GRID_WORKER):
        if person.id == account_id:
            return str(person.name)
    raise BadInput("这名人员已不是本网格的网格员，请重新选择。", field="account")


def end_plan(session: Session, actor: Actor, *, plan_id: int, now: datetime) -> PatrolPlan:
    """End a plan; what became of it stays on record. Raises ``NotFound``, ``Conflict`` (ended before)."""
    plan = one_plan(session, actor, plan_id, Permission.PATROL_PLAN)
    if plan is None:
        raise NotFound(MISSING)
    session.refresh(plan, with_for_update=True)
    if plan.ended_on is not None:
        raise Conflict("该巡查计划已停止。")
    plan.ended_on = local(now).date()
    audit.record(session, actor, "plan.ended", str(plan.id), plan.unit_code)
    session.flush()
    return plan
