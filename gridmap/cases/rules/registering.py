"""Rows of the table around registering: who is involved, further reporters, who follows the case to the end."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import REASON, Input, Transition
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import OPEN

PARTY = (
    Input("party_role", "当事人身份", "party_role"),
    Input("party_name", "姓名或单位名称", "line"),
    Input("party_id_number", "身份证号", "line", required=False, hint="18 位，或旧的 15 位；会核对校验位"),
    Input("party_phone", "电话", "line", required=False),
    Input("party_address", "住址", "line", required=False),
)
INVOLVED = (
    Input("people_count", "涉及人数", "line", required=False),
    Input("money_yuan", "涉及金额（元）", "line", required=False),
    Input("scale", "规模", "scale"),
)


def by_joining(_facts: Facts, _doer: Doer) -> str:
    """A case takes in another one when that one is joined to it: the other one is where it begins."""
    return "请打开要并进来的那一件事件，办理“并入其他事件”并填写本事件的编号，本事件会自动记录。"


P = Permission
REGISTERING_ROWS: tuple[Transition, ...] = tuple(
    Transition(state, action, state, permission, f"case.{event}", inputs=inputs, guards=guards)
    for action, permission, event, inputs, guards in (
        (Action.ADD_PARTY, P.CASE_CREATE, "party_added", PARTY, ()),
        (Action.INVOLVE, P.CASE_REGISTER, "involved", INVOLVED, ()),
        (Action.ABSORB, P.CASE_REGISTER, "absorbed", (), (by_joining,)),
        (Action.HAND_OVER, P.CASE_REGISTER, "handed_over", (Input("duty", "新的首问负责人", "duty"), REASON), ()),
    )
    for state in OPEN
)
