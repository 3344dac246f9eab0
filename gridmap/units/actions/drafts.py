"""Putting outlines into a draft version: the same way from a file, an edit or a repair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from geoalchemy2.shape import from_shape
from shapely.geometry import MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, insert
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.units.models import BoundarySource, Outline, OutlineVersion
from gridmap.units.queries.outlines import one_of
from gridmap.units.rules.codes import county_code, level_of
from gridmap.units.rules.measures import area_m2, fingerprint


@dataclass(frozen=True)
class NewOutline:
    """An outline to be stored; ``geom`` is WGS-84 lon lat, ``replaces_id`` the outline in force it was drawn from."""

    code: int
    geom: MultiPolygon
    datum: str
    origin: str
    replaces_id: int | None = None
    source_id: int | None = None
    is_demo: bool = False


def hash_of(geom: BaseGeometry) -> str:
    """Return the hash under which an outline is recognised when it comes again."""
    return fingerprint(geom).hex()


def new_version(
    session: Session, actor: Actor, place: int, label: str, source: dict[str, Any]
) -> tuple[OutlineVersion, BoundarySource]:
    """Add a draft version at a unit, and the account of where it comes from."""
    common = {"county_code": county_code(place), "unit_code": place, "actor_name": actor.name}
    account = BoundarySource(**common, imported_by=actor.account_id or None, **source)
    session.add(account)
    session.flush()
    version = OutlineVersion(**common, label=label, source_id=account.id, created_by=actor.account_id or None)
    session.add(version)
    session.flush()
    return version, account


def put_outlines(session: Session, version: OutlineVersion, outlines: list[NewOutline]) -> None:
    """Store outlines in a draft version; one that the version already has for a unit is replaced."""
    codes = [item.code for item in outlines]
    session.execute(delete(Outline).where(Outline.version_id == version.id, one_of(Outline.unit_code, codes)))
    if not outlines:
        return
    geoms = np.array([item.geom for item in outlines], dtype=object)
    labels = label_points(geoms)
    rows = [
        {
            "unit_code": item.code,
            "version_id": version.id,
            "level": level_of(item.code).digits,
            "geom": from_shape(item.geom, 4326),
            "label_point": from_shape(label, 4326),
            "area_m2": area_m2(item.geom),
            "geom_hash": hash_of(item.geom),
            "source_datum": item.datum,
            "source_id": item.source_id,
            "origin": item.origin,
            "replaces_id": item.replaces_id,
            "is_demo": item.is_demo,
        }
        for item, label in zip(outlines, labels, strict=True)
    ]
    session.execute(insert(Outline), rows)


def label_points(geoms: Any) -> Any:
    """Return a point inside each outline for its name; the centroid where the outline is invalid."""
    safe = np.where(shapely.is_valid(geoms), geoms, shapely.make_valid(geoms))
    return shapely.point_on_surface(safe)


def touch(version: OutlineVersion) -> None:
    """Mark a version as changed: it must be checked again, and whoever looked at it before is behind."""
    version.status = "draft"
    version.checked_at = None
    version.error_count = version.warning_count = None


def outline_values(
    geoms: Mapping[int, MultiPolygon], replaces: Mapping[int, int | None], origin: str
) -> list[NewOutline]:
    """Return outlines drawn on the map, in WGS-84."""
    return [NewOutline(code, geom, "wgs84", origin, replaces.get(code)) for code, geom in geoms.items()]
