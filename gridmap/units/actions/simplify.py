"""Keeping the lighter outlines for low zooms in step with what is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

from geoalchemy2.shape import from_shape
from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from gridmap.units.models import Outline
from gridmap.units.queries.outlines import Drawn, published_outlines, touching_published
from gridmap.units.rules.codes import level_of
from gridmap.units.rules.simplify import LOW_DEG, MID_DEG, simplified


def simplify_around(session: Session, codes: Collection[int], ended: Collection[int] = ()) -> int:
    """Simplify the outlines in force of ``codes`` and of the units that touch them; returns how many were written.

    A shared edge is simplified the same way only when the same units meet at its ends, so the neighbours of the
    neighbours take part too, without being written. Ended units leave nothing behind; their neighbours are among
    ``codes``.
    """
    wanted = set(codes) - set(ended)
    ring = touching_published(session, wanted) | wanted
    context = published_outlines(session, touching_published(session, ring) | ring)
    levels: dict[int, list[Drawn]] = defaultdict(list)
    for item in context.values():
        levels[level_of(item.unit_code).digits].append(item)
    rows: list[dict[str, Any]] = []
    for items in levels.values():
        geoms = [item.geom for item in items]
        mid, low = simplified(geoms, MID_DEG), simplified(geoms, LOW_DEG)
        rows.extend(
            {"outline_id": item.id, "mid": from_shape(middle, 4326), "low": from_shape(lowest, 4326)}
            for item, middle, lowest in zip(items, mid, low, strict=True)
            if item.unit_code in ring
        )
    if rows:
        table: Any = Outline.__table__
        change = update(table).where(table.c.id == bindparam("outline_id"))
        session.connection().execute(change.values(geom_mid=bindparam("mid"), geom_low=bindparam("low")), rows)
    return len(rows)
