"""A page of the list of cases, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Date, DateTime, case, cast, func, literal_column, select, tuple_
from sqlalchemy.orm import Session, aliased

from gridmap.access import Actor, Permission
from gridmap.cases.forms import CaseFilter
from gridmap.cases.forms.paging import Page, Place, Sort
from gridmap.cases.models import Case
from gridmap.cases.queries.conditions import conditions, hits, visible_cases
from gridmap.cases.rules import Lateness, Status, lateness
from gridmap.cases.rules.words import COMMON, MOST_COUNTED
from gridmap.clock import CHINA
from gridmap.units.models import Unit
from gridmap.units.queries.names import former_name

NEVER = literal_column("'infinity'::timestamptz", DateTime(timezone=True))


@dataclass(frozen=True)
class CaseRow:
    """A case as lists and its page show it: with the names of its unit and of the unit above, and its point (WGS-84).

    A unit that was renamed since has the name it bore when the case was received, with today's beside it.
    """

    case: Case
    unit_name: str
    parent_name: str
    lon: float | None
    lat: float | None
    lateness: Lateness
    place_then: str = ""
    """What the place was called when the case was received, where it has another name now."""

    @property
    def place_name(self) -> str:
        """Return where the case belongs, in words."""
        return f"{self.parent_name} {self.unit_name}".strip()


@dataclass(frozen=True)
class Listing:
    """A page of rows, the number of all, and the places before and after it (``None``: nothing there).

    ``more_than``: there are more than ``total``, which were not all counted (a very common word, and nothing else asked).
    """

    rows: list[CaseRow]
    total: int
    following: Place | None
    preceding: Place | None
    more_than: bool = False


def count_cases(session: Session, actor: Actor, wanted: CaseFilter, now: datetime) -> int:
    """Return how many visible cases a filter finds."""
    query = visible_cases(actor).with_only_columns(func.count()).where(*conditions(wanted, now))
    return session.scalar(query.order_by(None)) or 0


def with_names(query: Any) -> Any:
    """Add the unit's names, now and when the case was received, and the point's coordinates to a query of cases."""
    parent = aliased(Unit)
    received_on = cast(func.timezone(str(CHINA), Case.received_at), Date)
    return (
        query.outerjoin(Unit, Unit.unit_code == Case.unit_code)
        .outerjoin(parent, parent.unit_code == Unit.parent_code)
        .add_columns(Unit.name, former_name(Unit.unit_code, received_on))
        .add_columns(parent.name, former_name(parent.unit_code, received_on))
        .add_columns(func.st_x(Case.geom), func.st_y(Case.geom))
    )


def as_row(found: Any, now: datetime) -> CaseRow:
    """Return a row of ``with_names`` as its value."""
    item, unit_name, unit_then, parent_name, parent_then, lon, lat = found
    late = lateness(Status(item.status), item.due_at, now)
    names = _then_and_now(unit_then, unit_name), _then_and_now(parent_then, parent_name)
    place_then = (
        f"{parent_then or parent_name or ''} {unit_then or unit_name}".strip() if unit_then or parent_then else ""
    )
    return CaseRow(item, *names, lon, lat, late, place_then)


def _then_and_now(then: str | None, now: str | None) -> str:
    """Return a unit's name at the time of the case, with the present one where it was renamed since."""
    return f"{then}（今{now}）" if then and then != now else now or ""


def list_cases(session: Session, actor: Actor, wanted: CaseFilter, page: Page, now: datetime) -> Listing:
    """Return a page of the visible cases that a filter finds, in the order of ``page``."""
    backward = page.before is not None
    key = _key(page.sort)
    order: list[Any] = [key, Case.county_code, Case.id]
    ascending = (page.sort is Sort.DUE) != backward
    held = count_hits(session, wanted)
    read = held > COMMON and page.sort is Sort.NEWEST  # the newest that hold it are not far
    query = visible_cases(actor).where(*conditions(wanted, now, read_words=read))
    place = page.before or page.after
    if place is not None:
        query = query.where(_beyond(order, place, ascending=ascending))
    query = query.order_by(*[column.asc() if ascending else column.desc() for column in order]).limit(page.limit + 1)
    found = [as_row(row, now) for row in session.execute(with_names(query)).unique()]
    more, rows = len(found) > page.limit, found[: page.limit]
    if backward:
        rows.reverse()
    whole = place is None and not more  # a first page that is not full has counted them
    counted = bool(wanted.q) and _only_words(actor, wanted)
    return Listing(
        rows,
        len(rows) if whole else min(held, MOST_COUNTED) if counted else count_cases(session, actor, wanted, now),
        _place(rows[-1], page.sort) if rows and (more or backward) else None,
        _place(rows[0], page.sort) if rows and (more if backward else page.after is not None) else None,
        not whole and counted and held > MOST_COUNTED,
    )


def count_hits(session: Session, wanted: CaseFilter) -> int:
    """Return how many cases of the scope hold the words of a filter, whatever else it asks; stops beyond ``MOST_COUNTED``."""
    if not wanted.q:
        return 0
    return session.scalar(select(func.count()).select_from(hits(wanted, MOST_COUNTED + 1))) or 0


def _only_words(actor: Actor, wanted: CaseFilter) -> bool:
    """Say whether the hits of the words are the whole answer: nothing else asked, and all of the scope may be read."""
    return actor.granted_ranges(Permission.CASE_READ) == actor.ranges and not replace(wanted, q="", unit=None)


def _key(sort: Sort) -> ColumnElement[Any]:
    if sort is Sort.NEWEST:
        return Case.received_at  # type: ignore[return-value]
    return case((Case.closed_at.is_(None), func.coalesce(Case.due_at, NEVER)), else_=NEVER)


def _beyond(order: list[Any], place: Place, *, ascending: bool) -> ColumnElement[bool]:
    at: Any = NEVER if place.at is None else place.at
    row, bound = tuple_(*order), tuple_(at, place.county_code, place.id)
    return row > bound if ascending else row < bound


def _place(row: CaseRow, sort: Sort) -> Place:
    at = row.case.received_at if sort is Sort.NEWEST else None if row.case.closed_at else row.case.due_at
    return Place(at, row.case.county_code, row.case.id)
