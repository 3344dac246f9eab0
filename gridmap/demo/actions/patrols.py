"""Patrols of the demonstration: workers of the first grids on duty in the days before, by the product's own steps.

One in four phones slept for half of the time, and one worker in five never went: coverage has something to say of each.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial

from geoalchemy2.shape import to_shape
from numpy.random import PCG64, Generator, SeedSequence
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Post, Role, subtree
from gridmap.demo.actions.plans import Walk, load_plans
from gridmap.demo.rules.walks import EVERY_S, as_phone, walk_in
from gridmap.patrols.actions.drawing import draw_duty
from gridmap.patrols.actions.duty import go_off_duty, go_on_duty
from gridmap.patrols.actions.tracks import Batch, store_points
from gridmap.patrols.queries.settings import terms_of_points
from gridmap.units.models import Outline

WORKERS = 24
DAYS_BEFORE = (1, 2, 4)
PLANNED = 9  # workers whose grids have points and plans
POINTS = 540  # an hour and a half


def load_patrols(session: Session, workers: Mapping[int, tuple[int, str]], focus: int, now: datetime, seed: int) -> int:
    """Let the workers of the first grids of the unit ``focus`` patrol on some days before ``now`` (08:00 in China); return how many duties."""
    count = 0
    grids: dict[int, tuple[int, str]] = {}  # of each worker: the first grid
    for unit, (account_id, name) in sorted(workers.items()):
        if unit in subtree(focus):
            grids.setdefault(account_id, (unit, name))
    for number, (account_id, (unit, name)) in enumerate(list(grids.items())[:WORKERS]):
        if number % 5 == 4:
            continue
        actor = Actor(account_id, "", name, (Post(Role.GRID_WORKER, unit),))
        for before in DAYS_BEFORE[: 1 + number % 3]:
            rng = Generator(PCG64(SeedSequence([seed, unit, before])))
            start = now - timedelta(days=before) + timedelta(minutes=20 + number)
            walk = _patrol(session, actor, unit, start, rng, number % 4 == 2)
            if walk is not None and before == DAYS_BEFORE[0] and number < PLANNED:
                load_plans(session, walk, number, rng, partial(_id, rng))
            count += 1
    session.flush()
    return count


def _patrol(session: Session, actor: Actor, unit: int, start: datetime, rng: Generator, slept: bool) -> Walk | None:
    """Go on duty, walk, send the track, go off duty; and draw what was walked. ``None``: the grid has no outline."""
    outline = session.scalars(
        select(Outline.geom).where(
            Outline.unit_code == unit, Outline.valid_to.is_(None), Outline.valid_from.is_not(None)
        )
    ).one_or_none()
    if outline is None:
        return None
    client_id, end = _id(rng), start + timedelta(seconds=POINTS * EVERY_S)
    duty, _ = go_on_duty(
        session, actor, client_id=client_id, phone_at=start, phone_sent_at=start, now=start, unit_code=unit
    )  # fmt: skip
    nap = range(POINTS // 4, POINTS * 3 // 4) if slept else range(0)
    places = walk_in(to_shape(outline), POINTS, rng)
    points = as_phone(places, start, nap)
    terms = terms_of_points(session)
    store_points(session, duty, Batch(_id(rng), _id(rng), 1, end), points, terms=terms, now=end)
    go_off_duty(session, actor, duty=client_id, client_id=_id(rng), phone_at=end, phone_sent_at=end, now=end)
    session.flush()
    draw_duty(session, county_code=duty.county_code, duty_id=duty.id, now=end)
    return Walk(actor, duty, places)


def _id(rng: Generator) -> uuid.UUID:
    return uuid.UUID(bytes=rng.bytes(16), version=4)
