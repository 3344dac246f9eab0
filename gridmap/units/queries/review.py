"""What the pages of versions show beyond ``queries/versions.py``: names, faults by kind, and changes drawn on one map."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor
from gridmap.units.models import Outline, OutlineFault, OutlineVersion, Unit
from gridmap.units.queries.outlines import latest
from gridmap.units.queries.versions import OPEN, visible_versions
from gridmap.units.rules.checks import Kind, Severity

MAP_LIMIT = 6000  # features sent to one map
LABEL = func.st_asgeojson(Outline.label_point, 7)


def list_named_versions(
    session: Session, actor: Actor, *, status: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[tuple[OutlineVersion, str]], int]:
    """Return a page of (version, name of its unit), newest first, and how many there are."""
    query = visible_versions(actor)
    if status == "open":
        query = query.where(OutlineVersion.status.in_(OPEN))
    elif status:
        query = query.where(OutlineVersion.status == status)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    versions = session.scalars(query.order_by(OutlineVersion.id.desc()).limit(limit).offset(offset)).all()
    codes = {version.unit_code for version in versions}
    names = dict(session.execute(select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_(codes))).all())
    return [(version, names.get(version.unit_code, "全部区划")) for version in versions], total


def unit_name(session: Session, code: int) -> str:
    """Return a unit's name; names are public."""
    return session.scalar(select(Unit.name).where(Unit.unit_code == code)) or "全部区划"


def find_faults(
    session: Session,
    version: OutlineVersion,
    *,
    severity: Severity | None = None,
    kind: Kind | None = None,
    limit: int = 100,
    offset: int = 0,
) -> tuple[list[Any], int]:
    """Return a page of the faults of a version, errors and large areas first, and how many there are."""
    other = aliased(Unit)
    query = (
        select(
            OutlineFault.id,
            OutlineFault.kind,
            OutlineFault.severity,
            OutlineFault.fault_unit_code,
            OutlineFault.other_code,
            OutlineFault.area_m2,
            OutlineFault.message,
            OutlineFault.suggestion,
            OutlineFault.repair,
            Unit.name,
            other.name.label("other_name"),
            OutlineFault.geom.is_not(None).label("has_place"),
        )
        .outerjoin(Unit, Unit.unit_code == OutlineFault.fault_unit_code)
        .outerjoin(other, other.unit_code == OutlineFault.other_code)
        .where(OutlineFault.version_id == version.id)
    )
    if severity is not None:
        query = query.where(OutlineFault.severity == severity)
    if kind is not None:
        query = query.where(OutlineFault.kind == kind)
    total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = (case((OutlineFault.severity == Severity.ERROR, 0), else_=1), OutlineFault.area_m2.desc().nulls_last())
    return list(session.execute(query.order_by(*order, OutlineFault.id).limit(limit).offset(offset))), total


def count_faults(session: Session, version: OutlineVersion) -> list[tuple[Severity, Kind, int]]:
    """Return (severity, kind, how many), errors and frequent kinds first."""
    number = func.count()
    query = (
        select(OutlineFault.severity, OutlineFault.kind, number)
        .where(OutlineFault.version_id == version.id)
        .group_by(OutlineFault.severity, OutlineFault.kind)
        .order_by(case((OutlineFault.severity == Severity.ERROR, 0), else_=1), number.desc())
    )
    return [(Severity(severity), Kind(kind), count) for severity, kind, count in session.execute(query)]


def map_changes(session: Session, version: OutlineVersion) -> dict[str, Any]:
    """Return what a version changes as GeoJSON: new outlines, those they replace (``before``), and outlines around."""
    light = func.st_asgeojson(func.st_simplifypreservetopology(Outline.geom, 0.000005), 7)
    after = (
        select(Outline.unit_code, Unit.name, Outline.replaces_id, Outline.area_m2, light, LABEL)
        .join(Unit, Unit.unit_code == Outline.unit_code)
        .where(Outline.version_id == version.id)
        .order_by(Outline.unit_code)
        .limit(MAP_LIMIT)
    )
    features: list[dict[str, Any]] = []
    replaced: list[int] = []
    for code, name, replaces_id, area_m2, geometry, label in session.execute(after):
        features.append(_feature(code, name, "changed" if replaces_id else "added", geometry, label, area_m2))
        if replaces_id:
            replaced.append(replaces_id)
    old = select(Outline.unit_code, Unit.name, light, LABEL).join(Unit, Unit.unit_code == Outline.unit_code)
    gone = and_(Outline.unit_code.in_(version.ended_codes or [0]), Outline.valid_from.is_not(None))
    for code, name, geometry, label in session.execute(
        old.where(or_(Outline.id.in_(replaced or [0]), gone)).order_by(Outline.unit_code).limit(MAP_LIMIT)
    ):
        features.append(_feature(code, name, "before", geometry, label))
    return {"type": "FeatureCollection", "features": features}


def _feature(
    code: int, name: str, outcome: str, geometry: str, label: str, area_m2: float | None = None
) -> dict[str, Any]:
    properties = {"code": f"{code:015d}", "name": name, "outcome": outcome, "label": json.loads(label)["coordinates"]}
    if area_m2 is not None:
        properties["area_m2"] = area_m2
    return {"type": "Feature", "properties": properties, "geometry": json.loads(geometry)}


def present_features(session: Session, codes: Sequence[int]) -> list[dict[str, Any]]:
    """Return the outlines in force of units as GeoJSON features with outcome ``before`` (WGS-84 lon lat, to half a metre)."""
    light = func.st_asgeojson(func.st_simplifypreservetopology(Outline.geom, 0.000005), 7)
    query = (
        select(Outline.unit_code, Unit.name, light, LABEL)
        .join(Unit, Unit.unit_code == Outline.unit_code)
        .where(Outline.unit_code.in_(codes), latest())
        .order_by(Outline.unit_code)
        .limit(MAP_LIMIT)
    )
    return [_feature(code, name, "before", geometry, label) for code, name, geometry, label in session.execute(query)]
