"""Tiles of cases and of heat: from kept cells at low zooms, gathered from rows in between, row by row at high zooms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from gridmap.access import Actor, Range
from gridmap.analysis.queries import ENDED_TEXT, filter_sql, is_rolled, ranges_sql, readable, rolled_sql
from gridmap.analysis.rules import KEY_ZOOM, rollup_level
from gridmap.cases.forms import CaseFilter
from gridmap.cases.rules import DUE_SOON_HOURS, Lateness
from gridmap.config import settings
from gridmap.db import database
from gridmap.tiles.queries.prepared import PARAMETERS, Marks, first_row, marks_of
from gridmap.tiles.rules import (
    ATTRIBUTES,
    BY_DEFAULT,
    CLUSTER_STEP,
    EXTENT,
    NO_RISK,
    ROW_ZOOM,
    Tile,
    cell_level,
    expand_zoom,
    heat_step,
    is_kept,
)

CROWDED_STEP = 5
"""Where a tile has more rows than may be sent, they are gathered in 32 × 32 cells instead: nothing is left out silently."""
LATENESS = f"""case when closed_at is not null then '{Lateness.ENDED}' when due_at is null then '{Lateness.NO_LIMIT}'
  when due_at <= now() then '{Lateness.LATE}' when due_at <= now() + interval '{DUE_SOON_HOURS} hours' then '{Lateness.DUE_SOON}'
  else '{Lateness.ON_TIME}' end"""
VALUES = {"family": "family", "status": "status", "risk": f"coalesce(risk, '{NO_RISK}')", "lateness": "lateness"}


@dataclass(frozen=True)
class Drawn:
    """A tile as it is sent."""

    body: bytes


@dataclass(frozen=True)
class Wish:
    """What is asked of a tile of cases: which, in which code ranges, coloured by what, at which instant.

    ``prepared``: the statement leaves the tile's place open, to be prepared once and run for every tile of a zoom.
    """

    tile: Tile
    wanted: CaseFilter
    spans: tuple[Range, ...]
    by: tuple[str, ...]
    now: datetime
    prepared: bool = False

    @property
    def marks(self) -> Marks:
        """What stands for the tile's place in the statement."""
        return PARAMETERS if self.prepared else marks_of(self.tile)


def case_tile(actor: Actor, tile: Tile, wanted: CaseFilter, by: str | None, now: datetime) -> Drawn:
    """Return the ``cases`` layer of a tile: clusters below ``ROW_ZOOM``, rows from there on."""
    wish = Wish(tile, wanted, readable(actor, wanted), (by,) if by else BY_DEFAULT, now)
    most = settings().max_tile_features
    with database.lean() as connection, connection.cursor() as cursor:
        body, *counted = first_row(cursor, actor, *tile_statement(cursor, wish, most))
        if not counted or counted[0] < most:
            return Drawn(bytes(body))
        body, *_ = first_row(cursor, actor, *_clusters(cursor, wish, CROWDED_STEP))
        return Drawn(bytes(body))


def heat_tile(actor: Actor, tile: Tile, wanted: CaseFilter, now: datetime) -> Drawn:
    """Return the ``heat`` layer of a tile: weighted points of the cells of a 16 × 16 grid."""
    wish = Wish(tile, wanted, readable(actor, wanted), (), now)
    with database.lean() as connection, connection.cursor() as cursor:
        body, *_ = first_row(cursor, actor, *_clusters(cursor, wish, heat_step(tile.z), layer="heat"))
        return Drawn(bytes(body))


def tile_statement(cursor: Any, wish: Wish, most: int) -> tuple[str, Tile | None]:
    """Return the statement of a tile of ``cases``, and the tile when it is to be prepared (see ``bound``)."""
    if wish.tile.z < ROW_ZOOM:
        return _clusters(cursor, wish, CLUSTER_STEP)
    wish = replace(wish, prepared=not wish.wanted.q)
    return rows_sql(cursor, wish, most), wish.tile if wish.prepared else None


def _clusters(cursor: Any, wish: Wish, step: int, layer: str = "cases") -> tuple[str, Tile | None]:
    """Return the statement of a clustered tile, and the tile when it is to be prepared. Only kept cells are read by a prepared
    statement: rows are found by one index or another, depending on the place, so their statement is planned for each tile.
    """
    wish = replace(wish, prepared=_from_kept(wish, step) and "lateness" not in wish.by)
    return cluster_sql(cursor, wish, step, layer), wish.tile if wish.prepared else None


def rows_sql(cursor: Any, wish: Wish, most: int) -> str:
    """Return the statement of a tile with one feature a case (at most ``most``), and how many features it has.

    A prepared statement has one plan for all places, so nothing but place and scope may choose its index: there the filter is
    kept apart from them by ``offset 0``.
    """
    z, marks = wish.tile.z, wish.marks
    narrowed = filter_sql(cursor, wish.wanted, wish.now, read_words=True)
    source = "cases where " + _inside(wish) + narrowed
    if wish.prepared and narrowed:
        source = f"(select * from cases where {_inside(wish)} offset 0) as cases where true{narrowed}"
    return f"""select st_asmvt(t, 'cases', {EXTENT}, 'geom'), count(*) from (
select st_asmvtgeom(st_transform(geom, 3857), st_tileenvelope({z}, {marks.x}, {marks.y}), {EXTENT}, 0, false) as geom,
  case_code, title, family, name as category, status, coalesce(risk, '{NO_RISK}') as risk, {LATENESS} as lateness, 1 as n
from (select geom, case_code, title, category_id, status, risk, closed_at, due_at from {source} limit {most}) as cases
join categories on categories.id = category_id) as t"""


def cluster_sql(cursor: Any, wish: Wish, step: int, layer: str = "cases") -> str:
    """Return the statement of a tile with one feature a cell, from whichever source answers it cheapest."""
    level = cell_level(wish.tile.z, step)
    kept = rollup_level(wish.spans)
    if kept is not None and _from_kept(wish, step):
        source = _kept_lateness(cursor, wish, level, kept) if "lateness" in wish.by else _kept(wish, level, kept)
    else:
        source = _gathered(cursor, wish, level)
    return _encoded(wish, source, layer)


def _from_kept(wish: Wish, step: int) -> bool:
    """Say whether the rollup keeps the cells that are asked for, whole units of it in the ranges."""
    kept = is_kept(cell_level(wish.tile.z, step)) and is_rolled(wish.wanted)
    return kept and rollup_level(wish.spans) is not None


def gathered_sql(cursor: Any, wish: Wish, step: int) -> str:
    """Return the statement of a clustered tile made from rows alone: what the kept cells are measured against."""
    return _encoded(wish, _gathered(cursor, wish, cell_level(wish.tile.z, step)), "cases")


def _encoded(wish: Wish, source: str, layer: str) -> str:
    z, marks = wish.tile.z, wish.marks
    scale = 2.0 ** (z - KEY_ZOOM)
    names = [
        f"nullif(sum(n) filter (where {VALUES[name]} = '{value}'), 0)::int as {name}_{value}"
        for name in wish.by
        for value in ATTRIBUTES[name]
    ]
    columns = "".join(f", {name}" for name in ([f"{expand_zoom(z)} as expand"] if layer == "cases" else []) + names)
    return f"""select st_asmvt(t, '{layer}', {EXTENT}, 'geom') from (
select st_point({_place("sum_x", marks.x, scale)}, {_place("sum_y", marks.y, scale)}) as geom, sum(n)::int as n{columns}
from ({source}) as parts group by cell having sum(n) > 0) as t"""


def _place(column: str, index: str, scale: float) -> str:
    """Return the SQL of the middle of a cluster in the units of the tile (0 … 4095)."""
    return f"least(greatest(floor(((sum({column}) / sum(n) + 0.5) * {scale!r} - {index}) * {EXTENT}), 0), {EXTENT - 1})"


def _inside(wish: Wish) -> str:
    marks = wish.marks
    return f"zkey >= {marks.lo} and zkey < {marks.hi}{ranges_sql('unit_code', wish.spans)}"


def _kept(wish: Wish, level: int, unit_level: int, more: str = "") -> str:
    """Return the cells of the rollup and of the changes not yet folded into it."""
    marks = wish.marks
    shift = 2 * (KEY_ZOOM - level)
    where = ranges_sql("unit_code", wish.spans) + rolled_sql(wish.wanted, "true") + more
    by_status = bool(wish.wanted.status or more or "status" in wish.by)
    return f"""select cell, family, status, risk, n, sum_x::float8 as sum_x, sum_y::float8 as sum_y from case_cells
where unit_level = {unit_level} and cell_level = {level} and by_status = {by_status} and cell >= {marks.lo} and cell < {marks.hi}{where}
union all select zkey >> {shift} << {shift}, family, status, risk, n, n * gridmap_squeeze(zkey), n * gridmap_squeeze(zkey >> 1)
from case_deltas where zkey >= {marks.lo} and zkey < {marks.hi}{where}"""


def _kept_lateness(cursor: Any, wish: Wish, level: int, unit_level: int) -> str:
    """Return ended cases from the rollup and open ones, whose lateness changes with the clock, from rows."""
    shift = 2 * (KEY_ZOOM - level)
    return f"""select cell, '{Lateness.ENDED}' as lateness, n, sum_x, sum_y
from ({_kept(wish, level, unit_level, f" and status in ({ENDED_TEXT})")}) as ended
union all select zkey >> {shift} << {shift}, {LATENESS}, 1, gridmap_squeeze(zkey), gridmap_squeeze(zkey >> 1)
from cases where closed_at is null and {_inside(wish)}{filter_sql(cursor, wish.wanted, wish.now)}"""


def _gathered(cursor: Any, wish: Wish, level: int) -> str:
    """Return cells made from the rows of the tile."""
    shift = 2 * (KEY_ZOOM - level)
    family, join = (", family", " join categories on categories.id = category_id") if "family" in wish.by else ("", "")
    lateness = f", {LATENESS} as lateness" if "lateness" in wish.by else ""
    scale = 1 << KEY_ZOOM
    return f"""select zkey >> {shift} << {shift} as cell, status, risk{family}{lateness}, 1 as n,
  (st_x(geom) + 180) / 360 * {scale} - 0.5 as sum_x,
  (1 - ln(tan(radians(st_y(geom))) + 1 / cos(radians(st_y(geom)))) / pi()) / 2 * {scale} - 0.5 as sum_y
from cases{join} where {_inside(wish)}{filter_sql(cursor, wish.wanted, wish.now)}"""
