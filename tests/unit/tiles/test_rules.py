"""Tile arithmetic: keys of tiles nest, points fall into their tile, tables agree with one another."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.cases.rules.cover import column, row
from gridmap.cases.rules.cover import interleave as slow
from gridmap.tiles import rules
from gridmap.tiles.rules import Tile, interleave, tile_at, tile_of

zooms = st.integers(0, 22)
lons, lats = st.floats(-179.999, 179.999), st.floats(-85, 85)


@given(st.integers(0, 2**22 - 1), st.integers(0, 2**22 - 1))
def test_interleaving_is_that_of_the_filter(x: int, y: int) -> None:
    assert interleave(x, y) == slow(x, y)


@given(lons, lats, zooms)
def test_a_point_has_its_key_in_its_tile(lon: float, lat: float, z: int) -> None:
    key = slow(column(lon), row(lat))
    assert key in tile_at(lon, lat, z).keys


@given(lons, lats, st.integers(0, 21))
def test_four_children_share_out_a_tile(lon: float, lat: float, z: int) -> None:
    tile = tile_at(lon, lat, z)
    children = [Tile(z + 1, 2 * tile.x + dx, 2 * tile.y + dy).keys for dy in (0, 1) for dx in (0, 1)]
    assert [child.lo for child in children] == [tile.keys.lo, *(child.hi for child in children[:-1])]
    assert children[-1].hi == tile.keys.hi


@pytest.mark.parametrize("zxy", [(-1, 0, 0), (23, 0, 0), (0, 1, 0), (3, 0, 8), (3, -1, 0)])
def test_there_is_no_such_tile(zxy: tuple[int, int, int]) -> None:
    assert tile_of(*zxy) is None


def test_levels_deepen_with_the_zoom_without_a_gap() -> None:
    table = rules.level_zooms()
    assert [item.level for item in table] == [6, 9, 12, 15]
    assert table[0].minzoom == 0
    assert table[-1].maxzoom == rules.MAX_ZOOM
    for above, below in pairwise(table):
        assert below.minzoom == above.maxzoom + 1
    for item in table:
        assert rules.unit_level_at(item.minzoom) == rules.unit_level_at(item.maxzoom) == item.level


def test_cells_are_kept_for_every_zoom_the_speed_is_promised_for() -> None:
    assert all(rules.is_kept(rules.cell_level(z, rules.CLUSTER_STEP)) for z in range(12))


def test_clusters_lead_to_rows() -> None:
    z = 0
    while z < rules.ROW_ZOOM:
        assert rules.expand_zoom(z) > z
        z = rules.expand_zoom(z)
    assert rules.expand_zoom(z) == z


@pytest.mark.parametrize("layer", rules.LAYERS)
def test_layers_describe_their_properties(layer: str) -> None:
    for described in rules.vector_layers(layer):
        assert described["id"]
        assert described["fields"]
