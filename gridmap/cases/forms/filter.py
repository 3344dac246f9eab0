"""The one filter of cases: what list, map, tiles and counts all take from the query string."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

from gridmap.cases.rules import (
    CHANNEL_NAMES,
    ENDED,
    GRADE_NAMES,
    LATENESS_NAMES,
    RISK_NAMES,
    SCALE_NAMES,
    STATUS_NAMES,
    Channel,
    Grade,
    Lateness,
    Risk,
    Scale,
    Status,
)
from gridmap.cases.rules.clocks import SUPERVISION_NAMES, Supervision
from gridmap.errors import BadInput
from gridmap.units.rules.codes import CodeError, parse_code, short_code

FAMILIES = (1, 2, 3, 4, 5)
NO_RISK = "none"
OPEN = tuple(status for status in Status if status not in ENDED)
CLOSED = tuple(status for status in Status if status in ENDED)
GROUPS = {"open": OPEN, "ended": CLOSED}
MOST_CHARACTERS = 100  # of the words
MOST_VALUES = 100  # of one multi-valued parameter
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
E = TypeVar("E", bound=StrEnum)
Box = tuple[float, float, float, float]


class Located(StrEnum):
    """Whether a case has a position, and whether its grid is still to be found."""

    YES = "yes"
    NO = "no"
    PENDING = "pending"


LOCATED_NAMES = {Located.YES: "已定位", Located.NO: "未定位", Located.PENDING: "待定网格"}


class Repeat(StrEnum):
    """Whether a closed case happened at the same place before."""

    YES = "yes"


REPEAT_NAMES = {Repeat.YES: "同地重复"}
LABELS = {
    "unit": "区划",
    "family": "大类",
    "category": "小类",
    "channel": "来源渠道",
    "grade": "五事五办",
    "scale": "规模",
    "status": "状态",
    "risk": "风险等级",
    "lateness": "期限",
    "supervision": "督办",
    "from": "开始日期",
    "to": "结束日期",
    "located": "定位情况",
    "repeat": "同地重复",
    "q": "关键词",
    "bbox": "地图范围",
}


@dataclass(frozen=True)
class CaseFilter:
    """Which cases: every field narrows, an empty one does not. Hashable, canonical: equal filters are equal objects.

    ``unit`` is a padded 15-digit code (its whole subtree); multi-valued fields are in the order of their enum (codes
    sorted); ``since`` and ``until`` are inclusive days in China of ``received_at``; ``bbox`` is west, south, east, north in
    degrees, rounded to 1e-6. ``risk`` may hold ``"none"``: not yet assessed.
    """

    unit: int | None = None
    family: tuple[int, ...] = ()
    category: tuple[str, ...] = ()
    channel: tuple[Channel, ...] = ()
    grade: tuple[Grade, ...] = ()
    scale: tuple[Scale, ...] = ()
    status: tuple[Status, ...] = ()
    risk: tuple[str, ...] = ()
    lateness: tuple[Lateness, ...] = ()
    supervision: tuple[Supervision, ...] = ()
    since: date | None = None
    until: date | None = None
    located: Located | None = None
    repeat: Repeat | None = None
    q: str = ""
    bbox: Box | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> CaseFilter:
        """Read a filter from query parameters (names as in ``LABELS``); for other parameters see ``refuse_unknown``.

        A parameter may be repeated or comma-separated. Raises ``BadInput`` naming the field.
        """
        made = cls(
            unit=_unit(_one(args, "unit")),
            family=tuple(sorted({_family(value) for value in _many(args, "family")})),
            category=tuple(sorted({_category(value) for value in _many(args, "category")})),
            channel=_enums(args, "channel", Channel, CHANNEL_NAMES),
            grade=_enums(args, "grade", Grade, GRADE_NAMES),
            scale=_enums(args, "scale", Scale, SCALE_NAMES),
            status=_statuses(args),
            risk=_risks(args),
            lateness=_enums(args, "lateness", Lateness, LATENESS_NAMES),
            supervision=_enums(args, "supervision", Supervision, SUPERVISION_NAMES),
            since=_day(args, "from"),
            until=_day(args, "to"),
            located=next(iter(_enums(args, "located", Located, LOCATED_NAMES)), None),
            repeat=next(iter(_enums(args, "repeat", Repeat, REPEAT_NAMES)), None),
            q=_words(_one(args, "q")),
            bbox=_bbox(_one(args, "bbox")),
        )
        if made.since and made.until and made.since > made.until:
            raise BadInput("结束日期早于开始日期，请对调或修改。", field="to")
        return made

    def to_args(self) -> dict[str, str]:
        """Return the query parameters of this filter; ``from_args`` of them gives the same filter."""
        values = {
            "unit": short_code(self.unit) if self.unit else "",
            "status": _status_text(self.status),
            "from": self.since.isoformat() if self.since else "",
            "to": self.until.isoformat() if self.until else "",
            "located": self.located.value if self.located else "",
            "repeat": self.repeat.value if self.repeat else "",
            "q": self.q,
            "bbox": ",".join(f"{value:.6f}".rstrip("0").rstrip(".") for value in self.bbox) if self.bbox else "",
        }
        for name in ("family", "category", "channel", "grade", "scale", "risk", "lateness", "supervision"):
            values[name] = ",".join(str(value) for value in getattr(self, name))
        return {name: values[name] for name in LABELS if values[name]}

    def __bool__(self) -> bool:
        """Say whether anything narrows."""
        return any(getattr(self, field.name) != field.default for field in fields(self))


def refuse_unknown(args: Mapping[str, str], *own: str) -> None:
    """Raise ``BadInput`` for a parameter that is neither a filter (``LABELS``) nor one of the door's ``own``.

    A filter with a slip of the pen must not answer as if there were none.
    """
    refuse_others(args, *LABELS, *own)


def refuse_others(args: Mapping[str, str], *known: str) -> None:
    """Raise ``BadInput`` for a parameter that is not one of ``known``, for doors that know only some of the filters."""
    wrong = next((name for name in args if name not in known), None)
    if wrong is not None:
        listed = "、".join(f"{name}（{LABELS[name]}）" if name in LABELS else name for name in known)
        raise BadInput(f"没有“{wrong[:40]}”这个筛选条件，可用的条件：{listed}。", field=wrong[:40])


def _values(args: Mapping[str, Any], name: str) -> list[str]:
    getlist: Callable[[str], list[str]] | None = getattr(args, "getlist", None)
    found = getlist(name) if getlist else [args[name]] if name in args else []
    return [text.strip() for text in found if text.strip()]


def _one(args: Mapping[str, str], name: str) -> str:
    found = _values(args, name)
    return found[-1] if found else ""


def _many(args: Mapping[str, str], name: str) -> list[str]:
    found = [part.strip() for text in _values(args, name) for part in text.split(",") if part.strip()]
    if len(found) > MOST_VALUES:
        raise BadInput(f"“{LABELS[name]}”的取值过多（至多 {MOST_VALUES} 个）。", field=name)
    return found


def _unknown(name: str, value: str, known: Iterable[str]) -> BadInput:
    shown = "、".join(known)
    return BadInput(f"筛选条件“{LABELS[name]}”的值“{value[:40]}”无法识别，可用的值：{shown}。", field=name)


def _enums(args: Mapping[str, str], name: str, kind: type[E], names: Mapping[E, str]) -> tuple[E, ...]:
    given = set(_many(args, name))
    for value in sorted(given - {item.value for item in kind}):
        raise _unknown(name, value, (f"{item.value}（{names[item]}）" for item in kind))
    return tuple(item for item in kind if item.value in given)


def _statuses(args: Mapping[str, str]) -> tuple[Status, ...]:
    given: set[str] = set()
    for value in _many(args, "status"):
        if value not in GROUPS and value not in set(Status):
            known = ["open（未办结）", "ended（已办结）", *(f"{s.value}（{STATUS_NAMES[s]}）" for s in Status)]
            raise _unknown("status", value, known)
        given |= set(GROUPS.get(value, (value,)))
    return tuple(status for status in Status if status in given)


def _status_text(statuses: tuple[Status, ...]) -> str:
    parts: list[str] = []
    for group, members in GROUPS.items():
        inside = [status for status in statuses if status in members]
        parts += [group] if len(inside) == len(members) else [status.value for status in inside]
    return ",".join(parts)


def _risks(args: Mapping[str, str]) -> tuple[str, ...]:
    given, known = set(_many(args, "risk")), (*(risk.value for risk in Risk), NO_RISK)
    for value in sorted(given - set(known)):
        raise _unknown("risk", value, [*(f"{r.value}（{RISK_NAMES[r]}）" for r in Risk), "none（未评估）"])
    return tuple(value for value in known if value in given)


def _unit(text: str) -> int | None:
    if not text:
        return None
    try:
        return parse_code(text)
    except CodeError as fault:
        raise BadInput(f"筛选条件“区划”有误：{fault}", field="unit") from fault


def _family(text: str) -> int:
    if text not in {str(family) for family in FAMILIES}:
        raise _unknown("family", text, (str(family) for family in FAMILIES))
    return int(text)


def _category(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Za-z_.-]{1,20}", text):
        raise BadInput(f"筛选条件“小类”的代码“{text[:40]}”无法识别，请从类别列表中选择。", field="category")
    return text


def _day(args: Mapping[str, str], name: str) -> date | None:
    text = _one(args, name)
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as fault:
        raise BadInput(f"“{LABELS[name]}”应写作 2026-01-31 这样的日期。", field=name) from fault
    if not EARLIEST <= found <= LATEST:
        raise BadInput(f"“{LABELS[name]}”应在 {EARLIEST.year} 年至 {LATEST.year} 年之间。", field=name)
    return found


def _words(text: str) -> str:
    if "\x00" in text:
        raise BadInput("关键词含有无法识别的字符，请重新输入。", field="q")
    words = " ".join(text.split())
    if len(words) > MOST_CHARACTERS:
        raise BadInput(f"关键词至多 {MOST_CHARACTERS} 个字，请缩短。", field="q")
    return words


def _bbox(text: str) -> Box | None:
    if not text:
        return None
    fault = BadInput("地图范围应为“西,南,东,北”四个经纬度，如 125.2,43.7,125.4,43.9。", field="bbox")
    try:
        numbers = [round(float(part), 6) + 0.0 for part in text.split(",")]
    except ValueError as error:
        raise fault from error
    if len(numbers) != 4:
        raise fault
    west, south, east, north = numbers
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise fault
    return west, south, east, north
