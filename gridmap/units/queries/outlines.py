"""Outlines as geometry: those in force on a day, those of a version, and what surrounds them.

WGS-84 lon lat throughout.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import ARRAY, BigInteger, and_, any_, cast, func, select, text
from sqlalchemy.orm import Session

from gridmap.db import valid_on
from gridmap.units.models import Outline


@dataclass(frozen=True)
class Drawn:
    """An outline read from the database."""

    id: int
    unit_code: int
    geom: BaseGeometry
    geom_hash: str
    version_id: int
    datum: str


def one_of(column: Any, codes: Collection[int]) -> Any:
    """Return the condition that a code is one of many: one array is bound, however many there are."""
    return column == any_(cast(list(codes), ARRAY(BigInteger)))


def latest() -> Any:
    """Return the condition that an outline is the newest published one of its unit: no day may lie in the future."""
    return and_(Outline.valid_from.is_not(None), Outline.valid_to.is_(None))


def in_force(on_day: date) -> Any:
    """Return the condition that an outline is valid on a day."""
    return valid_on(Outline, on_day)


def drawn(session: Session, *conditions: Any) -> list[Drawn]:
    """Return outlines with their geometry, decoded in one pass."""
    query = select(
        Outline.id,
        Outline.unit_code,
        func.st_asbinary(Outline.geom),
        Outline.geom_hash,
        Outline.version_id,
        Outline.source_datum,
    ).where(*conditions)
    rows = session.execute(query.order_by(Outline.unit_code)).all()
    geoms = np.asarray(shapely.from_wkb(np.array([bytes(row[2]) for row in rows], dtype=object)), dtype=object)
    return [Drawn(row[0], row[1], geom, row[3], row[4], row[5]) for row, geom in zip(rows, geoms, strict=True)]


def published_outlines(session: Session, codes: Collection[int]) -> dict[int, Drawn]:
    """Return the newest published outline of each unit that has one."""
    found = drawn(session, latest(), one_of(Outline.unit_code, codes))
    return {item.unit_code: item for item in found}


def draft_outlines(session: Session, version_id: int) -> dict[int, Drawn]:
    """Return the outlines that a version would bring in."""
    return {item.unit_code: item for item in drawn(session, Outline.version_id == version_id)}


def touching_draft(session: Session, version_id: int) -> set[int]:
    """Return the codes of published units whose outline meets a draft outline of the same level."""
    query = text("""
        select distinct o.unit_code from outlines d
        join outlines o on o.geom && d.geom and o.level = d.level
        where d.version_id = :version_id and o.valid_from is not null and o.valid_to is null
    """)
    return set(session.scalars(query, {"version_id": version_id}))


def touching_published(session: Session, codes: Collection[int]) -> set[int]:
    """Return the codes of published units whose box meets that of one of ``codes``, at the same level; themselves too."""
    query = text("""
        select distinct o.unit_code from outlines d
        join outlines o on o.geom && d.geom and o.level = d.level
        where d.unit_code = any(:codes) and d.valid_from is not null and d.valid_to is null
          and o.valid_from is not null and o.valid_to is null
    """)
    return set(session.scalars(query, {"codes": list(codes)}))


def around(session: Session, geom: BaseGeometry, level: int) -> dict[int, Drawn]:
    """Return the published outlines of a level (digits) that meet a geometry."""
    shape = func.st_geomfromwkb(shapely.to_wkb(geom), 4326)
    found = drawn(session, latest(), Outline.level == level, func.st_intersects(Outline.geom, shape))
    return {item.unit_code: item for item in found}
