"""The timers of demonstration cases, by the product's own limits and calendar, as their histories started and stopped them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.cases.actions.escalation import BATCH, escalate
from gridmap.cases.queries.timers import limits_at
from gridmap.cases.rules import Action, Stage, Status, transition
from gridmap.cases.rules.limits import StageLimit, level_times, limit_of, next_time
from gridmap.demo.actions.copying import column, copy
from gridmap.worktime.queries import calendar_at
from gridmap.worktime.rules import Timer, WorkCalendar, start, stop, timer_data

COLUMNS = (
    "county_code",
    "unit_code",
    "case_id",
    "stage",
    "limit_id",
    "source_note",
    "remind_before",
    "second_after",
    "data",
    "calendar_id",
    "started_at",
    "remind_at",
    "due_at",
    "second_at",
    "next_at",
    "stopped_at",
)
_STEPS = """
select s.county_code, s.unit_code, s.case_id, s.before, s.action, s.at, c.grade, k.code, k.family, k.limit_hours
from case_steps s join cases c on (c.county_code, c.id) = (s.county_code, s.case_id) join categories k on k.id = c.category_id
order by s.county_code, s.case_id, s.number
"""
# What a case shows follows its timers, as the product keeps it.
_SHOWN = """
update cases c set due_at = coalesce(t.whole, c.due_at), stage_due_at = t.first
from (select county_code, case_id, min(due_at) filter (where stopped_at is null) as first,
    (array_agg(due_at order by id desc) filter (where stage = 'whole'))[1] as whole from case_timers group by 1, 2) t
where (t.county_code, t.case_id) = (c.county_code, c.id)
  and (c.due_at, c.stage_due_at) is distinct from (coalesce(t.whole, c.due_at), t.first)
"""


def load_clocks(session: Session, now: datetime) -> int:
    """Give the cases their timers as of ``now`` (aware); return how many timers."""
    limits = limits_at(session, now)
    chosen: dict[tuple[Any, ...], StageLimit | None] = {}
    rows: list[tuple[Any, ...]] = []
    steps = session.execute(text(_STEPS)).all()
    for county, of_county in groupby(steps, key=lambda step: step.county_code):
        calendar = calendar_at(session, county * 10**9, now)
        for _case, own in groupby(of_county, key=lambda step: step.case_id):
            rows.extend(_timers(list(own), limits, chosen, calendar))
    if rows:
        copy(
            session,
            "case_timers",
            dict(zip(COLUMNS, (column(cells) for cells in zip(*rows, strict=True)), strict=True)),
        )
    session.execute(text("analyze case_timers"))
    session.execute(text(_SHOWN))
    return len(rows)


def raise_levels(session: Session, now: datetime) -> None:
    """Let come of the timers what comes of them up to ``now`` (aware); nobody is sent a notice about the past."""
    while escalate(session, now=now, papers=False) == BATCH:
        pass
    session.execute(text("update case_escalations set told_at = written_at where told_at is null"))


def _timers(
    steps: list[Any], limits: list[StageLimit], chosen: dict[tuple[Any, ...], StageLimit | None], calendar: WorkCalendar
) -> Iterator[tuple[Any, ...]]:
    """Yield the timers of one case: those its steps stopped, then those that run."""
    running: dict[Stage, tuple[StageLimit, Timer]] = {}
    for step in steps:
        row = transition(Status(step.before) if step.before else None, Action(step.action))
        assert row is not None
        for stage in [stage for stage in running if stage in row.stops or stage in row.starts]:
            limit, timer = running.pop(stage)
            yield _cells(step, stage, limit, stop(timer, step.at), calendar)
        for stage in row.starts:
            key = stage, step.unit_code, step.code, step.family, step.grade
            if key not in chosen:
                chosen[key] = limit_of(
                    limits,
                    stage,
                    unit_code=step.unit_code,
                    category=step.code,
                    family=step.family,
                    grade=step.grade,
                    plain_hours=step.limit_hours,
                )
            found = chosen[key]
            if found is not None:
                running[stage] = found, start(found.limit, step.at, calendar)
    for stage, (limit, timer) in running.items():
        yield _cells(steps[-1], stage, limit, timer, calendar)


def _cells(step: Any, stage: Stage, limit: StageLimit, timer: Timer, calendar: WorkCalendar) -> tuple[Any, ...]:
    """Return a timer as a row of ``COLUMNS``; only what runs needs to know when its other levels come."""
    runs = timer.stopped_at is None
    before, after = (limit.remind_before, limit.second_after) if runs else (None, None)
    times = level_times(timer, before, after, calendar)
    return (
        step.county_code,
        step.unit_code,
        step.case_id,
        stage.value,
        limit.id,
        limit.source_note,
        limit.remind_before,
        limit.second_after,
        json.dumps(timer_data(timer), ensure_ascii=False),
        timer.calendar_version,
        timer.started_at,
        *times,
        next_time(times, 0) if runs else None,
        timer.stopped_at,
    )
