"""Which 派单规则 fits a case: conditions, and the order in which they are asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from shapely import Point

from gridmap.access import significant_digits, subtree
from gridmap.cases.rules.terms import SCALE_NAMES, Scale

DESK_NAME = "中心自办"


@dataclass(frozen=True)
class Rule:
    """A rule as plain values; ``area`` is a polygon in WGS-84 degrees (lon, lat); an empty condition holds for all."""

    id: int
    unit_code: int
    position: int
    name: str
    department_id: int | None
    department_name: str
    active_from: date
    active_to: date | None = None
    families: frozenset[int] = frozenset()
    category_codes: frozenset[str] = frozenset()
    scales: frozenset[str] = frozenset()
    within_unit: int | None = None
    area: Any = None
    hour_from: int | None = None
    hour_to: int | None = None
    is_off: bool = False
    is_faulty: bool = False  # its department has ended


@dataclass(frozen=True)
class Matter:
    """What is asked of a case: ``hour`` is that of its receipt on China's clock, the point is WGS-84 or absent."""

    unit_code: int
    category_code: str
    family: int
    scale: str
    hour: int
    lon: float | None = None
    lat: float | None = None


def in_hours(hour: int, start: int, end: int) -> bool:
    """Say whether an hour of the day lies in ``[start, end)``; a start after the end runs over midnight."""
    return start <= hour < end if start < end else hour >= start or hour < end


def fits(rule: Rule, matter: Matter, on: date) -> bool:
    """Say whether a rule that holds on the day ``on``, and whose department is in being, is meant for this case. A case without a position fits no area."""
    if rule.is_off or rule.is_faulty or on < rule.active_from or (rule.active_to is not None and on >= rule.active_to):
        return False
    if matter.unit_code not in subtree(rule.within_unit or rule.unit_code):
        return False
    if (rule.families or rule.category_codes) and not (
        matter.family in rule.families or matter.category_code in rule.category_codes
    ):
        return False
    if rule.scales and matter.scale not in rule.scales:
        return False
    if rule.hour_from is not None and not in_hours(matter.hour, rule.hour_from, rule.hour_to or 24):
        return False
    if rule.area is None:
        return True
    if matter.lon is None or matter.lat is None:
        return False
    return bool(rule.area.covers(Point(matter.lon, matter.lat)))


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """Return rules as they are asked: those of the nearest unit first, within a unit as they were put in order."""
    return sorted(rules, key=lambda rule: (-significant_digits(rule.unit_code), rule.position, rule.id))


def first_match(rules: Iterable[Rule], matter: Matter, on: date) -> Rule | None:
    """Return the first rule that fits on the day ``on``, or ``None``. ``rules`` are in order."""
    return next((rule for rule in rules if fits(rule, matter, on)), None)


def conditions_in_words(rule: Rule, categories: dict[str, str], families: dict[int, str], unit_name: str) -> list[str]:
    """Return the conditions of a rule as short Chinese phrases; none: 全部事件."""
    kinds = [families.get(number, str(number)) for number in sorted(rule.families)]
    kinds += [categories.get(code, f"{code}（已停用的类别）") for code in sorted(rule.category_codes)]
    found = [f"类别：{'、'.join(kinds)}"] if kinds else []
    if rule.within_unit:
        found.append(f"区划：{unit_name}")
    if rule.area is not None:
        found.append(f"范围：{len(rule.area.exterior.coords) - 1} 个点的地块")
    if rule.hour_from is not None:
        found.append(f"上报时间：{rule.hour_from}:00 至 {rule.hour_to}:00")
    if rule.scales:
        found.append(f"规模：{'、'.join(SCALE_NAMES[Scale(scale)] for scale in sorted(rule.scales))}")
    return found or ["全部事件"]
