"""Versions of outlines: work in progress and what was published, with their faults and changes.

Row-level security already keeps versions and faults to the actor's scope; the explicit range is its twin.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, Permission
from gridmap.db import in_ranges
from gridmap.errors import NotFound
from gridmap.units.models import BoundarySource, Outline, OutlineFault, OutlineVersion, Unit
from gridmap.units.queries.outlines import one_of
from gridmap.units.rules.facts import Facts

OPEN = ("draft", "checked")
MISSING = "没有找到该版本，可能已删除，或不在您负责的范围内。"


@dataclass(frozen=True)
class Change:
    """What a version does to one unit: ``added``, ``changed``, ``facts`` (kind or codes, not the outline) or ``ended``. Areas are
    geodesic.
    """

    unit_code: int
    name: str
    what: str
    area_m2: float | None
    before_m2: float | None
    facts: str = ""


def visible_versions(actor: Actor) -> Any:
    """Versions within the ranges where the actor may read units: where every read starts."""
    return select(OutlineVersion).where(in_ranges(OutlineVersion.unit_code, actor.granted_ranges(Permission.UNIT_READ)))


def one_version(session: Session, actor: Actor, version_id: int, *, lock: bool = False) -> OutlineVersion:
    """Return a version; with ``lock`` no other session changes it meanwhile. Raises ``NotFound``."""
    query = visible_versions(actor).where(OutlineVersion.id == version_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    found: OutlineVersion | None = session.scalar(query)
    if found is None:
        raise NotFound(MISSING)
    return found


def one_source(session: Session, actor: Actor, source_id: int) -> BoundarySource | None:
    """Return what was imported or drawn, with the report by row, or ``None``."""
    ranges = actor.granted_ranges(Permission.UNIT_READ)
    return session.scalar(
        select(BoundarySource).where(BoundarySource.id == source_id, in_ranges(BoundarySource.unit_code, ranges))
    )


def visible_faults(actor: Actor, version_id: int) -> Any:
    """Faults of a version within the ranges where the actor may read units."""
    return select(OutlineFault).where(
        OutlineFault.version_id == version_id,
        in_ranges(OutlineFault.unit_code, actor.granted_ranges(Permission.UNIT_READ)),
    )


def one_fault(session: Session, actor: Actor, version_id: int, fault_id: int) -> OutlineFault | None:
    """Return one fault of a version, or ``None``."""
    found: OutlineFault | None = session.scalar(visible_faults(actor, version_id).where(OutlineFault.id == fault_id))
    return found


def fault_features(session: Session, actor: Actor, version_id: int, *, limit: int = 5000) -> dict[str, Any]:
    """Return the faults of a version that have a place, as GeoJSON (WGS-84 lon lat), for the fault map."""
    query = visible_faults(actor, version_id).add_columns(func.st_asgeojson(OutlineFault.geom, 8))
    query = query.where(OutlineFault.geom.is_not(None)).order_by(OutlineFault.severity, OutlineFault.id).limit(limit)
    features = [
        {
            "type": "Feature",
            "id": fault.id,
            "properties": {
                "kind": fault.kind,
                "severity": fault.severity,
                "message": fault.message,
                "suggestion": fault.suggestion,
                "repair": fault.repair,
                "area_m2": fault.area_m2,
            },
            "geometry": json.loads(geometry),
        }
        for fault, geometry in session.execute(query)
    ]
    return {"type": "FeatureCollection", "features": features}


def list_changes(session: Session, version: OutlineVersion) -> list[Change]:
    """Return what a version (already found by ``one_version``) does to each unit."""
    before = aliased(Outline)
    query = (
        select(Outline.unit_code, Unit.name, Outline.area_m2, before.area_m2)
        .join(Unit, Unit.unit_code == Outline.unit_code)
        .outerjoin(before, before.id == Outline.replaces_id)
        .where(Outline.version_id == version.id)
        .order_by(Outline.unit_code)
    )
    words = {int(code): Facts.from_dict(said).words for code, said in version.unit_facts.items()}
    found = [
        Change(code, name, "added" if old is None else "changed", new, old, words.get(code, ""))
        for code, name, new, old in session.execute(query)
    ]
    ended = session.execute(
        select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(version.ended_codes)).order_by(Unit.unit_code)
    )
    told = set(words) - {change.unit_code for change in found}
    facts = session.execute(
        select(Unit.unit_code, Unit.name).where(one_of(Unit.unit_code, told)).order_by(Unit.unit_code)
    )
    found += [Change(code, name, "facts", None, None, words[code]) for code, name in facts]
    return found + [Change(code, name, "ended", None, None) for code, name in ended]


def open_version_with(
    session: Session, codes: Collection[int], *, but: int | None = None
) -> tuple[OutlineVersion, int] | None:
    """Return the newest open version that redraws one of the units, and that unit's code, or ``None``."""
    query = (
        select(OutlineVersion, Outline.unit_code)
        .join(Outline, Outline.version_id == OutlineVersion.id)
        .where(OutlineVersion.status.in_(OPEN), one_of(Outline.unit_code, codes))
    )
    if but is not None:
        query = query.where(OutlineVersion.id != but)
    found = session.execute(query.order_by(OutlineVersion.id.desc(), Outline.unit_code).limit(1)).first()
    return (found[0], found[1]) if found else None


def open_version_like(session: Session, contents: dict[int, str], facts: dict[str, Any]) -> OutlineVersion | None:
    """Return an open version that brings in exactly these outlines (unit code → hash) and facts, or ``None``."""
    query = select(OutlineVersion).where(OutlineVersion.status.in_(OPEN), OutlineVersion.unit_facts == facts)
    first = next(iter(contents.items()), None)
    if first is not None:
        held = select(Outline.version_id).where(Outline.unit_code == first[0], Outline.geom_hash == first[1])
        query = query.where(OutlineVersion.id.in_(held))
    for version in session.scalars(query.order_by(OutlineVersion.id.desc())):
        rows = select(Outline.unit_code, Outline.geom_hash).where(Outline.version_id == version.id)
        if dict(session.execute(rows).all()) == contents and not version.ended_codes:
            return version
    return None


def published_since(session: Session, version: OutlineVersion) -> bool:
    """Tell whether another version was published after this one was checked."""
    if version.checked_at is None:
        return True
    query = select(func.count()).where(
        OutlineVersion.published_at > version.checked_at, OutlineVersion.id != version.id
    )
    return bool(session.scalar(query))
