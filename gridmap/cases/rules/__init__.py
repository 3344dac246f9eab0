"""What a case can be: channels, grades, scales, risk, states, and the transition table that everything reads.

The words are those of the field (综治中心 practice); the table is the one place where the course of a case is laid down:
checks, buttons, texts, documents and tests read it. This first form knows registering; later steps are further rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gridmap.access import Permission


class Channel(StrEnum):
    """来源渠道."""

    GRID_WORKER = "grid_worker"
    VISIT = "visit"
    LETTER = "letter"
    PHONE = "phone"
    ONLINE = "online"
    VIDEO = "video"
    POLICE_110 = "police_110"
    PATROL = "patrol"
    DEPARTMENT = "department"
    SUPERIOR = "superior"


CHANNEL_NAMES = {
    Channel.GRID_WORKER: "网格员上报",
    Channel.VISIT: "来访",
    Channel.LETTER: "来信",
    Channel.PHONE: "来电/12345",
    Channel.ONLINE: "网上",
    Channel.VIDEO: "视频",
    Channel.POLICE_110: "110 非警务转办",
    Channel.PATROL: "巡查发现",
    Channel.DEPARTMENT: "部门移送",
    Channel.SUPERIOR: "上级交办",
}


class Grade(StrEnum):
    """五事五办."""

    WORRY = "worry"
    VEXING = "vexing"
    PAINFUL = "painful"
    URGENT = "urgent"
    HOPED = "hoped"


GRADE_NAMES = {
    Grade.WORRY: "操心事抓紧办",
    Grade.VEXING: "烦心事协商办",
    Grade.PAINFUL: "揪心事攻坚办",
    Grade.URGENT: "急难事马上办",
    Grade.HOPED: "期盼事全力办",
}


class Scale(StrEnum):
    """规模."""

    INDIVIDUAL = "individual"
    GROUP = "group"
    MAJOR_GROUP = "major_group"


SCALE_NAMES = {Scale.INDIVIDUAL: "个体性", Scale.GROUP: "一般群体性", Scale.MAJOR_GROUP: "重大群体性"}


class Risk(StrEnum):
    """风险等级 of a case, never of a person."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


RISK_NAMES = {Risk.HIGH: "高", Risk.MEDIUM: "中", Risk.LOW: "低"}


class Status(StrEnum):
    """State of a case, in the order of its course."""

    REGISTERED = "registered"
    ASSESSED = "assessed"
    DISPATCHED = "dispatched"
    ACCEPTED = "accepted"
    HANDLING = "handling"
    REPORTED = "reported"
    VERIFIED = "verified"
    REVISITED = "revisited"
    CLOSED = "closed"
    ARCHIVED = "archived"
    DECLINED = "declined"


STATUS_NAMES = {
    Status.REGISTERED: "已受理",
    Status.ASSESSED: "已研判",
    Status.DISPATCHED: "已派单",
    Status.ACCEPTED: "已接单",
    Status.HANDLING: "办理中",
    Status.REPORTED: "已反馈",
    Status.VERIFIED: "已核实",
    Status.REVISITED: "已回访",
    Status.CLOSED: "已结案",
    Status.ARCHIVED: "已归档",
    Status.DECLINED: "不予受理",
}
ENDED = frozenset({Status.CLOSED, Status.ARCHIVED, Status.DECLINED})


class Lateness(StrEnum):
    """期限: how an open case stands against its due time."""

    ON_TIME = "on_time"
    DUE_SOON = "due_soon"
    LATE = "late"
    ENDED = "ended"
    NO_LIMIT = "no_limit"


LATENESS_NAMES = {
    Lateness.ON_TIME: "期限内",
    Lateness.DUE_SOON: "24 小时内到期",
    Lateness.LATE: "已超期",
    Lateness.ENDED: "已办结",
    Lateness.NO_LIMIT: "未定期限",
}
DUE_SOON_HOURS = 24  # what the word 24 小时内到期 says; not a legal limit


class PositionMethod(StrEnum):
    """How a position was got."""

    GPS = "gps"
    MAP = "map"
    ADDRESS = "address"
    IMPORTED = "imported"
    NONE = "none"


POSITION_METHOD_NAMES = {
    PositionMethod.GPS: "卫星定位",
    PositionMethod.MAP: "地图选点",
    PositionMethod.ADDRESS: "地址匹配",
    PositionMethod.IMPORTED: "导入",
    PositionMethod.NONE: "未定位",
}


class Action(StrEnum):
    """What can be done to a case: the words of the buttons."""

    REGISTER = "register"


ACTION_NAMES = {Action.REGISTER: "登记受理"}


@dataclass(frozen=True)
class Transition:
    """One row of the table: from ``before`` (``None``: not yet a case) by ``action`` to ``after``."""

    before: Status | None
    action: Action
    after: Status
    permission: Permission
    event: str


TRANSITIONS = (Transition(None, Action.REGISTER, Status.REGISTERED, Permission.CASE_CREATE, "case.registered"),)


# 一案的环节, in order: the state that a step ends in, and the step's name.
COURSE = (
    (Status.REGISTERED, "受理"),
    (Status.ASSESSED, "分析研判"),
    (Status.DISPATCHED, "分流派单"),
    (Status.ACCEPTED, "接单"),
    (Status.HANDLING, "办理"),
    (Status.REPORTED, "反馈"),
    (Status.VERIFIED, "核实"),
    (Status.REVISITED, "回访验单"),
    (Status.CLOSED, "结案"),
    (Status.ARCHIVED, "归档"),
)
EVENT_NAMES = {row.event: ACTION_NAMES[row.action] for row in TRANSITIONS}


def steps(status: Status) -> list[tuple[str, str]]:
    """Return the steps of the course with how each stands: ``done``, ``next`` or ``later`` (a declined case ends at once)."""
    if status is Status.DECLINED:
        return [("不予受理", "done")]
    place = [state for state, _ in COURSE].index(status)
    finished = (
        place if status is Status.HANDLING else place + 1
    )  # 办理中 says that the step has begun, not that it is done
    return [
        (name, "done" if number < finished else "next" if number == finished else "later")
        for number, (_, name) in enumerate(COURSE)
    ]


def possible(status: Status | None) -> list[Transition]:
    """Return what the table allows in a state."""
    return [row for row in TRANSITIONS if row.before == status]


def transition(before: Status | None, action: Action) -> Transition | None:
    """Return the row for ``action`` in state ``before``, or ``None`` when the table has none."""
    return next((row for row in TRANSITIONS if (row.before, row.action) == (before, action)), None)


def lateness(status: Status, due_at: datetime | None, now: datetime) -> Lateness:
    """Say how a case stands against its due time at ``now`` (both aware)."""
    if status in ENDED:
        return Lateness.ENDED
    if due_at is None:
        return Lateness.NO_LIMIT
    if due_at <= now:
        return Lateness.LATE
    return Lateness.DUE_SOON if (due_at - now).total_seconds() <= DUE_SOON_HOURS * 3600 else Lateness.ON_TIME


def case_code(county_code: int, year: int, number: int) -> str:
    """Return the public code of a case (一案一码): county, year and running number, e.g. ``220102-2026-0000123``."""
    return f"{county_code:06d}-{year:04d}-{number:07d}"


def county_of(code: str) -> int | None:
    """Return the county in a case code, or ``None`` when it is not one."""
    parts = code.split("-")
    if [len(p) for p in parts] != [6, 4, 7] or not all(p.isascii() and p.isdigit() for p in parts):
        return None
    return int(parts[0])
