"""The work list: what waits for a person, by groups, what is due first on top; unread marks; saved filters.

Each way of waiting is counted, and where somebody waits read by its own ordered scan of an index; the scans are merged, so
that a page costs the page, not the backlog.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    DateTime,
    Select,
    and_,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.forms.work import Spot, WorkPage
from gridmap.cases.models import Case, CaseOrder, CaseSeen, CaseStep, SavedFilter
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.listing import CaseRow, as_row, with_names
from gridmap.cases.queries.named import Named, named_rows
from gridmap.cases.rules.course import HANDLING_ACTIONS
from gridmap.cases.rules.work import Group, Hold, Waiting, waiting_for
from gridmap.db import in_ranges

KEPT = 128  # people whose statements a process keeps built
NEVER = literal_column("'infinity'::timestamptz", DateTime(timezone=True))
STAGE_DUE: ColumnElement[Any] = func.coalesce(Case.stage_due_at, NEVER)


@dataclass(frozen=True)
class WorkList:
    """A page of what waits, how much waits in each group, and where the next page starts (``None``: nothing there).

    ``dues``: when each row (county, id) is due: its stage, or what waits by a row of its own; ``kinds``: in which group it waits.
    """

    rows: list[CaseRow]
    total: int
    counts: dict[Group, int]
    following: Spot | None
    dues: dict[tuple[int, int], datetime | None] = field(default_factory=dict)
    kinds: dict[tuple[int, int], Group] = field(default_factory=dict)


@dataclass(frozen=True)
class Part:
    """One way in which cases wait for a person: ``due`` is what they are sorted by, ``own_first`` those named before others."""

    group: Group
    condition: ColumnElement[bool]
    own_first: bool = False
    due: ColumnElement[Any] = STAGE_DUE


@dataclass(frozen=True)
class Counted:
    """How many cases wait in a way, and how many of them are the person's by name."""

    part: Part
    all: int
    own: int


@dataclass(frozen=True)
class Ways:
    """How cases may wait for a person, in the order of the course, and the statement that counts them."""

    parts: tuple[Part, ...]
    counting: CompoundSelect[Any]


@lru_cache(maxsize=KEPT)
def _named(actor: Actor) -> tuple[tuple[Named, ...], Select[*tuple[Any, ...]]]:
    """Return what may wait by a row of its own, and the statement that says of which there is a row now."""
    named = tuple(named_rows(actor))
    return named, select(*[exists(select(item.table.id).where(item.mine)) for item in named])


@lru_cache(maxsize=KEPT)
def _ways(actor: Actor, there: tuple[bool, ...]) -> Ways:
    """Return the ways in which cases wait for the person; last those only followed (首问跟踪). Building them takes as long as asking.

    What waits by a row of its own excludes all other ways, which doubles the statement and the time of planning it: the way
    is there only for a person who has such a row now (``there``).
    """
    allowed = waiting_for(lambda asked: bool(actor.may(asked)), in_department=bool(actor.departments))
    found: list[Part] = []
    for item in allowed:
        for held in _held(actor, item):
            condition = and_(
                Case.status == item.status.value,
                Case.closed_at.is_(None),
                in_ranges(Case.unit_code, actor.granted_ranges(item.permission)),
                held,
                *([_not_handled(actor)] if item.fresh_eyes else []),
            )
            found.append(Part(item.group, condition, item.hold in (Hold.LEAD, Hold.CENTRE_OR_LEAD)))
    for own, is_there in zip(_named(actor)[0], there, strict=True):
        if is_there:
            found.append(_by_name(own, [part.condition for part in found]))
    followed = and_(Case.duty_account_id == actor.account_id, Case.closed_at.is_(None))
    parts = (*found, Part(Group.DUTY, followed))
    own_by_name = func.count().filter(Case.assignee_id == actor.account_id).label("own")
    counts = [
        select(literal(place).label("place"), func.count().label("all"), own_by_name)
        .select_from(Case)
        .where(part.condition)
        for place, part in enumerate(parts)
    ]
    return Ways(parts, union_all(*counts))


def _by_name(item: Named, others: list[ColumnElement[bool]]) -> Part:
    """Return the cases that wait by a row of their own with its due time; each stands once, so not where it waits anyway."""
    table = item.table
    asked = select(table.county_code, table.case_id).where(item.mine)
    unfinished = () if item.closed_too else (Case.closed_at.is_(None),)
    condition = and_(
        tuple_(Case.county_code, Case.id).in_(asked), *unfinished, *[~func.coalesce(other, False) for other in others]
    )
    if item.due_at is None:
        return Part(item.group, condition)
    own = table.county_code == Case.county_code, table.case_id == Case.id
    due = select(func.coalesce(func.min(item.due_at), NEVER)).where(*own, item.mine).scalar_subquery()
    return Part(item.group, condition, due=due)


def _held(actor: Actor, item: Waiting) -> list[ColumnElement[bool]]:
    """Return the ways in which a case may be the person's, each a condition of its own that an index answers."""
    mine = Case.lead_department_id.in_(sorted(actor.departments))
    if item.hold is Hold.LEAD:
        return [mine]
    if item.hold is Hold.CENTRE_OR_LEAD:
        return [*_of_the_centre(actor, item), *([mine] if actor.departments else [])]
    if item.hold is Hold.ASSIST:
        asked = select(CaseOrder.county_code, CaseOrder.case_id).where(
            CaseOrder.department_id.in_(sorted(actor.departments)),
            CaseOrder.kind == "assist",
            CaseOrder.ended_at.is_(None),
        )
        # the arrays are read first, so that the few cases are found by their key and not looked for among all that are open
        counties, numbers = (asked.with_only_columns(column) for column in (CaseOrder.county_code, CaseOrder.case_id))
        return [
            and_(
                Case.county_code == func.any(func.array(counties.scalar_subquery())),
                Case.id == func.any(func.array(numbers.scalar_subquery())),
                tuple_(Case.county_code, Case.id).in_(asked),
                or_(Case.lead_department_id.is_(None), ~mine),
            )
        ]
    return [literal_column("true")]


def _of_the_centre(actor: Actor, item: Waiting) -> list[ColumnElement[bool]]:
    """Return the way in which what the centre handles itself waits: for the centre's people, and for nobody else."""
    here = actor.granted_ranges(Permission.CASE_DISPATCH)
    if not here:
        return []
    nobody_leads = Case.lead_department_id.is_(None)
    if here == actor.granted_ranges(item.permission):
        return [nobody_leads]
    return [and_(nobody_leads, in_ranges(Case.unit_code, here))]


def _not_handled(actor: Actor) -> ColumnElement[bool]:
    """Neither by a step of theirs nor as the assignee of a department, as ``facts_of`` says it of one case.

    Both are asked of the person, once, and not of each case that waits: those are ten thousand in a city.
    """
    return and_(*[tuple_(Case.county_code, Case.id).not_in(handled) for handled in handled_by(actor)])


def handled_by(actor: Actor) -> tuple[Select[int, int], Select[int, int]]:
    """Return the cases (county, id) in whose handling the person took part by a step, and those that were assigned to them."""
    actions = CaseStep.action.in_([action.value for action in HANDLING_ACTIONS])
    return (
        select(CaseStep.county_code, CaseStep.case_id).where(CaseStep.actor_id == actor.account_id, actions),
        select(CaseOrder.county_code, CaseOrder.case_id).where(CaseOrder.assignee_id == actor.account_id),
    )


def list_work(session: Session, actor: Actor, page: WorkPage, now: datetime) -> WorkList:
    """Return a page of what waits for the person: theirs by name first, then by due time (none last), then by when received."""
    counted, counts = _counted(session, actor)
    asked = {page.group} if page.group else {*Group} - {Group.DUTY}
    total = sum(counts.get(group, 0) for group in asked)
    scans = [scan for one in counted if one.part.group in asked for scan in _scans(actor, one, page)]
    if not scans:
        return WorkList([], total, counts, None)
    keys = union_all(*scans).subquery()
    order = [keys.c.others, keys.c.due, keys.c.received_at, keys.c.county_code, keys.c.id]
    wanted = select(keys).order_by(*order).limit(page.limit + 1).subquery()
    query = with_names(select(Case)).join(
        wanted, and_(wanted.c.county_code == Case.county_code, wanted.c.id == Case.id)
    )
    query = query.add_columns(wanted.c.kind, func.nullif(wanted.c.due, NEVER), wanted.c.others).order_by(
        wanted.c.others, wanted.c.due, wanted.c.received_at, wanted.c.county_code, wanted.c.id
    )
    found = session.execute(query).unique().all()
    rows = [as_row(row[:-3], now) for row in found[: page.limit]]
    dues = {(row[0].county_code, row[0].id): row[-2] for row in found[: page.limit]}
    kinds = {(row[0].county_code, row[0].id): Group(row[-3]) for row in found[: page.limit]}
    following = None
    if len(found) > page.limit:
        last, others = rows[-1].case, int(found[page.limit - 1][-1])
        following = Spot(others, dues[last.county_code, last.id], last.received_at, last.county_code, last.id)
    return WorkList(rows, total, counts, following, dues, kinds)


def _scans(actor: Actor, counted: Counted, page: WorkPage) -> list[Any]:
    """Return the ordered, limited scans of a part: where own ones stand first, those and the others apart."""
    part = counted.part
    if not part.own_first:
        return [_scan(part, part.condition, 1, page)] if counted.all else []
    mine = Case.assignee_id == actor.account_id
    own, others = and_(part.condition, mine), and_(part.condition, or_(Case.assignee_id.is_(None), ~mine))
    return [
        *([_scan(part, own, 0, page)] if counted.own else []),
        *([_scan(part, others, 1, page)] if counted.all > counted.own else []),
    ]


def _scan(part: Part, condition: ColumnElement[bool], others: int, page: WorkPage) -> Any:
    due = part.due
    query = select(
        literal(others).label("others"), due.label("due"), Case.received_at, Case.county_code, Case.id,
        literal(part.group.value).label("kind"),
    ).where(condition)  # fmt: skip
    spot = page.after
    if spot and spot.others == others:
        bound = tuple_(spot.due_at or NEVER, spot.received_at, spot.county_code, literal(spot.id, BigInteger))
        query = query.where(tuple_(due, Case.received_at, Case.county_code, Case.id) > bound)
    elif spot and spot.others > others:
        query = query.where(literal_column("false"))
    query = query.order_by(due, Case.received_at, Case.county_code, Case.id).limit(page.limit + 1)
    return select(query.subquery())


def count_work(session: Session, actor: Actor) -> dict[Group, int]:
    """Return how many cases wait in each group that the person can have, in the order of the course."""
    return _counted(session, actor)[1]


def _counted(session: Session, actor: Actor) -> tuple[list[Counted], dict[Group, int]]:
    """Return how much waits in each way, and in each group that the person can have."""
    named, asking = _named(actor)
    ways = _ways(actor, tuple(session.execute(asking).one()))
    counted = [Counted(ways.parts[row.place], row.all, row.own) for row in session.execute(ways.counting)]
    found = dict.fromkeys((item.group for item in named), 0)
    for one in counted:
        found[one.part.group] = found.get(one.part.group, 0) + one.all
    return counted, {group: found[group] for group in Group if group in found}


def unread_cases(session: Session, actor: Actor, cases: list[Case]) -> set[tuple[int, int]]:
    """Return which of some visible cases (county, id) have a step by others since the person last opened them."""
    if not cases:
        return set()
    seen = (
        select(CaseSeen.number)
        .where(
            CaseSeen.account_id == actor.account_id,
            CaseSeen.county_code == CaseStep.county_code,
            CaseSeen.case_id == CaseStep.case_id,
        )
        .scalar_subquery()
    )
    query = select(CaseStep.county_code, CaseStep.case_id).where(
        tuple_(CaseStep.county_code, CaseStep.case_id).in_([(case.county_code, case.id) for case in cases]),
        CaseStep.number > func.coalesce(seen, 0),
        CaseStep.actor_id.is_distinct_from(actor.account_id),
    )
    return {(row.county_code, row.case_id) for row in session.execute(query.distinct())}


def batch_cases(session: Session, actor: Actor, codes: tuple[str, ...]) -> list[Case]:
    """Return the visible ones of some cases, in the order of their codes."""
    counties = {int(code[:6]) for code in codes}
    query = visible_cases(actor).where(Case.county_code.in_(counties), Case.case_code.in_(codes))
    return list(session.scalars(query.order_by(Case.case_code)).unique())


def saved_filters(session: Session, actor: Actor, page: str) -> list[SavedFilter]:
    """Return the person's own saved filters of a list, by name."""
    mine = SavedFilter.account_id == actor.account_id, SavedFilter.page == page
    return list(session.scalars(select(SavedFilter).where(*mine).order_by(SavedFilter.name)))


def one_filter(session: Session, actor: Actor, filter_id: int) -> SavedFilter | None:
    """Return a saved filter of the person, or ``None``."""
    mine = SavedFilter.account_id == actor.account_id, SavedFilter.id == filter_id
    return session.scalars(select(SavedFilter).where(*mine)).one_or_none()
