"""The measures of group ``cases``: limits, sweep, work lists, similar cases, steps one by one and by many people at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench import worktime
from bench.cases import database, escalation, pages, walk
from bench.map.base import machine
from bench.measure import Measure


@dataclass(frozen=True)
class Options:
    """``database``: measure this one as it is; ``rows``: 1m or 20k cases; ``quick``: few rounds, to see that everything runs."""

    database: str = ""
    rows: str = "1m"
    quick: bool = False
    only: str = ""


def measures(options: Options | None = None, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Run the group and return its measures as dictionaries; the database is made when missing."""
    options = options or Options()
    parts: dict[str, Callable[[str, bool], list[Measure]]] = {
        "limit": lambda _name, _quick: worktime.measures(),
        "escalation": lambda _name, _quick: escalation.measures(),
        "work": pages.work_lists,
        "similar": pages.similar,
        "steps": walk.one_by_one,
        "crowd": walk.many_at_once,
    }
    wanted = {part: run for part, run in parts.items() if options.only in ("", part)}
    name = options.database
    if not name and wanted.keys() - {"limit", "escalation"}:
        name = database.ensure(options.rows, say)
    say(f"机器：{machine()}；数据库 {name or '无'}")
    found: list[Measure] = []
    for part, run in wanted.items():
        say(f"测量 {part} …")
        found += run(name, options.quick)
    return [{**item.as_dict(), "name": f"cases.{item.name}"} for item in found]
