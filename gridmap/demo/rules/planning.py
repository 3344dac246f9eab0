"""Which grids a county gets: real towns and villages, invented grids, shared out by weight."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from gridmap.demo.rules.nesting import GridPlan, TownPlan, VillagePlan
from gridmap.demo.rules.tables import Plot

FIRST_DEDICATED = 901
"""专属网格 are numbered from here within their village, so that later 综合网格 can follow on."""
COMMUNITY_WEIGHT = 2.2
"""A community (社区) has about this many times the grids of a village."""
DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True, slots=True)
class Division:
    """A row of ``divisions.csv`` with its code padded to 15 digits."""

    code: int
    level: str
    name: str
    parent: int | None


def divisions_of(rows: Iterable[Mapping[str, str]]) -> tuple[Division, ...]:
    """Return the rows of ``divisions.csv`` with padded codes."""
    found = []
    for row in rows:
        parent = int(row["parent_code"].ljust(15, "0")) if row["parent_code"] else None
        found.append(Division(int(row["code"].ljust(15, "0")), row["level"], row["name"], parent))
    return tuple(found)


def allot(weights: Sequence[float], total: int, least: int = 1) -> list[int]:
    """Share ``total`` out by weight, each at least ``least`` (largest remainders, ties by order).

    Raises ``ValueError`` when the total cannot give each its least.
    """
    spare = total - least * len(weights)
    if spare < 0:
        raise ValueError(f"数量不足：{len(weights)} 个单位每个至少 {least}，合计只有 {total}。")
    exact = np.asarray(weights, dtype=float) / sum(weights) * spare
    whole = np.floor(exact).astype(int)
    order = np.argsort(-(exact - whole), kind="stable")
    whole[order[: spare - int(whole.sum())]] += 1
    return [int(count) + least for count in whole]


def plan_towns(
    divisions: Sequence[Division], county: int, grids: Mapping[int, int], plots: Sequence[Plot], rng: Generator
) -> tuple[TownPlan, ...]:
    """Return the towns of ``county`` with their villages and grids.

    ``grids`` gives the number of grids by town, or by county for all its towns together (key: padded code).
    """
    towns = [d for d in divisions if d.parent == county]
    villages = {town.code: [d for d in divisions if d.parent == town.code] for town in towns}
    everywhere = [v for town in towns for v in villages[town.code]]
    numbers: dict[int, int] = {}
    if county in grids:
        numbers = _numbers(everywhere, grids[county], rng)
    for town in towns:
        if town.code in grids:
            numbers.update(_numbers(villages[town.code], grids[town.code], rng))
    plans = []
    for town in towns:
        parts = tuple(_plan_village(v, numbers[v.code], plots, rng) for v in villages[town.code])
        plans.append(TownPlan(town.code, town.name, is_street(town.code), parts))
    return tuple(plans)


def is_street(code: int) -> bool:
    """Tell whether a town's code is that of a 街道 (001 to 099 in GB/T 10114)."""
    return 0 < code // 10**6 % 1000 < 100


def is_community(code: int) -> bool:
    """Tell whether a village's code is that of a community (001 to 199) rather than a village (200 and above)."""
    return 0 < code // 1000 % 1000 < 200


def _numbers(villages: Sequence[Division], total: int, rng: Generator) -> dict[int, int]:
    """Share the grids of an area out among its villages, communities getting more, each at least one."""
    noise = rng.lognormal(0, 0.35, len(villages))
    weights = [(COMMUNITY_WEIGHT if is_community(v.code) else 1.0) * n for v, n in zip(villages, noise, strict=True)]
    return {v.code: n for v, n in zip(villages, allot(weights, total), strict=True)}


def _plan_village(village: Division, count: int, plots: Sequence[Plot], rng: Generator) -> VillagePlan:
    """Name and number the grids of one village; one or two of many are 专属网格."""
    urban = is_community(village.code)
    dedicated = 0
    if count >= 3:
        dedicated = int(rng.random() < (0.55 if urban else 0.2)) + int(count >= 6 and rng.random() < 0.5)
    weights = np.array([plot.urban if urban else plot.rural for plot in plots])
    chosen = rng.choice(len(plots), size=dedicated, replace=False, p=weights / weights.sum())
    ordinary = tuple(
        GridPlan(village.code + n, f"第{chinese_number(n)}网格", "residential") for n in range(1, count - dedicated + 1)
    )
    special = tuple(
        GridPlan(village.code + FIRST_DEDICATED + k, plots[i].name, plots[i].kind, plots[i].sides_m)
        for k, i in enumerate(chosen)
    )
    return VillagePlan(village.code, village.name, urban, ordinary + special)


def chinese_number(number: int) -> str:
    """Return 1 … 99 in Chinese numerals."""
    tens, ones = divmod(number, 10)
    lead = "" if tens == 0 else "十" if tens == 1 else f"{DIGITS[tens]}十"
    return lead + (DIGITS[ones] if ones else "")
