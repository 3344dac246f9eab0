"""The table of the course in words for people: what the page 办理流程 shows, in the product and in docs/guide/course.md.

Nothing here is a second telling of the course: every line is read from a row of the table; only what code cannot say by
itself, the condition that a guard checks, has words of its own, and a test holds that no guard is without them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from gridmap.access import GRANTS, ROLE_NAMES
from gridmap.cases.rules.acts import STAGE_NAMES, Action, Stage
from gridmap.cases.rules.course import Input, Transition
from gridmap.cases.rules.facts import Guard
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES
from gridmap.cases.rules.table import TRANSITIONS
from gridmap.cases.rules.terms import STATUS_NAMES, Status

GUARD_WORDS = {  # by the guard's module and name
    "charge.asked_of_me": "提请包案的是本人，且还没有答复",
    "charge.free_for_me": "还没有领导包案，或提请的是本人",
    "charge.leading": "由本人包案",
    "charge.nobody_asked": "没有等待答复的包案提请",
    "checks.asked_of_me": "核查请的是本人，且还没有答复",
    "checks.none_open": "没有等待答复的核查",
    "checks.one_open": "有等待答复的核查",
    "dispatch.called": "这次吹哨呼叫了本部门，本部门还没有报到",
    "dispatch.copied_to": "有抄告给本部门、还没有阅知的内容",
    "dispatch.free_to_move": "协办、吹哨、调解等旁支事项都已结束",
    "dispatch.no_whistle": "没有进行中的吹哨",
    "dispatch.whistled": "有进行中的吹哨",
    "facts.all_reported": "协办单位都已反馈，吹哨、调解等旁支事项都已结束",
    "facts.assisting_waits": "本部门的协办单还没有接单",
    "facts.has_lead": "已派给主办部门",
    "facts.free_to_join": "不是重新办理的事件，也没有领导包案（确属同一件事的，把另一件并入本件）",
    "facts.handled_here": "由中心自办，没有派给主办部门",
    "facts.in_assisting": "本部门是协办部门",
    "facts.in_lead": "本部门是主办部门；中心自办的，本人是综治中心工作人员",
    "facts.leader_done": "包案领导该做的都已登记（包案规定写明结案前要做的）",
    "facts.nobody_assigned": "没有指定经办人（已指定的先撤回）",
    "facts.not_own_work": "本人没有参与办理该事件（办理、协办、调解、报到、包案和联席会议任务都算）",
    "facts.not_reopened": "不是重新办理的事件",
    "facts.somebody_assigned": "已指定经办人",
    "handing.held_by_somebody": "有部门持有该事件的单，或有没报到的吹哨",
    "mediation.duty_waits": "协议中还有没登记履行情况的事项",
    "mediation.mediating": "有进行中的调解",
    "mediation.no_mediation": "没有进行中的调解",
    "mediation.not_last": "还没有到最后一级调解",
    "mediation.nothing_planned": "安排的调解会都已记录",
    "mediation.session_agreed": "已记录一次达成一致的调解会",
    "mediation.session_planned": "有安排好、还没有记录的调解会",
    "mediation.sessions_left": "没有超过本级调解的次数上限",
    "mediation.tried": "本级至少记录过一次未达成一致的调解会",
    "mediation.unconfirmed": "有还没有司法确认的调解协议",
    "meetings.decided": "有进行中的联席会议交办",
    "meetings.my_task": "联席会议交给本人的任务还没有完成",
    "meetings.tabled": "已列入联席会议的议程",
    "registering.by_joining": "在要并进来的那一件上办理“并入其他事件”，本件自动记录",
    "timing.below_red": "还没有到红牌督办",
    "timing.extension_asked": "有等待审批的延期申请，审批人不是申请人",
    "timing.first_review": "有等待初审的申诉，审核人不是申诉人",
    "timing.handling_runs": "办理时限正在计时",
    "timing.late_is_own": "超时的是本部门（或中心）承办的环节",
    "timing.late": "有没申诉过的超时，且没有申诉正在审核",
    "timing.not_paused": "计时没有暂停",
    "timing.nothing_asked": "没有等待审批的延期申请",
    "timing.paused": "计时已经暂停",
    "timing.second_review": "有等待复审的申诉，审核人不是申诉人，也不是初审人",
    "timing.supervised": "正在被督办",
    "timing.timed": "有正在计时的期限",
}
NEW = "新事件"
SELDOM = 2  # an action that leaves the state as it is and goes in more states than these is told once for all of them
HERE = "环节不变"


@dataclass(frozen=True)
class RowWords:
    """A row of the table in words; ``leads_to`` is ``None`` where the state stays, ``states`` says where an action goes."""

    action: Action
    name: str
    who: tuple[str, ...]
    needs: tuple[str, ...]
    guards: tuple[str, ...]
    leads_to: str | None
    paper: str
    starts: tuple[str, ...]
    stops: tuple[str, ...]
    states: tuple[str, ...] = ()


@dataclass(frozen=True)
class StateWords:
    """What can be done in a state: its own rows, and the names of what goes in many states."""

    key: str
    name: str
    rows: tuple[RowWords, ...]
    also: tuple[str, ...]


def in_words(row: Transition, states: Iterable[str] = ()) -> RowWords:
    """Return a row in words. Raises ``KeyError`` naming a guard without words."""
    return RowWords(
        row.action,
        row.name,
        tuple(name for role, name in ROLE_NAMES.items() if row.permission in GRANTS[role]),
        tuple(_need(wanted) for wanted in row.inputs),
        tuple(GUARD_WORDS[guard_key(guard)] for guard in row.guards),
        STATUS_NAMES[row.after] if row.after is not row.before else None,
        f"《{DOCUMENT_NAMES[row.document]}》" if row.document else "",
        _stages(row.starts),
        _stages(row.stops),
        tuple(states),
    )


def guard_key(guard: Guard) -> str:
    """Return under which name ``GUARD_WORDS`` has a guard: two topics may give theirs the same name."""
    return f"{guard.__module__.rsplit('.', 1)[-1]}.{guard.__name__}"


def _need(wanted: Input) -> str:
    return wanted.label if wanted.required else f"{wanted.label}（可不填）"


def _stages(stages: tuple[Stage, ...]) -> tuple[str, ...]:
    return ("全部计时",) if set(stages) == set(Stage) else tuple(STAGE_NAMES[stage] for stage in stages)


def seldom() -> list[StateWords]:
    """Return for each state, in the order of the course, the rows that are its own; first those that begin a case."""
    often = _often()
    return [
        StateWords(
            state.value if state else "new",
            STATUS_NAMES[state] if state else NEW,
            tuple(in_words(row) for row in _in_order(state) if row not in often),
            tuple(row.name for row in TRANSITIONS if row.before is state and row in often),
        )
        for state in (None, *Status)
    ]


def _in_order(state: Status | None) -> list[Transition]:
    """Return the rows of a state: first those that move the case on."""
    rows = [row for row in TRANSITIONS if row.before is state]
    return sorted(rows, key=lambda row: row.after is row.before)


def often() -> list[RowWords]:
    """Return what goes in many states and leaves them as they are, once each, with where it goes."""
    found: dict[Action, list[Transition]] = {}
    for row in _often():
        found.setdefault(row.action, []).append(row)
    return [
        in_words(rows[0], (STATUS_NAMES[row.before] for row in rows if row.before is not None))
        for rows in found.values()
    ]


def _often() -> list[Transition]:
    """Return rows that leave the state as it is and are alike in more than ``SELDOM`` states."""
    alike: dict[tuple[object, ...], list[Transition]] = {}
    for row in TRANSITIONS:
        if row.before is row.after:
            key = row.action, row.permission, row.inputs, row.guards, row.document, row.starts, row.stops
            alike.setdefault(key, []).append(row)
    many = [row for rows in alike.values() if len(rows) > SELDOM for row in rows]
    return [row for row in TRANSITIONS if row in many]


def moves() -> list[tuple[str, str, tuple[str, ...]]]:
    """Return which state leads to which by what: the lines of the drawing."""
    found: dict[tuple[Status | None, Status], list[str]] = {}
    for row in TRANSITIONS:
        if row.before is not row.after:
            found.setdefault((row.before, row.after), []).append(row.name)
    return [
        (STATUS_NAMES[before] if before else NEW, STATUS_NAMES[after], tuple(dict.fromkeys(names)))
        for (before, after), names in found.items()
    ]
