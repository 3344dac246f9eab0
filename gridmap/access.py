"""Who may do what, and where: actors, permissions, decisions with a reason, and scopes as code ranges. Knows no table.

A unit code has 15 digits: county 6, town 3, village 3, grid 3 (provinces and cities use the first 2 and 4). A subtree is
the half-open range ``[lo, hi)``; a person's scope is the union of the ranges of the units where they hold posts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

LEVEL_DIGITS = {"province": 2, "city": 4, "county": 6, "town": 9, "village": 12, "grid": 15}


class Range(NamedTuple):
    """Unit codes ``lo <= code < hi``."""

    lo: int
    hi: int

    def __contains__(self, code: object) -> bool:
        return isinstance(code, int) and self.lo <= code < self.hi


EVERYWHERE = Range(0, 10**15)
NOWHERE = Range(0, 0)


def significant_digits(unit_code: int) -> int:
    """Return how many leading digits of a 15-digit code say something: 0 (the country), 2, 4, 6, 9, 12 or 15."""
    text = f"{unit_code:015d}".rstrip("0")
    return next(n for n in (0, 2, 4, 6, 9, 12, 15) if len(text) <= n)


def subtree(unit_code: int) -> Range:
    """Return the range of a unit and everything below it. ``0`` is the whole country."""
    digits = significant_digits(unit_code)
    return Range(unit_code, unit_code + 10 ** (15 - digits))


def above(unit_code: int) -> list[int]:
    """Return the codes of a unit and all units above it, up to 0 for the whole country."""
    digits = significant_digits(unit_code)
    return [0, *(int(f"{unit_code:015d}"[:n].ljust(15, "0")) for n in (2, 4, 6, 9, 12, 15) if n <= digits)]


class Role(StrEnum):
    """What a post lets its holder do."""

    ADMINISTRATOR = "administrator"
    LEADER = "leader"
    CENTRE_STAFF = "centre_staff"
    DEPARTMENT_HANDLER = "department_handler"
    MEDIATOR = "mediator"
    GRID_WORKER = "grid_worker"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"


ROLE_NAMES = {
    Role.ADMINISTRATOR: "系统管理员",
    Role.LEADER: "领导",
    Role.CENTRE_STAFF: "综治中心工作人员",
    Role.DEPARTMENT_HANDLER: "部门经办",
    Role.MEDIATOR: "调解员",
    Role.GRID_WORKER: "网格员",
    Role.SUPERVISOR: "督查员",
    Role.AUDITOR: "审计员",
}


class Permission(StrEnum):
    """``thing:verb``, kept in alphabetical order."""

    ACCOUNT_MANAGE = "account:manage"
    APPOINTMENT_BOOK = "appointment:book"
    APPOINTMENT_EDIT = "appointment:edit"
    AUDIT_READ = "audit:read"
    CALENDAR_EDIT = "calendar:edit"
    CASE_CHARGE = "case:charge"
    CASE_CLOSE = "case:close"
    CASE_CREATE = "case:create"
    CASE_DISPATCH = "case:dispatch"
    CASE_HANDLE = "case:handle"
    CASE_MEDIATE = "case:mediate"
    CASE_READ = "case:read"
    CASE_REGISTER = "case:register"
    CASE_REVISIT = "case:revisit"
    CASE_ROUTE = "case:route"
    CASE_SUPERVISE = "case:supervise"
    CASE_VERIFY = "case:verify"
    DUTY_READ = "duty:read"
    INDICATOR_READ = "indicator:read"
    MAP_READ = "map:read"
    MEDIATION_EDIT = "mediation:edit"
    PARTY_READ = "party:read"
    PATROL_PLAN = "patrol:plan"
    PATROL_READ = "patrol:read"
    PATROL_RECORD = "patrol:record"
    RULE_EDIT = "rule:edit"
    TEMPLATE_EDIT = "template:edit"
    TRACK_READ = "track:read"
    UNIT_EDIT = "unit:edit"
    UNIT_IMPORT = "unit:import"
    UNIT_PUBLISH = "unit:publish"
    UNIT_READ = "unit:read"


_READ = frozenset({Permission.MAP_READ, Permission.UNIT_READ, Permission.CASE_READ})
_DESK = frozenset(
    {
        Permission.APPOINTMENT_BOOK,
        Permission.CASE_CLOSE,
        Permission.CASE_CREATE,
        Permission.CASE_DISPATCH,
        Permission.CASE_HANDLE,
        Permission.CASE_MEDIATE,
        Permission.CASE_REGISTER,
        Permission.CASE_REVISIT,
        Permission.CASE_ROUTE,
        Permission.CASE_VERIFY,
        Permission.PARTY_READ,
        Permission.PATROL_PLAN,
    }
)
_WATCH = frozenset({Permission.DUTY_READ, Permission.PATROL_READ})
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(
        {
            Permission.ACCOUNT_MANAGE,
            Permission.APPOINTMENT_EDIT,
            Permission.CALENDAR_EDIT,
            Permission.CASE_READ,
            Permission.CASE_ROUTE,
            Permission.MAP_READ,
            Permission.MEDIATION_EDIT,
            Permission.RULE_EDIT,
            Permission.TEMPLATE_EDIT,
            Permission.UNIT_EDIT,
            Permission.UNIT_IMPORT,
            Permission.UNIT_PUBLISH,
            Permission.UNIT_READ,
        }
    ),
    Role.LEADER: _READ | _WATCH | {Permission.CASE_CHARGE, Permission.CASE_SUPERVISE, Permission.INDICATOR_READ},
    Role.CENTRE_STAFF: _READ | _DESK | _WATCH | {Permission.INDICATOR_READ},
    Role.DEPARTMENT_HANDLER: _READ | {Permission.CASE_CREATE, Permission.CASE_HANDLE, Permission.PARTY_READ},
    Role.MEDIATOR: _READ | {Permission.CASE_MEDIATE, Permission.PARTY_READ},
    Role.GRID_WORKER: _READ
    | {Permission.CASE_CREATE, Permission.CASE_VERIFY, Permission.PATROL_READ, Permission.PATROL_RECORD},
    Role.SUPERVISOR: _READ | _WATCH | {Permission.CASE_SUPERVISE, Permission.INDICATOR_READ, Permission.TRACK_READ},
    Role.AUDITOR: _READ | {Permission.AUDIT_READ, Permission.INDICATOR_READ},
}


class Decision(NamedTuple):
    """Yes or no, and why, in words for the person."""

    allowed: bool
    reason: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Post:
    """A role at a unit, in a department where the role is one of a department."""

    role: Role
    unit_code: int
    unit_name: str = ""
    department: str = ""
    department_id: int | None = None

    @property
    def scope(self) -> Range:
        """Unit codes this post covers."""
        return subtree(self.unit_code)


@dataclass(frozen=True)
class Actor:
    """The signed-in person as the rest of the product sees them."""

    account_id: int
    username: str
    name: str
    posts: tuple[Post, ...]
    must_change_password: bool = False

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Disjoint, ascending ranges of the units of all posts."""
        return merged(tuple(post.scope for post in self.posts))

    @property
    def hull(self) -> Range:
        """The one range that spans all posts."""
        ranges = self.ranges
        return Range(ranges[0].lo, ranges[-1].hi) if ranges else NOWHERE

    @property
    def home(self) -> Post | None:
        """The post with the widest scope: where the person's map opens."""
        return max(self.posts, key=lambda p: (p.scope.hi - p.scope.lo, -p.unit_code), default=None)

    @property
    def departments(self) -> frozenset[int]:
        """Numbers of the departments in which the person holds a post."""
        return frozenset(post.department_id for post in self.posts if post.department_id is not None)

    def may(self, permission: Permission, unit_code: int | None = None) -> Decision:
        """Decide whether any post grants ``permission`` (at ``unit_code``, when given)."""
        granting = [post for post in self.posts if permission in GRANTS[post.role]]
        if not granting:
            return Decision(False, f"您的岗位没有“{PERMISSION_NAMES[permission]}”的权限，如需办理请联系系统管理员。")
        if unit_code is not None and not any(unit_code in post.scope for post in granting):
            reason = "该地点不在您负责的区划范围内。" if unit_code else "此项涉及全系统，须由全系统的管理员办理。"
            return Decision(False, reason)
        return Decision(True)

    def granted_ranges(self, permission: Permission) -> tuple[Range, ...]:
        """Return the ranges of the posts that grant ``permission``: what a list of such things may show."""
        return merged(tuple(post.scope for post in self.posts if permission in GRANTS[post.role]))


PERMISSION_NAMES = {
    Permission.ACCOUNT_MANAGE: "管理账号",
    Permission.APPOINTMENT_BOOK: "办理预约",
    Permission.APPOINTMENT_EDIT: "设置接待窗口",
    Permission.AUDIT_READ: "查看操作日志",
    Permission.CALENDAR_EDIT: "编辑工作日历",
    Permission.CASE_CHARGE: "领导包案",
    Permission.CASE_CLOSE: "结案归档",
    Permission.CASE_CREATE: "登记事件",
    Permission.CASE_DISPATCH: "研判派单",
    Permission.CASE_HANDLE: "办理事件",
    Permission.CASE_MEDIATE: "调解",
    Permission.CASE_READ: "查看事件",
    Permission.CASE_REGISTER: "受理事件",
    Permission.CASE_REVISIT: "回访验单",
    Permission.CASE_ROUTE: "维护派单规则",
    Permission.CASE_SUPERVISE: "督办事件",
    Permission.CASE_VERIFY: "核实事件",
    Permission.DUTY_READ: "查看在岗人员",
    Permission.INDICATOR_READ: "查看指标",
    Permission.MAP_READ: "查看防控地图",
    Permission.MEDIATION_EDIT: "编辑调解层级和调解室",
    Permission.PARTY_READ: "查看当事人",
    Permission.PATROL_PLAN: "安排巡查",
    Permission.PATROL_READ: "查看巡查覆盖",
    Permission.PATROL_RECORD: "上岗和记录轨迹",
    Permission.RULE_EDIT: "维护办理时限",
    Permission.TEMPLATE_EDIT: "维护文书模板",
    Permission.TRACK_READ: "查看他人的巡查轨迹",
    Permission.UNIT_EDIT: "编辑区划边界",
    Permission.UNIT_IMPORT: "导入区划",
    Permission.UNIT_PUBLISH: "发布区划版本",
    Permission.UNIT_READ: "查看区划",
}


def merged(ranges: tuple[Range, ...]) -> tuple[Range, ...]:
    """Return the union of ranges as disjoint ascending ones."""
    out: list[Range] = []
    for item in sorted(r for r in ranges if r.lo < r.hi):
        if out and item.lo <= out[-1].hi:
            out[-1] = Range(out[-1].lo, max(out[-1].hi, item.hi))
        else:
            out.append(item)
    return tuple(out)
