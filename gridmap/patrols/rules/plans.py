"""巡查计划: the periods of a plan, and whether what was asked for one was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gridmap.patrols.rules.states import Known, Rest

NAME_LENGTH = 60
LEAST_DAYS, MOST_DAYS = 1, 92
MOST_POINTS = 50
LATEST_START_DAYS = 366


class Aim(StrEnum):
    """What a plan asks for: a share of the ground of a grid, or points on a route."""

    AREA = "area"
    POINTS = "points"


class Fulfilment(StrEnum):
    """What became of one period of a plan."""

    RUNNING = "running"
    DONE = "done"
    MISSED = "missed"
    UNKNOWN = "unknown"


AIM_NAMES = {Aim.AREA: "走遍网格", Aim.POINTS: "点位路线"}
FULFILMENT_NAMES = {
    Fulfilment.RUNNING: "进行中",
    Fulfilment.DONE: "已完成",
    Fulfilment.MISSED: "未完成",
    Fulfilment.UNKNOWN: "不清楚",
}


@dataclass(frozen=True, order=True)
class Span:
    """One period of a plan: civil days of China, both included."""

    from_on: date
    to_on: date


@dataclass(frozen=True)
class Outcome:
    """What became of a period, in words; ``done`` of ``needed`` are points, or hundredths of the ground."""

    state: Fulfilment
    done: int
    needed: int
    words: str
    left: frozenset[int] = frozenset()  # numbers of the points at which nobody checked in


def spans(from_on: date, every_days: int, today: date, *, ended_on: date | None = None, most: int = 1) -> list[Span]:
    """Return the latest periods of a plan that have begun, newest first: they follow each other from ``from_on``.

    Of a plan that was ended those that were over before that day: nobody had the whole of the last one.
    """
    last = today if ended_on is None else min(today, ended_on)
    if last < from_on:
        return []
    latest = (last - from_on).days // every_days
    first = max(0, latest - most - 1)
    found = [_span(from_on, every_days, number) for number in range(latest, first - 1, -1)]
    return [span for span in found if ended_on is None or span.to_on < ended_on][:most]


def _span(from_on: date, every_days: int, number: int) -> Span:
    first = from_on + timedelta(days=number * every_days)
    return Span(first, first + timedelta(days=every_days - 1))


def rhythm(every_days: int) -> str:
    """Return how often, as people say it."""
    return {1: "每天", 7: "每周", 14: "每两周"}.get(every_days, f"每 {every_days} 天")


def judge_area(known: Known | None, asked_percent: int, over: bool) -> Outcome:
    """Say what became of a period for which ``asked_percent`` of a grid was asked; ``known`` is ``None`` for a grid without an outline.

    What phones did not record is unknown and not missed: somebody may have been there.
    """
    if known is None:
        return Outcome(Fulfilment.UNKNOWN, 0, asked_percent, "网格没有划定边界")
    done = int(known.share * 100 + 1e-9)
    if known.share * 100 + 1e-9 >= asked_percent:
        return Outcome(Fulfilment.DONE, done, asked_percent, f"走到 {done}%")
    if not over:
        return Outcome(Fulfilment.RUNNING, done, asked_percent, f"已走到 {done}%，要求 {asked_percent}%")
    state = Fulfilment.UNKNOWN if known.rest is Rest.UNKNOWN else Fulfilment.MISSED
    return Outcome(state, done, asked_percent, f"走到 {done}%，要求 {asked_percent}%；{known.reason}")


def judge_points(needed: int, missing: Mapping[int, str], over: bool) -> Outcome:
    """Say what became of a period for which check-ins at ``needed`` points were asked; ``missing``: number → name of those without one."""
    done = needed - len(missing)
    if not needed:
        return Outcome(Fulfilment.UNKNOWN, 0, 0, "路线上的点位都已停用")
    if not missing:
        return Outcome(Fulfilment.DONE, done, needed, f"{needed} 个点位都到过")
    names = list(missing.values())
    left = "、".join(names[:3]) + (f"等 {len(names)} 个" if len(names) > 3 else "")
    state, words = (Fulfilment.MISSED, "没有到") if over else (Fulfilment.RUNNING, "还有")
    return Outcome(state, done, needed, f"{done}/{needed} 个点位，{words}：{left}", frozenset(missing))
