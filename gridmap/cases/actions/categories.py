"""Editions of the categories."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.cases.models import Category, CategoryVersion
from gridmap.errors import Conflict


def load_categories(
    session: Session,
    version_label: str,
    source_note: str,
    rows: Iterable[Mapping[str, Any]],
    *,
    valid_from: date = date(2020, 1, 1),
) -> CategoryVersion:
    """Add an edition of the categories, as the owner of the tables; return it.

    ``rows`` have ``code``, ``name``, ``family`` (1…5), ``family_name``, ``dimension``, ``default_grade``, ``limit_hours``
    (blank: no limit) and ``limit_note``. An edition of the same label with the same rows is left as it is; with other
    rows it raises ``Conflict``: cases point to it. The edition before ends where this one begins.
    """
    wanted = {row["code"]: row for row in (_category(given) for given in rows)}
    known = session.scalar(select(CategoryVersion).where(CategoryVersion.label == version_label))
    if known is not None:
        there = session.scalars(select(Category).where(Category.version_id == known.id))
        if {item.code: _facts(item) for item in there} != wanted:
            raise Conflict(f"类别版本“{version_label}”已存在且内容不同：请换一个版本名称。")
        return known
    for earlier in session.scalars(
        select(CategoryVersion).where(CategoryVersion.valid_to.is_(None), CategoryVersion.valid_from < valid_from)
    ):
        earlier.valid_to = valid_from
    version = CategoryVersion(label=version_label, source_note=source_note, valid_from=valid_from)
    session.add(version)
    session.flush()
    session.add_all(Category(version_id=version.id, **row) for row in wanted.values())
    session.flush()
    return version


def _category(given: Mapping[str, Any]) -> dict[str, Any]:
    hours = str(given.get("limit_hours") or "").strip()
    return {
        "code": str(given["code"]),
        "name": given["name"],
        "family": int(given["family"]),
        "family_name": given["family_name"],
        "dimension": given["dimension"],
        "default_grade": given["default_grade"],
        "limit_hours": int(hours) if hours else None,
        "limit_note": given.get("limit_note") or "",
    }


def _facts(item: Category) -> dict[str, Any]:
    names = ("code", "name", "family", "family_name", "dimension", "default_grade", "limit_hours", "limit_note")
    return {name: getattr(item, name) for name in names}
