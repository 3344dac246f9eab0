"""What a file may say of a unit beside its name and outline: the kind of a grid, and its codes in other systems.

The other systems in use have 16 or 20 digits; which one a code belongs to is told by its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from gridmap.units.rules.codes import CodeError, code_text

SCHEMES = {"16": "16 位编码", "20": "20 位编码"}
"""Scheme (how many digits) → its name on the page."""
EXACT = 2**53
"""Above this a floating point number no longer holds every integer."""


class GridKind(StrEnum):
    """Kind of a grid; the value is stored."""

    RESIDENTIAL = "residential"
    DEDICATED = "dedicated"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return KIND_LABELS[self]


KIND_LABELS = {GridKind.RESIDENTIAL: "综合网格", GridKind.DEDICATED: "专属网格"}
KIND_WORDS = {
    GridKind.RESIDENTIAL: {"residential", "综合网格", "综合", "综合型", "普通网格"},
    GridKind.DEDICATED: {"dedicated", "专属网格", "专属", "专属型", "专属（专门）网格", "专门网格"},
}


@dataclass(frozen=True)
class Facts:
    """What a file says of a unit; nothing said is nothing changed. ``external`` is scheme → code."""

    kind: GridKind | None = None
    external: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return self.kind is not None or bool(self.external)

    def beyond(self, known: Facts) -> Facts:
        """Return what is said here and not ``known``."""
        kind = self.kind if self.kind is not known.kind else None
        return Facts(
            kind, {scheme: code for scheme, code in self.external.items() if known.external.get(scheme) != code}
        )

    @property
    def words(self) -> str:
        """Return the facts for people."""
        said = [f"类型为{self.kind.label}"] if self.kind else []
        said += [f"{SCHEMES[scheme]} {code}" for scheme, code in sorted(self.external.items())]
        return "，".join(said)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values for storing."""
        return {"kind": str(self.kind) if self.kind else None, "external": dict(self.external)}

    @classmethod
    def from_dict(cls, value: Mapping[str, Any]) -> Facts:
        """Return what ``as_dict`` gave."""
        return cls(GridKind(value["kind"]) if value.get("kind") else None, dict(value.get("external") or {}))


def parse_kind(text: object) -> GridKind | None:
    """Return the kind of grid that a word means, ``None`` when blank. Raises ``CodeError``."""
    word = str(text or "").strip().lower()
    if not word:
        return None
    for kind, words in KIND_WORDS.items():
        if word in words:
            return kind
    raise CodeError(f"网格类型“{text}”无法识别：应为综合网格或专属网格。")


def parse_external(value: object) -> tuple[str, str] | None:
    """Return (scheme, code) of a 16 or 20-digit code, ``None`` when blank. Raises ``CodeError`` naming the remedy."""
    if isinstance(value, float) and abs(value) >= EXACT:
        raise CodeError("外部编码被存成了数字，末几位已丢失：请在表格软件中把该列设为文本后重新导出。")
    text = code_text(value)
    if not text:
        return None
    if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", text):
        raise CodeError(f"外部编码“{text}”是科学计数法，位数已丢失：请在表格软件中把该列设为文本后重新导出。")
    if not re.fullmatch(r"[0-9]+", text) or str(len(text)) not in SCHEMES:
        raise CodeError(f"外部编码“{text}”应为 16 位或 20 位数字，请核对。")
    return str(len(text)), text
