"""The course of a case: the one table of state × action that checks, buttons, texts, documents, timers and tests read.

受理 → 分析研判 → 分流派单 → 接单 → 办理 → 反馈 → 核实 → 回访验单 → 结案 → 归档. A row says who may do what in which state, what
must be given with it, what stands in the way (guards, with the reason in words), which document it makes, and which timers
it starts and stops. What an action does besides (orders, whistles, sessions …) is its effect, see ``cases.actions``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridmap.access import Permission
from gridmap.cases.rules.acts import ACTION_NAMES, Action, Document, Stage
from gridmap.cases.rules.facts import (
    Guard,
    all_reported,
    assisting_waits,
    free_to_join,
    handled_here,
    has_lead,
    in_assisting,
    in_lead,
    leader_done,
    nobody_assigned,
    not_own_work,
    not_reopened,
    somebody_assigned,
)
from gridmap.cases.rules.terms import OPEN, Status


@dataclass(frozen=True)
class Input:
    """Something that is given with an action: ``kind`` says what it is and so how it is asked and read."""

    name: str
    label: str
    kind: str = "text"
    required: bool = True
    hint: str = ""


REASON = Input("reason", "理由", "text")
NOTE = Input("reason", "说明", "text", required=False)


@dataclass(frozen=True)
class Transition:
    """One row: from ``before`` (``None``: not yet a case) by ``action`` to ``after``."""

    before: Status | None
    action: Action
    after: Status
    permission: Permission
    event: str
    inputs: tuple[Input, ...] = ()
    guards: tuple[Guard, ...] = ()
    document: Document | None = None
    starts: tuple[Stage, ...] = ()
    stops: tuple[Stage, ...] = ()

    @property
    def name(self) -> str:
        """The words of the button."""
        return ACTION_NAMES[self.action]


S, A, P = Status, Action, Permission
ASSESSMENT = (
    Input("category", "类别", "category"),
    Input("grade", "五事五办", "grade"),
    Input("scale", "规模", "scale"),
    Input("risk", "风险等级", "risk"),
    Input("reason", "研判意见", "text", required=False),
)
DISPATCHING = (
    Input("department", "主办部门", "department"),
    Input("assisting", "协办部门", "departments", required=False),
    Input("task", "办理要求", "text", required=False),
)
REVISITING = (
    Input("means", "回访方式", "means"),
    Input("satisfaction", "满意程度", "satisfied"),
    Input("reason", "回访情况", "text", required=False),
)
DISPLEASED = (
    Input("means", "回访方式", "means"),
    Input("satisfaction", "满意程度", "dissatisfied"),
    Input("reason", "不满意的原因", "text"),
)
DECLINING = (
    Input("reason", "不予受理的理由", "text"),
    Input("lawful_channel", "依法可走的渠道", "text", hint="如：向人民法院起诉、申请劳动仲裁"),
)


def _row(
    before: Status | None, action: Action, after: Status, permission: Permission, done: str, **more: object
) -> Transition:
    return Transition(before, action, after, permission, f"case.{done}", **more)  # type: ignore[arg-type]


def _in(
    states: Iterable[Status], action: Action, permission: Permission, done: str, **more: object
) -> list[Transition]:
    """Return one row for each of ``states``, all leaving the state as it is."""
    return [_row(state, action, state, permission, done, **more) for state in states]


def _to(
    states: Iterable[Status], action: Action, after: Status, permission: Permission, done: str, **more: object
) -> list[Transition]:
    """Return one row for each of ``states``, all leading to ``after``."""
    return [_row(state, action, after, permission, done, **more) for state in states]


UNDECIDED = (S.RECEIVED, S.REGISTERED)
WITH_DEPARTMENT = (S.DISPATCHED, S.ACCEPTED, S.HANDLING)
ASSISTING_IN = (S.ASSESSED, *WITH_DEPARTMENT)  # a joint meeting gives orders before anybody leads
WORKING = (S.ACCEPTED, S.HANDLING)
EVERY_STAGE = tuple(Stage)

# fmt: off
MAIN_LINE: tuple[Transition, ...] = (
    _row(None, A.SUBMIT, S.RECEIVED, P.CASE_CREATE, "received", starts=(Stage.REGISTER,)),
    _row(None, A.REGISTER, S.REGISTERED, P.CASE_REGISTER, "registered", document=Document.REGISTRATION, starts=(Stage.ASSESS, Stage.WHOLE)),
    _row(S.RECEIVED, A.REGISTER, S.REGISTERED, P.CASE_REGISTER, "registered", inputs=(NOTE,), document=Document.REGISTRATION, starts=(Stage.ASSESS, Stage.WHOLE), stops=(Stage.REGISTER,)),
    *_to(UNDECIDED, A.DECLINE, S.DECLINED, P.CASE_REGISTER, "declined", inputs=DECLINING, guards=(not_reopened, leader_done), document=Document.DECLINING, stops=EVERY_STAGE),
    *_to((*UNDECIDED, S.ASSESSED), A.JOIN, S.JOINED, P.CASE_REGISTER, "joined", inputs=(Input("into", "并入的事件编号", "case_code"), REASON), guards=(free_to_join, all_reported), stops=EVERY_STAGE),
    _row(S.REGISTERED, A.ASSESS, S.ASSESSED, P.CASE_DISPATCH, "assessed", inputs=ASSESSMENT, starts=(Stage.DISPATCH,), stops=(Stage.ASSESS,)),
    _row(S.ASSESSED, A.DISPATCH, S.DISPATCHED, P.CASE_DISPATCH, "dispatched", inputs=DISPATCHING, document=Document.ORDER, starts=(Stage.ACCEPT,), stops=(Stage.DISPATCH,)),
    _row(S.ASSESSED, A.HANDLE_HERE, S.HANDLING, P.CASE_DISPATCH, "handled_here", inputs=(NOTE,), starts=(Stage.HANDLE,), stops=(Stage.DISPATCH,)),
    _row(S.HANDLING, A.UNDO_HANDLE_HERE, S.ASSESSED, P.CASE_DISPATCH, "handled_here_undone", inputs=(REASON,), guards=(handled_here,), starts=(Stage.DISPATCH,), stops=(Stage.HANDLE,)),
    _row(S.DISPATCHED, A.WITHDRAW, S.ASSESSED, P.CASE_DISPATCH, "withdrawn", inputs=(REASON,), guards=(has_lead,), starts=(Stage.DISPATCH,), stops=(Stage.ACCEPT,)),
    _row(S.DISPATCHED, A.ACCEPT, S.ACCEPTED, P.CASE_HANDLE, "accepted", inputs=(NOTE,), guards=(has_lead, in_lead), starts=(Stage.HANDLE,), stops=(Stage.ACCEPT,)),
    *_to(WITH_DEPARTMENT, A.RETURN, S.ASSESSED, P.CASE_HANDLE, "returned", inputs=(REASON,), guards=(has_lead, in_lead, nobody_assigned), starts=(Stage.DISPATCH,), stops=(Stage.ACCEPT, Stage.HANDLE)),
    *_in(WORKING, A.ASSIGN, P.CASE_HANDLE, "assigned", inputs=(Input("assignee", "经办人", "colleague"),), guards=(has_lead, in_lead)),
    *_in(WORKING, A.UNASSIGN, P.CASE_HANDLE, "unassigned", inputs=(REASON,), guards=(has_lead, in_lead, somebody_assigned)),
    _row(S.ACCEPTED, A.START, S.HANDLING, P.CASE_HANDLE, "started", inputs=(NOTE,), guards=(has_lead, in_lead)),
    _row(S.HANDLING, A.PROGRESS, S.HANDLING, P.CASE_HANDLE, "progressed", inputs=(Input("reason", "进展情况", "text"), Input("photos", "照片", "photos", required=False)), guards=(in_lead,)),
    _row(S.HANDLING, A.REPORT, S.REPORTED, P.CASE_HANDLE, "reported", inputs=(Input("reason", "办理结果", "text"), Input("photos", "照片", "photos", required=False)), guards=(in_lead, all_reported), starts=(Stage.VERIFY,), stops=(Stage.HANDLE,)),
    _row(S.REPORTED, A.VERIFY, S.VERIFIED, P.CASE_VERIFY, "verified", inputs=(Input("reason", "核实情况", "text", required=False),), guards=(not_own_work,), starts=(Stage.REVISIT,), stops=(Stage.VERIFY,)),
    _row(S.REPORTED, A.REJECT, S.HANDLING, P.CASE_VERIFY, "rejected", inputs=(REASON,), guards=(not_own_work,), starts=(Stage.HANDLE,), stops=(Stage.VERIFY,)),
    _row(S.VERIFIED, A.REVISIT, S.REVISITED, P.CASE_REVISIT, "revisited", inputs=REVISITING, guards=(not_own_work,), starts=(Stage.CLOSE,), stops=(Stage.REVISIT,)),
    _row(S.VERIFIED, A.MISS, S.VERIFIED, P.CASE_REVISIT, "missed", inputs=(Input("means", "回访方式", "means"), Input("reason", "情况", "text")), guards=(not_own_work,)),
    *_to((S.VERIFIED, S.REVISITED), A.DISSATISFIED, S.REGISTERED, P.CASE_REVISIT, "reopened", inputs=DISPLEASED, guards=(not_own_work,), starts=(Stage.ASSESS,), stops=(Stage.REVISIT, Stage.CLOSE)),
    _row(S.REVISITED, A.CLOSE, S.CLOSED, P.CASE_CLOSE, "closed", inputs=(NOTE,), guards=(leader_done,), document=Document.COMPLETION, stops=EVERY_STAGE),
    _row(S.CLOSED, A.REOPEN, S.REGISTERED, P.CASE_CLOSE, "reopened", inputs=(REASON,), starts=(Stage.ASSESS, Stage.WHOLE)),
    _row(S.CLOSED, A.ARCHIVE, S.ARCHIVED, P.CASE_CLOSE, "archived", inputs=(NOTE,)),
    *_in(ASSISTING_IN, A.ASSIST_ACCEPT, P.CASE_HANDLE, "assist_accepted", inputs=(NOTE,), guards=(in_assisting, assisting_waits)),
    *_in(ASSISTING_IN, A.ASSIST_REPORT, P.CASE_HANDLE, "assist_reported", inputs=(Input("reason", "协办结果", "text"), Input("photos", "照片", "photos", required=False)), guards=(in_assisting,)),
    *_in(ASSISTING_IN, A.ASSIST_RETURN, P.CASE_HANDLE, "assist_returned", inputs=(REASON,), guards=(in_assisting,)),
    *_in((*OPEN, S.CLOSED), A.NOTE, P.CASE_CREATE, "noted", inputs=(Input("reason", "补充说明", "text"), Input("photos", "照片", "photos", required=False))),
)
# fmt: on
# who did one of these took part in handling the case, and so did whom a department named as its assignee: 核实 and 回访 are for others
LEADING_ACTIONS = (
    A.ACCEPT,
    A.START,
    A.PROGRESS,
    A.REPORT,
    A.HANDLE_HERE,
)  # of who leads: after a reopening it is another
HANDLING_ACTIONS = (
    *LEADING_ACTIONS, A.ASSIST_ACCEPT, A.ASSIST_REPORT, A.RECORD_SESSION, A.AGREE, A.AGREE_MANY, A.MOVE_UP, A.END_MEDIATION,
    A.TURN_UP, A.DO_DUTY, A.FINISH_TASK,
)  # fmt: skip
