"""The indicators (指标): what each one counts, in words. Page, JSON, guide and tests are made of these definitions.

Each indicator counts things: timers, orders, steps, mediations. A thing belongs to the period in which its moment (``counted_on``)
lies, and is judged as of the end of the period (or now, in a period that still runs): so a past figure stays what it was, but
for appeals granted later. A granted appeal takes a thing out of both sides; it stays visible as 豁免.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from gridmap.cases.rules import ACTION_NAMES, CHANNEL_NAMES, STAGE_NAMES, Action, Channel, Stage
from gridmap.cases.rules.revisit import SATISFACTION_NAMES, SATISFIED, Satisfaction
from gridmap.cases.rules.tiers import rate


class Group(StrEnum):
    """Where an indicator stands on the page."""

    VOLUME = "volume"
    RESULT = "result"
    TIME = "time"
    HUNDRED = "hundred"


GROUP_NAMES = {Group.VOLUME: "受理量", Group.RESULT: "成效", Group.TIME: "时效", Group.HUNDRED: "五个百分之百"}


class Side(StrEnum):
    """Which rows of an indicator: a number opens the rows of its side."""

    HIT = "hit"
    ALL = "all"
    MISSED = "missed"
    EXEMPT = "exempt"


SIDE_NAMES = {Side.HIT: "分子", Side.ALL: "分母", Side.MISSED: "未达到", Side.EXEMPT: "豁免"}
DISPUTES = "矛盾纠纷"
"""The data dimension of disputes."""
FIRST_STEPS = (Action.SUBMIT, Action.REGISTER)
DECISIONS = (Action.REGISTER, Action.DECLINE, Action.JOIN)
LEFT_OUT = (Action.DECLINE, Action.JOIN)
ENDING = (*LEFT_OUT, Action.CLOSE, Action.REOPEN)
TREATING = (Action.ACCEPT, Action.HANDLE_HERE, Action.START_MEDIATION)
MATCHING = (Action.DISPATCH, Action.HANDLE_HERE)
UNMATCHING = (
    Action.WITHDRAW, Action.UNDO_HANDLE_HERE, Action.RETURN, Action.TRANSFER, Action.DISSATISFIED, Action.REOPEN,
)  # fmt: skip
ASKING = (Action.REVISIT, Action.DISSATISFIED)
ANSWERING = (*LEFT_OUT, Action.PROGRESS, Action.RECORD_SESSION, Action.REPORT, *ASKING, Action.CLOSE)
PEOPLE = (Channel.VISIT, Channel.LETTER, Channel.PHONE, Channel.ONLINE, Channel.VIDEO)


def _listed(names: Iterable[str]) -> str:
    return "、".join(names)


def _acts(actions: Iterable[Action]) -> str:
    return _listed(ACTION_NAMES[action] for action in actions)


@dataclass(frozen=True)
class Indicator:
    """An indicator: a rate (``hit`` of ``all``), or a plain count where ``hit`` is blank.

    ``of`` is the word for one of what is counted; ``hit`` and ``all`` say what the two numbers are; ``counted_on`` which moment
    puts a thing into the period; ``left_out`` what counts on neither side, and why; ``source`` where the definition is from.
    """

    code: str
    name: str
    group: Group
    of: str
    all: str
    counted_on: str
    left_out: str
    source: str
    hit: str = ""
    missed: str = ""
    exempts: bool = False

    @property
    def is_rate(self) -> bool:
        """Say whether it has a numerator."""
        return bool(self.hit)

    @property
    def formula(self) -> str:
        """The formula in words."""
        return f"{self.name} = {self.hit} ÷ {self.all} × 100%" if self.is_rate else f"{self.name} = {self.all}"

    def words(self, side: Side) -> str:
        """Return what the rows of a side are."""
        if side is Side.EXEMPT:
            return "超时申诉获准、不计入统计的"
        return {Side.HIT: self.hit, Side.ALL: self.all, Side.MISSED: self.missed}[side]


OWN = "各地综治中心公布的同名指标；各地算法不一，本系统按上列公式计算，供本级核对"
REGISTERED = "登记受理的时间"
NOT_TAKEN = "截止时不予受理的、并入其他事件的不计（没有受理，或在并入的事件中计算）"
TIMED = "按期的以完成时间、超期的以到期时间计入；延期获批的按延长后的时限"
INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "intake", "受理件数", Group.VOLUME, "件", "期内登记受理的事件", REGISTERED,
        "未受理的上报、直接不予受理和直接并案的不计", OWN,
    ),
    Indicator(
        "disputes", "矛盾纠纷件数", Group.VOLUME, "件", f"期内登记受理、数据维度为“{DISPUTES}”的事件", REGISTERED,
        "未受理的上报、直接不予受理和直接并案的不计", OWN,
    ),
    Indicator(
        "registered_in_time", "及时受理率", Group.TIME, "件", "期内应作出受理决定的事件", TIMED,
        f"没有{STAGE_NAMES[Stage.REGISTER]}时限的不计；还在时限内、尚未决定的不计；超时申诉获准的豁免", OWN,
        hit=f"在时限内作出决定（{_acts(DECISIONS)}）的；当场登记受理的计为及时", missed="未在时限内作出决定的", exempts=True,
    ),
    Indicator(
        "completed_in_time", "按期办结率", Group.TIME, "件", "期内结案或期限届满的事件", TIMED,
        f"没有{STAGE_NAMES[Stage.WHOLE]}时限的不计；还在期限内的不计；期限内不予受理或并案的不计；重新办理的按新的期限另计；"
        "超时申诉获准的豁免", OWN,
        hit="在全程期限内结案的", missed="期限届满仍未结案的", exempts=True,
    ),
    Indicator(
        "orders_accepted", "部门接单率", Group.TIME, "单", "期内发给部门的交办单（主办、协办）", "发单的时间",
        "接单前由中心撤回的不计；核实未通过退回续办、移交承接部门时已接单的不另计；抄告不要求接单，不计", OWN,
        hit="截止时已接单（或直接反馈）的", missed="截止时退单或尚未接单的",
    ),
    Indicator(
        "turned_up", "按时报到率", Group.TIME, "次", "期内发出的吹哨所叫的部门次数", "吹哨的时间",
        "截止时报到时限未到、尚未报到的不计", "中心吹哨、部门报到；与“吹哨报到”页同一算法",
        hit="在报到时限内到场的", missed="迟到和未报到的",
    ),
    Indicator(
        "solved", "化解率（办结率）", Group.RESULT, "件", "期内登记受理的事件", REGISTERED, NOT_TAKEN, OWN,
        hit="截止时已结案、没有重新办理的", missed="截止时尚未结案的",
    ),
    Indicator(
        "mediated", "调解成功率", Group.RESULT, "件", "期内结束的调解", "调解结束的时间",
        "正在进行的、移交上一级的不计（移交不算结束）；达成一部分协议即计为达成", "与“调解成功率”页同一算法",
        hit="以达成协议结束的", missed="未达成协议而终结的",
    ),
    Indicator(
        "satisfied", "群众满意率", Group.RESULT, "件次", "期内联系上、表了态的回访", "回访的时间",
        "回访未联系上的不计；一件事件回访几次计几次", OWN,
        hit=f"{_listed(SATISFACTION_NAMES[grade] for grade in Satisfaction if grade in SATISFIED)}的",
        missed=_listed(SATISFACTION_NAMES[grade] for grade in Satisfaction if grade not in SATISFIED),
    ),
    Indicator(
        "visits_received", "来访接待率", Group.HUNDRED, "件", f"期内接到的{CHANNEL_NAMES[Channel.VISIT]}事件", "接到的时间",
        "不设除外", OWN,
        hit=f"截止时已接待并作出决定（{_acts(DECISIONS)}）的", missed="截止时尚未作出决定的",
    ),
    Indicator(
        "disputes_treated", "矛盾调处率", Group.HUNDRED, "件", f"期内登记受理、数据维度为“{DISPUTES}”的事件", REGISTERED,
        NOT_TAKEN, OWN,
        hit=f"截止时已开始调处（{_acts(TREATING)}）的", missed="截止时尚未开始调处的",
    ),
    Indicator(
        "revisited", "事后回访率", Group.HUNDRED, "件次", "期内核实通过的办理结果", "核实通过的时间",
        "不设除外；重新办理后再次核实的另计一次", OWN,
        hit="截止时已回访并联系上的", missed="截止时尚未回访或没有联系上的",
    ),
    Indicator(
        "concerns_answered", "关切回应率", Group.HUNDRED, "件",
        f"期内接到的群众反映（{_listed(CHANNEL_NAMES[channel] for channel in PEOPLE)}）", "接到的时间",
        "部门、上级转来和巡查发现的不计（没有当面的反映人）", OWN,
        hit=f"截止时已有回应（{_acts(ANSWERING)}）的", missed="截止时尚无回应的",
    ),
    Indicator(
        "duties_matched", "责任对接率", Group.HUNDRED, "件", "期内登记受理的事件", REGISTERED, NOT_TAKEN, OWN,
        hit=f"截止时已落实责任单位（{_acts(MATCHING)}，且没有被撤回、退单、移交或退回重办）的", missed="截止时没有责任单位的",
    ),
)  # fmt: skip
BY_CODE = {item.code: item for item in INDICATORS}


@dataclass(frozen=True)
class Figure:
    """The numbers of an indicator: ``all`` and ``hit`` without what is exempt."""

    all: int = 0
    hit: int = 0
    exempt: int = 0

    @property
    def missed(self) -> int:
        """What is in the denominator only."""
        return self.all - self.hit

    @property
    def rate(self) -> float | None:
        """In per cent with two decimals, cut off and not rounded up; ``None`` (无数据) without a denominator."""
        return rate(self.hit, self.all)

    def count(self, side: Side) -> int:
        """Return the number of a side."""
        return {Side.HIT: self.hit, Side.ALL: self.all, Side.MISSED: self.missed, Side.EXEMPT: self.exempt}[side]


def change(item: Indicator, this: Figure, before: Figure) -> float | None:
    """Return the change on last year (同比): percentage points of a rate, per cent of a count; ``None`` (无数据) without a base."""
    if not item.is_rate:
        return round(100 * (this.all - before.all) / before.all, 1) if before.all else None
    if this.rate is None or before.rate is None:
        return None
    return round(this.rate - before.rate, 2)


@dataclass(frozen=True)
class Window:
    """``begin <= moment < end`` (aware); things are judged as of ``end``."""

    begin: datetime
    end: datetime


def window_of(since: date, until: date, now: datetime) -> Window:
    """Return the window of the days ``since`` … ``until`` in the zone of ``now`` (aware), which it does not exceed."""
    begin = datetime.combine(since, time.min, tzinfo=now.tzinfo)
    end = datetime.combine(until + timedelta(days=1), time.min, tzinfo=now.tzinfo)
    return Window(begin, max(begin, min(end, now)))


def year_before(window: Window) -> Window:
    """Return the same stretch of the year before; 29 February becomes the 28th."""
    return Window(_year_before(window.begin), _year_before(window.end))


def _year_before(at: datetime) -> datetime:
    try:
        return at.replace(year=at.year - 1)
    except ValueError:
        return at.replace(year=at.year - 1, day=28)


def periods(today: date) -> tuple[tuple[str, date, date], ...]:
    """Return the usual periods (name, first day, last day), the first one being what is shown unless asked otherwise."""
    month, last = today.replace(day=1), today.replace(day=1) - timedelta(days=1)
    quarter = today.replace(month=(today.month - 1) // 3 * 3 + 1, day=1)
    return (
        ("今年以来", today.replace(month=1, day=1), today),
        ("本季度", quarter, today),
        ("本月", month, today),
        ("上月", last.replace(day=1), last),
        ("去年", date(today.year - 1, 1, 1), date(today.year - 1, 12, 31)),
    )
