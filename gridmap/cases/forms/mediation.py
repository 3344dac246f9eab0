"""What the steps and pages of 三级调解 send, as typed values, with messages beside their fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.plain import clean
from gridmap.cases.rules import Input
from gridmap.cases.rules.tiers import MOST_REMIND_HOURS, Tier
from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE
from gridmap.worktime.rules import KIND_NAMES, Limit, TimeKind

DUTY_ROWS = 6
MOST_LINE = 200
MOST_TIERS = 9
TIER_FIELDS = ("name", "most_sessions", "amount", "kind", "remind_hours")
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
Form = MultiDict[str, str]


@dataclass(frozen=True)
class Duty:
    """A promise as it was written: what, by whom, how much (yuan), until when."""

    what: str
    by_whom: str
    amount_yuan: Decimal | None
    due_on: date


@dataclass(frozen=True)
class TemplateEntry:
    """A new version of the tiers of an area."""

    tiers: tuple[Tier, ...]
    source_note: str
    lawful_channels: str
    remind_days: int
    seen_id: int


def line(text: str, label: str, field: str, most: int = MOST_LINE) -> str:
    """Return one line of text. Raises ``BadInput`` for what is too long or cannot be read."""
    text = clean(text)
    if UNREADABLE.search(text):
        raise BadInput(f"“{label}”含有无法识别的字符，请重新输入。", field=field)
    if len(text) > most:
        raise BadInput(f"“{label}”至多 {most} 个字，现有 {len(text)} 个字，请删减。", field=field)
    return text


def read_day(text: str, label: str, field: str) -> date:
    """Return a civil date. Raises ``BadInput``."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError as fault:
        raise BadInput(f"“{label}”不是日期，请写成 2026-11-22 的样子。", field=field) from fault
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadInput(f"“{label}”应在 {FIRST_DAY.year}–{LAST_DAY.year} 年之间。", field=field)
    return day


def read_number(text: str, label: str, field: str, least: int, most: int) -> int:
    """Return a whole number. Raises ``BadInput`` with the bounds."""
    text = text.strip()
    if not re.fullmatch(r"[0-9]{1,9}", text) or not least <= int(text) <= most:
        raise BadInput(f"“{label}”应为 {least}–{most} 之间的整数。", field=field)
    return int(text)


def read_unit(text: str) -> int:
    """Return a unit's code. Raises ``BadInput``."""
    if not re.fullmatch(r"[0-9]{15}", text):
        raise BadInput("区划无法识别，请从列表中选择。", field="unit")
    return int(text)


def _line(wanted: Input, form: Form) -> str:
    return line(form.get(wanted.name, ""), wanted.label, wanted.name)


def _date(wanted: Input, form: Form) -> date | str:
    text = form.get(wanted.name, "").strip()
    return read_day(text, wanted.label, wanted.name) if text else ""


def _moment(wanted: Input, form: Form) -> datetime | str:
    """Read a time of China's clock, as the browser's field writes it: 2026-11-22T17:30."""
    text = form.get(wanted.name, "").strip()
    if not text:
        return ""
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::[0-9]{2})?", text)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise BadInput(f"“{wanted.label}”不是时间，请写成 2026-11-22 17:30 的样子。", field=wanted.name)
    day = read_day(match[1], wanted.label, wanted.name)
    return datetime.combine(day, time(int(match[2]), int(match[3])), CHINA)


def _duration(wanted: Input, form: Form) -> timedelta | str:
    text = form.get(wanted.name, "").strip()
    return timedelta(minutes=read_number(text, f"{wanted.label}（分钟）", wanted.name, 10, 720)) if text else ""


def _whole(wanted: Input, form: Form) -> int | str:
    text = form.get(wanted.name, "").strip()
    return read_number(text, wanted.label, wanted.name, 1, 999_999_999) if text else ""


def _several(wanted: Input, form: Form) -> tuple[int, ...]:
    chosen = [item for item in dict.fromkeys(form.getlist(wanted.name)) if item]
    if len(chosen) > 20:
        raise BadInput(f"“{wanted.label}”至多选择 20 人。", field=wanted.name)
    return tuple(read_number(item, wanted.label, wanted.name, 1, 999_999_999) for item in chosen)


def _duties(wanted: Input, form: Form) -> tuple[Duty, ...]:
    """Read the rows that were filled in. Raises ``BadInput`` naming the row and what it lacks."""
    columns = [form.getlist(f"duty_{name}") for name in ("what", "by", "amount", "due")]
    if len({len(column) for column in columns}) > 1 or len(columns[0]) > 50:
        raise BadInput("履行事项无法识别，请刷新页面后重新填写。", field=wanted.name)
    found = []
    for number, cells in enumerate(zip(*columns, strict=True), 1):
        what, by_whom, amount, due = (line(cell, f"第 {number} 行", wanted.name) for cell in cells)
        if not (what or by_whom or amount or due):
            continue
        if not (what and by_whom and due):
            raise BadInput(f"履行事项第 {number} 行请写全：做什么、由谁履行、到期日期。", field=wanted.name)
        found.append(
            Duty(what, by_whom, _amount(amount, number, wanted), read_day(due, f"第 {number} 行到期日期", wanted.name))
        )
    return tuple(found)


def _amount(text: str, number: int, wanted: Input) -> Decimal | None:
    if not text:
        return None
    plain = text.replace(",", "").replace("，", "").removesuffix("元")
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2})?", plain):
        raise BadInput(f"履行事项第 {number} 行的金额应为数字（元），至多两位小数。", field=wanted.name)
    return Decimal(plain)


MEDIATION_READERS: dict[str, Callable[[Input, Form], Any]] = {
    "line": _line,
    "date": _date,
    "moment": _moment,
    "duration": _duration,
    "tier": _whole,
    "room": _whole,
    "session": _whole,
    "mediators": _several,
    "signing": _several,
    "duties": _duties,
}


def read_template(form: Form) -> TemplateEntry:
    """Read the page of tiers. Raises ``BadInput`` naming the tier and the field."""
    columns = [form.getlist(name) for name in TIER_FIELDS]
    if len({len(column) for column in columns}) > 1:
        raise BadInput("调解层级无法识别，请刷新页面后重新填写。", field="name")
    rows = [row for row in zip(*columns, strict=True) if any(cell.strip() for cell in (*row[:3], row[4]))]
    if not rows:
        raise BadInput("至少要有一级调解。", field="name")
    if len(rows) > MOST_TIERS:
        raise BadInput(f"至多 {MOST_TIERS} 级。", field="name")
    tiers = tuple(_tier(number, *row) for number, row in enumerate(rows, 1))
    if len({tier.name for tier in tiers}) < len(tiers):
        raise BadInput("各级的名称不能相同。", field="name")
    note = line(form.get("source_note", ""), "依据", "source_note", 500)
    channels = line(form.get("lawful_channels", ""), "依法可走的渠道", "lawful_channels", 1000)
    for text, label, field in ((note, "依据", "source_note"), (channels, "依法可走的渠道", "lawful_channels")):
        if not text:
            raise BadInput(f"请填写“{label}”。", field=field)
    days = read_number(form.get("remind_days", ""), "提前提醒天数", "remind_days", 1, 60)
    return TemplateEntry(
        tiers, note, channels, days, read_number(form.get("seen_id", ""), "版本", "seen_id", 1, 10**9 - 1)
    )


def _tier(number: int, name: str, most: str, amount: str, kind: str, remind: str) -> Tier:
    where = f"第 {number} 级"
    name = line(name, f"{where}名称", "name", 20)
    if not name:
        raise BadInput(f"请填写{where}的名称。", field="name")
    sessions = read_number(most, f"{where}至多次数", "most_sessions", 1, 999) if most.strip() else None
    if not amount.strip():
        if remind.strip():
            raise BadInput(f"{where}没有期限，请不要填写提前提醒，或先填写期限。", field="remind_hours")
        return Tier(number, name, sessions)
    if kind not in set(TimeKind):
        raise BadInput(f"{where}的时间种类无法识别，请从列表中选择（{'、'.join(KIND_NAMES.values())}）。", field="kind")
    limit = Limit(TimeKind(kind), Decimal(read_number(amount, f"{where}期限", "amount", 1, 3660)))
    label = f"{where}到期前几小时提醒"
    hours = read_number(remind, label, "remind_hours", 1, MOST_REMIND_HOURS) if remind.strip() else None
    return Tier(number, name, sessions, limit, hours)
