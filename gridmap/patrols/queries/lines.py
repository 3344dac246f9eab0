"""The lines of a duty's track, by phone, and the outline they are drawn on."""

from __future__ import annotations

from itertools import groupby

from geoalchemy2.shape import to_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.clock import local
from gridmap.patrols.models import Duty
from gridmap.patrols.queries.ground import GRID_LEVEL, fix_arrays, in_force
from gridmap.patrols.queries.settings import filter_limits
from gridmap.patrols.queries.tracks import batches_of
from gridmap.patrols.rules.segments import Segments, walked
from gridmap.units.models import Outline


def lines_of(session: Session, actor: Actor, duty: Duty) -> list[Segments]:
    """Return the stretches of a duty that ``visible_duties`` gave, of each phone in the order in which it recorded them."""
    limits = filter_limits(session)
    phones = groupby(batches_of(session, actor, duty), key=lambda batch: batch.device)
    return [walked(fix_arrays(session, list(batches), 0, float("inf")), limits) for _, batches in phones]


def outline_under(session: Session, duty: Duty) -> BaseGeometry | None:
    """Return the outline of the grid of a duty on its day (public, like all outlines); ``None`` for other units."""
    found = select(Outline.geom).where(
        Outline.unit_code == duty.unit_code, Outline.level == GRID_LEVEL, in_force(local(duty.on_at).date())
    )
    geom = session.scalars(found).first()
    return None if geom is None else to_shape(geom)
