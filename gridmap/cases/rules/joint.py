"""联席会议 as plain values: how far a meeting is, and how far what it decided is. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from gridmap.cases.rules.orders import ORDER_STATUS_NAMES, OrderStatus


class MeetingState(StrEnum):
    """How far a meeting is; the last two are its end."""

    PLANNED = "planned"
    HELD = "held"
    CANCELLED = "cancelled"


MEETING_STATE_NAMES = {
    MeetingState.PLANNED: "待召开",
    MeetingState.HELD: "已召开",
    MeetingState.CANCELLED: "已取消",
}


class DecisionState(StrEnum):
    """How far a decision is: a department's by its order, a person's by their answer."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    RETURNED = "returned"
    DROPPED = "dropped"


DECISION_STATE_NAMES = {
    DecisionState.WAITING: ORDER_STATUS_NAMES[OrderStatus.SENT],
    DecisionState.WORKING: "办理中",
    DecisionState.DONE: "已完成",
    DecisionState.RETURNED: "已退单",
    DecisionState.DROPPED: "已撤销",
}
_OF_ORDERS = {
    OrderStatus.SENT: DecisionState.WAITING,
    OrderStatus.ACCEPTED: DecisionState.WORKING,
    OrderStatus.REPORTED: DecisionState.DONE,
    OrderStatus.RETURNED: DecisionState.RETURNED,
    OrderStatus.WITHDRAWN: DecisionState.DROPPED,
}


def decision_state(
    *, dropped_at: datetime | None, order_status: str | None, answered_at: datetime | None
) -> DecisionState:
    """Say how far a decision is, from its order or its task."""
    if dropped_at is not None:
        return DecisionState.DROPPED
    if order_status is not None:
        return _OF_ORDERS[OrderStatus(order_status)]
    return DecisionState.DONE if answered_at is not None else DecisionState.WORKING


def task_obstacle(names: tuple[str, ...]) -> str:
    """Say that people still owe the case what a meeting asked of them; '' when nobody does."""
    return f"联席会议交给{'、'.join(names)}的任务还没有完成，请等待或“撤销会议交办”。" if names else ""
