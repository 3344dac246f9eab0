"""Issuing a paper by hand, beside whatever state the case is in."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import Input, Transition
from gridmap.cases.rules.terms import OPEN, Status

ISSUING = (
    Input("paper", "文书种类", "paper"),
    Input("to", "主送", "text", hint="收文的单位或人员"),
    Input("reason", "正文", "text", hint="写入文书的内容，换行即分段"),
)
DOCUMENT_ROWS: tuple[Transition, ...] = tuple(
    Transition(state, Action.ISSUE, state, Permission.CASE_DISPATCH, "case.issued", ISSUING)
    for state in (*OPEN, Status.CLOSED)
)
