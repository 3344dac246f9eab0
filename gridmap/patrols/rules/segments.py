"""From fixes to the stretches that were walked: what is too vague, too fast or too far apart is left out, and no line crosses a gap.

Whether a stretch is drawn depends on the fixes beside it only, and one more fix never takes a stretch away: in whatever order batches
arrive, the union of what was drawn is the same (see ``tests/unit/patrols/test_segments.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Floats = np.ndarray[Any, np.dtype[np.float64]]
Ints = np.ndarray[Any, np.dtype[np.int64]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]

# WGS-84: metres of one degree, by the radii of curvature (M along the meridian, N across it)
SEMI_MAJOR_M, ECCENTRICITY_2 = 6_378_137.0, 0.006_694_379_990_14


@dataclass(frozen=True)
class Limits:
    """What a fix must be to count: data of the place, see ``system_settings``."""

    accuracy_m: float  # a fix that is vaguer is left out
    speed_kmh: float  # faster is a fault of the position
    gap_s: float  # no line across more time
    gap_m: float  # nor more distance


@dataclass(frozen=True)
class Fixes:
    """Fixes of one phone as arrays, in the order in which it recorded them: seconds, degrees, metres (NaN: not given), batch number."""

    at_s: Floats
    lon: Floats
    lat: Floats
    accuracy_m: Floats
    batch: Ints

    def pick(self, kept: Flags | Ints) -> Fixes:
        """Return these fixes only."""
        return Fixes(self.at_s[kept], self.lon[kept], self.lat[kept], self.accuracy_m[kept], self.batch[kept])


@dataclass(frozen=True)
class Segments:
    """Straight stretches: ends in degrees (lon lat), when each began, how long it took and is, in which batches its ends are."""

    ends: Floats  # n × 4: lon lat lon lat
    at_s: Floats
    lasts_s: Floats
    length_m: Floats
    batches: Ints  # n × 2

    def __len__(self) -> int:
        return len(self.at_s)

    def pick(self, kept: Flags) -> Segments:
        """Return these stretches only."""
        return Segments(self.ends[kept], self.at_s[kept], self.lasts_s[kept], self.length_m[kept], self.batches[kept])


def metres_per_degree(lat: Any) -> tuple[Any, Any]:
    """Return metres of a degree of longitude and of latitude at ``lat`` (degrees, a number or an array) on the WGS-84 ellipsoid."""
    sine = np.sin(np.radians(lat))
    w2 = 1 - ECCENTRICITY_2 * sine * sine
    meridian = SEMI_MAJOR_M * (1 - ECCENTRICITY_2) / (w2 * np.sqrt(w2))
    across = SEMI_MAJOR_M / np.sqrt(w2) * np.cos(np.radians(lat))
    return np.radians(1) * across, np.radians(1) * meridian


def walked(fixes: Fixes, limits: Limits) -> Segments:
    """Return the stretches between fixes that follow each other, are clear enough, and are neither too far apart nor too fast.

    Batches that do not follow each other by number are never joined: what lies between them may still arrive. A single fix far
    off both its neighbours (a spike) is left out and its neighbours are joined.
    """
    run = np.concatenate(([0], np.cumsum(~np.isin(np.diff(fixes.batch), (0, 1))))) if len(fixes.batch) else fixes.batch
    clear = ~(fixes.accuracy_m > limits.accuracy_m)
    fixes, run = fixes.pick(clear), run[clear]
    n = len(fixes.at_s)
    if n < 2:
        return _joined(fixes, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    first = np.arange(n - 1)
    fits, fast = _fits(fixes, run, first, first + 1, limits)
    middle = np.arange(n - 2)
    bridges = fast[:-1] & fast[1:] & _fits(fixes, run, middle, middle + 2, limits)[0]
    starts = np.concatenate((first[fits], middle[bridges]))
    ends = np.concatenate((first[fits] + 1, middle[bridges] + 2))
    order = np.argsort(starts, kind="stable")
    return _joined(fixes, starts[order], ends[order])


def clear_fixes(fixes: Fixes, limits: Limits) -> Fixes:
    """Return the fixes that are not too vague."""
    return fixes.pick(~(fixes.accuracy_m > limits.accuracy_m))


def steps_of(fixes: Fixes) -> tuple[Floats, Floats]:
    """Return how long it took (seconds) and how far it is (metres) from each fix to the next."""
    first = np.arange(max(0, len(fixes.at_s) - 1))
    return np.diff(fixes.at_s), _distance_m(fixes, first, first + 1)


def _distance_m(fixes: Fixes, a: Ints, b: Ints) -> Floats:
    """Return the distance between fixes; on the plane at their mean latitude, which is off by less than 1 in 10,000 below 5 km."""
    per_lon, per_lat = metres_per_degree((fixes.lat[a] + fixes.lat[b]) / 2)
    return np.hypot((fixes.lon[b] - fixes.lon[a]) * per_lon, (fixes.lat[b] - fixes.lat[a]) * per_lat)


def _fits(fixes: Fixes, run: Ints, a: Ints, b: Ints, limits: Limits) -> tuple[Flags, Flags]:
    """Say which pairs may be joined, and which are of one run but too fast."""
    lasts = fixes.at_s[b] - fixes.at_s[a]
    length = _distance_m(fixes, a, b)
    most = np.maximum(lasts, 0) * limits.speed_kmh / 3.6
    together = (run[a] == run[b]) & (lasts > 0) & (lasts <= limits.gap_s)
    return together & (length <= limits.gap_m) & (length <= most), together & (length > most)


def _joined(fixes: Fixes, a: Ints, b: Ints) -> Segments:
    return Segments(
        np.column_stack((fixes.lon[a], fixes.lat[a], fixes.lon[b], fixes.lat[b])),
        fixes.at_s[a],
        fixes.at_s[b] - fixes.at_s[a],
        _distance_m(fixes, a, b),
        np.column_stack((fixes.batch[a], fixes.batch[b])),
    )
