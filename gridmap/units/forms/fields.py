"""Which column is which, and what its cells mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from gridmap.errors import BadInput, RowError
from gridmap.units.rules.codes import CodeError, Level, code_text, level_of, parse_code, parse_level
from gridmap.units.rules.facts import Facts, parse_external, parse_kind

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
KIND_NAMES = ["网格类型", "网格类别", "网格种类", "grid_kind", "grid_type", "gridtype", "wglx", "wglb", "kind"]
LOOSE = "kind"
"""Map files use a column of this name for many things: there a word that is no kind of grid is passed over."""
EXTERNAL_NAMES = [
    "external_code",
    "外部编码",
    "外部代码",
    "16位编码",
    "16位代码",
    "code16",
    "code_16",
    "20位编码",
    "20位代码",
    "code20",
    "code_20",
]


CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True)
class Columns:
    """Names of the columns that were found; empty where there is none."""

    code: str
    name: str = ""
    parent: str = ""
    level: str = ""
    kind: str = ""
    external: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cells:
    """One row's meaning."""

    code: int
    name: str
    parent: int | None
    level: Level | None
    facts: Facts = field(default_factory=Facts)


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
            f"没有找到代码字段，现有字段：{listed}。请指定代码字段，即区划或网格代码所在的字段。", field="code_field"
        )
    return Columns(
        code_column,
        name or _first(fields, NAME_NAMES),
        _first(fields, PARENT_NAMES),
        _first(fields, LEVEL_NAMES),
        _first(fields, KIND_NAMES),
        tuple(column for column in fields if column.strip().lower() in EXTERNAL_NAMES and column != code_column),
    )


SHOWN = {
    "code": "代码",
    "level": "级别",
    "name": "名称",
    "parent_code": "上级代码",
    "external_code": "外部编码",
    "kind": "网格类型",
}


def shown(column: str) -> str:
    """Return a column as people read it: our own English headings in Chinese, a file's own as they are."""
    return SHOWN.get(column, column)


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
        return None, [RowError(row, shown(columns.code), str(error))]
    parent = own = None
    try:
        stated = code_text(record.get(columns.parent)) if columns.parent else ""
        parent = parse_code(stated) if stated else None
    except CodeError as error:
        wrong.append(RowError(row, shown(columns.parent), "上级" + str(error)))
    try:
        own = parse_level(record.get(columns.level)) if columns.level else None
    except CodeError as error:
        if strict:
            wrong.append(RowError(row, shown(columns.level), str(error)))
    if level is not None and level_of(code) is not level:
        written = code_text(record.get(columns.code))
        words = f"代码 {written} 是{level_of(code).label}的代码，而本次导入指定的级别是{level.label}。"
        wrong.append(RowError(row, shown(columns.code), words))
    name = _name(record.get(columns.name)) if columns.name else ""
    wrong.extend(_name_errors(name, columns, row))
    facts, odd = _facts(record, columns, row, code, strict=strict)
    return Cells(code, name, parent, own or level, facts), wrong + odd


def _name_errors(name: str, columns: Columns, row: int) -> list[RowError]:
    wrong = []
    if len(name) > 200:
        wrong.append(RowError(row, shown(columns.name), "名称超过 200 个字。"))
    if CONTROLS.search(name):
        wrong.append(RowError(row, shown(columns.name), "名称里有控制字符（看不见的字符）：请删去后重新导出。"))
    return wrong


def _facts(
    record: dict[str, Any], columns: Columns, row: int, code: int, *, strict: bool
) -> tuple[Facts, list[RowError]]:
    """Return the kind of grid and the codes in other systems. A level column that says 专属网格 tells the kind too."""
    wrong: list[RowError] = []
    try:
        kind = parse_kind(record.get(columns.kind)) if columns.kind else None
    except CodeError as error:
        kind = None
        if strict or columns.kind.strip().lower() != LOOSE:
            wrong.append(RowError(row, shown(columns.kind), str(error)))
    if kind is None and columns.level and str(record.get(columns.level)).strip() in ("综合网格", "专属网格"):
        kind = parse_kind(record[columns.level])
    if kind is not None and level_of(code) is not Level.GRID:
        words = f"只有网格才分综合网格和专属网格，而代码 {code_text(record.get(columns.code))} 是{level_of(code).label}的代码。"
        wrong.append(RowError(row, shown(columns.kind or columns.level), words))
    return Facts(kind, _external(record, columns, row, wrong)), wrong


def _external(record: dict[str, Any], columns: Columns, row: int, wrong: list[RowError]) -> dict[str, str]:
    """Return the codes in other systems by scheme; faults are added to ``wrong``."""
    found: dict[str, str] = {}
    for column in columns.external:
        try:
            said = parse_external(record.get(column))
        except CodeError as error:
            wrong.append(RowError(row, shown(column), str(error)))
            continue
        if said and found.setdefault(*said) != said[1]:
            wrong.append(RowError(row, shown(column), f"有两个不同的 {said[0]} 位编码，只能有一个。"))
    return found
