"""Jobs of the phone app: decide what was handed over while the server had no time for it."""

from __future__ import annotations

import logging

from gridmap import jobs
from gridmap.access import Permission
from gridmap.accounts.queries import acting
from gridmap.clock import now
from gridmap.field.actions.sync import decide_held

log = logging.getLogger("gridmap.field")


@jobs.app.task(name="field.decide", retry=5)
def decide(account_id: int) -> None:
    """Decide what is held of a worker, as that worker; of who may not sign in or patrol any more it stays held."""
    with jobs.job_session() as session:
        actor = acting(session, account_id)
    if actor is None or not actor.may(Permission.PATROL_RECORD):
        return
    with jobs.session_as(actor) as session:
        decided = decide_held(session, actor, now=now())
    log.info("field: %d items decided", decided)
