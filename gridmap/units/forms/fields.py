"""Which column is which, and what its cells mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from gridmap.errors import BadInput, RowError
from gridmap.units.rules.codes import CodeError, Level, code_text, level_of, parse_code, parse_level

CODE_NAMES = [
    "unit_code",
    "code",
    "代码",
    "编码",
    "区划代码",
    "行政区划代码",
    "网格代码",
    "网格编码",
    "网格编号",
    "单元代码",
    "区划编码",
    "adcode",
    "dm",
    "xzqdm",
    "zldwdm",
    "wgdm",
    "wgbm",
    "bm",
    "pac",
    "grid_code",
    "gridcode",
    "gb",
]
NAME_NAMES = [
    "name",
    "名称",
    "区划名称",
    "网格名称",
    "单元名称",
    "行政区名称",
    "mc",
    "xzqmc",
    "zldwmc",
    "wgmc",
    "grid_name",
    "gridname",
]
PARENT_NAMES = ["parent_code", "parent", "上级代码", "上级编码", "父级代码", "上级", "sjdm", "pcode"]
LEVEL_NAMES = ["level", "级别", "层级", "jb"]


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Columns:
    """Names of the columns that were found; empty where there is none."""

    code: str
    name: str = ""
    parent: str = ""
    level: str = ""


@dataclass(frozen=True)
class Cells:
    """One row's meaning."""

    code: int
    name: str
    parent: int | None
    level: Level | None


def find_columns(fields: Sequence[str], *, code: str = "", name: str = "") -> Columns:
    """Return the columns, those named by the user first.

    Raises ``BadInput`` listing the fields when there is no code.
    """
    listed = "、".join(fields) if fields else "（没有任何字段）"
    for option, wanted in (("code_field", code), ("name_field", name)):
        if wanted and wanted not in fields:
            raise BadInput(f"文件里没有字段“{wanted}”，现有字段：{listed}。", field=option)
    code_column = code or _first(fields, CODE_NAMES)
    if not code_column:
        raise BadInput(
            f"没有找到代码字段，现有字段：{listed}。请用 --code-field 指定哪个是区划或网格代码。", field="code_field"
        )
    level = _first(fields, LEVEL_NAMES)
    return Columns(code_column, name or _first(fields, NAME_NAMES), _first(fields, PARENT_NAMES), level)


def _first(fields: Sequence[str], names: Sequence[str]) -> str:
    lower = {field.strip().lower(): field for field in reversed(fields)}
    return next((lower[name] for name in names if name in lower), "")


def _name(value: object) -> str:
    """Return a cell as a name on one line; line breaks and tabs inside become a blank."""
    return re.sub(r"[\t\r\n\v\f]+", " ", str(value or "").strip())


def read_cells(
    record: dict[str, Any], columns: Columns, row: int, level: Level | None = None, *, strict: bool = False
) -> tuple[Cells | None, list[RowError]]:
    """Return a row's cells and its faults.

    ``level`` is what the user said all rows are. With ``strict`` an unknown word in the level column is a fault; map files
    use such a column for many things, so there it is passed over.
    """
    wrong: list[RowError] = []
    try:
        code = parse_code(record.get(columns.code))
    except CodeError as error:
        return None, [RowError(row, columns.code, str(error))]
    parent = own = None
    try:
        stated = code_text(record.get(columns.parent)) if columns.parent else ""
        parent = parse_code(stated) if stated else None
    except CodeError as error:
        wrong.append(RowError(row, columns.parent, "上级" + str(error)))
    try:
        own = parse_level(record.get(columns.level)) if columns.level else None
    except CodeError as error:
        if strict:
            wrong.append(RowError(row, columns.level, str(error)))
    if level is not None and level_of(code) is not level:
        shown = code_text(record.get(columns.code))
        words = f"代码 {shown} 是{level_of(code).label}的代码，而本次导入指定的级别是{level.label}。"
        wrong.append(RowError(row, columns.code, words))
    name = _name(record.get(columns.name)) if columns.name else ""
    if len(name) > 200:
        wrong.append(RowError(row, columns.name, "名称超过 200 个字。"))
    if CONTROLS.search(name):
        wrong.append(RowError(row, columns.name, "名称里有控制字符（看不见的字符）：请删去后重新导出。"))
    return Cells(code, name, parent, own or level), wrong
