"""Rows of the table for 三级调解: start on a tier, plan and record sessions, agree, move up, end, perform."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action, Document
from gridmap.cases.rules.course import Input, Transition, _in
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import Status

S, A, P = Status, Action, Permission
START_IN = (S.ASSESSED, S.HANDLING)
OPEN_IN = (
    S.ASSESSED,
    S.DISPATCHED,
    S.ACCEPTED,
    S.HANDLING,
)  # a mediation that was started goes on while work is given out
# what was promised is done long after the case is closed
AGREED_IN = tuple(state for state in Status if state not in (S.RECEIVED, S.DECLINED, S.JOINED))


def no_mediation(facts: Facts, _doer: Doer) -> str:
    """One mediation of a case at a time."""
    return f"该事件正在进行{facts.mediation.name}调解，不能重复启动。" if facts.mediation else ""


def mediating(facts: Facts, _doer: Doer) -> str:
    """There is a mediation to work on."""
    return "" if facts.mediation else "该事件没有进行中的调解，请先“启动调解”。"


def sessions_left(facts: Facts, _doer: Doer) -> str:
    """The template bounds the sessions of a tier; the remedy is the next tier, or the end."""
    now = facts.mediation
    if now is None or now.most is None or now.taken < now.most:
        return ""
    remedy = "“终结调解”并告知依法可走的渠道" if now.last else "“移交上一级调解”"
    return f"{now.name}调解按模板至多 {now.most} 次，已安排或召开 {now.taken} 次，不能再安排；请{remedy}。"


def session_planned(facts: Facts, _doer: Doer) -> str:
    """Only a planned session can be recorded."""
    return "" if facts.mediation and facts.mediation.planned else "没有待记录的调解会，请先“安排调解会”。"


def nothing_planned(facts: Facts, _doer: Doer) -> str:
    """What was planned is recorded before the tier ends."""
    planned = facts.mediation.planned if facts.mediation else 0
    return f"还有 {planned} 次调解会没有记录，请先记录结果（未召开的记为改期）。" if planned else ""


def tried(facts: Facts, _doer: Doer) -> str:
    """A tier is not skipped: somebody tried, or recorded that a party stayed away."""
    if facts.mediation and facts.mediation.failed:
        return ""
    return "本级还没有未达成一致的调解会记录，不能移交；当事人不到场的，也请先记录该次调解会。"


def not_last(facts: Facts, _doer: Doer) -> str:
    """After the last tier the lawful channels are told."""
    now = facts.mediation
    if now and now.last:
        return f"{now.name}已是最后一级调解，不能再移交。请“终结调解”，并告知当事人依法可走的渠道：{now.channels}"
    return ""


def session_agreed(facts: Facts, _doer: Doer) -> str:
    """An agreement comes out of a session."""
    return "" if facts.mediation and facts.mediation.agreed else "请先记录一次达成一致的调解会，再登记调解协议。"


def unconfirmed(facts: Facts, _doer: Doer) -> str:
    """There is an agreement that a court has not confirmed."""
    return "" if facts.promises[0] else "没有尚未司法确认的调解协议。"


def duty_waits(facts: Facts, _doer: Doer) -> str:
    """There is something promised and not yet settled."""
    return "" if facts.promises[1] else "没有待履行的协议事项。"


STARTING = (
    Input("tier", "调解层级", "tier"),
    Input("mediators", "调解员", "mediators"),
    Input("reason", "启动说明", "text", required=False),
)
PLANNING = (
    Input("starts_at", "开始时间", "moment"),
    Input("minutes", "预计时长", "duration"),
    Input("room", "调解室", "room", required=False, hint="选调解室的，时间不能与已有预约重叠。"),
    Input("place", "其他地点", "line", required=False, hint="不用调解室的，请写明地点。"),
    Input("parties", "到场各方", "line", hint="写身份，不写姓名和证件号，如：申请人、对方当事人、村民代表"),
    Input("mediators", "调解员", "mediators", required=False, hint="不选即为本级调解的调解员。"),
)
RECORDING = (
    Input("session", "调解会", "session"),
    Input("result", "结果", "session_result"),
    Input("claims", "各方诉求", "text", required=False),
    Input("offers", "提出的方案", "text", required=False),
    Input("reason", "未达成一致或改期的原因", "text", required=False, hint="结果为未达成一致或改期的必填。"),
    Input("record", "会议记录", "text", required=False),
)
AGREEING = (
    Input("counterpart", "对方当事人", "line", hint="写身份或代称，如：12 号商铺"),
    Input("terms", "协议内容", "text"),
    Input("confirmation", "司法确认", "confirming"),
    Input(
        "duties",
        "履行事项",
        "duties",
        required=False,
        hint="一行一项，用不到的行留空；到期前、到期日和逾期时各提醒一次。",
    ),
    Input(
        "signing",
        "签署协议的当事人",
        "signing",
        required=False,
        hint="姓名、证件号等只写入协议书，不进办理记录；不选的，协议书上留空由当事人手写。",
    ),
    Input("ends", "本件调解", "ends"),
)
CONFIRMING = (
    Input("agreement", "协议序号", "line"),
    Input("on", "司法确认日期", "date"),
    Input("reason", "说明", "text", required=False, hint="如：裁定书文号"),
)
PERFORMING = (
    Input("duty", "履行事项序号", "line"),
    Input("performed", "履行情况", "performed"),
    Input("on", "日期", "date"),
    Input("reason", "说明", "text", required=False, hint="未履行的请写明原因和后续措施。"),
)
ENDING = (
    Input("reason", "终结理由", "text"),
    Input("lawful_channel", "依法可走的渠道", "text", hint="告知当事人的内容，如：申请仲裁、向人民法院起诉"),
)
MOVING = (
    Input("reason", "移交理由", "text"),
    Input("mediators", "上一级调解员", "mediators"),
)

# fmt: off
MEDIATION_ROWS: tuple[Transition, ...] = (
    *_in(START_IN, A.START_MEDIATION, P.CASE_MEDIATE, "mediation_started", inputs=STARTING, guards=(no_mediation,)),
    *_in(OPEN_IN, A.PLAN_SESSION, P.CASE_MEDIATE, "session_planned", inputs=PLANNING, guards=(mediating, sessions_left)),
    *_in(OPEN_IN, A.RECORD_SESSION, P.CASE_MEDIATE, "session_recorded", inputs=RECORDING, guards=(mediating, session_planned)),
    *_in(OPEN_IN, A.AGREE, P.CASE_MEDIATE, "agreed", inputs=AGREEING, guards=(mediating, session_agreed), document=Document.AGREEMENT),
    *_in(OPEN_IN, A.MOVE_UP, P.CASE_MEDIATE, "mediation_moved_up", inputs=MOVING, guards=(mediating, not_last, nothing_planned, tried)),
    *_in(OPEN_IN, A.END_MEDIATION, P.CASE_MEDIATE, "mediation_ended", inputs=ENDING, guards=(mediating, nothing_planned)),
    *_in(AGREED_IN, A.CONFIRM_AGREEMENT, P.CASE_MEDIATE, "agreement_confirmed", inputs=CONFIRMING, guards=(unconfirmed,)),
    *_in(AGREED_IN, A.PERFORM, P.CASE_MEDIATE, "duty_settled", inputs=PERFORMING, guards=(duty_waits,)),
)
# fmt: on
