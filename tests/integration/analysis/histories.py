"""Random histories of cases that the table of the course allows, and the indicators counted from them the naive way."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from gridmap.analysis.rules.indicators import INDICATORS, Figure, Window, year_before
from gridmap.cases.models import Case, CaseOrder, CaseStep, CaseTimer
from gridmap.cases.rules import Action, Stage
from gridmap.cases.rules.table import possible
from gridmap.clock import CHINA
from tests.factories import COUNTY

BEGIN, END = datetime(2026, 3, 1, tzinfo=CHINA), datetime(2026, 6, 1, tzinfo=CHINA)
WALKED = [
    "submit",
    "register",
    "decline",
    "join",
    "assess",
    "dispatch",
    "handle_here",
    "undo_handle_here",
    "withdraw",
    "accept",
    "return",
    "start",
    "progress",
    "report",
    "verify",
    "reject",
    "revisit",
    "miss",
    "dissatisfied",
    "close",
    "reopen",
    "archive",
    "start_mediation",
    "record_session",
    "transfer",
]
LIKELY = ("assess", "dispatch", "accept", "start", "report", "verify", "revisit", "close")
PEOPLE = ("visit", "letter", "phone", "online", "video")
HAPPY, UNHAPPY = ("very_satisfied", "satisfied", "fair"), ("dissatisfied", "very_dissatisfied")


@dataclass
class Past:
    """A case and its history, as the test made it."""

    case: Case
    dispute: bool
    steps: list[CaseStep] = field(default_factory=list)
    timers: list[CaseTimer] = field(default_factory=list)
    orders: list[CaseOrder] = field(default_factory=list)

    def until(self, end: datetime, *actions: str) -> list[CaseStep]:
        return [step for step in self.steps if step.at < end and step.action in actions]


def walk(rng: random.Random, start: datetime, past: Past, values: dict[str, Any], calendar: int) -> None:
    """Take random steps that the table allows, with timers and orders kept as the product keeps them."""
    status, at, running = None, start, {}
    lead: CaseOrder | None = None
    reported: CaseOrder | None = None
    for number in range(1, rng.randint(2, 16)):
        rows = [row for row in possible(status) if row.action.value in WALKED]
        if not rows:
            break
        onward = [row for row in rows if row.action.value in LIKELY]
        row = rng.choice(onward if onward and rng.random() < 0.75 else rows)
        data: dict[str, Any] = {}
        if row.action in (Action.REVISIT, Action.DISSATISFIED):
            data["satisfaction"] = rng.choice(HAPPY if row.action is Action.REVISIT else UNHAPPY)
        for stage in [stage for stage in running if stage in row.stops or stage in row.starts]:
            running.pop(stage).stopped_at = at
        for stage in row.starts:
            if stage in (Stage.REGISTER, Stage.WHOLE) and rng.random() < 0.9:  # the others have no limit here
                due_at = at + timedelta(hours=rng.randint(1, 900))
                running[stage] = CaseTimer(
                    stage=stage.value, source_note="", data={}, calendar_id=calendar, started_at=at, due_at=due_at,
                    exempted_at=at if rng.random() < 0.15 else None, **values,
                )  # fmt: skip
                past.timers.append(running[stage])
        lead, reported = ordered(rng, past, row.action, lead, reported, at, values)
        past.steps.append(
            CaseStep(
                number=number, action=row.action.value, before=status and status.value, after=row.after.value, at=at,
                actor_name="某", data=data, **values,
            )
        )  # fmt: skip
        status = row.after
        at += timedelta(hours=rng.choice((1, 5, 30, 200, 500)))


def ordered(
    rng: random.Random, past: Past, action: Action, lead: CaseOrder | None, reported: CaseOrder | None, at: datetime,
    values: dict[str, Any],
) -> tuple[CaseOrder | None, CaseOrder | None]:  # fmt: skip
    """Keep the orders of a step; return who leads after it, and whose work waits to be looked at."""
    if action is Action.DISPATCH:
        past.orders.append(_order(rng.randint(1, 4), "sent", at, values))
        return past.orders[-1], None
    if action is Action.REJECT and reported:  # goes back to who reported, accepted as it is
        past.orders.append(_order(reported.department_id, "accepted", at, values))
        past.orders[-1].accepted_at = at
        return past.orders[-1], None
    if lead and action is Action.ACCEPT:
        lead.status, lead.accepted_at = "accepted", at
    elif lead and action in (Action.WITHDRAW, Action.RETURN, Action.REPORT, Action.TRANSFER):
        lead.status = {"return": "returned", "report": "reported"}.get(action.value, "withdrawn")
        lead.ended_at = at
        return None, lead if action is Action.REPORT else None
    elif action is Action.HANDLE_HERE:
        return None, None
    return lead, reported


def _order(department_id: int, status: str, at: datetime, values: dict[str, Any]) -> CaseOrder:
    return CaseOrder(
        kind="lead", department_id=department_id, department_name=f"示例{department_id}所", status=status, sent_at=at, **values
    )  # fmt: skip


@dataclass
class Histories:
    """Random histories in the two towns."""

    pasts: list[Past]

    def inside(self, unit: int) -> Iterator[Past]:
        step = 10**9 if unit == COUNTY else 10**6
        return (past for past in self.pasts if past.case.unit_code // step == unit // step)


def naive(pasts: list[Past], begin: datetime, end: datetime) -> dict[str, Figure]:
    """Count by reading every history from its beginning, one case after the other."""
    tally: dict[str, list[int]] = {item.code: [0, 0, 0] for item in INDICATORS}

    def count(code: str, hit: bool, *, exempt: bool = False) -> None:
        tally[code][0] += not exempt
        tally[code][1] += hit and not exempt
        tally[code][2] += exempt

    for past in pasts:
        for timer in past.timers:
            in_time = timer.stopped_at is not None and timer.stopped_at <= timer.due_at
            settled = timer.stopped_at if in_time else timer.due_at
            stopper = [s.action for s in past.steps if s.at == timer.stopped_at]
            if not begin <= settled < end:
                continue
            if timer.stage == "register":
                count("registered_in_time", in_time, exempt=timer.exempted_at is not None)
            elif not (in_time and set(stopper) & {"decline", "join"}):
                count("completed_in_time", in_time, exempt=timer.exempted_at is not None)
        for order in past.orders:
            taken = bool(order.accepted_at and order.accepted_at < end)
            reported = bool(order.status == "reported" and order.ended_at and order.ended_at < end)
            undone = order.status == "withdrawn" and not order.accepted_at and order.ended_at < end
            if begin <= order.sent_at < end and not undone and order.accepted_at != order.sent_at:
                count("orders_accepted", taken or reported)
        for step in past.steps:
            if begin <= step.at < end:
                _step(past, step, end, count)
    return {code: Figure(*numbers) for code, numbers in tally.items()}


def _step(past: Past, step: CaseStep, end: datetime, count: Callable[..., None]) -> None:
    after = [other for other in past.steps if other.number >= step.number and other.at < end]
    acts = {other.action for other in after}
    if step.number == 1 and past.case.channel == "visit":
        count("visits_received", bool(acts & {"register", "decline", "join"}))
    if step.number == 1 and past.case.channel in PEOPLE:
        answers = {"decline", "join", "progress", "record_session", "report", "revisit", "dissatisfied", "close"}
        count("concerns_answered", bool(acts & answers))
    if step.action == "verify":
        count("revisited", bool(acts & {"revisit", "dissatisfied"}))
    if step.action in ("revisit", "dissatisfied"):
        count("satisfied", step.data["satisfaction"] in HAPPY)
    if step.action != "register":
        return
    count("intake", True)
    if past.dispute:
        count("disputes", True)
    if step.before is None:
        count("registered_in_time", True)
    stands = after[-1].after
    if stands in ("declined", "joined"):
        return
    count("solved", stands in ("closed", "archived"))
    if past.dispute:
        count("disputes_treated", bool(acts & {"accept", "handle_here", "start_mediation"}))
    whose = False
    for other in after:
        whose = other.action in ("dispatch", "handle_here") or (
            whose
            and other.action not in ("withdraw", "undo_handle_here", "return", "transfer", "dissatisfied", "reopen")
        )
    count("duties_matched", whose)


WINDOWS = (Window(BEGIN, END), year_before(Window(BEGIN, END)), Window(BEGIN + timedelta(days=9, hours=7), END))
