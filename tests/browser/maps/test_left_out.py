"""A tile that cannot hold all units says so on the map."""

from __future__ import annotations

from collections.abc import Callable

import mapbox_vector_tile
from playwright.sync_api import Page, Route, expect
from shapely.geometry import Point

from tests.browser.conftest import map_is_drawn


def test_units_left_out_are_said_until_all_are_drawn(page: Page, sign_in: Callable[..., Page]) -> None:
    place = {"geometry": Point(2048, 2048), "properties": {"shown": 10000}}
    tile = bytes(mapbox_vector_tile.encode([{"name": "units_left_out", "features": [place]}]))

    def crowded(route: Route) -> None:
        route.fulfill(body=tile, content_type="application/vnd.mapbox-vector-tile")

    page.route("**/tiles/units/**", crowded)
    sign_in(page, "leader")
    map_is_drawn(page)
    banner = page.locator("#map-banner")
    expect(banner).to_contain_text("每块只画出 10,000 个，其余的没有显示：请放大后查看。")
    page.unroute("**/tiles/units/**", crowded)
    page.evaluate("() => document.getElementById('map').gridmap.refreshTiles('units')")
    expect(banner).to_be_hidden()
