"""The CSV of division codes: ``code,level,name,parent_code`` in UTF-8 (with or without BOM) or GBK."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import BadInput, RowError
from gridmap.units.forms.fields import Columns, find_columns, read_cells, shown
from gridmap.units.forms.limits import Limits, check_size, decode, sha256_of
from gridmap.units.rules.checks import Entry, structure_faults
from gridmap.units.rules.codes import level_of

EXPECTED = "code（代码）、level（级别）、name（名称）、parent_code（上级代码）"


@dataclass(frozen=True)
class DivisionsFile:
    """A read file of codes; ``entries`` are sorted so that parents come before children."""

    name: str
    sha256: str
    size_bytes: int
    encoding: str
    entries: tuple[Entry, ...]


def read_divisions(path: Path, *, name: str = "", limits: Limits | None = None) -> DivisionsFile:
    """Read division codes. Row 1 is the header. Raises ``BadInput`` with every faulty row, or ``TooLarge``."""
    size = check_size(path, (limits or Limits()).text_bytes)
    text, encoding = decode(path.read_bytes())
    if text.lstrip()[:1] in ("{", "<") or text.startswith("PK"):
        raise BadInput("这不是 CSV 文件：区划代码请用 CSV，边界请用“导入边界”。", field="file")
    columns, lines = _lines(text)
    entries, wrong = _entries(columns, lines)
    if wrong:
        raise BadInput(f"有 {len(wrong)} 处内容有误，整个文件都没有导入。", field="file", rows=wrong)
    if not entries:
        raise BadInput("文件只有表头，没有任何区划。", field="file")
    ordered = tuple(sorted(entries, key=lambda entry: (level_of(entry.code).digits, entry.code)))
    return DivisionsFile(name or path.name, sha256_of(path), size, encoding, ordered)


def _lines(text: str) -> tuple[Columns, list[tuple[int, dict[str, str]]]]:
    """Return the columns and (row, record) pairs; blank lines are passed over."""
    dialect = "\t" if "\t" in text.split("\n", 1)[0] else ","
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=dialect, strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        rows = [(reader.line_num, cells) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise BadInput(
            f"CSV 格式错误：第 {reader.line_num} 行或它之前有引号不成对，或者多余的字符，请检查。", field="file"
        ) from error
    columns = _header(header)
    long = [
        RowError(row, None, f"有 {len(cells)} 列，表头只有 {len(header)} 列，请检查多余的逗号。")
        for row, cells in rows
        if len(cells) > len(header)
    ]
    if long:
        raise BadInput(f"有 {len(long)} 行的列数与表头不符。", field="file", rows=long)
    return columns, [(row, dict(zip(header, cells, strict=False))) for row, cells in rows]


def _header(header: list[str]) -> Columns:
    shown = "、".join(header) or "（空）"
    try:
        columns = find_columns(header)
    except BadInput as error:
        raise BadInput(f"表头不对：第 1 行应为 {EXPECTED}，现在是 {shown}。", field="header") from error
    if not columns.name:
        raise BadInput(f"表头缺少名称列：第 1 行应为 {EXPECTED}，现在是 {shown}。", field="header")
    return columns


def _entries(columns: Columns, lines: list[tuple[int, dict[str, str]]]) -> tuple[list[Entry], list[RowError]]:
    entries: list[Entry] = []
    wrong: list[RowError] = []
    for row, record in lines:
        cells, faults = read_cells(record, columns, row, strict=True)
        wrong.extend(faults)
        if cells is None:
            continue
        if not cells.name:
            wrong.append(RowError(row, shown(columns.name), "名称为空。"))
        entries.append(Entry(row, cells.code, cells.name, cells.level, cells.parent, cells.facts))
    return entries, wrong


def tree_errors(entries: tuple[Entry, ...], known: set[int]) -> list[RowError]:
    """Return duplicate codes, wrong levels, unknown parents and cycles as row errors; ``known`` are codes in the
    system.
    """
    return [
        RowError(item.row, item.field, f"{item.fault.message}{item.fault.suggestion}")
        for item in structure_faults(entries, known)
    ]
