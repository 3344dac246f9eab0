"""What in a track somebody should ask about: impossible speed, two phones of one person far apart. Never a verdict on the person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np

from gridmap.patrols.rules.segments import Fixes, Ints, Limits, clear_fixes, metres_per_degree, steps_of

NOTE_LENGTH = 200


class Kind(StrEnum):
    """What is odd."""

    SPEED = "speed"
    APART = "apart"


KIND_WORDS = {
    Kind.SPEED: "相邻两个定位折合每小时约 {value:.0f} 公里",
    Kind.APART: "两部手机同一时刻相距约 {value:.0f} 米",
}


@dataclass(frozen=True)
class Odd:
    """From where on a track is pointed out: kilometres an hour; metres between two phones at the same time, within so many seconds."""

    speed_kmh: float
    apart_m: float
    within_s: float


class Found(NamedTuple):
    """The most that was found: its value (km/h or metres) and when it was (seconds since 1970)."""

    value: float
    at_s: float


def fastest(fixes: Fixes, limits: Limits, odd: Odd) -> Found | None:
    """Return the greatest speed from ``odd.speed_kmh`` on between clear fixes of one phone less than a gap apart in time."""
    fixes = clear_fixes(fixes, limits)
    lasts, length = steps_of(fixes)
    near = (lasts > 0) & (lasts <= limits.gap_s)
    speed = np.divide(length * 3.6, lasts, out=np.zeros_like(lasts), where=near)
    return _most(speed, fixes.at_s[:-1], odd.speed_kmh)


def farthest(one: Fixes, other: Fixes, limits: Limits, odd: Odd) -> Found | None:
    """Return the greatest distance from ``odd.apart_m`` on between clear fixes of two phones at the same time, their errors taken off."""
    one, other = clear_fixes(one, limits), clear_fixes(other, limits)
    if not len(one.at_s) or not len(other.at_s):
        return None
    order = np.argsort(other.at_s, kind="stable")
    other = other.pick(order)
    beside = _nearest(other.at_s, one.at_s)
    per_lon, per_lat = metres_per_degree(one.lat)
    length = np.hypot((other.lon[beside] - one.lon) * per_lon, (other.lat[beside] - one.lat) * per_lat)
    length -= np.nan_to_num(one.accuracy_m) + np.nan_to_num(other.accuracy_m[beside])
    together = np.abs(other.at_s[beside] - one.at_s) <= odd.within_s
    return _most(np.where(together, length, 0.0), one.at_s, odd.apart_m)


def _nearest(sorted_s: np.ndarray, wanted_s: np.ndarray) -> Ints:
    right = np.clip(np.searchsorted(sorted_s, wanted_s), 0, len(sorted_s) - 1)
    left = np.maximum(right - 1, 0)
    return np.where(np.abs(sorted_s[left] - wanted_s) < np.abs(sorted_s[right] - wanted_s), left, right)


def _most(values: np.ndarray, at_s: np.ndarray, least: float) -> Found | None:
    if not len(values) or values.max() < least:
        return None
    place = int(values.argmax())
    return Found(float(values[place]), float(at_s[place]))
