"""Running the timers of a case: started and stopped with its stages, paused, recomputed; the case keeps what is due first."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from gridmap.cases.models import Case, CaseExtension, CaseTimer
from gridmap.cases.queries.timers import Terms, calendars_for, pause_among, running_timers, terms_at, timer_of
from gridmap.cases.rules import STAGE_NAMES, Stage
from gridmap.cases.rules.clocks import LAPSED_WORDS, ExtensionStatus
from gridmap.cases.rules.limits import StageLimit, level_times, limit_of, next_time
from gridmap.worktime.queries import numbered_calendar
from gridmap.worktime.rules import Pause, Timer, WorkCalendar, recompute, spoken_change, start, stop, timer_data

Running = dict[Stage, CaseTimer]


def change_stage(
    session: Session, case: Case, *, starts: Collection[Stage], stops: Collection[Stage], reclassed: bool, now: datetime
) -> list[str]:
    """Stop and start the timers of a step at ``now`` (aware), recompute the others where class or grade changed.

    Returns what changed in words, for the history. A stage that has no limit gets no timer.
    """
    if not (starts or stops or reclassed):
        return []
    with (
        session.no_autoflush
    ):  # the case is written once; what is stopped is written before what is started (one flush, one table)
        running, told = running_timers(session, case), []
        pause = pause_among(running.values(), now)
        for stage in [stage for stage in running if stage in stops or stage in starts]:
            stop_timer(session, running.pop(stage), now)
        wanted = {*starts, *(running if reclassed else ())}
        terms = terms_at(session, now, wanted, case.unit_code) if wanted else Terms()
        if reclassed:
            told = [words for row in running.values() if (words := _recompute(session, case, row, terms.limits, now))]
        for stage in starts:
            row = _start(session, case, stage, terms, pause, now)
            if row is not None:
                running[stage] = row
        show_due(case, running)
    return told


def _limit(case: Case, stage: Stage, limits: Sequence[StageLimit]) -> StageLimit | None:
    category = case.category
    hours = category.limit_hours
    return limit_of(
        limits,
        stage,
        unit_code=case.unit_code,
        category=category.code,
        family=category.family,
        grade=case.grade,
        plain_hours=hours,
    )


def _start(
    session: Session, case: Case, stage: Stage, terms: Terms, pause: Pause | None, now: datetime
) -> CaseTimer | None:
    """Start the timer of a stage; a case that is paused stays paused in its new stage."""
    limit = _limit(case, stage, terms.limits)
    if limit is None:
        return None
    timer = start(limit.limit, now, numbered_calendar(session, terms.calendar_id))
    if pause is not None:
        timer = Timer(timer.limit, now, timer.calendars, (Pause(now, pause.until_at, pause.reason),))
    row = CaseTimer(
        county_code=case.county_code, unit_code=case.unit_code, case_id=case.id, stage=stage.value, started_at=now
    )
    row.reached = 0
    _take_limit(row, limit)
    keep_timer(session, row, timer)
    session.add(row)
    return row


def _take_limit(row: CaseTimer, limit: StageLimit) -> None:
    row.limit_id, row.source_note = limit.id, limit.source_note
    row.remind_before, row.second_after = limit.remind_before, limit.second_after


def keep_timer(session: Session, row: CaseTimer, timer: Timer) -> None:
    """Keep a timer in its row, with the times that follow from it."""
    calendars = calendars_for(session, [timer])
    row.data, row.calendar_id, row.stopped_at = timer_data(timer), timer.calendar_version, timer.stopped_at
    row.remind_at, row.due_at, row.second_at = level_times(timer, row.remind_before, row.second_after, calendars)
    row.paused_until = max((pause.until_at for pause in timer.pauses), default=None)
    times = row.remind_at, row.due_at, row.second_at
    row.next_at = None if timer.stopped_at else next_time(times, row.reached or 0)


def stop_timer(session: Session, row: CaseTimer, now: datetime) -> None:
    """Stop a timer for good; more time that was asked for it, and not decided on, is not asked any more."""
    keep_timer(session, row, stop(timer_of(row), now))
    if row.stage == Stage.HANDLE.value:
        asked = CaseExtension.county_code == row.county_code, CaseExtension.timer_id == row.id
        session.execute(
            update(CaseExtension)
            .where(*asked, CaseExtension.status == ExtensionStatus.ASKED.value)
            .values(status=ExtensionStatus.LAPSED.value, decided_at=now, decision=LAPSED_WORDS)
        )


def _recompute(session: Session, case: Case, row: CaseTimer, limits: Sequence[StageLimit], now: datetime) -> str:
    """Give a running timer the limit of the case's new class and grade; what was used counts. Return the change in words."""
    limit, before = _limit(case, Stage(row.stage), limits), timer_of(row)
    if limit is None:
        return ""
    if limit.limit == before.limit:
        _take_limit(row, limit)
        keep_timer(session, row, before)
        return ""
    after = recompute(before, limit.limit, now, keep_used=True)
    _take_limit(row, limit)
    return change_words(session, row, before, after)


def change_words(session: Session, row: CaseTimer, before: Timer, after: Timer) -> str:
    """Keep a changed timer and say what the change did."""
    keep_timer(session, row, after)
    calendars: dict[int, WorkCalendar] = calendars_for(session, [before, after])
    return f"{STAGE_NAMES[Stage(row.stage)]}{spoken_change(before, after, calendars)}"


def show_due(case: Case, running: Running) -> None:
    """Write on the case when it is due as a whole, and which of its running timers is due first."""
    if Stage.WHOLE in running:
        case.due_at = running[Stage.WHOLE].due_at
    case.stage_due_at = min((row.due_at for row in running.values()), default=None)
