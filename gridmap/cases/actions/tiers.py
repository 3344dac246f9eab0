"""The clock of a tier of mediation: started, paused and resumed with its case, recomputed when its calendar changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.cases.models import Case
from gridmap.cases.models.mediation import Mediation
from gridmap.cases.queries.mediation import open_mediation
from gridmap.cases.queries.tiers import tier_timer
from gridmap.cases.queries.timers import calendars_for, pause_of
from gridmap.cases.rules.tiers import MediationState
from gridmap.worktime.queries import calendar_at, calendars_of, version_at
from gridmap.worktime.rules import (
    Limit,
    Pause,
    Timer,
    WorkCalendar,
    adopt,
    pause,
    resume,
    spoken_time,
    start,
    timer_data,
    timer_due_at,
)

OUTDATED = text(
    "select distinct unit_code / 1000000 * 1000000 as area, cast(timer -> 'calendars' -> -1 ->> 1 as bigint) as calendar_id"
    " from mediations where state = 'open' and timer is not null"
)


def start_tier(session: Session, mediation: Mediation, case: Case, limit: Limit, now: datetime) -> None:
    """Start the clock of a tier at ``now`` (aware); where the case is paused, the tier is paused as well."""
    timer = start(limit, now, calendar_at(session, case.unit_code, now))
    if stands := pause_of(session, case, now):
        timer = Timer(timer.limit, now, timer.calendars, (Pause(now, stands.until_at, stands.reason),))
    _keep(session, mediation, timer)


def pause_tier(session: Session, case: Case, *, reason: str, until: datetime, now: datetime) -> list[str]:
    """Pause the open tier of a case; return what changed in words, nothing where no tier runs."""
    mediation, timer = _running(session, case)
    if mediation is None or timer is None or timer.paused_at(now):
        return []
    return _changed(session, mediation, pause(timer, now, reason=reason, until=until))


def resume_tier(session: Session, case: Case, *, now: datetime) -> list[str]:
    """End the pause of the open tier of a case; return what changed in words, nothing where no tier is paused."""
    mediation, timer = _running(session, case)
    if mediation is None or timer is None or not timer.paused_at(now):
        return []
    return _changed(session, mediation, resume(timer, now))


def adopt_for_tiers(session: Session, *, now: datetime, most: int) -> int:
    """Let up to ``most`` open tiers of each area go on by the newest version of its calendar; return how many were changed.

    What was counted until the version came into force stays as it was. Tiers that somebody works on are left for the next time.
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
        select(Mediation)
        .where(Mediation.state == MediationState.OPEN, Mediation.timer["calendars"][-1][1].as_integer() == number)
        .where(Mediation.unit_code >= area, Mediation.unit_code < area + 10**6)
        .order_by(Mediation.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = session.scalars(query).all()
    for mediation in found:
        timer = tier_timer(mediation)
        assert timer is not None  # the calendar was read from it
        latest = max([timer.started_at, *(item.paused_at for item in timer.pauses)])
        _keep(session, mediation, adopt(timer, max(since, latest), calendar))
    session.flush()
    session.expunge_all()
    return len(found)


def _running(session: Session, case: Case) -> tuple[Mediation | None, Timer | None]:
    mediation = open_mediation(session, case)
    return mediation, tier_timer(mediation) if mediation else None


def _keep(session: Session, mediation: Mediation, timer: Timer) -> None:
    mediation.timer = timer_data(timer)
    mediation.due_at = timer_due_at(timer, calendars_for(session, [timer]))


def _changed(session: Session, mediation: Mediation, timer: Timer) -> list[str]:
    _keep(session, mediation, timer)
    assert mediation.due_at is not None
    return [f"{mediation.tier_name}调解到期时间改为 {spoken_time(mediation.due_at, is_end=True)}"]
