"""Counts by unit, and the SQL that rollup readers share: filters and ranges as literal text, compiled once per filter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_
from sqlalchemy.dialects.postgresql import psycopg2

from gridmap.access import EVERYWHERE, Actor, Permission, Range, subtree
from gridmap.analysis.rules import PERIOD, ROLLED, UNIT_LEVELS, Months, narrowed, rollup_level, split_period, unit_step
from gridmap.cases.forms import CaseFilter, Located
from gridmap.cases.forms.filter import NO_RISK
from gridmap.cases.queries import conditions
from gridmap.cases.rules import ENDED
from gridmap.clock import local
from gridmap.db import database, scope_statement
from gridmap.errors import NotFound

_DIALECT = psycopg2.dialect()
_texts: dict[tuple[CaseFilter, datetime | None, bool], str] = {}
ENDED_TEXT = ", ".join(f"'{status.value}'" for status in sorted(ENDED))


def filter_sql(cursor: Any, wanted: CaseFilter, now: datetime, *, read_words: bool = False) -> str:
    """Return ``cases.queries.conditions`` as SQL text with its values quoted by the driver, each preceded by ``and``.

    Kept per filter; a filter on lateness is kept for five seconds of ``now``.
    """
    moment = now.replace(second=now.second // 5 * 5, microsecond=0) if wanted.lateness else None
    text = _texts.get((wanted, moment, read_words))
    if text is None:
        found = conditions(wanted, moment or now, read_words=read_words)
        text = ""
        if found:
            compiled = and_(*found).compile(dialect=_DIALECT, compile_kwargs={"render_postcompile": True})
            text = " and (" + cursor.mogrify(str(compiled), compiled.params).decode() + ")"
        if len(_texts) > 1000:
            _texts.clear()
        _texts[wanted, moment, read_words] = text
    return text


def ranges_sql(column: str, ranges: Iterable[Range]) -> str:
    """Return the explicit twin of the policy as SQL text, preceded by ``and``; nothing for everywhere."""
    spans = tuple(ranges)
    if spans == (EVERYWHERE,):
        return ""
    return " and (" + (" or ".join(f"{column} >= {r.lo} and {column} < {r.hi}" for r in spans) or "false") + ")"


def readable(actor: Actor, wanted: CaseFilter) -> tuple[Range, ...]:
    """Return the code ranges of the cases that the actor may read and the filter's unit holds."""
    granted = actor.granted_ranges(Permission.CASE_READ)
    return narrowed(granted, subtree(wanted.unit)) if wanted.unit is not None else granted


def asked(wanted: CaseFilter) -> set[str]:
    """Return the names of the fields that narrow."""
    return {name for name, value in vars(wanted).items() if value not in (None, (), "")}


def rolled_sql(wanted: CaseFilter, located: str) -> str:
    """Return the conditions of a filter over a rollup or its deltas; ``located`` is the SQL of "has a position"."""
    found = []
    if wanted.family:
        found.append(f"family in ({', '.join(str(family) for family in wanted.family)})")
    if wanted.status:
        found.append(f"status in ({', '.join(repr(item.value) for item in wanted.status)})")
    if wanted.risk:
        found.append(f"coalesce(risk, '{NO_RISK}') in ({', '.join(repr(str(item)) for item in wanted.risk)})")
    if wanted.located is Located.YES:
        found.append(located)
    elif wanted.located is Located.NO:
        found.append(f"not ({located})")
    return "".join(f" and {condition}" for condition in found)


def is_rolled(wanted: CaseFilter, *, period: bool = False) -> bool:
    """Say whether the rollups keep everything the filter asks for."""
    return asked(wanted) <= (ROLLED | PERIOD if period else ROLLED) and wanted.located is not Located.PENDING


@dataclass(frozen=True)
class UnitCount:
    """Cases of a unit and everything below it, under one filter."""

    unit_code: int
    name: str
    total: int
    open: int
    late: int
    high: int
    medium: int
    low: int
    has_outline: bool


@dataclass(frozen=True)
class Counts:
    """The children of a unit with their counts; ``total`` and ``unlocated`` are those of the unit itself."""

    items: list[UnitCount]
    total: int
    unlocated: int


CHILDREN = """
select u.unit_code, u.name, coalesce(c.total, 0), coalesce(c.open, 0), coalesce(c.late, 0), coalesce(c.high, 0),
  coalesce(c.medium, 0), coalesce(c.low, 0),
  exists (select from outlines o where o.unit_code = u.unit_code and o.valid_from <= {today} and (o.valid_to is null or o.valid_to > {today}))
from units u left join counted c on c.unit_code = u.unit_code
where u.level = {level} and u.valid_from <= {today} and (u.valid_to is null or u.valid_to > {today}){ranges}
"""
SUMS = """sum(n)::bigint as total, (sum(n) filter (where not ended))::bigint as open, sum(late)::bigint as late,
  (sum(n) filter (where risk = 'high'))::bigint as high, (sum(n) filter (where risk = 'medium'))::bigint as medium,
  (sum(n) filter (where risk = 'low'))::bigint as low, (sum(n) filter (where not located))::bigint as unlocated"""


def count_by_unit(actor: Actor, wanted: CaseFilter, level: int, now: datetime) -> Counts:
    """Return the counts of every unit at ``level`` digits inside ``wanted.unit`` that the actor may see.

    Exactly the numbers of the list under the same filter: rollups plus changes not yet folded, with the days at both ends of a
    period counted from rows; or rows alone when the rollups do not keep what is asked. Raises ``NotFound`` for a unit outside
    the actor's scope.
    """
    spans = readable(actor, wanted)
    if not spans:
        raise NotFound("没有找到该区划，或者您无权查看。")
    step = unit_step(level)
    with database.lean() as connection, connection.cursor() as cursor:
        facts = _facts(cursor, wanted, spans, level, now)
        children = CHILDREN.format(
            today=f"date '{local(now).date().isoformat()}'", level=level, ranges=ranges_sql("u.unit_code", spans)
        )
        cursor.execute(
            f"""{scope_statement(actor)}
with facts as ({facts}),
counted as (select unit_code / {step} * {step} as unit_code, {SUMS} from facts group by 1)
{children} union all
select null, null, coalesce(sum(total), 0)::bigint, coalesce(sum(unlocated), 0)::bigint, 0, 0, 0, 0, false from counted order by 1"""
        )
        *rows, whole = cursor.fetchall()
    return Counts([UnitCount(*row) for row in rows], whole[2], whole[3])


def _facts(cursor: Any, wanted: CaseFilter, spans: tuple[Range, ...], level: int, now: datetime) -> str:
    """Return the SELECT of (unit_code, ended, risk, located, n, late) that answers the filter at the least cost."""
    kept = rollup_level(spans)
    months = split_period(wanted.since, wanted.until)
    if kept is None or level > UNIT_LEVELS[-1] or months is None or not is_rolled(wanted, period=True):
        return _from_rows(cursor, wanted, spans, now)
    middle = replace(
        wanted,
        since=months.first,
        until=months.last - timedelta(days=1) if months.last else None,
    )
    parts = [
        _from_totals(wanted, spans, max(kept, level), months),
        _from_deltas(wanted, spans, months),
        _overdue(cursor, middle, spans, now),
    ]
    parts += [
        _from_rows(cursor, replace(wanted, since=since, until=until - timedelta(days=1)), spans, now)
        for since, until in months.rest
    ]
    return " union all ".join(parts)


def _quoted(cursor: Any, now: datetime) -> str:
    return str(cursor.mogrify("%s", (now,)).decode())


def _from_rows(cursor: Any, wanted: CaseFilter, spans: tuple[Range, ...], now: datetime) -> str:
    return (
        "select unit_code, closed_at is not null as ended, risk, zkey is not null as located, 1 as n,"
        f" (closed_at is null and coalesce(due_at <= {_quoted(cursor, now)}, false))::int as late from cases where true"
        + filter_sql(cursor, wanted, now)
        + ranges_sql("unit_code", spans)
    )


def _overdue(cursor: Any, wanted: CaseFilter, spans: tuple[Range, ...], now: datetime) -> str:
    """Return open cases past their due time: what no rollup can keep, because the clock changes it."""
    return (
        f"select unit_code, false, null, true, 0, 1 from cases where closed_at is null and due_at <= {_quoted(cursor, now)}"
        + filter_sql(cursor, wanted, now)
        + ranges_sql("unit_code", spans)
    )


def _from_totals(wanted: CaseFilter, spans: tuple[Range, ...], level: int, months: Months) -> str:
    return (
        f"select unit_code, status in ({ENDED_TEXT}) as ended, risk, located, n, 0 as late"
        f" from case_totals where unit_level = {level}"
        + rolled_sql(wanted, "located")
        + ranges_sql("unit_code", spans)
        + _months_sql(months)
    )


def _from_deltas(wanted: CaseFilter, spans: tuple[Range, ...], months: Months) -> str:
    return (
        f"select unit_code, status in ({ENDED_TEXT}), risk, zkey is not null, n, 0 from case_deltas where true"
        + rolled_sql(wanted, "zkey is not null")
        + ranges_sql("unit_code", spans)
        + _months_sql(months)
    )


def _months_sql(months: Months) -> str:
    found = f" and month >= '{months.first.isoformat()}'" if months.first else ""
    return found + (f" and month < '{months.last.isoformat()}'" if months.last else "")
