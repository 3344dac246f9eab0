"""Keeping the lighter outlines for low zooms in step with what is in force."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

import shapely
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.units.queries.outlines import Drawn, published_outlines, touching_published
from gridmap.units.rules.codes import level_of
from gridmap.units.rules.simplify import LOW_DEG, MID_DEG, simplified

WRITE = text("""
    update outlines o set geom_mid = st_geomfromwkb(v.mid, 4326), geom_low = st_geomfromwkb(v.low, 4326)
    from unnest(cast(:ids as bigint[]), cast(:mids as bytea[]), cast(:lows as bytea[])) as v (id, mid, low)
    where o.id = v.id
""")


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
    written = 0
    for items in levels.values():
        geoms = [item.geom for item in items]
        mid, low = simplified(geoms, MID_DEG), simplified(geoms, LOW_DEG)
        mine = [place for place, item in enumerate(items) if item.unit_code in ring]
        values = {
            "ids": [items[place].id for place in mine],
            "mids": [shapely.to_wkb(mid[place]) for place in mine],
            "lows": [shapely.to_wkb(low[place]) for place in mine],
        }
        session.execute(WRITE, values)
        written += len(mine)
    return written
