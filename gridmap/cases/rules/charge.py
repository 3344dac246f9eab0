"""Rows of 领导包案: a leader is asked or steps forward, does the duties, is released."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import Input, Transition, _in
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import OPEN, Status

A, P = Action, Permission
CHARGE_IN = tuple(state for state in OPEN if state is not Status.RECEIVED)


def nobody_asked(facts: Facts, _doer: Doer) -> str:
    """One leader is asked at a time."""
    return f"已提请{facts.charge_asked[1]}包案，请等待答复。" if facts.charge_asked else ""


def free_for_me(facts: Facts, doer: Doer) -> str:
    """A leader takes what nobody leads, or what they were asked to take."""
    if facts.charge_asked:
        account_id, name = facts.charge_asked
        return "" if account_id == doer.account_id else f"已提请{name}包案，由其答复。"
    if facts.charge is None:
        return ""
    if facts.charge.account_id == doer.account_id:
        return "您已在包办该事件。"
    return f"已由{facts.charge.name}包案；需要更换的，由综治中心“提请领导包案”。"


def asked_of_me(facts: Facts, doer: Doer) -> str:
    """Who was asked answers."""
    if facts.charge_asked is None:
        return "没有等待答复的包案提请。"
    account_id, name = facts.charge_asked
    return "" if account_id == doer.account_id else f"已提请{name}包案，由其答复。"


def leading(facts: Facts, doer: Doer) -> str:
    """Only the leader in charge does the duties and ends the charge."""
    if facts.charge is None:
        return "该事件没有领导包案。"
    return "" if facts.charge.account_id == doer.account_id else f"该事件由{facts.charge.name}包案。"


ASKING = (
    Input("leader", "包案领导", "leader"),
    Input("reason", "提请理由", "text", hint="如：涉及 218 户商铺工资，需要领导牵头协调"),
)
DOING = (
    Input("charge_duty", "履职事项", "charge_duty"),
    Input("on", "日期", "date", required=False, hint="不填即今天。"),
    Input("reason", "做了什么", "text", hint="写事，不写当事人姓名和证件号。"),
    Input("photos", "照片", "photos", required=False),
)
# fmt: off
CHARGE_ROWS: tuple[Transition, ...] = (
    *_in(CHARGE_IN, A.ASK_CHARGE, P.CASE_DISPATCH, "charge_asked", inputs=ASKING, guards=(nobody_asked,)),
    *_in(CHARGE_IN, A.TAKE_CHARGE, P.CASE_CHARGE, "charge_taken", inputs=(Input("reason", "说明", "text", required=False),), guards=(free_for_me,)),
    *_in(CHARGE_IN, A.DECLINE_CHARGE, P.CASE_CHARGE, "charge_declined", inputs=(Input("reason", "理由", "text"),), guards=(asked_of_me,)),
    *_in(CHARGE_IN, A.DO_DUTY, P.CASE_CHARGE, "duty_done", inputs=DOING, guards=(leading,)),
    *_in(CHARGE_IN, A.END_CHARGE, P.CASE_CHARGE, "charge_ended", inputs=(Input("reason", "结束包案的理由", "text"),), guards=(leading,)),
)
# fmt: on
