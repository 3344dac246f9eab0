"""What is written about 巡查计划, as typed values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple

from gridmap.cases.forms.plain import clean
from gridmap.errors import BadInput
from gridmap.patrols.rules.plans import LATEST_START_DAYS, LEAST_DAYS, MOST_DAYS, MOST_POINTS, NAME_LENGTH, Aim


class PlanEntry(NamedTuple):
    """A new plan: ``percent`` of the ground, or the numbers of the points in the order of the route; ``account_id`` is who is asked to."""

    name: str
    aim: Aim
    percent: int | None
    point_ids: tuple[int, ...]
    every_days: int
    from_on: date
    account_id: int | None


def read_plan(form: Mapping[str, str], today: date) -> PlanEntry:
    """Read ``name``, ``aim``, ``percent``, ``place-<number of a point>``, ``every_days``, ``from_on`` and ``account``. Raises ``BadInput``."""
    name = clean(form.get("name", ""))
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadInput(f"名称须为 1–{NAME_LENGTH} 个字。", field="name")
    if form.get("aim") not in set(Aim):
        raise BadInput("请选择巡查要求：走遍网格，或点位路线。", field="aim")
    aim = Aim(form["aim"])
    percent = (
        _number(form, "percent", 1, 100, "要求走到的面积应为 1 至 100 的整数（百分之几）。")
        if aim is Aim.AREA
        else None
    )
    points = _route(form) if aim is Aim.POINTS else ()
    every = _number(form, "every_days", LEAST_DAYS, MOST_DAYS, f"几天一次应为 {LEAST_DAYS} 至 {MOST_DAYS} 的整数。")
    account = form.get("account", "")
    if account and not re.fullmatch(r"[0-9]{1,18}", account):
        raise BadInput("没有找到该网格员。", field="account")
    return PlanEntry(name, aim, percent, points, every, _start(form, today), int(account) if account else None)


def _number(form: Mapping[str, str], name: str, least: int, most: int, words: str) -> int:
    text = form.get(name, "").strip()
    if not re.fullmatch(r"[0-9]{1,4}", text) or not least <= int(text) <= most:
        raise BadInput(words, field=name)
    return int(text)


def _start(form: Mapping[str, str], today: date) -> date:
    try:
        start = date.fromisoformat(form.get("from_on", "").strip())
    except ValueError:
        raise BadInput("请填写开始日期，例如 2026-11-02。", field="from_on") from None
    if abs(start - today) > timedelta(days=LATEST_START_DAYS):
        raise BadInput("开始日期须在前后一年之内。", field="from_on")
    return start


def _route(form: Mapping[str, str]) -> tuple[int, ...]:
    """Return the points that were given a place, in the order of the places."""
    places = []
    for name, value in form.items():
        found = re.fullmatch(r"place-([0-9]{1,18})", name)
        if found is None or not value.strip():
            continue
        if not re.fullmatch(r"[0-9]{1,3}", value.strip()):
            raise BadInput("顺序应为整数，例如 1、2、3；不经过的点位留空。", field="points")
        places.append((int(value), int(found[1])))
    if not 1 <= len(places) <= MOST_POINTS:
        raise BadInput(f"请给要经过的点位填写顺序，1 至 {MOST_POINTS} 个。", field="points")
    return tuple(point for _, point in sorted(places))
