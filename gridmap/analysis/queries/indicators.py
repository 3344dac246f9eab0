"""Indicators from history: the figures, and the rows behind every number, read from the same statements (``counted``)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import text, tuple_
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, Range, subtree
from gridmap.accounts.queries import department_places
from gridmap.analysis.queries.counted import COUNTED
from gridmap.analysis.queries.counts import ranges_sql
from gridmap.analysis.rules import narrowed
from gridmap.analysis.rules.indicators import BY_CODE, INDICATORS, Figure, Side, Window, year_before
from gridmap.cases.forms.paging import Place
from gridmap.cases.models import Case
from gridmap.cases.queries import CaseRow, visible_cases
from gridmap.cases.queries.listing import as_row, with_names
from gridmap.errors import NotFound


@dataclass(frozen=True)
class Asked:
    """What is asked: the window, a unit with all below it (``None``: everything readable), classes (empty: all), a department."""

    window: Window
    unit: int | None = None
    family: tuple[int, ...] = ()
    category: tuple[str, ...] = ()
    department: int | None = None


@dataclass(frozen=True)
class Counted:
    """One thing that an indicator counted, with its case; ``place`` holds the moment that puts it into the period."""

    row: CaseRow
    place: Place
    due_at: datetime | None
    done_at: datetime | None
    hit: bool
    exempt: bool
    department: str


@dataclass(frozen=True)
class DepartmentFigure:
    """Orders of a department, and how many of those that were not accepted it returned."""

    department_id: int
    name: str
    figure: Figure
    returned: int
    place: str
    """Name of its unit; empty for one above the person's scope."""


def _spans(actor: Actor, unit: int | None) -> tuple[Range, ...]:
    """Return where indicators are asked for. Raises ``NotFound`` for a unit that is not wholly the actor's: no part passes for it."""
    granted = actor.granted_ranges(Permission.INDICATOR_READ)
    if unit is None:
        return granted
    wanted = subtree(unit)
    if narrowed(granted, wanted) != (wanted,):
        raise NotFound("没有找到该区划，或不在您负责的范围内。")
    return (wanted,)


def _statement(actor: Actor, code: str, asked: Asked) -> tuple[str, dict[str, Any]]:
    """Return the statement of what an indicator counts where the actor may read indicators, and its values."""
    spans = _spans(actor, asked.unit)
    counted = COUNTED[code](lambda alias: ranges_sql(f"{alias}.unit_code", spans))
    values: dict[str, Any] = {"begin": asked.window.begin, "end": asked.window.end}
    found = ["true"]
    classes = []
    if asked.family:
        classes.append("g.family = any(:family)")
        values["family"] = list(asked.family)
    if asked.category:
        classes.append("g.code = any(:category)")
        values["category"] = list(asked.category)
    if classes:
        found.append(
            "exists (select from cases b join categories g on g.id = b.category_id where b.county_code = x.county_code"
            f" and b.id = x.case_id and {' and '.join(classes)})"
        )
    if asked.department is not None:
        found.append("x.department_id = :department")
        values["department"] = asked.department
    return f"select x.* from ({counted}) x where {' and '.join(found)}", values


_SIDES = {
    Side.ALL: "not exempt",
    Side.HIT: "hit and not exempt",
    Side.MISSED: "not hit and not exempt",
    Side.EXEMPT: "exempt",
}
_FIGURE = (
    "count(*) filter (where not exempt), count(*) filter (where hit and not exempt), count(*) filter (where exempt)"
)


def figure(session: Session, actor: Actor, code: str, asked: Asked) -> Figure:
    """Return the numbers of one indicator."""
    statement, values = _statement(actor, code, asked)
    return Figure(*session.execute(text(f"select {_FIGURE} from ({statement}) y"), values).one())


def figures(session: Session, actor: Actor, asked: Asked) -> dict[str, tuple[Figure, Figure]]:
    """Return the numbers of every indicator, and those of the same stretch of the year before."""
    before = replace(asked, window=year_before(asked.window))
    return {
        item.code: (figure(session, actor, item.code, asked), figure(session, actor, item.code, before))
        for item in INDICATORS
    }


def department_figures(session: Session, actor: Actor, asked: Asked) -> list[DepartmentFigure]:
    """Return the orders of each department and how many it accepted, the most orders first."""
    statement, values = _statement(actor, "orders_accepted", asked)
    returned = "count(*) filter (where not hit and done_at < :end)"
    query = (
        f"select department_id, (array_agg(department order by at desc))[1] as name, {returned} as returned, {_FIGURE}"
        f" from ({statement}) y group by 1 order by count(*) desc, 1"
    )
    found = session.execute(text(query), values).all()
    places = department_places(session, [row[0] for row in found])
    return [DepartmentFigure(row[0], row[1], Figure(*row[3:]), row[2], places.get(row[0], "")) for row in found]


def list_counted(
    session: Session,
    actor: Actor,
    code: str,
    side: Side,
    asked: Asked,
    *,
    after: Place | None,
    limit: int,
    now: datetime,
) -> tuple[list[Counted], int, Place | None]:
    """Return a page of the rows behind a number, newest first, how many there are, and where the next page starts."""
    statement, values = _statement(actor, code, asked)
    total = figure(session, actor, code, asked).count(side)
    beyond = ""
    if after is not None:
        beyond = " and (at, county_code, item_id) < (:after_at, :after_county, :after_item)"
        values |= {"after_at": after.at, "after_county": after.county_code, "after_item": after.id}
    query = (
        f"select * from ({statement}) y where {_SIDES[side]}{beyond}"
        " order by at desc, county_code desc, item_id desc limit :most"
    )
    found = session.execute(text(query), {**values, "most": limit + 1}).all()
    cases = _cases_of(session, actor, {(row.county_code, row.case_id) for row in found[:limit]}, now)
    rows = [
        Counted(
            cases[row.county_code, row.case_id],
            Place(row.at, row.county_code, row.item_id),
            row.due_at,
            row.done_at if row.done_at and row.done_at < asked.window.end else None,
            row.hit,
            row.exempt,
            row.department,
        )
        for row in found[:limit]
    ]
    return rows, total, rows[-1].place if len(found) > limit else None


def _cases_of(
    session: Session, actor: Actor, keys: set[tuple[int, int]], now: datetime
) -> dict[tuple[int, int], CaseRow]:
    if not keys:
        return {}
    query = with_names(visible_cases(actor).where(tuple_(Case.county_code, Case.id).in_(keys)))
    rows = (as_row(found, now) for found in session.execute(query).unique())
    return {(row.case.county_code, row.case.id): row for row in rows}


assert COUNTED.keys() == BY_CODE.keys()
