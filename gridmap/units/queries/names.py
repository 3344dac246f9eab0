"""The names that units bore in former times."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap.units.models import FormerName, OutlineVersion
from gridmap.units.queries.outlines import one_of


@dataclass(frozen=True)
class NameSpan:
    """A name and the days it was borne: from ``valid_from`` (``None``: not known) until the day before ``valid_to``."""

    name: str
    valid_from: date | None
    valid_to: date | None
    version_id: int | None = None
    label: str | None = None


def former_name(unit_code: Any, on_day: Any) -> Any:
    """Return the SQL of the name that a unit bore on a day, null where it is the present one.

    Both arguments are columns or expressions of the query around it.
    """
    return (
        select(FormerName.name)
        .where(FormerName.unit_code == unit_code, FormerName.valid_to > on_day)
        .order_by(FormerName.valid_to)
        .limit(1)
        .scalar_subquery()
    )


def list_names(session: Session, code: int, name: str, begun: date | None) -> list[NameSpan]:
    """Return the names of a unit, the present one (``name``) first; ``begun`` is when the unit came into force.

    ``version_id`` and ``label`` tell the version that brought the name, where it is in the reader's scope.
    """
    query = (
        select(FormerName.name, FormerName.valid_to, FormerName.version_id, OutlineVersion.label)
        .outerjoin(OutlineVersion, OutlineVersion.id == FormerName.version_id)
        .where(FormerName.unit_code == code)
        .order_by(FormerName.valid_to)
    )
    spans, since, version, label = [], begun, None, None
    for former, until, next_version, next_label in session.execute(query):
        spans.append(NameSpan(former, since, until, version, label))
        since, version, label = until, next_version, next_label
    return [NameSpan(name, since, None, version, label), *reversed(spans)]


def last_renamed(session: Session, codes: Collection[int]) -> dict[int, date]:
    """Return the day of the latest renaming of each unit that was ever renamed."""
    query = select(FormerName.unit_code, func.max(FormerName.valid_to)).where(one_of(FormerName.unit_code, codes))
    return dict(session.execute(query.group_by(FormerName.unit_code)).all())
