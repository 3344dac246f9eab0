"""Request data of the page of duties of 领导包案."""

from __future__ import annotations

from dataclasses import dataclass

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.mediation import line, read_number
from gridmap.cases.rules.charges import DutyPlan
from gridmap.errors import BadInput

MOST_DUTIES = 12


@dataclass(frozen=True)
class ChargeEntry:
    """A new version of the duties of an area."""

    duties: tuple[DutyPlan, ...]
    holds_closing: bool
    remind_days: int
    source_note: str
    seen_id: int


def read_duties(form: MultiDict[str, str]) -> ChargeEntry:
    """Read the page of duties. Raises ``BadInput`` naming the row and the field."""
    columns = [form.getlist(name) for name in ("name", "first_days", "every_days", "needed")]
    if len({len(column) for column in columns}) > 1:
        raise BadInput("职责无法识别，请刷新页面后重新填写。", field="name")
    rows = [row for row in zip(*columns, strict=True) if any(cell.strip() for cell in row[:3])]
    if not rows:
        raise BadInput("至少要有一项职责。", field="name")
    if len(rows) > MOST_DUTIES:
        raise BadInput(f"至多 {MOST_DUTIES} 项。", field="name")
    duties = tuple(_duty(number, *row) for number, row in enumerate(rows, 1))
    if len({duty.name for duty in duties}) < len(duties):
        raise BadInput("各项职责的名称不能相同。", field="name")
    note = line(form.get("source_note", ""), "依据", "source_note", 500)
    if not note:
        raise BadInput("请填写“依据”。", field="source_note")
    return ChargeEntry(
        duties,
        form.get("holds_closing") == "yes",
        read_number(form.get("remind_days", ""), "提前提醒天数", "remind_days", 0, 60),
        note,
        read_number(form.get("seen_id", ""), "版本", "seen_id", 1, 10**9 - 1),
    )


def _duty(number: int, name: str, first: str, every: str, needed: str) -> DutyPlan:
    where = f"第 {number} 项"
    name = line(name, f"{where}名称", "name", 20)
    if not name:
        raise BadInput(f"请填写{where}的名称。", field="name")
    days = [
        read_number(text, f"{where}{label}", field, 1, 365) if text.strip() else None
        for text, label, field in ((first, "首次期限", "first_days"), (every, "间隔", "every_days"))
    ]
    return DutyPlan(name, days[0], days[1], needed == "yes")
