"""What waits for a person, read from the transition table: the states in which the next step of the course is theirs.

A row of the table asks for something when it leads on in the course (back, declining and joining are choices, not duties), or
when it belongs to those who assist. Its guards say who holds the case: the lead department, the centre itself, who assists.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gridmap.access import Permission
from gridmap.cases.rules.course import Transition
from gridmap.cases.rules.facts import has_lead, in_assisting, in_lead, not_own_work
from gridmap.cases.rules.table import TRANSITIONS
from gridmap.cases.rules.terms import ENDED, Status


class Hold(StrEnum):
    """Who must hold a case for it to wait for somebody."""

    SCOPE = "scope"  # whoever has the right at the place
    LEAD = "lead"  # the lead department's people
    CENTRE_OR_LEAD = "centre_or_lead"  # the lead department's people; the centre where it handles the case itself
    ASSIST = "assist"  # people of a department that assists and has not reported
    DUTY = "duty"  # whoever was asked first (首问) follows it to the end


class Group(StrEnum):
    """待办 groups, in the order of the course."""

    REGISTER = "register"
    ASSESS = "assess"
    DISPATCH = "dispatch"
    ACCEPT = "accept"
    HANDLE = "handle"
    ASSIST = "assist"
    VERIFY = "verify"
    REVISIT = "revisit"
    CLOSE = "close"
    MEDIATE = "mediate"
    TURN_UP = "turn_up"
    READ = "read"
    APPROVE = "approve"
    TASK = "task"
    CHARGE = "charge"
    DUTY = "duty"


GROUP_NAMES = {
    Group.REGISTER: "待受理",
    Group.ASSESS: "待研判",
    Group.DISPATCH: "待派单",
    Group.ACCEPT: "待接单",
    Group.HANDLE: "办理中",
    Group.ASSIST: "待协办",
    Group.VERIFY: "待核实",
    Group.REVISIT: "待回访",
    Group.CLOSE: "待结案",
    Group.MEDIATE: "待调解",
    Group.TURN_UP: "待报到",
    Group.READ: "待阅知",
    Group.APPROVE: "待审批",
    Group.TASK: "交给我的任务",
    Group.CHARGE: "领导包案",
    Group.DUTY: "首问跟踪",
}
BY_NAME = (Group.MEDIATE, Group.TURN_UP, Group.READ, Group.APPROVE, Group.TASK, Group.CHARGE)  # beside the course
_OF_STATE = {
    Status.RECEIVED: Group.REGISTER,
    Status.REGISTERED: Group.ASSESS,
    Status.ASSESSED: Group.DISPATCH,
    Status.DISPATCHED: Group.ACCEPT,
    Status.ACCEPTED: Group.HANDLE,
    Status.HANDLING: Group.HANDLE,
    Status.REPORTED: Group.VERIFY,
    Status.VERIFIED: Group.REVISIT,
    Status.REVISITED: Group.CLOSE,
}
_ORDER = {status: number for number, status in enumerate(_OF_STATE)}
_ORDER[Status.CLOSED] = len(_ORDER)


@dataclass(frozen=True)
class Waiting:
    """Cases in ``status`` wait for who has ``permission`` and holds them as ``hold`` says; ``fresh_eyes``: not for who handled them."""

    group: Group
    status: Status
    hold: Hold
    permission: Permission
    fresh_eyes: bool = False


def _leads_on(row: Transition) -> bool:
    return row.before in _OF_STATE and row.after in _ORDER and _ORDER[row.after] > _ORDER[row.before]


def _hold(row: Transition) -> Hold:
    if in_assisting in row.guards:
        return Hold.ASSIST
    if in_lead in row.guards:
        return Hold.LEAD if has_lead in row.guards else Hold.CENTRE_OR_LEAD
    return Hold.SCOPE


def _waiting() -> tuple[Waiting, ...]:
    found: dict[tuple[Group, Status], Waiting] = {}
    for row in TRANSITIONS:
        if row.before is None or row.before in ENDED:
            continue
        assisting = in_assisting in row.guards
        if not (assisting or _leads_on(row)):
            continue
        group = Group.ASSIST if assisting else _OF_STATE[row.before]
        made = Waiting(group, row.before, _hold(row), row.permission, not_own_work in row.guards)
        found.setdefault((group, row.before), made)
    return tuple(sorted(found.values(), key=lambda item: (list(Group).index(item.group), _ORDER[item.status])))


WAITING = _waiting()


def waiting_for(permitted: Callable[[Permission], bool], *, in_department: bool) -> list[Waiting]:
    """Return what may wait for a person with these rights; orders wait for people of departments only."""
    return [
        item
        for item in WAITING
        if permitted(item.permission) and (in_department or item.hold in (Hold.SCOPE, Hold.CENTRE_OR_LEAD))
    ]


def remaining(due_at: datetime | None, now: datetime) -> str:
    """Return how long is left until ``due_at``, or how long it is over, in words (both aware)."""
    if due_at is None:
        return "未定期限"
    seconds = abs((due_at - now).total_seconds())
    days, hours, minutes = int(seconds // 86400), int(seconds % 86400 // 3600), int(seconds % 3600 // 60)
    if days:
        words = f"{days} 天 {hours} 小时" if hours else f"{days} 天"
    elif hours:
        words = f"{hours} 小时 {minutes} 分" if minutes and hours < 10 else f"{hours} 小时"
    else:
        words = f"{max(minutes, 1)} 分钟"
    return f"还剩 {words}" if due_at > now else f"已超期 {words}"
