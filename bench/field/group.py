"""The measures of group ``field``: many phones at once, phones while the server is killed, and the app's start on a slow phone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.field import crowd, ground, start, tracks
from bench.map.base import TOWN, address, ensure, machine, server
from bench.measure import Measure
from gridmap.db import migrate

FIELD = "gridmap_bench_field"


@dataclass(frozen=True)
class Options:
    """``database``: measure this one instead of a fresh town; ``quick``: few phones and kills, to see that everything runs."""

    database: str = ""
    quick: bool = False
    only: str = ""


def measures(options: Options | None = None, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Run the group and return its measures as dictionaries; the database is made when missing."""
    options = options or Options()
    name = options.database or fresh(say)
    say(f"机器：{machine()}；数据库 {name}")
    parts: dict[str, Callable[[str, bool, Callable[[str], None]], list[Measure]]] = {
        "phones": crowd.all_at_once,
        "killed": crowd.killed,
        "start": start.offline_start,
        "seen": tracks.seen,
        "uploads": tracks.uploads,
        "raster": tracks.raster,
        "coverage": ground.coverage,
    }
    found: list[Measure] = []
    for part, run in parts.items():
        if options.only in ("", part):
            say(f"测量 {part} …")
            found += run(name, options.quick, say)
    return [{**item.as_dict(), "name": f"field.{item.name}"} for item in found]


def fresh(say: Callable[[str], None]) -> str:
    """Make the group's database anew from the town demonstration, so that each run begins alike; return its name."""
    ensure(TOWN, say)
    with server() as run:
        run(f"drop database if exists {FIELD} with (force)")
        run(f"create database {FIELD} template {TOWN}")
    migrate(address(FIELD))
    return FIELD
