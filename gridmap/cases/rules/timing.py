"""What is done about the limits of a case: pausing, more time, another class, supervision, appeals against a time-out."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import STAGE_NAMES, Action, Document, Stage
from gridmap.cases.rules.clocks import AppealStatus, Late, Supervision
from gridmap.cases.rules.course import REASON, Input, Transition, _in
from gridmap.cases.rules.facts import Doer, Facts, in_lead
from gridmap.cases.rules.terms import OPEN, Status

A, S, P = Action, Status, Permission
EXTENDABLE = (S.ACCEPTED, S.HANDLING)
APPEALABLE = (*OPEN, S.CLOSED, S.ARCHIVED)


def timed(facts: Facts, _doer: Doer) -> str:
    """Only what runs can be paused."""
    return "" if facts.clocks.running else "该事件现在没有在计时的期限。"


def not_paused(facts: Facts, _doer: Doer) -> str:
    """A pause is not paused again."""
    return "计时已经暂停，请先恢复计时。" if facts.clocks.paused else ""


def paused(facts: Facts, _doer: Doer) -> str:
    """Only a pause is ended."""
    return "" if facts.clocks.paused else "计时没有暂停，不需要恢复。"


def handling_runs(facts: Facts, _doer: Doer) -> str:
    """More time is asked for the handling."""
    return "" if Stage.HANDLE.value in facts.clocks.running else "办理环节没有在计时，不需要延期。"


def nothing_asked(facts: Facts, _doer: Doer) -> str:
    """One request at a time."""
    return "已有一项延期申请等待审批。" if facts.clocks.asked_by else ""


def extension_asked(facts: Facts, doer: Doer) -> str:
    """A request is decided by somebody else than who asked."""
    if facts.clocks.asked_by is None:
        return "没有等待审批的延期申请。"
    return "延期申请须由申请人以外的人审批。" if facts.clocks.asked_by == doer.account_id else ""


def below_red(facts: Facts, _doer: Doer) -> str:
    """The ladder ends at red."""
    return "该事件已是红牌督办，不能再升级。" if facts.clocks.supervision is Supervision.RED else ""


def supervised(facts: Facts, _doer: Doer) -> str:
    """Only a supervision is released."""
    return "" if facts.clocks.supervision else "该事件没有被督办。"


def late(facts: Facts, _doer: Doer) -> str:
    """An appeal is made against a time-out, once for each."""
    if facts.clocks.appeal:
        return "已有一项超时申诉在审核中。"
    return "" if facts.clocks.late else "该事件没有可申诉的超时（未超时，或已申诉过）。"


def own_late(facts: Facts, doer: Doer) -> list[Late]:
    """Return the time-outs that are a person's to appeal against: their department's, or the centre's."""
    return [
        one
        for one in facts.clocks.late
        if (one.department_id in doer.departments if one.department_id is not None else doer.centre)
    ]


def late_is_own(facts: Facts, doer: Doer) -> str:
    """An appeal is made by whose time it was."""
    if own_late(facts, doer):
        return ""
    whose = "、".join(
        dict.fromkeys(f"{STAGE_NAMES[Stage(one.stage)]}：{one.department_name}" for one in facts.clocks.late)
    )
    return f"超时申诉由超时环节的承办单位提出（{whose}）。"


def first_review(facts: Facts, doer: Doer) -> str:
    """初审: not by who appealed."""
    if facts.clocks.appeal is not AppealStatus.ASKED:
        return "没有等待初审的超时申诉。"
    return "申诉须由申诉人以外的人审核。" if doer.account_id == facts.clocks.appellant else ""


def second_review(facts: Facts, doer: Doer) -> str:
    """复审: by neither of the two before."""
    if facts.clocks.appeal is not AppealStatus.FIRST_AGREED:
        return "没有等待复审的超时申诉。"
    if doer.account_id == facts.clocks.first_reviewer:
        return "初审和复审须由不同的人进行。"
    return "申诉须由申诉人以外的人审核。" if doer.account_id == facts.clocks.appellant else ""


PAUSING = (REASON, Input("until", "暂停至", "datetime", hint="到时自动恢复计时。"))
EXTENDING = (
    Input("amount", "延长", "number", hint="单位与办理时限相同（工作时、工作日……）。"),
    Input("reason", "申请理由", "text"),
)
RECLASSING = (
    Input("category", "类别", "category"),
    Input("grade", "五事五办", "grade"),
    Input("reason", "调整理由", "text"),
)
APPEALING = (
    Input("timer", "申诉的超时", "late", hint="只列出本单位承办环节的超时；一次申诉一项。"),
    Input("reason", "申诉理由", "text"),
)
REVIEWING = (Input("verdict", "审核结论", "verdict"), Input("reason", "审核意见", "text"))

# fmt: off
TIMING_ROWS: tuple[Transition, ...] = (
    *_in(OPEN, A.PAUSE, P.CASE_DISPATCH, "paused", inputs=PAUSING, guards=(timed, not_paused)),
    *_in(OPEN, A.RESUME, P.CASE_DISPATCH, "resumed", inputs=(REASON,), guards=(paused,)),
    *_in(EXTENDABLE, A.EXTEND, P.CASE_HANDLE, "extension_asked", inputs=EXTENDING, guards=(in_lead, handling_runs, nothing_asked)),
    *_in(EXTENDABLE, A.GRANT_EXTENSION, P.CASE_DISPATCH, "extended", inputs=(Input("reason", "审批意见", "text", required=False),), guards=(extension_asked,)),
    *_in(EXTENDABLE, A.REFUSE_EXTENSION, P.CASE_DISPATCH, "extension_refused", inputs=(REASON,), guards=(extension_asked,)),
    *_in(OPEN, A.RECLASSIFY, P.CASE_DISPATCH, "reclassified", inputs=RECLASSING),
    *_in(OPEN, A.SUPERVISE, P.CASE_SUPERVISE, "supervised", inputs=(REASON,), guards=(below_red,), document=Document.SUPERVISION),
    *_in(OPEN, A.RELEASE, P.CASE_SUPERVISE, "supervision_released", inputs=(REASON,), guards=(supervised,)),
    *_in(APPEALABLE, A.APPEAL, P.CASE_HANDLE, "appealed", inputs=APPEALING, guards=(late, late_is_own)),
    *_in(APPEALABLE, A.REVIEW_APPEAL, P.CASE_DISPATCH, "appeal_reviewed", inputs=REVIEWING, guards=(first_review,)),
    *_in(APPEALABLE, A.DECIDE_APPEAL, P.CASE_SUPERVISE, "appeal_decided", inputs=REVIEWING, guards=(second_review,)),
)
# fmt: on
