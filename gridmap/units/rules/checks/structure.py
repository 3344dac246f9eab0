"""Faults of the tree: duplicate codes, wrong levels, unknown parents, cycles.

Works on rows before anything is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from gridmap.units.rules.checks.faults import Fault, Kind, Severity
from gridmap.units.rules.codes import Level, level_of, parent_of, short_code
from gridmap.units.rules.facts import Facts


@dataclass(frozen=True)
class Entry:
    """One unit as a file states it. ``row`` is the file's own count; codes are padded to 15 digits."""

    row: int
    code: int
    name: str
    level: Level | None = None
    parent: int | None = None
    facts: Facts = field(default_factory=Facts)


@dataclass(frozen=True)
class RowFault:
    """A fault and the row that has it."""

    row: int
    field: str
    fault: Fault


def structure_faults(entries: Sequence[Entry], known: Collection[int]) -> list[RowFault]:
    """Return the faults of the rows against each other and against the units already ``known``."""
    cycles = _cycles(entries)
    if cycles:
        return cycles
    found = _duplicates(entries)
    codes = {entry.code for entry in entries}
    for entry in entries:
        found.extend(_level(entry))
        found.extend(_parent(entry, codes, known))
    return sorted(found, key=lambda item: item.row)


def _fault(entry: Entry, field: str, kind: Kind, message: str, suggestion: str, other: int | None = None) -> RowFault:
    return RowFault(entry.row, field, Fault(kind, Severity.ERROR, entry.code, message, suggestion, other_code=other))


def _duplicates(entries: Sequence[Entry]) -> list[RowFault]:
    first: dict[int, Entry] = {}
    found: list[RowFault] = []
    for entry in entries:
        before = first.setdefault(entry.code, entry)
        if before is not entry:
            message = f"代码 {short_code(entry.code)} 与第 {before.row} 行（{before.name}）重复。"
            found.append(
                _fault(
                    entry, "代码", Kind.DUPLICATE_CODE, message, "请更正其中一行的代码，或删去多余的一行。", before.code
                )
            )
    return found


def _level(entry: Entry) -> list[RowFault]:
    real = level_of(entry.code)
    if entry.level is None or entry.level is real:
        return []
    message = f"“{entry.name}”写的级别是{entry.level.label}，但代码 {short_code(entry.code)} 是{real.label}的代码。"
    return [_fault(entry, "级别", Kind.WRONG_LEVEL, message, "请核对级别与代码，二者应一致。")]


def _parent(entry: Entry, codes: Collection[int], known: Collection[int]) -> list[RowFault]:
    above = parent_of(entry.code)
    if entry.parent is not None and entry.parent != above:
        expected = f" {short_code(above)}" if above is not None else "空"
        stated, own = short_code(entry.parent), short_code(entry.code)
        message = f"“{entry.name}”写的上级是 {stated}，但按代码 {own} 上级应为{expected}。"
        remedy = "请核对代码前几位与上级代码是否一致。"
        return [_fault(entry, "上级代码", Kind.UNKNOWN_PARENT, message, remedy, entry.parent)]
    if above is None or above in codes or above in known:
        return []
    message = f"“{entry.name}”的上级 {short_code(above)} 既不在文件中，也不在系统中。"
    return [
        _fault(
            entry,
            "上级代码",
            Kind.UNKNOWN_PARENT,
            message,
            f"请先导入 {short_code(above)}，或把它加入本文件。",
            above,
        )
    ]


def _cycles(entries: Sequence[Entry]) -> list[RowFault]:
    """Return one fault per loop in the stated parents, at the row where the loop was met first."""
    parent = {entry.code: entry.parent for entry in entries}
    row = {entry.code: entry for entry in reversed(entries)}
    found: list[RowFault] = []
    done: set[int] = set()
    for entry in entries:
        path: list[int] = []
        at: int | None = entry.code
        while at is not None and at not in done and at not in path:
            path.append(at)
            at = parent.get(at)
        if at is not None and at in path:
            found.append(_cycle(row[path[path.index(at)]], [*path[path.index(at) :], at]))
        done.update(path)
    return found


def _cycle(entry: Entry, loop: list[int]) -> RowFault:
    words = " → ".join(short_code(code) for code in loop)
    return _fault(
        entry, "上级代码", Kind.PARENT_CYCLE, f"上下级关系成环：{words}。", "请更正其中一行的上级代码。", loop[1]
    )
