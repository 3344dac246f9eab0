"""What browser tests of units need: the editor when it is ready, its map, and files made from the demonstration town."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import shapely
from playwright.sync_api import Page
from shapely.affinity import translate
from shapely.geometry import mapping
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from tests.browser.conftest import wait_until

VILLAGE = "220102200001000"  # 惠民嘉苑社区 of the demonstration town
POINTS = """() => {
  const map = document.querySelector("[data-edit-map]").gridmap;
  const box = map.getCanvas().getBoundingClientRect();
  return map.getStyle().sources["td-point"].data.features
    .filter((one) => one.properties.selectionPoint)
    .map((one) => { const at = map.project(one.geometry.coordinates); return [at.x + box.x, at.y + box.y]; });
}"""


def grids_of(database: URL, village: str = VILLAGE) -> list[tuple[str, str, Any]]:
    """Code, name and outline (WGS-84 lon lat) of the grids of a village, by code."""
    engine = create_engine(database)
    query = text(
        "select u.unit_code::text, u.name, st_asbinary(o.geom) from units u join outlines o using (unit_code)"
        " where u.parent_code = :village and u.valid_to is null and o.valid_to is null and o.valid_from is not null"
        " order by u.unit_code"
    )
    with engine.connect() as connection:
        rows = connection.execute(query, {"village": int(village)}).all()
    engine.dispose()
    return [(code, name, shapely.from_wkb(bytes(geom))) for code, name, geom in rows]


def write_outlines(path: Path, outlines: list[tuple[str, str, Any]]) -> Path:
    """Write a GeoJSON file of outlines."""
    features = [
        {"type": "Feature", "properties": {"code": code, "name": name}, "geometry": mapping(geom)}
        for code, name, geom in outlines
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return path


@pytest.fixture
def shifted_file(tmp_path: Path) -> Callable[[URL], Path]:
    """``shifted_file(database)``: the outlines of the village's grids, the first one moved 30 m to the east by mistake."""

    def make(database: URL) -> Path:
        grids = grids_of(database)
        code, name, geom = grids[0]
        return write_outlines(tmp_path / "惠民嘉苑网格.geojson", [(code, name, translate(geom, 0.0004)), *grids[1:]])

    return make


def open_editor(page: Page) -> None:
    """Wait until the editor has its outlines."""
    page.locator("[data-editor][data-ready]").wait_for(timeout=90_000)


def draw_line(page: Page, *places: tuple[float, float]) -> None:
    """Click the corners of a line (pixels of the screen), each once the one before it is drawn."""
    drawn = """() => {
      const [line] = document.querySelector("[data-edit-map]").gridmap.getStyle().sources["td-linestring"].data.features;
      return line ? line.geometry.coordinates.length : 0;
    }"""
    for number, (x, y) in enumerate(places, start=1):
        page.mouse.click(x, y)
        wait_until(page, f"() => ({drawn})() > {number}")


def corners(page: Page) -> list[tuple[float, float]]:
    """Places on the screen (pixels) of the corners that can be dragged."""
    wait_until(page, f"() => ({POINTS})().length > 2")
    return [(x, y) for x, y in page.evaluate(POINTS)]


def map_is_there(page: Page) -> None:
    """Wait until the map of a page of units is drawn."""
    page.locator("[data-ready]").first.wait_for(timeout=90_000)
