"""What the database alone takes: scope against no scope, kept cells against gathered ones, counts, and growth with the rows."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from functools import partial
from typing import Any

from bench.map import base
from bench.measure import Measure, interleaved
from gridmap.access import EVERYWHERE, Actor
from gridmap.analysis.queries import count_by_unit, readable
from gridmap.cases.forms import CaseFilter
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import database, scope_statement
from gridmap.tiles.queries.cases import Wish, cluster_sql, gathered_sql, rows_sql, tile_statement
from gridmap.tiles.queries.prepared import bound, first_row
from gridmap.tiles.rules import BY_DEFAULT, CLUSTER_STEP, ROW_ZOOM, Tile, tile_at

ZOOMS = (8, 10, 12, 14, 16)
ALL = CaseFilter()
MOST = 10_000
FILTERS = (
    {"family": "1", "status": "open"},
    {"family": "3", "risk": "high"},
    {"status": "ended", "risk": "medium,high"},
    {"family": "1,2", "from": "{year_ago}"},
    {"risk": "high", "from": "{month_ago}"},
    {"category": "101", "status": "open"},
    {"lateness": "late", "family": "5"},
    {"channel": "grid_worker", "risk": "high"},
)
"""Pairs of filters the choropleth is asked for: kept by the rollups, partly kept, and not kept at all."""


def statement(cursor: Any, actor: Actor, tile: Tile, wanted: CaseFilter = ALL, *, everywhere: bool = False) -> str:
    """Return what the product runs for a tile of cases, without the scope's settings."""
    spans = (EVERYWHERE,) if everywhere else readable(actor, wanted)
    wish = Wish(tile, wanted, spans, BY_DEFAULT, now())
    return rows_sql(cursor, wish, MOST) if tile.z >= ROW_ZOOM else cluster_sql(cursor, wish, CLUSTER_STEP)


def scoped_against_unscoped(name: str, quick: bool) -> list[Measure]:
    """Time each tile as the product runs it, and the very same statement, prepared where the product prepares it, as the owner.

    The note also tells what the tile of everybody, with no range at all, takes the owner: more rows, or kept cells.
    """
    where, found = base.places(name), []
    with base.as_application(name) as scoped, base.as_owner(name) as free:
        one, other = scoped.cursor(), free.cursor()
        for kind, unit in where.scopes().items():
            actor = base.leader(unit)
            spots = base.points(name, unit, 6 if quick else 25)
            for z in ZOOMS:
                tiles = list({tile_at(lon, lat, z) for lon, lat in spots})
                things = []
                for tile in tiles:
                    wish = Wish(tile, ALL, readable(actor, ALL), BY_DEFAULT, now())
                    things.append((*tile_statement(one, wish, MOST), statement(other, actor, tile, everywhere=True)))
                sides: dict[str, Callable[[Any], Any]] = {
                    "scoped": partial(_within, one, actor),
                    "free": lambda t: _run(other, bound(other, t[0], t[1])),
                    "all": lambda t: _run(other, t[2]),
                }
                times = interleaved(sides, things, 2 if quick else max(5, 60 // len(things)))
                note = f"{times['scoped']:.2f} / {times['free']:.2f} ms；不限范围 {times['all']:.2f} ms"
                found.append(Measure(f"scope.{kind}.z{z}", times["scoped"] / times["free"], "x", 1.15, note=note))
    return found


def _within(cursor: Any, actor: Actor, thing: Any) -> Any:
    return first_row(cursor, actor, thing[0], thing[1])


def _run(cursor: Any, sql: str) -> Any:
    cursor.execute(sql)
    return cursor.fetchone()


def kept_against_gathered(name: str, quick: bool) -> list[Measure]:
    """Time tiles at z 10 from kept cells and from rows, under the same scope."""
    where = base.places(name)
    actor = base.leader(where.city)
    with base.as_application(name) as connection:
        cursor = connection.cursor()
        tiles = list({tile_at(lon, lat, 10) for lon, lat in base.points(name, where.city, 10 if quick else 40)})
        texts = []
        for tile in tiles:
            wish = Wish(tile, ALL, readable(actor, ALL), BY_DEFAULT, now())
            texts.append(
                (
                    scope_statement(actor) + cluster_sql(cursor, wish, CLUSTER_STEP),
                    scope_statement(actor) + gathered_sql(cursor, wish, CLUSTER_STEP),
                )
            )
        times = interleaved(
            {"kept": lambda t: _run(cursor, t[0]), "gathered": lambda t: _run(cursor, t[1])}, texts, 1 if quick else 7
        )
    note = f"{times['kept']:.2f} / {times['gathered']:.1f} ms"
    return [Measure("low.z10.kept_against_gathered", times["gathered"] / times["kept"], "x", 50, most=False, note=note)]


def growth(name: str, quick: bool, say: Callable[[str], None]) -> list[Measure]:
    """Time low zooms with all cases and with a tenth of them, and weigh the tiles."""
    base.ensure(base.TENTH, say)
    where, found = base.places(name), []
    actor = base.leader(where.city)
    spots = base.points(name, where.city, 10 if quick else 40)
    with base.as_application(name) as large, base.as_application(base.TENTH) as small:
        many, few = large.cursor(), small.cursor()
        heaviest = 0
        for z in (6, 8, 9, 10, 11):
            tiles = list({tile_at(lon, lat, z) for lon, lat in spots})
            texts = [scope_statement(actor) + statement(many, actor, tile) for tile in tiles]
            heaviest = max([heaviest, *(_packed(_run(many, sql)[0]) for sql in texts)])
            times = interleaved(
                {"many": lambda t: _run(many, t), "few": lambda t: _run(few, t)},
                texts,
                2 if quick else max(7, 60 // len(texts)),
            )
            note = f"{times['many']:.2f} / {times['few']:.2f} ms"
            found.append(Measure(f"growth.z{z}", times["many"] / times["few"], "x", 1.5, note=note))
    return [*found, Measure("low.heaviest_tile", heaviest / 1000, "kB gz", 60)]


def _packed(body: Any) -> int:
    return len(zlib.compress(bytes(body), 1))


def _counted(actor: Actor, level: int, wanted: CaseFilter) -> Any:
    return count_by_unit(actor, wanted, level, now())


def choropleth(name: str, quick: bool) -> list[Measure]:
    """Time the counts of the children of a city, a district, a town and a village under pairs of filters."""
    from datetime import timedelta

    where = base.places(name)
    today = now().date()
    days = {"year_ago": str(today - timedelta(days=365)), "month_ago": str(today - timedelta(days=30))}
    before = database.engine
    database.start(role_url(base.address(name), APP_ROLE))
    try:
        found = []
        for kind, unit, level in (
            ("city", where.city, 6),
            ("district", where.district, 9),
            ("town", where.town, 12),
            ("village", where.grid // 1000 * 1000, 15),
        ):
            actor = base.leader(unit)
            filters = [
                CaseFilter.from_args({"unit": f"{unit:015d}", **{k: v.format(**days) for k, v in pair.items()}})
                for pair in FILTERS
            ]
            sides: dict[str, Callable[[Any], Any]] = {"all": partial(_counted, actor, level)}
            times = interleaved(sides, filters, 2 if quick else 15)
            found.append(Measure(f"counts.{kind}", times["all"], "ms", 30, note=f"{len(filters)} 组双条件的中位数"))
            for pair, wanted in zip(FILTERS, filters, strict=True):
                one = interleaved(sides, [wanted], 2 if quick else 9)["all"]
                found.append(Measure(f"counts.{kind}.{'+'.join(pair)}", one, "ms"))
        return found
    finally:
        if database.engine is not None:
            database.engine.dispose()
        database.engine = before
