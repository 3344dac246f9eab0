"""When cases are reported: by month, day of the week and hour, as the kind of subject has it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from gridmap.demo.rules.tables import Subject

DAY_S = 86_400
UTC_OFFSET_S = 8 * 3600
"""China keeps one time, eight hours ahead of UTC."""

Seconds = NDArray[np.int64]


def end_of(as_of: date) -> datetime:
    """Return the instant at which demonstration data ends: 08:00 in China on ``as_of`` (midnight UTC)."""
    return datetime.combine(as_of, time(0), tzinfo=UTC)


def reported_at(
    subject: NDArray[np.int64], subjects: tuple[Subject, ...], as_of: date, rhythm: Mapping[str, Any], rng: Generator
) -> Seconds:
    """Return for every case (index of its subject) when it was reported: seconds since 1970 UTC, before ``end_of``."""
    found = np.empty(len(subject), dtype=np.int64)
    for index in np.unique(subject):
        here = np.flatnonzero(subject == index)
        weights = day_weights(subjects[index], as_of, rhythm)
        days = rng.choice(len(weights), size=len(here), p=weights)
        found[here] = _instants(days, subjects[index].clock, as_of, rhythm, rng)
    return found


def recent_at(count: int, clock: str, as_of: date, rhythm: Mapping[str, Any], rng: Generator) -> Seconds:
    """Return instants of ``count`` cases of something that began lately, more and more of them towards the end."""
    span = rhythm["course"]["hot_recent_days"]
    days = rhythm["course"]["days"] - 1 - np.floor(span * rng.beta(1, 1.6, count)).astype(int)
    return _instants(days, clock, as_of, rhythm, rng)


def day_weights(subject: Subject, as_of: date, rhythm: Mapping[str, Any]) -> NDArray[np.float64]:
    """Return the weight of each of the days up to and including ``as_of``; they sum to 1."""
    span = rhythm["course"]["days"]
    days = [as_of - timedelta(days=span - 1 - n) for n in range(span)]
    season, week = rhythm["season"][subject.season], rhythm["weekday"][subject.clock]
    trend = np.linspace(1.0, 1.0 + rhythm["course"]["trend"], span)
    weights = np.array([season[day.month - 1] * week[day.weekday()] for day in days]) * trend
    shares: NDArray[np.float64] = weights / weights.sum()
    return shares


def _instants(
    days: NDArray[np.int64], clock: str, as_of: date, rhythm: Mapping[str, Any], rng: Generator
) -> NDArray[np.int64]:
    """Return an instant on each day (0: the first); what would lie after the end moves a day back."""
    hours = np.array(rhythm["clock"][clock], dtype=float)
    hour = rng.choice(24, size=len(days), p=hours / hours.sum())
    end = int(end_of(as_of).timestamp())
    first = end - UTC_OFFSET_S - (rhythm["course"]["days"] - 1) * DAY_S
    found = first + days * DAY_S + hour * 3600 + rng.integers(0, 3600, len(days))
    return np.where(found >= end, found - DAY_S, found)
