"""The sweep over running timers: calendars adopted, levels reached written once, supervision raised, people told in the morning.

Cases are locked before their timers, and cases that somebody works on at this moment are left for the next minute; a level is
one row by a unique key. So two sweeps at once, a sweep that is killed and one that runs again write every level exactly once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.accounts.actions.notices import Addressee
from gridmap.cases.actions.notices import Centre, Department, tell
from gridmap.cases.actions.supervision import Numbered, ask_later
from gridmap.cases.actions.timers import keep_timer, show_due
from gridmap.cases.models import Case, CaseTimer
from gridmap.cases.queries.quiet import quiet_hours
from gridmap.cases.queries.timers import running_timers, timer_of
from gridmap.cases.rules import STAGE_NAMES, Action, Stage, Status, transition
from gridmap.cases.rules.clocks import SUPERVISION_NAMES, QuietHours, Supervision, higher, quiet_at
from gridmap.cases.rules.limits import LEVELS, Level, next_time
from gridmap.worktime.queries import calendars_of, version_at
from gridmap.worktime.rules import WorkCalendar, adopt, spoken_time

BATCH = 1_000
DUE = text(
    "select t.county_code, t.id, t.unit_code, t.case_id, t.stage, t.reached, t.remind_at, t.due_at, t.second_at,"
    " c.case_code, c.status, c.supervision"
    " from case_timers t join cases c on (c.county_code, c.id) = (t.county_code, t.case_id)"
    " where t.next_at <= :now order by t.next_at, t.id limit :most for update of c, t skip locked"
)
WRITE = text(
    "insert into case_escalations (county_code, unit_code, case_id, timer_id, stage, level, at, written_at, tell_at, told_at)"
    " select r.county_code, r.unit_code, r.case_id, r.timer_id, r.stage, r.level, r.at, :now, r.tell_at,"
    " case when r.silent then :now end from jsonb_to_recordset(cast(:rows as jsonb)) as r (county_code int, unit_code bigint,"
    " case_id bigint, timer_id bigint, stage text, level text, at timestamptz, tell_at timestamptz, silent boolean)"
    " on conflict (county_code, case_id, timer_id, level) do nothing"
    " returning county_code, case_id, timer_id, level"
)
ADVANCE = text(
    "update case_timers t set reached = r.reached, next_at = r.next_at from jsonb_to_recordset(cast(:rows as jsonb)) as r"
    " (county_code int, id bigint, reached smallint, next_at timestamptz) where (t.county_code, t.id) = (r.county_code, r.id)"
)
RAISE = text(
    "update cases c set supervision = r.supervision, updated_at = :now, row_version = row_version + 1"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as r (county_code int, case_id bigint, supervision text)"
    " where (c.county_code, c.id) = (r.county_code, r.case_id)"
)
STEPS = text(
    "insert into case_steps (county_code, unit_code, case_id, number, action, before, after, at, actor_name, reason, data)"
    " select r.county_code, r.unit_code, r.case_id, r.nth + (select coalesce(max(s.number), 0) from case_steps s"
    " where (s.county_code, s.case_id) = (r.county_code, r.case_id)), 'supervise', r.status, r.status,"
    " greatest(cast(:now as timestamptz), (select max(s.at) from case_steps s"
    " where (s.county_code, s.case_id) = (r.county_code, r.case_id))), '系统', r.reason, r.data"
    " from jsonb_to_recordset(cast(:rows as jsonb)) as r (county_code int, unit_code bigint, case_id bigint, nth int, status text,"
    " reason text, data jsonb) returning county_code, case_id, number"
)
EVENTS = text(
    "insert into events (county_code, unit_code, kind, subject, actor_name, data) select r.county_code, r.unit_code, r.kind,"
    " r.case_code, '系统', jsonb_build_object('stage', r.stage, 'level', r.level) from jsonb_to_recordset(cast(:rows as jsonb))"
    " as r (county_code int, unit_code bigint, kind text, case_code text, stage text, level text)"
)
UNTOLD = text(
    "select e.county_code, e.id, e.stage, e.level, t.remind_at, t.due_at, t.second_at, c.case_code, c.unit_code, c.supervision,"
    " c.lead_department_id, t.stopped_at, t.exempted_at, t.paused_until"
    " from case_escalations e join case_timers t on (t.county_code, t.id) = (e.county_code, e.timer_id)"
    " join cases c on (c.county_code, c.id) = (e.county_code, e.case_id)"
    " where e.told_at is null and e.tell_at <= :now order by e.tell_at, e.id limit :most for update of e skip locked"
)
LATER = text(
    "update case_escalations e set tell_at = r.tell_at from jsonb_to_recordset(cast(:rows as jsonb)) as r (county_code int,"
    " id bigint, tell_at timestamptz) where (e.county_code, e.id) = (r.county_code, r.id)"
)
TOLD = text(
    "update case_escalations e set told_at = :now from unnest(cast(:counties as int[]), cast(:ids as bigint[]))"
    " as r (county_code, id) where (e.county_code, e.id) = (r.county_code, r.id)"
)


@dataclass(frozen=True)
class Told:
    """What a notice says of a case."""

    case_code: str
    unit_code: int


Reached = tuple[
    Any, list[tuple[Level, datetime]], int
]  # a timer's row, the levels it reached with when, how many in all


def escalate(session: Session, *, now: datetime, most: int = BATCH, papers: bool = True) -> int:
    """Write what up to ``most`` timers have reached at ``now`` (aware); return how many were taken (fewer: no more are due).

    ``papers``: a case whose supervision is raised gets its 督办单 by the queue.
    """
    rows = session.execute(DUE, {"now": now, "most": most}).all()
    if not rows:
        return 0
    reached = [(row, *_reached(row, now)) for row in rows]
    written = _run(session, WRITE, _levels(reached, quiet_hours(session), now), now=now)
    fresh = {tuple(found) for found in written}
    _run(session, ADVANCE, [_advanced(row, count) for row, _levels, count in reached])
    _run(session, EVENTS, _events(reached, fresh))
    raised = _supervise(session, [row for row, _levels, _count in reached if _key(row, Level.SECOND) in fresh], now)
    if papers:
        ask_later(session, raised)
    return len(rows)


def _levels(reached: list[Reached], quiet: dict[int, QuietHours], now: datetime) -> list[dict[str, Any]]:
    """Return the levels to write: each with when it was reached and when it may be told."""
    return [
        {
            **_place(row),
            "case_id": row.case_id,
            "timer_id": row.id,
            "stage": row.stage,
            "level": level.value,
            "at": at.isoformat(),
            "tell_at": quiet_at(quiet, row.unit_code).tell_at(now).isoformat(),
            "silent": level is not levels[-1][0],  # one notice, about the last of what was reached at once
        }
        for row, levels, _count in reached
        for level, at in levels
    ]


def _events(reached: list[Reached], fresh: set[tuple[Any, ...]]) -> list[dict[str, Any]]:
    """Return the events of the levels that nobody had written before."""
    return [
        {
            **_place(row),
            "kind": f"case.{level.value}",
            "case_code": row.case_code,
            "stage": row.stage,
            "level": level.value,
        }
        for row, levels, _count in reached
        for level, _at in levels
        if _key(row, level) in fresh
    ]


def _place(row: Any) -> dict[str, int]:
    return {"county_code": row.county_code, "unit_code": row.unit_code}


def _key(row: Any, level: Level) -> tuple[int, int, int, str]:
    return row.county_code, row.case_id, row.id, level.value


def _times(row: Any) -> tuple[datetime | None, datetime | None, datetime | None]:
    return row.remind_at, row.due_at, row.second_at


def _reached(row: Any, now: datetime) -> tuple[list[tuple[Level, datetime]], int]:
    """Return the levels reached since the last time with when, and how many are reached in all."""
    count, found = row.reached, []
    for number, (level, at) in enumerate(zip(LEVELS, _times(row), strict=True), 1):
        if number > row.reached and at is not None and at <= now:
            found.append((level, at))
            count = number
    return found, count


def _advanced(row: Any, count: int) -> dict[str, Any]:
    following = next_time(_times(row), count)
    return {
        "county_code": row.county_code,
        "id": row.id,
        "reached": count,
        "next_at": following.isoformat() if following else None,
    }


def _run(session: Session, statement: Any, rows: list[dict[str, Any]], **values: Any) -> list[Any]:
    """Run a statement over rows given as one JSON value."""
    if not rows:
        return []
    answer: Any = session.execute(statement, {"rows": json.dumps(rows, ensure_ascii=False), **values})
    return list(answer) if answer.returns_rows else []


def _supervise(session: Session, rows: Iterable[Any], now: datetime) -> list[Numbered]:
    """Raise the supervision of cases whose limit was passed the second time, a step for each, into the history; return the steps."""
    levels: dict[tuple[int, int], Supervision | None] = {}
    counts: dict[tuple[int, int], int] = {}
    steps = []
    for row in rows:
        key = row.county_code, row.case_id
        current = levels.get(key, Supervision(row.supervision) if row.supervision else None)
        level = higher(current)
        if level is None or transition(Status(row.status), Action.SUPERVISE) is None:
            continue
        levels[key], counts[key] = level, counts.get(key, 0) + 1
        reason = f"{STAGE_NAMES[Stage(row.stage)]}环节超时后再次到限，系统自动督办。"
        data = {"supervision": SUPERVISION_NAMES[level]}
        steps.append(
            {
                **_place(row),
                "case_id": row.case_id,
                "nth": counts[key],
                "status": row.status,
                "reason": reason,
                "data": data,
            }
        )
    written = [(row.county_code, row.case_id, row.number) for row in _run(session, STEPS, steps, now=now)]
    raised = [
        {"county_code": key[0], "case_id": key[1], "supervision": level} for key, level in levels.items() if level
    ]
    _run(session, RAISE, raised, now=now)
    return written


def tell_waiting(session: Session, *, now: datetime, most: int = 200) -> int:
    """Tell people of levels that were written and whose time to tell has come, of those that are still true; return how many were taken.

    What is paused is told when the pause ends, if it is true then.
    """
    rows = session.execute(UNTOLD, {"now": now, "most": most}).all()
    paused = [row for row in rows if row.stopped_at is None and row.paused_until and row.paused_until > now]
    taken = [row for row in rows if row not in paused]
    for row in taken:
        if still_true(row, now):
            _tell(session, row)
    if taken:
        values = {"now": now, "counties": [row.county_code for row in taken], "ids": [row.id for row in taken]}
        session.execute(TOLD, values)
    if paused:
        quiet = quiet_hours(session)
        later = [
            {
                "county_code": row.county_code,
                "id": row.id,
                "tell_at": quiet_at(quiet, row.unit_code).tell_at(row.paused_until).isoformat(),
            }
            for row in paused
        ]
        _run(session, LATER, later)
    return len(rows)


def still_true(row: Any, now: datetime) -> bool:
    """Say whether a level that was reached is so at ``now``, after a night in which a stage may have ended or got more time.

    A supervision that came of a stage that is over since goes on: it is told as long as it lasts.
    """
    if row.exempted_at is not None:
        return False
    if row.stopped_at is not None:
        return row.level == Level.SECOND and row.supervision is not None
    if row.level == Level.REMIND:
        return row.remind_at is not None and row.remind_at <= now < row.due_at
    if row.level == Level.OVERDUE:
        return bool(row.due_at <= now)
    return row.second_at is not None and row.second_at <= now


def _tell(session: Session, row: Any) -> None:
    stage, due = STAGE_NAMES[Stage(row.stage)], spoken_time(row.due_at, is_end=True)
    body = {
        Level.REMIND: f"{stage}时限将于 {due} 到期，请抓紧办理。",
        Level.OVERDUE: f"{stage}时限已于 {due} 到期，现已超时，请立即办理。",
        Level.SECOND: f"{stage}时限超时后再次到限{_supervised(row)}，请立即办理。",
    }[Level(row.level)]
    if row.stopped_at is not None:
        body = f"{stage}环节曾超时后再次到限{_supervised(row)}，该环节现已办完，请抓紧办理后续环节。"
    case = cast(Case, Told(row.case_code, row.unit_code))
    key = f"escalation:{row.id}"
    tell(session, case=case, kind=f"case.{row.level}", body=body, to=_whose(row), key=key)


def _supervised(row: Any) -> str:
    return f"，现为{SUPERVISION_NAMES[Supervision(row.supervision)]}" if row.supervision else ""


def _whose(row: Any) -> Addressee:
    """Return whose time it is: the department's while it holds the order, else the centre's."""
    with_department = row.stage in (Stage.ACCEPT, Stage.HANDLE, Stage.WHOLE) and row.lead_department_id
    return Department(row.lead_department_id) if with_department else Centre(row.unit_code)


OUTDATED = text(
    "select distinct unit_code / 1000000 * 1000000 as area, calendar_id from case_timers where stopped_at is null"
)


def adopt_calendars(session: Session, *, now: datetime, most: int = BATCH) -> int:
    """Let up to ``most`` running timers of each area go on by the newest version of its calendar; return how many were changed.

    What was counted until the version came into force stays as it was.
    """
    changed = 0
    for area, number in session.execute(OUTDATED).all():
        version = version_at(session, area, now)
        if version.id != number:
            calendar = calendars_of(session, {version.id})[version.id]
            changed += _adopt(session, area, number, calendar, version.valid_from, most)
    return changed


def _adopt(session: Session, area: int, number: int, calendar: WorkCalendar, since: datetime, most: int) -> int:
    query = (
        select(CaseTimer, Case)
        .join(Case, (Case.county_code == CaseTimer.county_code) & (Case.id == CaseTimer.case_id))
        .where(CaseTimer.calendar_id == number, CaseTimer.stopped_at.is_(None))
        .where(CaseTimer.unit_code >= area, CaseTimer.unit_code < area + 10**6)
        .order_by(CaseTimer.id)
        .limit(most)
        .with_for_update(of=(CaseTimer, Case), skip_locked=True)
    )
    found = session.execute(query).unique().all()
    for row, _case in found:
        timer = timer_of(row)
        latest = max([timer.started_at, *(pause.paused_at for pause in timer.pauses)])
        keep_timer(session, row, adopt(timer, max(since, latest), calendar))
    session.flush()
    for case in {case.id: case for _row, case in found}.values():
        show_due(case, running_timers(session, case))
    session.flush()
    session.expunge_all()
    return len(found)
