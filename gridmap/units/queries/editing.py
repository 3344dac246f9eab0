"""What the editor of outlines works on: the unit, its neighbours and its parent, as they are now or in a draft."""

from __future__ import annotations

import json
from typing import Any

import shapely
from shapely.geometry import LineString
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.units.models import OutlineVersion, Unit
from gridmap.units.queries.outlines import Drawn, draft_outlines, published_outlines, touching_published
from gridmap.units.rules import edits
from gridmap.units.rules.codes import level_of, parent_of
from gridmap.units.rules.measures import area_m2


def outlines_to_edit(
    session: Session, actor: Actor, code: int, version: OutlineVersion | None
) -> tuple[dict[str, Any], dict[int, Drawn]]:
    """Return GeoJSON of the unit (``self``), those that touch it (``neighbour``) and its parent, and the outlines by code.

    Each feature carries ``base`` (the outline's id, to be sent back with an edit) and ``mine`` (whether the actor may change
    it). A draft's outlines lie over those in force. Geometry is WGS-84 lon lat, whole.
    """
    outlines = current_outlines(session, code, version)
    names = dict(session.execute(select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(outlines))).all())
    features = []
    for unit, item in sorted(outlines.items()):
        role = "self" if unit == code else "parent" if unit == parent_of(code) else "neighbour"
        sibling = parent_of(unit) == parent_of(code)
        features.append(
            {
                "type": "Feature",
                "properties": {
                    "code": f"{unit:015d}",
                    "name": names.get(unit, ""),
                    "role": role,
                    "base": item.id,
                    "sibling": sibling and role == "neighbour",
                    "mine": bool(actor.may(Permission.UNIT_EDIT, unit)),
                    "area_m2": area_m2(item.geom),
                },
                "geometry": as_geojson(item.geom),
            }
        )
    return {"type": "FeatureCollection", "features": features}, outlines


def current_outlines(session: Session, code: int, version: OutlineVersion | None) -> dict[int, Drawn]:
    """Return the unit, the units of its level that touch it, and its parent: a draft's outlines over those in force."""
    drafts = draft_outlines(session, version.id) if version else {}
    gone = set(version.ended_codes) if version else set()
    above = parent_of(code)
    wanted = touching_published(session, [code]) | {code} | ({above} if above is not None else set())
    found = {**published_outlines(session, wanted), **drafts}
    if code not in found:
        return {}
    mine = found[code].geom
    return {
        unit: item
        for unit, item in found.items()
        if unit not in gone and (unit == code or unit == parent_of(code) or _beside(unit, code, item, mine))
    }


def _beside(unit: int, code: int, item: Drawn, mine: Any) -> bool:
    """Tell whether a unit of the same level touches ``mine``; for an invalid outline its bounds decide."""
    if level_of(unit) is not level_of(code):
        return False
    if item.geom.is_valid and mine.is_valid:
        return bool(item.geom.intersects(mine))
    return bool(shapely.box(*item.geom.bounds).intersects(shapely.box(*mine.bounds)))


def parts_of_split(outlines: dict[int, Drawn], code: int, line: LineString) -> list[dict[str, Any]]:
    """Return the pieces that a line would cut a unit into, largest first: GeoJSON features with their area in m².

    Raises ``edits.EditError`` when the line does not cut it.
    """
    beside = {unit: item.geom for unit, item in outlines.items() if unit not in (code, parent_of(code))}
    done = edits.split(outlines[code].geom, line, beside)
    return [
        {
            "type": "Feature",
            "properties": {"part": place, "area_m2": area_m2(part), "role": "part", "name": f"第 {place} 块"},
            "geometry": as_geojson(part),
        }
        for place, part in enumerate(done.parts, start=1)
    ]


def as_geojson(geom: Any) -> dict[str, Any]:
    """Return a geometry as GeoJSON with all its decimals."""
    return json.loads(shapely.to_geojson(geom))
