"""Request data of 联席会议: planning a meeting, its minutes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.mediation import line
from gridmap.cases.forms.plain import clean
from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE

MOST_DEPARTMENTS = 40
MOST_MINUTES = 20_000


@dataclass(frozen=True)
class MeetingEntry:
    """A meeting as it is planned; ``seen`` is the row's version that the form showed."""

    title: str
    starts_at: datetime
    place: str
    chair: str
    departments: tuple[int, ...]
    seen: int | None


@dataclass(frozen=True)
class MinutesEntry:
    """What was said, and which of the called departments came."""

    minutes: str
    attended: frozenset[int]
    seen: int | None


def read_meeting(form: MultiDict[str, str]) -> MeetingEntry:
    """Read the form of a meeting. Raises ``BadInput`` naming the field and the remedy."""
    found = {}
    for name, label, most in (("title", "会议名称", 60), ("place", "地点", 100), ("chair", "主持人", 60)):
        found[name] = line(form.get(name, ""), label, name, most)
        if not found[name]:
            raise BadInput(f"请填写“{label}”。", field=name)
    departments = tuple(dict.fromkeys(_numbers(form, "department")))
    if len(departments) > MOST_DEPARTMENTS:
        raise BadInput(f"参会部门至多 {MOST_DEPARTMENTS} 个。", field="department")
    return MeetingEntry(**found, starts_at=_moment(form), departments=departments, seen=_seen(form))


def read_minutes(form: MultiDict[str, str]) -> MinutesEntry:
    """Read the minutes. Raises ``BadInput``."""
    text = clean(form.get("minutes", ""))
    if not text:
        raise BadInput("请填写“会议记录”。", field="minutes")
    if UNREADABLE.search(text):
        raise BadInput("“会议记录”含有无法识别的字符，请重新输入。", field="minutes")
    if len(text) > MOST_MINUTES:
        raise BadInput(f"“会议记录”至多 {MOST_MINUTES} 个字，现有 {len(text)} 个字，请删减。", field="minutes")
    return MinutesEntry(text, frozenset(_numbers(form, "attended")), _seen(form))


def _moment(form: MultiDict[str, str]) -> datetime:
    text = form.get("starts_at", "").strip()
    try:
        at = datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=CHINA)
    except ValueError as fault:
        raise BadInput("请填写会议时间，如 2026-11-25T09:00。", field="starts_at") from fault
    if not 2000 <= at.year <= 2100:
        raise BadInput("会议时间的年份应在 2000–2100 之间。", field="starts_at")
    return at


def _numbers(form: MultiDict[str, str], name: str) -> list[int]:
    chosen = [item for item in form.getlist(name) if item]
    if any(not re.fullmatch(r"[0-9]{1,18}", item) for item in chosen):
        raise BadInput("部门无法识别，请从列表中选择。", field="department")
    return [int(item) for item in chosen]


def _seen(form: MultiDict[str, str]) -> int | None:
    text = form.get("seen", "")
    if text and not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadInput("页面已过期，请刷新后重新填写。", field="seen")
    return int(text) if text else None
