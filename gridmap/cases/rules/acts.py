"""The words of the course: what can be done to a case, what its timers measure, which papers its steps produce."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """What can be done to a case: the words of the buttons."""

    SUBMIT = "submit"
    REGISTER = "register"
    DECLINE = "decline"
    JOIN = "join"
    ASSESS = "assess"
    DISPATCH = "dispatch"
    HANDLE_HERE = "handle_here"
    UNDO_HANDLE_HERE = "undo_handle_here"
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
    AGREE_MANY = "agree_many"
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
    WITHDRAW_CHECK = "withdraw_check"
    ADD_ASSIST = "add_assist"
    COPY = "copy"
    READ_COPY = "read_copy"
    WHISTLE = "whistle"
    TURN_UP = "turn_up"
    END_WHISTLE = "end_whistle"
    TRANSFER = "transfer"
    ASK_CHARGE = "ask_charge"
    TAKE_CHARGE = "take_charge"
    DECLINE_CHARGE = "decline_charge"
    DO_DUTY = "do_duty"
    END_CHARGE = "end_charge"
    TABLE = "table"
    DECIDE = "decide"
    FINISH_TASK = "finish_task"
    DROP_DECISION = "drop_decision"
    HAND_ON = "hand_on"
    SEND_LINK = "send_link"


ACTION_NAMES = {
    Action.SUBMIT: "上报",
    Action.REGISTER: "登记受理",
    Action.DECLINE: "不予受理",
    Action.JOIN: "并入其他事件",
    Action.ASSESS: "分析研判",
    Action.DISPATCH: "分流派单",
    Action.HANDLE_HERE: "中心自办",
    Action.UNDO_HANDLE_HERE: "撤回自办",
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
    Action.AGREE_MANY: "批量登记协议",
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
    Action.WITHDRAW_CHECK: "撤回核查",
    Action.ADD_ASSIST: "增派协办",
    Action.COPY: "抄告",
    Action.READ_COPY: "阅知",
    Action.WHISTLE: "吹哨",
    Action.TURN_UP: "报到",
    Action.END_WHISTLE: "结束吹哨",
    Action.TRANSFER: "移交其他区划",
    Action.ASK_CHARGE: "提请领导包案",
    Action.TAKE_CHARGE: "领导包案",
    Action.DECLINE_CHARGE: "不予包案",
    Action.DO_DUTY: "包案履职",
    Action.END_CHARGE: "结束包案",
    Action.TABLE: "提交联席会议",
    Action.DECIDE: "联席会议交办",
    Action.FINISH_TASK: "完成会议任务",
    Action.DROP_DECISION: "撤销会议交办",
    Action.HAND_ON: "移交承接部门",
    Action.SEND_LINK: "发回访链接",
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
