"""The row by which all that a department holds of a case goes to the one that follows it."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import Input, Transition, _in
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import Status


def held_by_somebody(facts: Facts, _doer: Doer) -> str:
    """There is something to hand on."""
    calls = facts.whistle.called if facts.whistle else ()
    return "" if facts.lead or facts.assisting or facts.copies or calls else "没有部门持有该事件的单。"


HANDING_ROWS: tuple[Transition, ...] = tuple(
    _in(
        (state for state in Status if state is not Status.RECEIVED),
        Action.HAND_ON,
        Permission.ACCOUNT_MANAGE,
        "handed_on",
        inputs=(
            Input("holder", "原部门", "holder"),
            Input("department", "承接部门", "department"),
            Input("reason", "理由", "text", hint="如：机构改革，职责划转"),
        ),
        guards=(held_by_somebody,),
    )
)
