"""Jobs of 巡查: draw what was taken, and draw again where the outline of a grid has changed."""

from __future__ import annotations

import logging
from datetime import timedelta

from gridmap import jobs
from gridmap.clock import local, now
from gridmap.patrols.actions.anomalies import look_over
from gridmap.patrols.actions.drawing import draw_duty, redraw
from gridmap.patrols.actions.unseen import tell_unseen
from gridmap.patrols.queries.anomalies import duties_since
from gridmap.patrols.queries.ground import outlines_without_frame
from gridmap.patrols.queries.unseen import patrolled_counties

LOOK_BACK = timedelta(days=2)
log = logging.getLogger("gridmap.patrols")


@jobs.app.task(name="patrols.draw", retry=5)  # two that draw the same grids in turn may stand in each other's way
def draw(county_code: int, duty_id: int) -> None:
    """Draw the batches of a duty that wait."""
    with jobs.job_session() as session:
        draw_duty(session, county_code=county_code, duty_id=duty_id, now=now())


@jobs.app.periodic(cron="0 21 * * *")  # 05:00 in China
@jobs.app.task(name="patrols.odd", queueing_lock="patrols.odd", lock="patrols.odd")
def odd(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Look over the tracks of which points came in the last days, one transaction a duty."""
    at = now()
    with jobs.job_session() as session:
        found = duties_since(session, at - LOOK_BACK)
    for county_code, duty_id in found:
        with jobs.job_session() as session:
            look_over(session, county_code=county_code, duty_id=duty_id, now=at)


@jobs.app.periodic(cron="0 1-12 * * *")  # from 09:00 to 20:00 in China: once, later where 09:00 is quiet
@jobs.app.task(name="patrols.unseen", queueing_lock="patrols.unseen", lock="patrols.unseen")
def unseen(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Tell of grids without a track for long, one transaction a county."""
    with jobs.job_session() as session:
        counties = patrolled_counties(session)
    for county_code in counties:
        with jobs.job_session() as session:
            told = tell_unseen(session, county_code=county_code, now=now())
        log.info("county %d: %d grids told of", county_code, told)


@jobs.app.periodic(cron="30 20 * * *")  # 04:30 in China
@jobs.app.task(name="patrols.outlines", queueing_lock="patrols.outlines", lock="patrols.outlines")
def outlines(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Draw on new outlines what is still kept of tracks there, one transaction a grid."""
    at = now()
    with jobs.job_session() as session:
        found = outlines_without_frame(session, local(at).date())
    for outline_id, unit_code in found:
        with jobs.job_session() as session:
            batches = redraw(session, outline_id=outline_id, unit_code=unit_code, now=at)
        log.info("outline %d: %d batches drawn again", outline_id, batches)
