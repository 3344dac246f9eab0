"""Orders to departments: who leads, who assists, who is only told; and how far each is."""

from __future__ import annotations

from enum import StrEnum

from gridmap.access import subtree


class OrderKind(StrEnum):
    """What a department is asked for."""

    LEAD = "lead"
    ASSIST = "assist"
    COPY = "copy"


ORDER_KIND_NAMES = {OrderKind.LEAD: "主办", OrderKind.ASSIST: "协办", OrderKind.COPY: "抄告"}


class OrderStatus(StrEnum):
    """How far an order is; all but the first two are its end."""

    SENT = "sent"
    ACCEPTED = "accepted"
    REPORTED = "reported"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


ORDER_STATUS_NAMES = {
    OrderStatus.SENT: "待接单",
    OrderStatus.ACCEPTED: "办理中",
    OrderStatus.REPORTED: "已反馈",
    OrderStatus.RETURNED: "已退单",
    OrderStatus.WITHDRAWN: "已撤回",
}


def covers(department_unit: int, case_unit: int) -> bool:
    """Say whether a department's people see a case: its unit is the case's unit or stands above it."""
    return case_unit in subtree(department_unit)
