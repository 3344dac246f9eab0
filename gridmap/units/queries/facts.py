"""Kinds of grids and codes in other systems, as the system has them now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import any_, cast, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session
from sqlalchemy.types import Text

from gridmap.units.models import ExternalCode, Unit
from gridmap.units.queries.outlines import one_of
from gridmap.units.rules.facts import Facts, GridKind


def known_facts(session: Session, codes: Collection[int]) -> dict[int, Facts]:
    """Return the facts of each of the units that the system knows."""
    external: dict[int, dict[str, str]] = defaultdict(dict)
    coded = select(ExternalCode.unit_code, ExternalCode.scheme, ExternalCode.code)
    for unit_code, scheme, code in session.execute(coded.where(one_of(ExternalCode.unit_code, codes))):
        external[unit_code][scheme] = code
    kinds = session.execute(select(Unit.unit_code, Unit.kind).where(one_of(Unit.unit_code, codes)))
    return {code: Facts(GridKind(kind) if kind else None, external[code]) for code, kind in kinds}


def owners_of(session: Session, external: Collection[str]) -> dict[str, int]:
    """Return which unit has each of these codes of other systems (the length tells the system)."""
    if not external:
        return {}
    query = select(ExternalCode.code, ExternalCode.unit_code)
    return dict(session.execute(query.where(ExternalCode.code == any_(cast(list(external), ARRAY(Text))))).all())
