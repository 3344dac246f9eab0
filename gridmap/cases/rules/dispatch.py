"""Rows of the table beside the main order: 增派协办, 抄告, 吹哨报到."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action, Stage
from gridmap.cases.rules.course import WITH_DEPARTMENT, Input, Transition, _in, _to
from gridmap.cases.rules.facts import Doer, Facts
from gridmap.cases.rules.terms import OPEN, Status

S, A, P = Status, Action, Permission
TELLING_IN = (*(state for state in OPEN if state is not S.RECEIVED), S.CLOSED)
UNDISPATCHED = (S.RECEIVED, S.REGISTERED, S.ASSESSED)
WHISTLE_IN = (S.ASSESSED, S.DISPATCHED, S.ACCEPTED, S.HANDLING)


def copied_to(facts: Facts, doer: Doer) -> str:
    """Only a department that was told and has not said so reads the copy."""
    return "" if facts.copies & doer.departments else "您所在的部门没有待阅的抄告。"


def no_whistle(facts: Facts, _doer: Doer) -> str:
    """One whistle at a time, so that everybody knows which one they answer."""
    return f"上一次{facts.whistle.obstacle}" if facts.whistle else ""


def whistled(facts: Facts, _doer: Doer) -> str:
    """There is a whistle to end."""
    return "" if facts.whistle else "没有进行中的吹哨。"


def called(facts: Facts, doer: Doer) -> str:
    """A called department turns up once."""
    if facts.whistle is None:
        return "没有进行中的吹哨。"
    mine = [call for call in facts.whistle.called if call.department_id in doer.departments]
    if not mine:
        return "这次吹哨没有呼叫您所在的部门。"
    return "" if any(not call.turned_up for call in mine) else "您所在的部门已经报到。"


def free_to_move(facts: Facts, _doer: Doer) -> str:
    """What runs beside the case ends before it is handed over."""
    return facts.obstacles[0] if facts.obstacles else ""


COPYING = (Input("departments", "抄告部门", "departments"), Input("reason", "抄告内容", "text"))
ADDING = (Input("assisting", "协办部门", "departments"), Input("task", "办理要求", "text", required=False))
WHISTLING = (
    Input("department", "主办部门", "department"),
    Input("assisting", "协办部门", "departments", required=False),
    Input("place", "集合地点", "place", hint="写到能找到的地方，如：甲一社区东门门卫室"),
    Input("deadline", "报到时限", "deadline"),
    Input("reason", "吹哨事由", "text"),
)
TURNING_UP = (Input("spot", "位置", "spot", required=False), Input("reason", "到场说明", "text", required=False))
MOVING = (
    Input("unit", "移交至", "unit", hint="只能移交给本区县的区划；其他区县的，请告知当事人向当地反映，或报上级协调。"),
    Input("category", "类别", "category", required=False),
    Input("reason", "移交理由", "text"),
)
DISPATCH_ROWS: tuple[Transition, ...] = (
    *_in(WITH_DEPARTMENT, A.ADD_ASSIST, P.CASE_DISPATCH, "assist_added", inputs=ADDING),
    *_in(UNDISPATCHED, A.TRANSFER, P.CASE_DISPATCH, "transferred", inputs=MOVING, guards=(free_to_move,)),
    *_to(
        WITH_DEPARTMENT,
        A.TRANSFER,
        S.ASSESSED,
        P.CASE_DISPATCH,
        "transferred",
        inputs=MOVING,
        guards=(free_to_move,),
        starts=(Stage.DISPATCH,),
        stops=(Stage.ACCEPT, Stage.HANDLE),
    ),
    *_in(TELLING_IN, A.COPY, P.CASE_DISPATCH, "copied", inputs=COPYING),
    *_in(
        (*TELLING_IN, S.ARCHIVED),
        A.READ_COPY,
        P.CASE_HANDLE,
        "copy_read",
        inputs=(Input("reason", "意见", "text", required=False),),
        guards=(copied_to,),
    ),
    *_in(WHISTLE_IN, A.WHISTLE, P.CASE_DISPATCH, "whistled", inputs=WHISTLING, guards=(no_whistle,)),
    *_in(WHISTLE_IN, A.TURN_UP, P.CASE_HANDLE, "turned_up", inputs=TURNING_UP, guards=(called,)),
    *_in(
        WHISTLE_IN,
        A.END_WHISTLE,
        P.CASE_DISPATCH,
        "whistle_ended",
        inputs=(Input("reason", "现场处置结果", "text"),),
        guards=(whistled,),
    ),
)
