"""How long a notice is tried again: a mail server that is away for an hour, or for a night, loses none."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from gridmap.accounts.actions.deliveries import MOST_TRIES, Patience
from gridmap.clock import now


def waits() -> list[timedelta]:
    """Return how long it waits after each failure until it gives up."""
    found = []
    for attempts in range(MOST_TRIES + 1):
        job: Any = SimpleNamespace(attempts=attempts)
        at = now()
        decision = Patience().get_retry_decision(exception=OSError(), job=job)
        if decision is None:
            return found
        found.append(decision.retry_at - at)
    raise AssertionError("it never gives up")


def test_an_hour_and_a_night_are_bridged_and_then_it_is_given_up() -> None:
    until_given_up = sum(waits(), timedelta())
    assert until_given_up > timedelta(hours=24)
    assert len(waits()) == MOST_TRIES - 1


def test_after_an_hour_it_is_tried_again_within_half_an_hour() -> None:
    at, found = timedelta(), []
    for wait in waits():
        at += wait
        found.append(at)
    back = timedelta(hours=1)
    assert min(moment for moment in found if moment >= back) - back <= timedelta(minutes=31)
    assert sum(moment < back for moment in found) <= 10  # and nobody is knocked at all the time
