"""Rows of 联席会议: a case is put on the agenda, the meeting's decisions become orders and tasks, a task is answered."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import ASSISTING_IN, Input, Transition, _in
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import OPEN, Status

A, P = Action, Permission
TABLING_IN = tuple(state for state in OPEN if state is not Status.RECEIVED)


def tabled(facts: Facts, _doer: Doer) -> str:
    """A meeting decides on what is on its agenda."""
    return "" if facts.tabled else "该事件没有列入联席会议的议程，请先“提交联席会议”。"


def my_task(facts: Facts, doer: Doer) -> str:
    """Who was given a task answers it."""
    return "" if any(task[0] == doer.account_id for task in facts.tasks) else "没有联席会议交给您的任务。"


def decided(facts: Facts, _doer: Doer) -> str:
    """There is a decision that has not ended."""
    return "" if facts.decisions_open else "没有进行中的联席会议交办。"


# fmt: off
MEETING_ROWS: tuple[Transition, ...] = (
    *_in(TABLING_IN, A.TABLE, P.CASE_DISPATCH, "tabled", inputs=(
        Input("meeting", "联席会议", "meeting", hint="只列出待召开的；没有的，请先在“联席会议”中新建。"),
        Input("reason", "议题", "text", hint="要会议决定什么"))),
    *_in(ASSISTING_IN, A.DECIDE, P.CASE_DISPATCH, "decided", guards=(tabled,), inputs=(
        Input("meeting", "联席会议", "meeting_on"),
        Input("department", "责任部门", "department", required=False, hint="责任部门和责任人选其一。"),
        Input("person", "责任人", "person", required=False),
        Input("task", "办理要求", "text"),
        Input("deadline", "完成时限", "deadline"))),
    *_in(ASSISTING_IN, A.FINISH_TASK, P.CASE_READ, "task_done", guards=(my_task,), inputs=(
        Input("task_number", "会议任务", "my_task"),
        Input("reason", "完成情况", "text"),
        Input("photos", "照片", "photos", required=False))),
    *_in(ASSISTING_IN, A.DROP_DECISION, P.CASE_DISPATCH, "decision_dropped", guards=(decided,), inputs=(
        Input("decision", "会议交办", "decision"),
        Input("reason", "撤销理由", "text"))),
)
# fmt: on
