"""What came of an import, row by row, and the guard that all imports and edits of units share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.errors import BadInput, Forbidden, RowError
from gridmap.units.rules.codes import ROOT, ancestors_of, short_code

LOCK = 7_403_220_917
"""Key of the advisory lock that lets one import, edit or publication of units work at a time."""


class Outcome(StrEnum):
    """What became of a row."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """Return the Chinese word."""
        return {"added": "新增", "changed": "变更", "unchanged": "未变", "refused": "拒绝"}[self.value]


@dataclass(frozen=True)
class RowResult:
    """One row of an import."""

    row: int
    code: int
    name: str
    outcome: Outcome
    note: str = ""
    file_name: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for storing and sending."""
        return {
            "row": self.row,
            "code": short_code(self.code),
            "name": self.name,
            "outcome": str(self.outcome),
            "note": self.note,
            "file": self.file_name,
        }


@dataclass
class ImportReport:
    """Outcome of an import. ``version_id`` is the version it made, ``None`` when there was nothing to do."""

    rows: list[RowResult]
    version_id: int | None = None
    dry_run: bool = False
    notes: list[str] = field(default_factory=list)
    error_count: int = 0
    warning_count: int = 0
    faults: list[Any] = field(default_factory=list)
    """The faults found (``rules.checks.Fault``); stored with the version unless this was a dry run."""

    @property
    def counts(self) -> dict[str, int]:
        """Return how many rows were added, changed, unchanged and refused."""
        found = Counter(row.outcome for row in self.rows)
        return {str(outcome): found.get(outcome, 0) for outcome in Outcome}

    @property
    def has_changes(self) -> bool:
        """Tell whether there is anything to store."""
        return any(row.outcome in (Outcome.ADDED, Outcome.CHANGED) for row in self.rows)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values: counts, notes, and every row that is not unchanged."""
        told = [row.as_dict() for row in self.rows if row.outcome is not Outcome.UNCHANGED]
        return {"counts": self.counts, "notes": self.notes, "rows": told}


def one_at_a_time(session: Session) -> None:
    """Wait until no other transaction imports, edits or publishes units; the lock ends with the transaction."""
    session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": LOCK})


def require(actor: Actor, permission: Permission, codes: Iterable[int]) -> None:
    """Raise ``Forbidden`` with the reason unless the actor may do this at every code."""
    for code in codes:
        decision = actor.may(permission, code)
        if not decision:
            raise Forbidden(f"{short_code(code) if code else '全国'}：{decision.reason}")


def common_unit(codes: Collection[int]) -> int:
    """Return the deepest unit above (or equal to) all codes: where the work belongs; ``ROOT`` across provinces."""
    lines = [[*ancestors_of(code), code] for code in codes]
    shared = ROOT
    for steps in zip(*lines, strict=False):
        if len(set(steps)) != 1:
            break
        shared = steps[0]
    return shared


def parent_error(parent: int, *, begun: bool, ended: bool) -> str:
    """Return why a unit cannot come under ``parent``, or an empty text: only units in force may have units below."""
    if ended:
        return f"上级 {short_code(parent)} 已撤销：请使用现行上级的代码。"
    if not begun:
        return f"上级 {short_code(parent)} 还在尚未发布的版本中：请先发布该版本，或把它加入本文件。"
    return ""


def refuse(rows: list[RowError], what: str = "行") -> None:
    """Raise ``BadInput`` naming all faulty rows, if there are any: nothing is stored."""
    if rows:
        raise BadInput(f"有 {len(rows)} {what}有误，整个文件都没有导入。", field="file", rows=rows)
