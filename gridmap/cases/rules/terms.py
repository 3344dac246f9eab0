"""What a case can be: channels, grades, scales, risk, states, with the words of the field (综治中心 practice)."""

from __future__ import annotations

from enum import StrEnum


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

    RECEIVED = "received"
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
    JOINED = "joined"


STATUS_NAMES = {
    Status.RECEIVED: "待受理",
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
    Status.JOINED: "已并案",
}
ENDED = frozenset({Status.CLOSED, Status.ARCHIVED, Status.DECLINED, Status.JOINED})
OPEN = tuple(status for status in Status if status not in ENDED)


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
