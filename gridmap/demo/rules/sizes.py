"""The sizes of the demonstration: which counties, how many grids, cases, residents and staff."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.random import Generator

from gridmap.demo.rules.planning import Division, allot


@dataclass(frozen=True, slots=True)
class CountySize:
    """What one county is to hold. Codes are padded to 15 digits; ``residents`` and ``workers`` only where they are fixed."""

    code: int
    grids: Mapping[int, int]
    cases: Mapping[int, int]
    residents: Mapping[int, int]
    workers: Mapping[int, int]
    staff: int | None
    staff_per_grid: float


@dataclass(frozen=True, slots=True)
class Size:
    """One size: its label, where the work is, and its counties."""

    name: str
    label: str
    focus: int
    counties: tuple[CountySize, ...]


def size_of(name: str, tables: Mapping[str, Any], divisions: Sequence[Division], rng: Generator) -> Size:
    """Return a size from ``sizes.toml``. Raises ``KeyError`` for an unknown name."""
    table = tables[name]
    counties = tuple(_county(item, divisions, rng) for item in table["counties"])
    return Size(name, table["label"], padded(table["focus"]), counties)


def padded(code: int) -> int:
    """Return a code of 2 to 12 digits as 15 digits."""
    return int(str(code).ljust(15, "0"))


def _county(item: Mapping[str, Any], divisions: Sequence[Division], rng: Generator) -> CountySize:
    """Read one county of a size; towns not named get their share."""
    code = padded(item["code"])
    towns = {d.code: sum(v.parent == d.code for v in divisions) for d in divisions if d.parent == code}
    fixed = {padded(town["code"]): town for town in item.get("towns", ())}
    if "grids" in item:
        grids = {code: item["grids"]}
        cases = dict(zip(towns, allot(_busyness(towns, rng), item["cases"], least=0), strict=True))
    else:
        low, high = item["cases_per_town"]
        grids = {t: fixed[t]["grids"] if t in fixed else n * item["each_village"] for t, n in towns.items()}
        cases = {t: fixed[t]["cases"] if t in fixed else int(rng.integers(low, high + 1)) for t in towns}
    return CountySize(
        code,
        grids,
        cases,
        {t: values["residents"] for t, values in fixed.items()},
        {t: values["workers"] for t, values in fixed.items()},
        item.get("staff"),
        item.get("staff_per_grid", 0.0),
    )


def _busyness(towns: Mapping[int, int], rng: Generator) -> list[float]:
    """Return how much happens in each town: by its villages, streets three times as much."""
    noise = rng.lognormal(0, 0.3, len(towns))
    return [
        n * (3.0 if 0 < t // 10**6 % 1000 < 100 else 1.0) * x for (t, n), x in zip(towns.items(), noise, strict=True)
    ]
