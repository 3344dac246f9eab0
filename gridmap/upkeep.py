"""The nightly sweep: old sign-ins, faded counts of failures, photos that nothing names, uploads nobody confirmed, finished jobs, raw tracks.

Days are settings.
"""

from __future__ import annotations

import logging

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.clock import now
from gridmap.config import settings
from gridmap.field.actions.sync import sweep_items
from gridmap.field.actions.uploads import sweep_uploads
from gridmap.media import sweep_photos
from gridmap.patrols.actions.anomalies import forget_anomalies
from gridmap.patrols.actions.duty import end_forgotten
from gridmap.patrols.actions.points import forget_places
from gridmap.patrols.actions.tracks import drop_old_points
from gridmap.patrols.queries.settings import retention_days
from gridmap.units.forms.uploads import remove_old

log = logging.getLogger("gridmap.upkeep")
HALF_LIVES = 16  # after so many, what was counted has faded to nothing (65,536 failures to one)
FINISHED = "('succeeded', 'cancelled', 'aborted')"


@jobs.app.periodic(cron="10 20 * * *")  # 04:10 in China
@jobs.app.task(name="upkeep.sweep", queueing_lock="upkeep.sweep", lock="upkeep.sweep")
def sweep(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Sweep everything, each part in a transaction of its own."""
    for part in PARTS:
        with jobs.job_session() as session:
            log.info("%s: %d rows", part.__name__, part(session))
    log.info("uploads: %d", remove_old())
    with jobs.job_session() as session:
        log.info("sweep_photos: %d files", sweep_photos(session, keep_days=settings().keep_photo_days))


def sweep_sign_ins(session: Session) -> int:
    """Remove sign-ins that ended, or were last used, more than ``keep_sign_in_days`` ago; return how many.

    One that may still be used stays, however the limits of a session are set.
    """
    days = max(settings().keep_sign_in_days, -(-settings().session_minutes // 1440))
    return _removed(
        session,
        "delete from sign_ins where coalesce(ended_at, last_seen_at) < clock_timestamp() - make_interval(days => :days)",
        days=days,
    )


def sweep_failures(session: Session) -> int:
    """Remove counts of failures that have faded to nothing, and places that are no longer remembered; return how many."""
    faded = _removed(
        session,
        "delete from sign_in_failures where coalesce(locked_until, failed_at) < clock_timestamp() and failed_at <"
        " clock_timestamp() - :lives * make_interval(mins => (select value::int from system_settings"
        " where key = 'login.half_life_minutes'))",
        lives=HALF_LIVES,
    )
    return faded + _removed(
        session,
        "delete from sign_in_places where seen_at < clock_timestamp() - make_interval(days =>"
        " (select value::int from system_settings where key = 'login.place_days'))",
    )


def sweep_jobs(session: Session) -> int:
    """Remove jobs that finished more than ``keep_job_days`` ago, failed ones after ``keep_failed_job_days``; return how many."""
    return _removed(
        session,
        "delete from procrastinate_jobs j where (j.status in " + FINISHED + " and"
        " (select max(at) from procrastinate_events e where e.job_id = j.id) < clock_timestamp() - make_interval(days => :days))"
        " or (j.status = 'failed' and"
        " (select max(at) from procrastinate_events e where e.job_id = j.id) < clock_timestamp() - make_interval(days => :failed))",
        days=settings().keep_job_days,
        failed=settings().keep_failed_job_days,
    )


def sweep_duties(session: Session) -> int:
    """End duties that somebody forgot to end; return how many."""
    return end_forgotten(session, now=now())


def sweep_tracks(session: Session) -> int:
    """Drop raw points, and what hangs on them, past their retention and make the partitions of the months to come; return how many went."""
    at = now()
    return drop_old_points(session, now=at) + forget_places(session, now=at) + forget_anomalies(session, now=at)


def sweep_field(session: Session) -> int:
    """Forget photos that phones began to send and what phones sent and was accepted long ago; return how many rows."""
    at = now()
    photos = sweep_uploads(session, now=at, keep_days=settings().keep_photo_days)
    return photos + sweep_items(session, now=at, track_days=retention_days(session))


PARTS = (sweep_sign_ins, sweep_failures, sweep_jobs, sweep_duties, sweep_tracks, sweep_field)


def _removed(session: Session, statement: str, **values: int) -> int:
    return int(getattr(session.execute(text(statement), values), "rowcount", 0))
