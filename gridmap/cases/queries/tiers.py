"""Reading the clocks of tiers of mediation."""

from __future__ import annotations

from datetime import datetime

from gridmap.cases.models.mediation import Mediation
from gridmap.worktime.rules import Timer, stop, timer_from


def tier_timer(mediation: Mediation) -> Timer | None:
    """Return the clock of a tier, stopped when the tier ended; ``None`` for a tier without a limit."""
    if not mediation.timer:
        return None
    timer = timer_from(mediation.timer)
    return stop(timer, mediation.ended_at) if mediation.ended_at and not timer.stopped_at else timer


def paused_until(mediation: Mediation, now: datetime) -> datetime | None:
    """Return until when a tier's clock stands still at ``now`` (aware), or ``None`` where it runs."""
    timer = tier_timer(mediation)
    found = timer.paused_at(now) if timer else None
    return found.until_at if found else None
