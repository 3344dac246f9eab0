"""What is visible, and the one translation of a filter to SQL that list, map, tiles and counts share."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, or_, select, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.selectable import TableValuedAlias

from gridmap.access import Actor, Permission, Range, subtree
from gridmap.cases.forms import CaseFilter, Located
from gridmap.cases.forms.filter import CLOSED, NO_RISK, OPEN
from gridmap.cases.models import Case, Category
from gridmap.cases.rules import DUE_SOON_HOURS, Lateness
from gridmap.cases.rules.cover import zkey_ranges
from gridmap.cases.rules.words import words_of
from gridmap.clock import CHINA
from gridmap.db import in_ranges


def visible_cases(actor: Actor) -> Select[Any]:
    """Cases the actor may read: where every read of cases starts. The policy holds too; the literal ranges prune."""
    return select(Case).where(in_ranges(Case.unit_code, actor.granted_ranges(Permission.CASE_READ)))


def conditions(wanted: CaseFilter, now: datetime, *, read_words: bool = False) -> list[ColumnElement[bool]]:
    """Return the SQL conditions of a filter at ``now`` (aware), over ``Case``; an empty filter gives an empty list.

    THE one translation: list, count, tiles and rollup checks use it, so that their numbers are equal. Compile with
    ``literal_binds`` or bound parameters alike; nothing here reads the clock or the database. ``read_words`` only says how
    words are found (see ``_words``), never which cases.
    """
    return [*_place(wanted), *_kind(wanted), *_state(wanted, now), *_period(wanted), *_words(wanted, read=read_words)]


def _place(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.unit is not None:
        span = subtree(wanted.unit)
        found.append(and_(Case.unit_code >= span.lo, Case.unit_code < span.hi))
    if wanted.located is Located.YES:
        found.append(Case.zkey.is_not(None))
    elif wanted.located is Located.NO:
        found.append(Case.zkey.is_(None))
    elif wanted.located is Located.PENDING:
        found.append(Case.unit_pending.is_(True))
    if wanted.bbox is not None:
        # Integer ranges answer from the index under the policy; the exact test, which is not leakproof, follows.
        found.append(or_(*[and_(Case.zkey >= lo, Case.zkey < hi) for lo, hi in zkey_ranges(wanted.bbox)]))
        found.append(Case.geom.op("&&")(func.st_makeenvelope(*wanted.bbox, 4326)))
    return found


def _kind(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    classes: list[ColumnElement[bool]] = []
    if wanted.family:
        classes.append(Category.family.in_(wanted.family))
    if wanted.category:
        classes.append(Category.code.in_(wanted.category))
    if classes:
        found.append(Case.category_id == func.any(func.array(select(Category.id).where(*classes).scalar_subquery())))
    for name in ("channel", "grade", "scale"):
        chosen = getattr(wanted, name)
        if chosen:
            found.append(getattr(Case, name).in_([item.value for item in chosen]))
    return found


def _state(wanted: CaseFilter, now: datetime) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status == OPEN:
        found.append(Case.closed_at.is_(None))  # the check constraint makes the two the same; this one has an index
    elif wanted.status == CLOSED:
        found.append(Case.closed_at.is_not(None))
    elif wanted.status:
        found.append(Case.status.in_([item.value for item in wanted.status]))
    if wanted.risk:
        levels = [level for level in wanted.risk if level != NO_RISK]
        parts: list[ColumnElement[bool]] = [Case.risk.in_(levels)] if levels else []
        found.append(or_(*parts, Case.risk.is_(None)) if NO_RISK in wanted.risk else or_(*parts))
    if wanted.supervision:
        found.append(Case.supervision.in_([item.value for item in wanted.supervision]))
    if wanted.repeat:
        found.append(Case.repeat_of.is_not(None))
    if wanted.lateness:
        found.append(or_(*[late_condition(item, now) for item in wanted.lateness]))
    return found


def late_condition(item: Lateness, now: datetime) -> ColumnElement[bool]:
    """Return the SQL of ``rules.lateness(status, due_at, now) == item``."""
    unfinished, soon = Case.closed_at.is_(None), now + timedelta(hours=DUE_SOON_HOURS)
    return {
        Lateness.ENDED: Case.closed_at.is_not(None),
        Lateness.NO_LIMIT: and_(unfinished, Case.due_at.is_(None)),
        Lateness.LATE: and_(unfinished, Case.due_at <= now),
        Lateness.DUE_SOON: and_(unfinished, Case.due_at > now, Case.due_at <= soon),
        Lateness.ON_TIME: and_(unfinished, Case.due_at > soon),
    }.get(item, false())


def _period(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(Case.received_at >= midnight(wanted.since))
    if wanted.until:
        found.append(Case.received_at < midnight(wanted.until + timedelta(days=1)))
    return found


def midnight(on: date) -> datetime:
    """Return the instant at which a day begins in China."""
    return datetime.combine(on, time.min, tzinfo=CHINA)


def like_pattern(word: str) -> str:
    """Return the LIKE pattern of a word taken literally, anywhere in the text."""
    return "%" + word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"


WHOLE = Range(0, 10**15)


def hits(wanted: CaseFilter, most: int | None = None) -> TableValuedAlias:
    """Return the cases (county_code, id) in the caller's scope that hold every word, at most ``most``, as a FROM of a query."""
    span = subtree(wanted.unit) if wanted.unit is not None else WHOLE
    words = cast(list(words_of(wanted.q)), ARRAY(Text))
    return func.gridmap_find_cases(words, span.lo, span.hi, most).table_valued("county_code", "id")


def _words(wanted: CaseFilter, *, read: bool) -> list[ColumnElement[bool]]:
    """Every word must occur: looked up among the words kept by town, or read in each row that the other conditions leave.

    The two find the same cases. Reading serves where few rows are left, or where nearly every row holds the word.
    """
    words = words_of(wanted.q)
    if not words:
        return []
    if not read:
        found = hits(wanted)
        return [tuple_(Case.county_code, Case.id).in_(select(found.c.county_code, found.c.id))]
    text = func.gridmap_words(Case.case_code, Case.title, Case.address_text, Case.description)
    patterns = cast([like_pattern(word) for word in words], ARRAY(Text))
    held = text.op("like", is_comparison=True)(func.all(patterns))
    return [case((held, true()), else_=false())]  # of a CASE the planner expects half the rows, of a LIKE hardly any
