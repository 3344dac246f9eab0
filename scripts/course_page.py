"""Write docs/guide/course.md from the table of the course: ``python scripts/course_page.py``.

A test compares the file with what this script makes: after a change of the table, run it and commit both together.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gridmap.cases.rules import COURSE
from gridmap.cases.rules.explaining import HERE, RowWords, moves, often, seldom

PAGE = Path(__file__).resolve().parents[1] / "docs" / "guide" / "course.md"
HEAD = """# 办理流程：什么环节、谁能办什么

<!-- 由 scripts/course_page.py 按流程表生成，不要手改：改了流程表后运行 python scripts/course_page.py。 -->

一件事件从受理到归档，每一步都照同一张流程表走：按钮、检查、不能办的理由、文书、计时都出自这张表，本页也是。产品里的同一页在“办理流程”
（事件页“办理”一栏下方可以打开）。

- **谁能办**：岗位上有这些角色、且事件在岗位所辖区划内的人。
- **还要满足**：不满足时按钮不出现，事件页“其他操作为什么不能办”会说明理由。
- **计时**：开始和停止的是各环节的期限，见[期限与督办](deadlines.md)。
"""
COLUMNS = "| 操作 | 谁能办 | 要填写 | 还要满足 | 到 | 文书 | 计时 |\n|---|---|---|---|---|---|---|"
OFTEN_COLUMNS = "| 操作 | 谁能办 | 要填写 | 还要满足 | 在哪些环节 |\n|---|---|---|---|---|"


def drawing() -> str:
    """Return the states and what leads from one to another, as a Mermaid diagram."""
    names = list(dict.fromkeys(name for before, after, _ in moves() for name in (before, after)))
    key = {name: f"s{number}" for number, name in enumerate(names)}
    lines = [f'  state "{name}" as {key[name]}' for name in names[1:]]
    lines += [
        f"  {key[before] if before != names[0] else '[*]'} --> {key[after]} : {'、'.join(by)}"
        for before, after, by in moves()
    ]
    return "```mermaid\nstateDiagram-v2\n" + "\n".join(lines) + "\n```"


def timers(row: RowWords) -> str:
    """Return which timers a row starts and stops."""
    parts = [f"停止：{'、'.join(row.stops)}"] if row.stops else []
    return "；".join([*parts, *([f"开始：{'、'.join(row.starts)}"] if row.starts else [])])


def line(row: RowWords) -> str:
    """Return a row of a state's table."""
    cells = (
        f"**{row.name}**",
        "、".join(row.who),
        "、".join(row.needs),
        "；".join(row.guards),
        row.leads_to or HERE,
        row.paper,
        timers(row),
    )
    return _cells(*cells)


def _cells(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "｜") or "—" for cell in cells) + " |"


def page() -> str:
    """Return the whole page."""
    order = " → ".join(name for _, name in COURSE)
    parts = [HEAD, f"## 全图\n\n主线：{order}。\n\n{drawing()}\n", "## 各环节能办什么\n"]
    for state in seldom():
        rows = "\n".join(line(row) for row in state.rows)
        parts.append(f"### {state.name}\n\n" + (f"{COLUMNS}\n{rows}\n" if rows else "没有本环节自己的操作。\n"))
        if state.also:
            parts.append(f"另外还可以（见[多个环节都能办的操作](#多个环节都能办的操作)）：{'、'.join(state.also)}。\n")
    common = [
        _cells(
            f"**{row.name}**", "、".join(row.who), "、".join(row.needs), "；".join(row.guards), "、".join(row.states)
        )
        for row in often()
    ]
    parts.append(
        "## 多个环节都能办的操作\n\n这些操作不改变环节，也不启停计时（暂停、恢复、延期、调整类别会改变正在走的期限）。\n"
    )
    parts.append(OFTEN_COLUMNS + "\n" + "\n".join(common) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
