"""The job of limits, every minute: newer calendars taken over, levels written, people told outside quiet hours, also of tiers of mediation."""

from __future__ import annotations

import logging

from gridmap import jobs
from gridmap.cases.actions.escalation import BATCH, adopt_calendars, escalate, tell_waiting
from gridmap.cases.actions.mediation import remind_tiers
from gridmap.cases.actions.tiers import adopt_for_tiers
from gridmap.clock import now

log = logging.getLogger("gridmap.cases")
TELL = 200


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="cases.escalate", queueing_lock="cases.escalate", lock="cases.escalate")
def sweep(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Do what is due now, one transaction a batch."""
    while _adopted():
        pass
    written = 0
    while True:
        with jobs.job_session() as session:
            taken = escalate(session, now=now())
        written += taken
        if taken < BATCH:
            break
    while _told() == TELL:
        pass
    after: int | None = 0
    while after is not None:
        with jobs.job_session() as session:
            _sent, after = remind_tiers(session, now(), after=after)
    if written:
        log.info("limits reached: %d timers", written)


def _adopted() -> int:
    with jobs.job_session() as session:
        return adopt_calendars(session, now=now()) + adopt_for_tiers(session, now=now(), most=BATCH)


def _told() -> int:
    with jobs.job_session() as session:
        return tell_waiting(session, now=now(), most=TELL)
