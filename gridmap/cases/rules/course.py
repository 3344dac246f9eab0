"""The course of a case: the one table of state × action that checks, buttons, texts, documents, timers and tests read.

受理 → 分析研判 → 分流派单 → 接单 → 办理 → 反馈 → 核实 → 回访验单 → 结案 → 归档. A row says who may do what in which state, what
must be given with it, what stands in the way (guards, with the reason in words), which document it makes, and which timers
it starts and stops. What an action does besides (orders, whistles, sessions …) is its effect, see ``cases.actions``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gridmap.access import Permission
from gridmap.cases.rules.clocks import Clocks
from gridmap.cases.rules.terms import OPEN, Status
from gridmap.cases.rules.tiers import Mediating
from gridmap.cases.rules.whistles import Whistle


class Action(StrEnum):
    """What can be done to a case: the words of the buttons."""

    SUBMIT = "submit"
    REGISTER = "register"
    DECLINE = "decline"
    JOIN = "join"
    ASSESS = "assess"
    DISPATCH = "dispatch"
    HANDLE_HERE = "handle_here"
    WITHDRAW = "withdraw"
    ACCEPT = "accept"
    RETURN = "return"
    ASSIGN = "assign"
    UNASSIGN = "unassign"
    START = "start"
    PROGRESS = "progress"
    REPORT = "report"
    VERIFY = "verify"
    REJECT = "reject"
    REVISIT = "revisit"
    MISS = "miss"
    DISSATISFIED = "dissatisfied"
    CLOSE = "close"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    NOTE = "note"
    ISSUE = "issue"
    ASSIST_ACCEPT = "assist_accept"
    ASSIST_REPORT = "assist_report"
    ASSIST_RETURN = "assist_return"
    START_MEDIATION = "start_mediation"
    PLAN_SESSION = "plan_session"
    RECORD_SESSION = "record_session"
    AGREE = "agree"
    MOVE_UP = "move_up"
    END_MEDIATION = "end_mediation"
    CONFIRM_AGREEMENT = "confirm_agreement"
    PERFORM = "perform"
    PAUSE = "pause"
    RESUME = "resume"
    EXTEND = "extend"
    GRANT_EXTENSION = "grant_extension"
    REFUSE_EXTENSION = "refuse_extension"
    RECLASSIFY = "reclassify"
    SUPERVISE = "supervise"
    RELEASE = "release"
    APPEAL = "appeal"
    REVIEW_APPEAL = "review_appeal"
    DECIDE_APPEAL = "decide_appeal"
    ADD_PARTY = "add_party"
    INVOLVE = "involve"
    ABSORB = "absorb"
    HAND_OVER = "hand_over"
    ASK_CHECK = "ask_check"
    ANSWER_CHECK = "answer_check"
    ADD_ASSIST = "add_assist"
    COPY = "copy"
    READ_COPY = "read_copy"
    WHISTLE = "whistle"
    TURN_UP = "turn_up"
    END_WHISTLE = "end_whistle"
    TRANSFER = "transfer"


ACTION_NAMES = {
    Action.SUBMIT: "上报",
    Action.REGISTER: "登记受理",
    Action.DECLINE: "不予受理",
    Action.JOIN: "并入其他事件",
    Action.ASSESS: "分析研判",
    Action.DISPATCH: "分流派单",
    Action.HANDLE_HERE: "中心自办",
    Action.WITHDRAW: "撤回派单",
    Action.ACCEPT: "接单",
    Action.RETURN: "退单",
    Action.ASSIGN: "指定经办人",
    Action.UNASSIGN: "撤回经办人",
    Action.START: "开始办理",
    Action.PROGRESS: "记录进展",
    Action.REPORT: "办结反馈",
    Action.VERIFY: "核实通过",
    Action.REJECT: "核实未通过",
    Action.REVISIT: "回访验单",
    Action.MISS: "回访未联系上",
    Action.DISSATISFIED: "回访不满意",
    Action.CLOSE: "结案",
    Action.REOPEN: "重新办理",
    Action.ARCHIVE: "归档",
    Action.NOTE: "补充说明",
    Action.ISSUE: "出具文书",
    Action.ASSIST_ACCEPT: "协办接单",
    Action.ASSIST_REPORT: "协办反馈",
    Action.ASSIST_RETURN: "协办退单",
    Action.START_MEDIATION: "启动调解",
    Action.PLAN_SESSION: "安排调解会",
    Action.RECORD_SESSION: "记录调解会",
    Action.AGREE: "达成调解协议",
    Action.MOVE_UP: "移交上一级调解",
    Action.END_MEDIATION: "终结调解",
    Action.CONFIRM_AGREEMENT: "登记司法确认",
    Action.PERFORM: "登记协议履行",
    Action.PAUSE: "暂停计时",
    Action.RESUME: "恢复计时",
    Action.EXTEND: "申请延期",
    Action.GRANT_EXTENSION: "同意延期",
    Action.REFUSE_EXTENSION: "不同意延期",
    Action.RECLASSIFY: "调整类别等级",
    Action.SUPERVISE: "督办",
    Action.RELEASE: "解除督办",
    Action.APPEAL: "超时申诉",
    Action.REVIEW_APPEAL: "申诉初审",
    Action.DECIDE_APPEAL: "申诉复审",
    Action.ADD_PARTY: "登记当事人",
    Action.INVOLVE: "登记人数和金额",
    Action.ABSORB: "接收并案",
    Action.HAND_OVER: "首问交接",
    Action.ASK_CHECK: "请人核查",
    Action.ANSWER_CHECK: "答复核查",
    Action.ADD_ASSIST: "增派协办",
    Action.COPY: "抄告",
    Action.READ_COPY: "阅知",
    Action.WHISTLE: "吹哨",
    Action.TURN_UP: "报到",
    Action.END_WHISTLE: "结束吹哨",
    Action.TRANSFER: "移交其他区划",
}


class Stage(StrEnum):
    """What a timer measures; each starts when its stage starts."""

    REGISTER = "register"
    ASSESS = "assess"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    HANDLE = "handle"
    VERIFY = "verify"
    REVISIT = "revisit"
    CLOSE = "close"
    WHOLE = "whole"


STAGE_NAMES = {
    Stage.REGISTER: "受理",
    Stage.ASSESS: "研判",
    Stage.DISPATCH: "派单",
    Stage.ACCEPT: "接单",
    Stage.HANDLE: "办理",
    Stage.VERIFY: "核实",
    Stage.REVISIT: "回访",
    Stage.CLOSE: "结案",
    Stage.WHOLE: "全程",
}


class Document(StrEnum):
    """三单两函 and the other papers that a step produces."""

    REGISTRATION = "registration"
    DECLINING = "declining"
    ORDER = "order"
    REFERRAL = "referral"
    SUPERVISION = "supervision"
    REMINDER = "reminder"
    SUGGESTION = "suggestion"
    AGREEMENT = "agreement"
    COMPLETION = "completion"


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
class Order:
    """An open order: what the lead department (主办) or one that assists (协办) holds."""

    department_id: int
    department_name: str
    status: str
    assignee_id: int | None = None
    assignee_name: str = ""


@dataclass(frozen=True)
class Facts:
    """What the guards may look at: plain values read together with the case."""

    status: Status | None
    unit_code: int = 0
    lead: Order | None = None
    assisting: tuple[Order, ...] = ()  # of departments that have not reported
    handlers: frozenset[int] = frozenset()  # accounts that accepted, handled or reported in this or an earlier round
    copies: frozenset[int] = frozenset()  # departments that were told (抄告) and have not said that they read it
    whistle: Whistle | None = None  # the open one
    checks: tuple[tuple[int, str], ...] = ()  # who was asked to fill in facts and has not answered: account, name
    obstacles: tuple[str, ...] = ()  # what else must end before the case is reported (whistles, mediation), in words
    mediation: Mediating | None = None  # the open one
    promises: tuple[int, int] = (0, 0)  # agreements no court has confirmed, promises nobody has settled
    clocks: Clocks = field(default_factory=Clocks)  # its limits


@dataclass(frozen=True)
class Doer:
    """Who acts: the account and the departments of their posts."""

    account_id: int
    departments: frozenset[int] = field(default_factory=frozenset)


Guard = Callable[[Facts, Doer], str]


def in_lead(facts: Facts, doer: Doer) -> str:
    """Only the lead department works on its order."""
    if facts.lead is None:
        return ""  # 中心自办: whoever holds the permission
    if facts.lead.department_id in doer.departments:
        return ""
    return f"该单由“{facts.lead.department_name}”主办，由该部门办理。"


def has_lead(facts: Facts, _doer: Doer) -> str:
    """There is an order to work on."""
    return "" if facts.lead else "该事件由中心自办，没有派给部门的单。"


def nobody_assigned(facts: Facts, _doer: Doer) -> str:
    """A department withdraws its own assignee before it returns an order."""
    if facts.lead and facts.lead.assignee_id:
        return f"已指定经办人{facts.lead.assignee_name}，请先撤回经办人再退单。"
    return ""


def somebody_assigned(facts: Facts, _doer: Doer) -> str:
    """Only an assignee that is there can be withdrawn."""
    return "" if facts.lead and facts.lead.assignee_id else "还没有指定经办人。"


def all_reported(facts: Facts, _doer: Doer) -> str:
    """The lead reports when everybody who assists has."""
    if facts.assisting:
        names = "、".join(order.department_name for order in facts.assisting)
        return f"协办单位{names}还没有反馈，请等待或催办。"
    return facts.obstacles[0] if facts.obstacles else ""


def in_assisting(facts: Facts, doer: Doer) -> str:
    """Only a department that assists works on its assisting order."""
    if any(order.department_id in doer.departments for order in facts.assisting):
        return ""
    return "您所在的部门没有该事件的协办单。"


def assisting_waits(facts: Facts, doer: Doer) -> str:
    """An assisting order is accepted once."""
    mine = [order for order in facts.assisting if order.department_id in doer.departments]
    return "" if any(order.status == "sent" for order in mine) else "协办单已经接单。"


def not_own_work(facts: Facts, doer: Doer) -> str:
    """核实 and 回访 are done by somebody who did not handle the case."""
    return "您经办过该事件，核实和回访须由其他人进行。" if doer.account_id in facts.handlers else ""


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
WORKING = (S.ACCEPTED, S.HANDLING)
EVERY_STAGE = tuple(Stage)

# fmt: off
MAIN_LINE: tuple[Transition, ...] = (
    _row(None, A.SUBMIT, S.RECEIVED, P.CASE_CREATE, "received", starts=(Stage.REGISTER,)),
    _row(None, A.REGISTER, S.REGISTERED, P.CASE_REGISTER, "registered", document=Document.REGISTRATION, starts=(Stage.ASSESS, Stage.WHOLE)),
    _row(S.RECEIVED, A.REGISTER, S.REGISTERED, P.CASE_REGISTER, "registered", inputs=(NOTE,), document=Document.REGISTRATION, starts=(Stage.ASSESS, Stage.WHOLE), stops=(Stage.REGISTER,)),
    *_to(UNDECIDED, A.DECLINE, S.DECLINED, P.CASE_REGISTER, "declined", inputs=DECLINING, document=Document.DECLINING, stops=EVERY_STAGE),
    *_to((*UNDECIDED, S.ASSESSED), A.JOIN, S.JOINED, P.CASE_REGISTER, "joined", inputs=(Input("into", "并入的事件编号", "case_code"), REASON), guards=(all_reported,), stops=EVERY_STAGE),
    _row(S.REGISTERED, A.ASSESS, S.ASSESSED, P.CASE_DISPATCH, "assessed", inputs=ASSESSMENT, starts=(Stage.DISPATCH,), stops=(Stage.ASSESS,)),
    _row(S.ASSESSED, A.DISPATCH, S.DISPATCHED, P.CASE_DISPATCH, "dispatched", inputs=DISPATCHING, document=Document.ORDER, starts=(Stage.ACCEPT,), stops=(Stage.DISPATCH,)),
    _row(S.ASSESSED, A.HANDLE_HERE, S.HANDLING, P.CASE_DISPATCH, "handled_here", inputs=(NOTE,), starts=(Stage.HANDLE,), stops=(Stage.DISPATCH,)),
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
    _row(S.REVISITED, A.CLOSE, S.CLOSED, P.CASE_CLOSE, "closed", inputs=(NOTE,), document=Document.COMPLETION, stops=EVERY_STAGE),
    _row(S.CLOSED, A.REOPEN, S.REGISTERED, P.CASE_CLOSE, "reopened", inputs=(REASON,), starts=(Stage.ASSESS, Stage.WHOLE)),
    _row(S.CLOSED, A.ARCHIVE, S.ARCHIVED, P.CASE_CLOSE, "archived", inputs=(NOTE,)),
    *_in(WITH_DEPARTMENT, A.ASSIST_ACCEPT, P.CASE_HANDLE, "assist_accepted", inputs=(NOTE,), guards=(in_assisting, assisting_waits)),
    *_in(WITH_DEPARTMENT, A.ASSIST_REPORT, P.CASE_HANDLE, "assist_reported", inputs=(Input("reason", "协办结果", "text"), Input("photos", "照片", "photos", required=False)), guards=(in_assisting,)),
    *_in(WITH_DEPARTMENT, A.ASSIST_RETURN, P.CASE_HANDLE, "assist_returned", inputs=(REASON,), guards=(in_assisting,)),
    *_in((*OPEN, S.CLOSED), A.NOTE, P.CASE_CREATE, "noted", inputs=(Input("reason", "补充说明", "text"), Input("photos", "照片", "photos", required=False))),
)
# fmt: on
# who did one of these has handled the case: 核实 and 回访 are for others
HANDLING_ACTIONS = (A.ACCEPT, A.START, A.PROGRESS, A.REPORT, A.HANDLE_HERE, A.ASSIST_REPORT)
