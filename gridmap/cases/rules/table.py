"""Reading the table: what is possible, what a person may do now and why not, and what a history amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gridmap.access import Decision, Permission
from gridmap.cases.rules.acts import ACTION_NAMES, Action
from gridmap.cases.rules.agreements import AGREEMENTS_ROWS
from gridmap.cases.rules.charge import CHARGE_ROWS
from gridmap.cases.rules.checks import CHECK_ROWS
from gridmap.cases.rules.course import MAIN_LINE, Transition
from gridmap.cases.rules.dispatch import DISPATCH_ROWS
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.handing import HANDING_ROWS
from gridmap.cases.rules.letters.rows import DOCUMENT_ROWS
from gridmap.cases.rules.links import LINK_ROWS
from gridmap.cases.rules.mediation import MEDIATION_ROWS
from gridmap.cases.rules.meetings import MEETING_ROWS
from gridmap.cases.rules.registering import REGISTERING_ROWS
from gridmap.cases.rules.terms import STATUS_NAMES, Status
from gridmap.cases.rules.timing import TIMING_ROWS

TRANSITIONS: tuple[Transition, ...] = (
    *MAIN_LINE,
    *TIMING_ROWS,
    *REGISTERING_ROWS,
    *MEDIATION_ROWS,
    *AGREEMENTS_ROWS,
    *CHECK_ROWS,
    *DISPATCH_ROWS,
    *CHARGE_ROWS,
    *MEETING_ROWS,
    *HANDING_ROWS,
    *DOCUMENT_ROWS,
    *LINK_ROWS,
)  # beside the main line: rows of further topics, a module each
_ROWS = {(row.before, row.action): row for row in TRANSITIONS}
_ASKED = {row.action: row for row in sorted(TRANSITIONS, key=lambda row: row.before is not None)}
EVENT_NAMES = {row.event: row.name for row in TRANSITIONS}


@dataclass(frozen=True)
class Offer:
    """A row of the table as it stands for one person and one case."""

    row: Transition
    decision: Decision


def possible(status: Status | None) -> list[Transition]:
    """Return what the table allows in a state, in the order of the table."""
    return [row for row in TRANSITIONS if row.before == status]


def asked(action: Action) -> Transition:
    """Return a row of ``action`` on a case that exists: what a step asks for does not depend on the state of the case."""
    return _ASKED[action]


def transition(before: Status | None, action: Action) -> Transition | None:
    """Return the row for ``action`` in state ``before``, or ``None`` when the table has none."""
    return _ROWS.get((before, action))


def refusal(before: Status, action: Action) -> str:
    """Say why the table has no row: what the state is, and where the action belongs."""
    where = "、".join(
        dict.fromkeys(STATUS_NAMES[row.before] for row in TRANSITIONS if row.action is action and row.before)
    )
    return f"事件现在是“{STATUS_NAMES[before]}”，不能“{ACTION_NAMES[action]}”（可在{where}时进行）。"


def judge(row: Transition, facts: Facts, doer: Doer, permitted: Callable[[Permission], Decision]) -> Decision:
    """Decide whether a person may take a row now: first the right, then every guard; the first reason against it is told."""
    decision = permitted(row.permission)
    if not decision:
        return decision
    reason = next((words for guard in row.guards if (words := guard(facts, doer))), "")
    return Decision(not reason, reason)


def offers(facts: Facts, doer: Doer, permitted: Callable[[Permission], Decision]) -> list[Offer]:
    """Return every row that the state has, with whether this person may take it and why not."""
    return [Offer(row, judge(row, facts, doer, permitted)) for row in possible(facts.status)]


def replay(history: Iterable[tuple[Status | None, Action, Status]]) -> Status | None:
    """Return the state that a history (before, action, after), oldest first, leads to.

    Raises ``ValueError`` naming the first step that the table does not have or that does not follow on the one before it.
    """
    status: Status | None = None
    for number, (before, action, after) in enumerate(history, 1):
        row = transition(before, action)
        if before != status or row is None or row.after != after:
            raise ValueError(f"step {number}: {before} --{action}--> {after} after {status}")
        status = after
    return status
