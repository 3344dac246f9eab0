"""What forms and filters offer: categories valid on a day, and units to choose from."""

from __future__ import annotations

from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.models import Case, Category, CategoryVersion
from gridmap.db import in_ranges, valid_on
from gridmap.units.models import Unit

MOST_UNITS = 400


def categories_on(session: Session, on: date) -> list[Category]:
    """Return the categories of the edition valid on a day, in the order of their codes; the newest, should two overlap."""
    query = select(Category).where(_in_edition(on))
    return list(session.scalars(query.order_by(Category.family, Category.code)))


def category_on(session: Session, on: date, code: str) -> Category | None:
    """Return the category with this code that is valid on a day, or ``None``."""
    return session.scalars(select(Category).where(_in_edition(on), Category.code == code)).one_or_none()


def category_names(session: Session, on: date) -> dict[str, str]:
    """Return code → name of the categories valid on a day."""
    return {code: name for code, name in session.execute(select(Category.code, Category.name).where(_in_edition(on)))}


def _in_edition(on: date) -> ColumnElement[bool]:
    edition = (
        select(CategoryVersion.id)
        .where(valid_on(CategoryVersion, on))
        .order_by(CategoryVersion.valid_from.desc(), CategoryVersion.id.desc())
        .limit(1)
    )
    return Category.version_id == edition.scalar_subquery()


def unit_choices(session: Session, actor: Actor, permission: Permission, on: date) -> list[Unit]:
    """Return the units in force where the actor holds ``permission``, from the top as deep as a list of 400 goes."""
    mine = in_ranges(Unit.unit_code, actor.granted_ranges(permission))
    sizes = session.execute(select(Unit.level, func.count()).where(mine, valid_on(Unit, on)).group_by(Unit.level)).all()
    deepest, total = 0, 0
    for level, count in sorted((row[0], row[1]) for row in sizes):
        total += count
        if total > MOST_UNITS and deepest:
            break
        deepest = level
    query = select(Unit).where(mine, valid_on(Unit, on), Unit.level <= deepest)
    return list(session.scalars(query.order_by(Unit.unit_code).limit(10 * MOST_UNITS)))


def units_of_county(session: Session, case: Case, on: date) -> list[tuple[str, str]]:
    """Return the county, towns and villages in force of a case's county, without the case's own unit: (code, name from the town down)."""
    query = select(Unit).where(Unit.county_code == case.county_code, Unit.level.in_((6, 9, 12)), valid_on(Unit, on))
    towns: dict[int, str] = {}
    found = []
    for unit in session.scalars(query.order_by(Unit.unit_code)):
        if unit.level == 9:
            towns[unit.unit_code] = unit.name
        if unit.unit_code != case.unit_code:
            above = towns.get(unit.unit_code // 10**6 * 10**6, "") if unit.level == 12 else ""
            found.append((f"{unit.unit_code:015d}", above + unit.name))
    return found
