"""Rules of cases: the words, the table of the course, and what is worked out from plain values."""

from __future__ import annotations

from datetime import datetime

from gridmap.cases.rules.acts import ACTION_NAMES, STAGE_NAMES, Action, Document, Stage
from gridmap.cases.rules.course import Input, Transition
from gridmap.cases.rules.facts import Doer, Facts, Order
from gridmap.cases.rules.revisit import MEANS_NAMES, SATISFACTION_NAMES, SATISFIED, Means, Satisfaction
from gridmap.cases.rules.table import (
    EVENT_NAMES,
    TRANSITIONS,
    Offer,
    asked,
    judge,
    offers,
    possible,
    refusal,
    replay,
    transition,
)
from gridmap.cases.rules.telling import telling
from gridmap.cases.rules.terms import (
    CHANNEL_NAMES,
    DUE_SOON_HOURS,
    ENDED,
    GRADE_NAMES,
    LATENESS_NAMES,
    OPEN,
    POSITION_METHOD_NAMES,
    RISK_NAMES,
    SCALE_NAMES,
    STATUS_NAMES,
    Channel,
    Grade,
    Lateness,
    PositionMethod,
    Risk,
    Scale,
    Status,
)

__all__ = [
    "ACTION_NAMES",
    "CHANNEL_NAMES",
    "COURSE",
    "DUE_SOON_HOURS",
    "ENDED",
    "EVENT_NAMES",
    "GRADE_NAMES",
    "LATENESS_NAMES",
    "MEANS_NAMES",
    "OPEN",
    "POSITION_METHOD_NAMES",
    "RISK_NAMES",
    "SATISFACTION_NAMES",
    "SATISFIED",
    "SCALE_NAMES",
    "STAGE_NAMES",
    "STATUS_NAMES",
    "TRANSITIONS",
    "Action",
    "Channel",
    "Document",
    "Doer",
    "Facts",
    "Grade",
    "Input",
    "Lateness",
    "Means",
    "Offer",
    "Order",
    "PositionMethod",
    "Risk",
    "Satisfaction",
    "Scale",
    "Stage",
    "Status",
    "Transition",
    "asked",
    "case_code",
    "county_of",
    "forward",
    "judge",
    "lateness",
    "offers",
    "possible",
    "refusal",
    "replay",
    "steps",
    "telling",
    "transition",
]

# 一案的环节, in order: the state that a step ends in, and the step's name.
COURSE = (
    (Status.REGISTERED, "受理"),
    (Status.ASSESSED, "分析研判"),
    (Status.DISPATCHED, "分流派单"),
    (Status.ACCEPTED, "接单"),
    (Status.HANDLING, "办理"),
    (Status.REPORTED, "反馈"),
    (Status.VERIFIED, "核实"),
    (Status.REVISITED, "回访验单"),
    (Status.CLOSED, "结案"),
    (Status.ARCHIVED, "归档"),
)


def forward(status: Status) -> Status | None:
    """Return the state that the course leads to next, or ``None`` at its end and off it."""
    states = [Status.RECEIVED, *(state for state, _ in COURSE)]
    place = states.index(status) + 1 if status in states else len(states)
    return states[place] if place < len(states) else None


def steps(status: Status) -> list[tuple[str, str]]:
    """Return the steps of the course with how each stands: ``done``, ``next`` or ``later`` (declined and joined end at once)."""
    if status in (Status.DECLINED, Status.JOINED):
        return [(STATUS_NAMES[status], "done")]
    if status is Status.RECEIVED:
        finished = 0
    else:
        place = [state for state, _ in COURSE].index(status)
        finished = place if status is Status.HANDLING else place + 1  # 办理中 says that the step has begun
    return [
        (name, "done" if number < finished else "next" if number == finished else "later")
        for number, (_, name) in enumerate(COURSE)
    ]


def lateness(status: Status, due_at: datetime | None, now: datetime) -> Lateness:
    """Say how a case stands against its due time at ``now`` (both aware)."""
    if status in ENDED:
        return Lateness.ENDED
    if due_at is None:
        return Lateness.NO_LIMIT
    if due_at <= now:
        return Lateness.LATE
    return Lateness.DUE_SOON if (due_at - now).total_seconds() <= DUE_SOON_HOURS * 3600 else Lateness.ON_TIME


def case_code(county_code: int, year: int, number: int) -> str:
    """Return the public code of a case (一案一码): county, year and running number, e.g. ``220102-2026-0000123``."""
    return f"{county_code:06d}-{year:04d}-{number:07d}"


def county_of(code: str) -> int | None:
    """Return the county in a case code, or ``None`` when it is not one."""
    parts = code.split("-")
    if [len(p) for p in parts] != [6, 4, 7] or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    return int(parts[0])
