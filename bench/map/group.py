"""The measures of group ``map``, in the order of the bars; each part prints what it is doing and returns its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bench.map import base, browser, statements, through, words
from bench.measure import Measure


@dataclass(frozen=True)
class Options:
    """``database``: measure this one instead of city data; ``quick``: few rounds, to see that everything runs."""

    database: str = base.CITY
    rows: str = "1m"
    quick: bool = False
    only: str = ""


def measures(options: Options | None = None, say: Callable[[str], None] = print) -> list[dict[str, Any]]:
    """Run the group and return its measures as dictionaries; databases are made when missing."""
    options = options or Options()
    database = base.TENFOLD if options.rows == "10m" else options.database
    base.ensure(database, say)
    say(f"机器：{base.machine()}；数据库 {database}")
    parts: list[tuple[str, Callable[[], list[Measure]]]] = [
        ("scope", lambda: statements.scoped_against_unscoped(database, options.quick)),
        ("low", lambda: statements.kept_against_gathered(database, options.quick)),
        ("counts", lambda: statements.choropleth(database, options.quick)),
        ("words", lambda: words.search(database, options.quick)),
        ("server", lambda: through.against_bare(database, options.quick)),
    ]
    if options.rows == "1m":
        parts += [
            ("growth", lambda: statements.growth(database, options.quick, say)),
            ("tipg", lambda: through.against_tipg(database, options.quick)),
            ("browser", lambda: browser.first_map(options.quick, say)),
        ]
    found: list[Measure] = []
    for name, part in parts:
        if options.only in ("", name):
            say(f"测量 {name} …")
            found += part()
    suffix = "" if options.rows == "1m" else f".{options.rows}"
    return [{**item.as_dict(), "name": f"map.{item.name}{suffix}"} for item in found]
