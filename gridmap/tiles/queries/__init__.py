"""Tiles as one statement each: the scope and the query travel together on a bare connection, no session in between."""

from gridmap.tiles.queries.cases import Drawn, case_tile, heat_tile
from gridmap.tiles.queries.units import scope_bounds, unit_tile

__all__ = ["Drawn", "case_tile", "heat_tile", "scope_bounds", "unit_tile"]
