"""Tables that people bring: CSV as Excel and WPS write it (UTF-8 or GB 18030), or the first sheet of an .xlsx file."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from gridmap.cases.forms.sheets import TooLarge, first_sheet
from gridmap.errors import BadInput

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 2000


def read_table(content: bytes, columns: Sequence[str], field: str) -> list[tuple[int, dict[str, str]]]:
    """Return the rows (number in the file, cells by column), blank ones left out. Raises ``BadInput`` with the remedy.

    Columns may stand in any order and others beside them; one that is missing is named.
    """
    if not content:
        raise BadInput("请选择表格文件。", field=field)
    if len(content) > MOST_BYTES:
        raise BadInput(f"表格超过 {MOST_BYTES // 1024 // 1024} MB，请分成几个文件。", field=field)
    lines = _sheet(content, field) if content[:2] == b"PK" else _csv(content, field)
    if not lines:
        raise BadInput("表格是空的，请检查文件。", field=field)
    head = [cell.strip() for cell in lines[0]]
    missing = [name for name in columns if name not in head]
    if missing:
        raise BadInput(f"表格第一行缺少列：{'、'.join(missing)}。请下载模板，按模板的第一行填写。", field=field)
    places = {name: head.index(name) for name in columns}
    rows = [
        (number, {name: (line[at].strip() if at < len(line) else "") for name, at in places.items()})
        for number, line in enumerate(lines[1:], 2)
        if any(cell.strip() for cell in line)
    ]
    if not rows:
        raise BadInput("表格只有表头，没有内容。", field=field)
    if len(rows) > MOST_ROWS:
        raise BadInput(f"表格至多 {MOST_ROWS} 行，现有 {len(rows)} 行，请分成几个文件。", field=field)
    return rows


def _csv(content: bytes, field: str) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return list(csv.reader(io.StringIO(content.decode(encoding), newline=""), strict=True))
        except UnicodeDecodeError:
            continue
        except csv.Error as fault:
            raise BadInput("表格打不开：引号没有成对。请用 Excel 或 WPS 另存为 CSV 后再上传。", field=field) from fault
    raise BadInput("表格打不开：请用 Excel 或 WPS 另存为 CSV（UTF-8）或 .xlsx 后再上传。", field=field)


def _sheet(content: bytes, field: str) -> list[list[str]]:
    try:
        return first_sheet(content, MOST_ROWS + 1)
    except TooLarge as fault:
        raise BadInput("表格解开后过大，请分成几个文件。", field=field) from fault
    except ValueError as fault:
        raise BadInput("表格打不开：请用 Excel 或 WPS 另存为 .xlsx 或 CSV 后再上传。", field=field) from fault
