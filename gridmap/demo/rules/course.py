"""How far each case has come: due, settled, archived, declined, still open or late, all consistent with one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gridmap.cases.rules import Status

OPEN = (
    Status.RECEIVED,
    Status.REGISTERED,
    Status.ASSESSED,
    Status.DISPATCHED,
    Status.ACCEPTED,
    Status.HANDLING,
    Status.REPORTED,
    Status.VERIFIED,
    Status.REVISITED,
)
STAGES = np.array([0.03, 0.06, 0.1, 0.16, 0.24, 0.8, 0.9, 0.96, 1.0])
"""Share of the way at which each open state is left."""
NEVER = -1
HOUR_S = 3600
DAY_S = 86_400

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Course:
    """Per case: state, due and closing instants (seconds since 1970 UTC; ``NEVER``: still open)."""

    status: np.ndarray
    due: Ints
    closed: Ints


def course_of(received: Ints, limit_hours: Ints, end: int, course: Mapping[str, Any], rng: Generator) -> Course:
    """Return the course of every case up to ``end`` (seconds since 1970 UTC).

    Settling takes a lognormal share of the limit; some recent cases are slow or stuck; a few are declined within two days.
    """
    count = len(received)
    limit = limit_hours * HOUR_S
    share = rng.lognormal(np.log(course["limit_share"]), course["limit_spread"], count)
    takes = np.maximum(600, limit * share)
    declined = rng.random(count) < course["declined"]
    takes = np.where(declined, rng.uniform(0.5, 44, count) * HOUR_S, takes)
    young = received > end - course["stuck_days"] * DAY_S
    odds = np.where(received + limit > end, course["slow"], np.where(young, course["stuck"], 0.0))
    stuck = ~declined & (rng.random(count) < odds)
    takes = np.where(stuck, (end - received) * rng.uniform(1.05, 1.6, count) + HOUR_S, takes)
    closes = received + np.ceil(takes).astype(np.int64)
    ended = closes <= end
    way = np.clip((end - received) / takes, 0, 1)
    way = np.where(stuck, rng.random(count) ** 1.5 * 0.95, way)
    status = np.array([state.value for state in OPEN], dtype=object)[
        np.searchsorted(STAGES, way).clip(0, len(OPEN) - 1)
    ]
    old = closes < end - course["archive_days"] * DAY_S
    archived = old & (rng.random(count) < 0.97)
    status[ended] = Status.CLOSED.value
    status[ended & archived] = Status.ARCHIVED.value
    status[ended & declined] = Status.DECLINED.value
    return Course(status, received + limit, np.where(ended, closes, NEVER))
