"""Believable cases for a set of grids: what, where, when, by which channel, and how far they have come."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.random import PCG64, Generator
from numpy.typing import NDArray

from gridmap.cases.rules import Channel, PositionMethod, Risk, Scale
from gridmap.demo.rules.course import Course, course_of
from gridmap.demo.rules.places import Ground, Spots, around, hot_spots, scatter
from gridmap.demo.rules.plane import Points
from gridmap.demo.rules.rhythm import end_of, recent_at, reported_at
from gridmap.demo.rules.tables import Subject, Tables

Ints = NDArray[np.int64]
IN_DEDICATED = 0.7
"""Share of a 专属网格's cases that are of its own kind (school gates, markets); the rest is what any street has."""
FAVOURITE = 0.75
"""Share of a hot spot's cases that are of its favourite subject."""
METHODS = (PositionMethod.GPS, PositionMethod.MAP, PositionMethod.ADDRESS, PositionMethod.IMPORTED, PositionMethod.NONE)


@dataclass(frozen=True, slots=True)
class Incidents:
    """Cases as columns of equal length, in the order of ``received``.

    ``grid`` and ``subject`` are indices; instants are seconds since 1970 UTC; ``point`` is lon, lat (WGS-84) and counts
    only where ``method`` is not ``none``; ``number`` counts the cases of a county and year from 1.
    """

    grid: Ints
    subject: Ints
    occurred: Ints
    received: Ints
    course: Course
    channel: np.ndarray
    grade: np.ndarray
    scale: np.ndarray
    risk: np.ndarray
    method: np.ndarray
    point: Points
    accuracy_m: Points

    def __len__(self) -> int:
        return len(self.grid)


def subject_odds(subjects: tuple[Subject, ...], profiles: set[str]) -> dict[str, Points]:
    """Return for every kind of place the share of each subject."""
    urban = np.array([s.urban for s in subjects])
    odds = {"urban": urban / urban.sum()}
    rural = np.array([s.rural for s in subjects])
    odds["rural"] = rural / rural.sum()
    for kind in profiles - odds.keys():
        own = np.array([s.dedicated.get(kind, 0.0) for s in subjects])
        odds[kind] = IN_DEDICATED * own / own.sum() + (1 - IN_DEDICATED) * odds["urban"] if own.any() else odds["urban"]
    return odds


def imagine(ground: Ground, counts: Mapping[int, int], tables: Tables, as_of: date, seed: int) -> Incidents:
    """Return cases for the grids of ``ground``: ``counts[town code]`` of them in each town.

    The same arguments give the same cases. Every point lies strictly inside the outline of its case's grid.
    """
    rng = Generator(PCG64(np.random.SeedSequence([seed, 2])))
    grid = _grids(ground, counts, rng)
    odds = subject_odds(tables.subjects, set(ground.profiles.tolist()))
    subject = _pick(ground.profiles[grid], odds, rng)
    spots = hot_spots(ground, odds, tables.rhythm["course"], rng)
    spot = _spot_of(grid, spots, tables.rhythm["course"]["hot"], rng)
    hot = spot >= 0
    subject = np.where(hot & (rng.random(len(grid)) < FAVOURITE), spots.subject[spot], subject)
    received = reported_at(subject, tables.subjects, as_of, tables.rhythm, rng)
    lately = np.flatnonzero(hot & spots.recent[spot])
    received[lately] = recent_at(len(lately), "day", as_of, tables.rhythm, rng)
    point = scatter(ground, grid, rng)
    at = np.flatnonzero(hot)
    radius = tables.rhythm["course"]["hot_radius_m"]
    point[at] = around(spots.point[spot[at]], radius, ground.outlines, grid[at], rng)
    order = np.lexsort((grid, received))
    return _told(grid[order], subject[order], received[order], point[order], tables, as_of, rng)


def _grids(ground: Ground, counts: Mapping[int, int], rng: Generator) -> Ints:
    """Draw the grid of every case, busier grids more often."""
    towns = ground.codes // 10**6 * 10**6
    found = []
    for town, count in counts.items():
        here = np.flatnonzero(towns == town)
        weights = ground.weights[here]
        found.append(rng.choice(here, size=count, p=weights / weights.sum()))
    return np.concatenate(found)


def _pick(profiles: np.ndarray, odds: Mapping[str, Points], rng: Generator) -> Ints:
    """Draw the subject of every case by the kind of its place."""
    found = np.empty(len(profiles), dtype=np.int64)
    for profile, shares in odds.items():
        here = np.flatnonzero(profiles == profile)
        found[here] = rng.choice(len(shares), size=len(here), p=shares)
    return found


def _spot_of(grid: Ints, spots: Spots, share: float, rng: Generator) -> Ints:
    """Return for every case the hot spot it happens at, or -1."""
    order = np.argsort(spots.grid, kind="stable")
    first = np.searchsorted(spots.grid[order], grid, side="left")
    count = np.searchsorted(spots.grid[order], grid, side="right") - first
    chosen = (count > 0) & (rng.random(len(grid)) < share * np.minimum(2.0, 0.8 + 0.4 * count))
    pick = first + np.floor(rng.random(len(grid)) * np.maximum(count, 1)).astype(np.int64)
    return np.where(chosen, order[np.minimum(pick, len(order) - 1)], -1)


def _told(
    grid: Ints, subject: Ints, received: Ints, point: Points, tables: Tables, as_of: date, rng: Generator
) -> Incidents:
    """Add what follows from subject and time: channel, grade, scale, risk, how the place was got, and the course."""
    subjects, rhythm = tables.subjects, tables.rhythm
    scale = _scales(np.array([s.group for s in subjects])[subject], rng)
    grade = np.array([s.grade for s in subjects], dtype=object)[subject]
    other = rng.random(len(grid)) < rhythm["course"]["regrade"]
    grade[other] = [rhythm["regrade"][value] for value in grade[other]]
    channel = _channels(np.array([s.dimension for s in subjects], dtype=object)[subject], rhythm, rng)
    method, accuracy = _methods(channel, rhythm, rng)
    limit = np.array([s.limit_hours for s in subjects])[subject]
    course = course_of(received, limit, int(end_of(as_of).timestamp()), rhythm["course"], rng)
    occurred = received - np.ceil(rng.exponential(2400, len(grid))).astype(np.int64)
    risk = _risks(scale, rhythm, rng)
    return Incidents(grid, subject, occurred, received, course, channel, grade, scale, risk, method, point, accuracy)


def _scales(group: Points, rng: Generator) -> np.ndarray:
    """Draw the scale: ``group`` is the subject's share of group matters; one in twelve of them is major."""
    draw = rng.random(len(group))
    several = np.where(draw < group / 12, Scale.MAJOR_GROUP.value, Scale.GROUP.value)
    return np.where(draw < group, several, Scale.INDIVIDUAL.value).astype(object)


def _channels(dimension: np.ndarray, rhythm: Mapping[str, Mapping[str, object]], rng: Generator) -> np.ndarray:
    """Draw the channel by dimension."""
    base = rhythm["channel"]
    names = [Channel(name).value for name in base]
    found = np.empty(len(dimension), dtype=object)
    for value in sorted(set(dimension.tolist())):
        more: Mapping[str, float] = rhythm["channel_by_dimension"].get(value, {})  # type: ignore[assignment]
        weights = np.array([float(base[name]) * more.get(name, 1.0) for name in names])  # type: ignore[arg-type]
        here = np.flatnonzero(dimension == value)
        found[here] = np.array(names, dtype=object)[rng.choice(len(names), size=len(here), p=weights / weights.sum())]
    return found


def _methods(
    channel: np.ndarray, rhythm: Mapping[str, Mapping[str, list[float]]], rng: Generator
) -> tuple[np.ndarray, Points]:
    """Draw how each position was got, and its accuracy in metres (NaN where there is none)."""
    names = np.array([method.value for method in METHODS], dtype=object)
    method = np.empty(len(channel), dtype=object)
    for value, weights in rhythm["method"].items():
        here = np.flatnonzero(channel == value)
        shares = np.array(weights, dtype=float)
        method[here] = names[rng.choice(len(names), size=len(here), p=shares / shares.sum())]
    accuracy = np.full(len(channel), np.nan)
    for value, (typical, spread) in rhythm["accuracy_m"].items():
        here = np.flatnonzero(method == value)
        accuracy[here] = np.round(np.clip(rng.lognormal(np.log(typical), spread, len(here)), 1, 500), 1)
    return method, accuracy


def _risks(scale: np.ndarray, rhythm: Mapping[str, Mapping[str, list[float]]], rng: Generator) -> np.ndarray:
    """Draw the risk by scale; ``None`` where it is not assessed."""
    levels = [Risk.HIGH.value, Risk.MEDIUM.value, Risk.LOW.value, None]
    found = np.empty(len(scale), dtype=object)
    for value, shares in rhythm["risk"].items():
        here = np.flatnonzero(scale == value)
        draw = rng.choice(4, size=len(here), p=[*shares, 1 - sum(shares)])
        found[here] = np.array(levels, dtype=object)[draw]
    return found
