"""Tiles of units: outlines in force on a day, within the actor's ranges, and points for their labels."""

from __future__ import annotations

from datetime import date

from gridmap.access import Actor, Permission
from gridmap.analysis.queries import ranges_sql
from gridmap.config import settings
from gridmap.db import database, scope_statement
from gridmap.tiles.queries.cases import Drawn
from gridmap.tiles.rules import EXTENT, UNIT_BUFFER, Tile, outline_column, unit_level_at

IN_FORCE = "{t}.valid_from <= '{at}' and ({t}.valid_to is null or {t}.valid_to > '{at}')"
UNITS = """
with box as (select st_tileenvelope({z}, {x}, {y}) as tile, st_transform(st_tileenvelope({z}, {x}, {y}, margin => {margin}), 4326) as wide),
shown as (
  select o.unit_code, u.name, o.level, u.parent_code, u.kind, o.is_demo or u.is_demo as is_demo, round(o.area_m2) as area_m2,
    o.label_point, {geom} as geom
  from box, outlines o join units u on u.unit_code = o.unit_code
  where o.geom && box.wide and o.level <= {level} and {outlines} and {units}{ranges}
  order by o.level, o.unit_code limit {most}
),
named as (
  select lpad(unit_code::text, 15, '0') as code, name, level, lpad(parent_code::text, 15, '0') as parent, kind, is_demo,
    area_m2, label_point, geom from shown
)
select
  (select st_asmvt(t, 'units', {extent}, 'geom') from (
    select code, name, level, parent, kind, is_demo,
      st_asmvtgeom(st_transform(st_clipbybox2d(geom, box.wide), 3857), box.tile, {extent}, {buffer}) as geom
    from named, box) as t where t.geom is not null)
  || (select st_asmvt(t, 'unit_labels', {extent}, 'geom') from (
    select code, name, level, parent, kind, is_demo, area_m2,
      st_asmvtgeom(st_transform(label_point, 3857), box.tile, {extent}, 0) as geom
    from named, box) as t where t.geom is not null)
  || (select st_asmvt(t, 'units_left_out', {extent}, 'geom') from (
    select {most} as shown, st_asmvtgeom(st_centroid(tile), tile, {extent}, 0) as geom
    from box where (select count(*) from shown) >= {most}) as t)
"""


def unit_tile(actor: Actor, tile: Tile, at: date, level: int | None = None) -> Drawn:
    """Return the ``units`` and ``unit_labels`` layers: outlines in force ``at`` a day, down to ``level`` digits.

    A third layer, ``units_left_out``, is there when there were more units than may be sent: the deepest are missing.
    """
    most = settings().max_tile_features
    sql = UNITS.format(
        z=tile.z,
        x=tile.x,
        y=tile.y,
        margin=UNIT_BUFFER / EXTENT,
        geom=_geometry(tile.z),
        level=level or unit_level_at(tile.z),
        outlines=IN_FORCE.format(t="o", at=at.isoformat()),
        units=IN_FORCE.format(t="u", at=at.isoformat()),
        ranges=ranges_sql("o.unit_code", actor.granted_ranges(Permission.MAP_READ)),
        most=most,
        extent=EXTENT,
        buffer=UNIT_BUFFER,
    )
    with database.lean() as connection, connection.cursor() as cursor:
        cursor.execute(scope_statement(actor) + sql)
        (body,) = cursor.fetchone()
    return Drawn(bytes(body or b""))


def _geometry(z: int) -> str:
    column = outline_column(z)
    return {"geom_low": "coalesce(o.geom_low, o.geom_mid, o.geom)", "geom_mid": "coalesce(o.geom_mid, o.geom)"}.get(
        column, "o.geom"
    )


def scope_bounds(actor: Actor, at: date) -> tuple[float, float, float, float] | None:
    """Return west, south, east, north (degrees) of the outlines in the actor's ranges, ``None`` where there are none."""
    ranges = ranges_sql("unit_code", actor.granted_ranges(Permission.MAP_READ))
    with database.lean() as connection, connection.cursor() as cursor:
        cursor.execute(
            f"{scope_statement(actor)} select st_xmin(b), st_ymin(b), st_xmax(b), st_ymax(b) from (select st_extent(geom) as b"
            f" from outlines o where {IN_FORCE.format(t='o', at=at.isoformat())}{ranges}) as extent"
        )
        west, south, east, north = cursor.fetchone()
    return None if west is None else (west, south, east, north)
