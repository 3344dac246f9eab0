"""Rows of 核查: before a report is registered, somebody in the grid is asked for facts and answers with what they saw, or the
asking is withdrawn."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import REASON, Input, Transition
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import OPEN, Status

MOST_HOURS = 240
ASKING = (
    Input("worker", "核查人", "worker"),
    Input("reason", "要核查什么", "text"),
    Input("hours", "几小时内答复", "line", required=False, hint="按自然小时计，如 24；不限时请留空"),
)
ANSWERING = (Input("reason", "核查情况", "text"), Input("photos", "照片", "photos", required=False))


def none_open(facts: Facts, _doer: Doer) -> str:
    """One is asked at a time."""
    return f"已请{facts.checks[0][1]}核查，请等待答复。" if facts.checks else ""


def one_open(facts: Facts, _doer: Doer) -> str:
    """Only what was asked and not answered is withdrawn."""
    return "" if facts.checks else "没有等待答复的核查。"


def asked_of_me(facts: Facts, doer: Doer) -> str:
    """Who was asked answers."""
    if not facts.checks:
        return "没有等待答复的核查。"
    account_id, name = facts.checks[0]
    return "" if account_id == doer.account_id else f"这项核查由{name}答复。"


P = Permission
CHECK_ROWS: tuple[Transition, ...] = (
    Transition(
        Status.RECEIVED,
        Action.ASK_CHECK,
        Status.RECEIVED,
        P.CASE_REGISTER,
        "case.check_asked",
        inputs=ASKING,
        guards=(none_open,),
    ),
    *(
        Transition(
            state,
            Action.ANSWER_CHECK,
            state,
            P.CASE_VERIFY,
            "case.check_answered",
            inputs=ANSWERING,
            guards=(asked_of_me,),
        )
        for state in OPEN
    ),
    *(
        Transition(
            state,
            Action.WITHDRAW_CHECK,
            state,
            P.CASE_REGISTER,
            "case.check_withdrawn",
            inputs=(REASON,),
            guards=(one_open,),
        )
        for state in OPEN
    ),
)
