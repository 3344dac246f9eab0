"""A small world with cases in it, and a way to fetch and decode tiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient

from gridmap.tiles.rules import tile_at
from tests.factories import SIZE, SOUTH, WEST, Factories

HERE = (WEST + 1.5 * SIZE, SOUTH + 0.5 * SIZE)  # the middle of the world


@pytest.fixture
def world(make: Factories) -> Factories:
    """Units and categories of the small world."""
    make.world()
    return make


def address(layer: str, z: int, at: tuple[float, float] = HERE, query: str = "") -> str:
    """Return the address of the tile of zoom ``z`` that holds a point."""
    tile = tile_at(*at, z)
    return f"/tiles/{layer}/{z}/{tile.x}/{tile.y}.mvt" + (f"?{query}" if query else "")


@pytest.fixture
def fetch() -> Callable[..., dict[str, list[dict[str, Any]]]]:
    """``fetch(client, layer, z, at, query)``: the features of a tile by layer."""

    def get(client: FlaskClient, layer: str, z: int, at: tuple[float, float] = HERE, query: str = "") -> Any:
        answer = client.get(address(layer, z, at, query))
        assert answer.status_code == 200, answer.get_data(as_text=True)
        decoded = mapbox_vector_tile.decode(answer.get_data()) if answer.get_data() else {}
        return {name: layer["features"] for name, layer in decoded.items()}

    return get
