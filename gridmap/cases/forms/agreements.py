"""A table of agreements as typed values: every fault is told with its row, and nothing is taken while there is one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from gridmap.cases.forms.mediation import Duty, line, read_day
from gridmap.cases.forms.tables import read_table
from gridmap.cases.rules.agreements import COLUMNS
from gridmap.errors import BadInput

FIELD = "table"
MOST_TOLD = 12
MOST_TERMS = 2000
YES, NO = frozenset({"是", "申请", "已申请"}), frozenset({"", "否", "不申请"})


@dataclass(frozen=True)
class AgreementRow:
    """An agreement of the table: ``row`` is its number in the file."""

    row: int
    counterpart: str
    terms: str
    applied: bool
    duties: tuple[Duty, ...] = ()


def read_agreements(content: bytes) -> tuple[AgreementRow, ...]:
    """Read a table of agreements; a row without counterpart and terms is a further promise of the one above it.

    Raises ``BadInput`` that names the rows at fault and what to do.
    """
    found: list[AgreementRow] = []
    faults: list[str] = []
    first: dict[str, int] = {}
    for number, cells in read_table(content, COLUMNS, FIELD):
        try:
            duty = _duty(cells)
            if not cells["对方当事人"] and not cells["协议内容"]:
                if not found or duty is None:
                    raise BadInput("请填写“对方当事人”和“协议内容”")
                found[-1] = replace(found[-1], duties=(*found[-1].duties, duty))
                continue
            row = _row(number, cells)
            if row.counterpart in first:
                raise BadInput(f"“{row.counterpart}”与第 {first[row.counterpart]} 行重复")
            first[row.counterpart] = number
            found.append(replace(row, duties=(duty,) if duty else ()))
        except BadInput as fault:
            faults.append(f"第 {number} 行：{fault.message.rstrip('。')}")
    if faults:
        more = f"；另有 {len(faults) - MOST_TOLD} 处" if len(faults) > MOST_TOLD else ""
        told = "；".join(faults[:MOST_TOLD])
        raise BadInput(
            f"表格有 {len(faults)} 处需要修改，一份也没有登记。{told}{more}。请改好后重新上传。", field=FIELD
        )
    return tuple(found)


def _row(number: int, cells: dict[str, str]) -> AgreementRow:
    for name in ("对方当事人", "协议内容"):
        if not cells[name]:
            raise BadInput(f"请填写“{name}”")
    if cells["司法确认"] not in YES | NO:
        raise BadInput("“司法确认”请填“是”或“否”")
    return AgreementRow(
        number,
        line(cells["对方当事人"], "对方当事人", FIELD),
        line(cells["协议内容"], "协议内容", FIELD, MOST_TERMS),
        cells["司法确认"] in YES,
    )


def _duty(cells: dict[str, str]) -> Duty | None:
    what, by_whom = (line(cells[name], name, FIELD) for name in ("履行事项", "由谁履行"))
    amount, due = cells["金额（元）"], cells["到期日期"]
    if not (what or by_whom or amount or due):
        return None
    if not (what and by_whom and due):
        raise BadInput("履行事项请写全：履行事项、由谁履行、到期日期")
    return Duty(what, by_whom, _amount(amount), _day(due))


def _amount(text: str) -> Decimal | None:
    plain = re.sub(r"[,，\s¥￥]", "", text).removesuffix("元")
    if not plain:
        return None
    if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,2}0*)?", plain):
        raise BadInput("“金额（元）”应为数字，至多两位小数")
    return Decimal(plain)


def _day(text: str) -> date:
    """Read a date as tables write it: 2026-12-31, 2026/12/31, 2026年12月31日, 20261231, or the days since 1899-12-30 (Excel)."""
    if re.fullmatch(r"[3-6][0-9]{4}(\.0+)?", text):
        return date(1899, 12, 30) + timedelta(days=int(text[:5]))
    parts = re.fullmatch(r"([0-9]{4})[-/年.]([0-9]{1,2})[-/月.]([0-9]{1,2})日?(?:[ T]0?0:00(?::00)?)?", text)
    if parts is None:
        parts = re.fullmatch(r"([0-9]{4})([0-9]{2})([0-9]{2})", text)
    if parts is None:
        raise BadInput("“到期日期”请写成 2026-12-31 的样子")
    return read_day(f"{parts[1]}-{int(parts[2]):02d}-{int(parts[3]):02d}", "到期日期", FIELD)
