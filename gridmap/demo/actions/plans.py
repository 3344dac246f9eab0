"""Points and plans of the demonstration, in grids that were walked: some points passed, some not."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.clock import local
from gridmap.demo.rules.walks import EVERY_S
from gridmap.patrols.actions.points import Here, Shown, check_in
from gridmap.patrols.models import Duty, PatrolPlan, PatrolPlanPoint, PatrolPoint
from gridmap.patrols.rules.plans import Aim
from gridmap.patrols.rules.points import ALPHABET, CODE_LENGTH

STOPS = {"消防栓": 60, "配电间": 200, "小区东门": 400}  # name → which fix of the walk lies there
BEFORE = timedelta(days=21)  # three weeks of plans
MADE_NAME = "综治中心"


@dataclass(frozen=True)
class Walk:
    """What a worker walked in a grid: their duty, and places (lon lat), one each ``EVERY_S`` from its start."""

    actor: Actor
    duty: Duty
    places: np.ndarray[Any, Any]


def load_plans(session: Session, walk: Walk, number: int, rng: Generator, new_id: Callable[[], uuid.UUID]) -> None:
    """Put up points on a walk, ask for them and for some ground each week, and let the worker check in at some of the points."""
    made, duty = walk.duty.on_at - BEFORE, walk.duty
    points = [
        PatrolPoint(
            county_code=duty.county_code, unit_code=duty.unit_code, name=name, lon=float(walk.places[at][0]), lat=float(walk.places[at][1]),
            radius_m=50, code="".join(rng.choice(list(ALPHABET), CODE_LENGTH)), code_at=made, made_at=made, made_name=MADE_NAME,
        )
        for name, at in STOPS.items()
    ]  # fmt: skip
    session.add_all(points)
    session.flush()
    _ask(
        session,
        walk,
        made,
        name="每周走遍",
        from_on=local(made).date(),
        aim=Aim.AREA.value,
        percent=(10, 20, 40)[number % 3],
    )
    since = local(duty.on_at - timedelta(days=1)).date()
    route = _ask(session, walk, made, name="消防路线", from_on=since, aim=Aim.POINTS.value)
    session.add_all(
        PatrolPlanPoint(
            county_code=duty.county_code, unit_code=duty.unit_code, plan_id=route.id, point_id=point.id, place=place
        )
        for place, point in enumerate(points, start=1)
    )
    for point, at in list(zip(points, STOPS.values(), strict=True))[: 1 + number % 3]:
        when = duty.on_at + timedelta(seconds=at * EVERY_S)
        check_in(
            session, walk.actor, client_id=new_id(), duty=duty.client_id, shown=Shown(None, point.id, Here(point.lon, point.lat, 8)),
            phone_at=when, phone_sent_at=when, now=when,
        )  # fmt: skip
    session.flush()


def _ask(session: Session, walk: Walk, made: datetime, **asked: Any) -> PatrolPlan:
    plan = PatrolPlan(
        county_code=walk.duty.county_code, unit_code=walk.duty.unit_code, every_days=7,
        account_id=walk.actor.account_id, account_name=walk.actor.name, made_at=made, made_name=MADE_NAME, **asked,
    )  # fmt: skip
    session.add(plan)
    session.flush()
    return plan
