"""Running timers for the open cases of a bench: worked out by the product's own rules from each case's history."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.cases.queries.timers import limits_at
from gridmap.cases.rules import Action, Stage, Status, transition
from gridmap.cases.rules.limits import StageLimit, level_times, limit_of, next_time
from gridmap.clock import now
from gridmap.demo.actions.copying import column, copy
from gridmap.worktime.queries import calendar_at
from gridmap.worktime.rules import WorkCalendar, start, timer_data

_OPEN = text(
    "select c.county_code, c.unit_code, c.id, c.grade, k.code, k.family, k.limit_hours, s.steps from cases c"
    " join categories k on k.id = c.category_id join lateral (select jsonb_agg(jsonb_build_array(before, action, at)"
    " order by number) as steps from case_steps s where s.county_code = c.county_code and s.case_id = c.id) s on true"
    " where c.closed_at is null"
)
# Cases and their work lists show what the timers say.
_SHOWN = text(
    "update cases c set stage_due_at = t.first, due_at = coalesce(t.whole, c.due_at) from (select county_code, case_id,"
    " min(due_at) as first, min(due_at) filter (where stage = 'whole') as whole from case_timers where stopped_at is null"
    " group by 1, 2) t where (c.county_code, c.id) = (t.county_code, t.case_id)"
)
COLUMNS = (
    "county_code", "unit_code", "case_id", "stage", "limit_id", "source_note", "remind_before", "second_after", "data",
    "calendar_id", "started_at", "remind_at", "due_at", "second_at", "next_at", "reached",
)  # fmt: skip


def fill_timers(session: Session) -> int:
    """Write the timers that run for every open case (as the owner of the tables); return how many."""
    session.execute(text("truncate case_timers cascade"))
    at = now()
    limits, calendar = limits_at(session, at), calendar_at(session, 0, at)
    rows = [row for case in session.execute(_OPEN) for row in _timers(case, limits, calendar, at)]
    count = copy(session, "case_timers", {name: column(row[n] for row in rows) for n, name in enumerate(COLUMNS)})
    session.execute(text("analyze case_timers"))
    session.execute(_SHOWN)
    return count


def started(steps: list[tuple[str | None, str, str]]) -> dict[Stage, datetime]:
    """Return which stages run after a history of (before, action, at), and since when."""
    running: dict[Stage, datetime] = {}
    for before, action, at in steps:
        row = transition(Status(before) if before else None, Action(action))
        assert row is not None
        for stage in row.stops:
            running.pop(stage, None)
        running |= {stage: datetime.fromisoformat(at) for stage in row.starts}
    return running


def _timers(case: Any, limits: list[StageLimit], calendar: WorkCalendar, at: datetime) -> Iterator[tuple[Any, ...]]:
    for stage, since in started(case.steps).items():
        limit = limit_of(
            limits,
            stage,
            unit_code=case.unit_code,
            category=case.code,
            family=case.family,
            grade=case.grade,
            plain_hours=case.limit_hours,
        )
        if limit is None:
            continue
        timer = start(limit.limit, since, calendar)
        times = level_times(timer, limit.remind_before, limit.second_after, calendar)
        reached = max((number for number, time in enumerate(times, 1) if time is not None and time <= at), default=0)
        yield (
            case.county_code, case.unit_code, case.id, stage.value, limit.id, limit.source_note, limit.remind_before,
            limit.second_after, json.dumps(timer_data(timer)), calendar.version_id, since, *times,
            next_time(times, reached), reached,
        )  # fmt: skip
