"""The tables that demonstration data is made from, as typed values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Subject:
    """A subcategory as the demonstration sees it: where, when and how often it happens, and the words for it."""

    code: str
    dimension: str
    grade: str
    limit_hours: int
    urban: float
    rural: float
    season: str
    clock: str
    group: float
    dedicated: Mapping[str, float]
    phrases: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Plot:
    """A kind of 专属网格 with its size and how often it occurs in communities and in villages."""

    kind: str
    name: str
    sides_m: tuple[float, float]
    urban: float
    rural: float


@dataclass(frozen=True, slots=True)
class PostRow:
    """One post of one demonstration account."""

    username: str
    name: str
    role: str
    unit_code: int
    department: str
    note: str


@dataclass(frozen=True, slots=True)
class Tables:
    """Everything read from ``data/demo`` and ``data/categories``."""

    subjects: tuple[Subject, ...]
    plots: tuple[Plot, ...]
    names: Mapping[str, tuple[str, ...]]
    rhythm: Mapping[str, Any]
    posts: Mapping[str, tuple[PostRow, ...]]


def subjects_of(categories: Iterable[Row], mix: Iterable[Row], phrases: Iterable[Row]) -> tuple[Subject, ...]:
    """Join the three tables by code. Raises ``ValueError`` for a category without a mix or phrases."""
    mixed = {row["code"]: row for row in mix}
    words: dict[str, list[tuple[str, str]]] = {}
    for row in phrases:
        words.setdefault(row["code"], []).append((row["title"], row["description"]))
    found = []
    for row in categories:
        code = row["code"]
        if code not in mixed or code not in words:
            raise ValueError(f"类别 {code} 缺少示例权重或用语：请补全 data/demo/mix.csv 和 data/demo/phrases.csv。")
        found.append(_subject(row, mixed[code], tuple(words[code])))
    return tuple(found)


def _subject(category: Row, mix: Row, phrases: tuple[tuple[str, str], ...]) -> Subject:
    """Build one subject from its rows."""
    pairs = [item.split(":") for item in mix["dedicated"].split("|") if item]
    return Subject(
        code=category["code"],
        dimension=category["dimension"],
        grade=category["default_grade"],
        limit_hours=int(category["limit_hours"]),
        urban=float(mix["urban"]),
        rural=float(mix["rural"]),
        season=mix["season"],
        clock=mix["clock"],
        group=float(mix["group"]),
        dedicated={kind: float(weight) for kind, weight in pairs},
        phrases=phrases,
    )


def plots_of(rows: Iterable[Row]) -> tuple[Plot, ...]:
    """Build the kinds of 专属网格."""
    return tuple(
        Plot(r["kind"], r["name"], (float(r["width_m"]), float(r["height_m"])), float(r["urban"]), float(r["rural"]))
        for r in rows
    )


def names_of(rows: Iterable[Row]) -> dict[str, tuple[str, ...]]:
    """Build the name parts: characters for persons, words (separated by 、) for places."""
    return {row["part"]: tuple(row["text"].split("、")) if "、" in row["text"] else tuple(row["text"]) for row in rows}


def posts_of(rows: Iterable[Row]) -> dict[str, tuple[PostRow, ...]]:
    """Build the posts of the demonstration accounts of each size."""
    found: dict[str, list[PostRow]] = {}
    for r in rows:
        unit = int(r["unit"].ljust(15, "0"))
        post = PostRow(r["username"], r["name"], r["role"], unit, r["department"], r["note"])
        found.setdefault(r["size"], []).append(post)
    return {size: tuple(posts) for size, posts in found.items()}
