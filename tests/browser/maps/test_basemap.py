"""Base maps drawn for real: an archive of tiles (PMTiles, pictures and vectors) from our own server, and pictures of another one."""

from __future__ import annotations

import io
import json
import struct
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import mapbox_vector_tile
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from shapely.geometry import box

from tests.browser.conftest import Databases, Live, map_is_drawn, serve

WORLD = (-180, -85, 180, 85)
PICTURES, VECTORS = 2, 1  # tile types of PMTiles
LOADED = """() => {
  const map = document.getElementById("map").gridmap;
  return Boolean(map.getSource("base-0")) && map.isSourceLoaded("base-0") && map.areTilesLoaded();
}"""
FEATURES = (
    """() => document.getElementById("map").gridmap.querySourceFeatures("base-0", { sourceLayer: "earth" }).length"""
)


def picture() -> bytes:
    """A tile of a colour that nothing else on the page has."""
    out = io.BytesIO()
    Image.new("RGB", (256, 256), (255, 0, 255)).save(out, "PNG")
    return out.getvalue()


def vectors() -> bytes:
    """A tile that is land all over."""
    return bytes(
        mapbox_vector_tile.encode(
            [{"name": "earth", "features": [{"geometry": box(0, 0, 4096, 4096), "properties": {}}]}]
        )
    )


def archive(tile: bytes, kind: int) -> bytes:
    """A PMTiles archive (version 3, nothing compressed) that holds the one tile 0/0/0."""
    length = b""
    rest = len(tile)
    while rest > 0x7F:
        length += bytes([rest & 0x7F | 0x80])
        rest >>= 7
    directory = b"\x01\x00\x01" + length + bytes([rest]) + b"\x01"  # one entry: id 0, run 1, length, offset 0
    about = json.dumps({"attribution": '<a href="https://example.org">&copy; 示例测绘院</a>'}).encode()
    start = 127 + len(directory) + len(about)
    edges = [round(degrees * 10**7) for degrees in WORLD]
    head = b"PMTiles\x03" + struct.pack(
        "<11Q", 127, len(directory), 127 + len(directory), len(about), start, 0, start, len(tile), 1, 1, 1
    )
    head += struct.pack("<6B4iB2i", 1, 1, 1, kind, 0, 0, *edges, 0, 0, 0)
    assert len(head) == 127
    return head + directory + about + tile


@pytest.fixture
def based(databases: Databases, worker_name: str, town: str, tmp_path: Path) -> Iterator[Callable[[str], Live]]:
    """``based("xyz:…")``: a server with that base map."""
    running: list[Iterator[Live]] = []
    database = databases.create(f"{worker_name}_based", template=town)

    def start(setting: str) -> Live:
        running.append(serve(database, tmp_path, GRIDMAP_BASEMAP=setting))
        return next(running[-1])

    yield start
    for server in running:
        next(server, None)
    databases.drop(str(database.database))


@pytest.fixture
def elsewhere() -> Iterator[tuple[str, set[str]]]:
    """A server of picture tiles on this machine: its address, and the paths it was asked for."""
    asked: set[str] = set()

    class Tiles(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.add(self.path)
            body = picture()
            self.send_response(200)
            for name, value in (
                ("Content-Type", "image/png"),
                ("Content-Length", str(len(body))),
                ("Access-Control-Allow-Origin", "*"),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


def coloured(page: Page) -> int:
    """How many pixels of the map have the colour of the base map's tiles."""
    shot = Image.open(io.BytesIO(page.locator("#map canvas").first.screenshot())).convert("RGB")
    return sum(count for count, (r, g, b) in shot.getcolors(1 << 24) if r > 230 and g < 40 and b > 230)


def test_an_archive_of_pictures_is_drawn(
    page: Page, based: Callable[[str], Live], sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "base.pmtiles").write_bytes(archive(picture(), PICTURES))
    sign_in(page, "leader", at=based("pmtiles:base.pmtiles"))
    map_is_drawn(page)
    page.wait_for_function(LOADED)
    assert coloured(page) > 5000
    expect(page.locator(".maplibregl-ctrl-attrib-inner")).to_have_text("© 示例测绘院")


def test_an_archive_of_vectors_is_drawn(
    page: Page, based: Callable[[str], Live], sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "base.pmtiles").write_bytes(archive(vectors(), VECTORS))
    sign_in(page, "leader", at=based("pmtiles:base.pmtiles"))
    map_is_drawn(page)
    page.wait_for_function(LOADED)
    assert page.evaluate(FEATURES) > 0


def test_pictures_of_another_server_are_drawn(
    page: Page, based: Callable[[str], Live], sign_in: Callable[..., Page], elsewhere: tuple[str, set[str]]
) -> None:
    address, asked = elsewhere
    sign_in(page, "leader", at=based(f"xyz:{address}/{{z}}/{{x}}/{{y}}.png"))
    map_is_drawn(page)
    page.wait_for_function(LOADED)
    assert asked
    assert all(path.count("/") == 3 and path.endswith(".png") for path in asked)
    assert coloured(page) > 5000


def test_a_damaged_archive_is_said_and_the_map_drawn(
    page: Page, based: Callable[[str], Live], sign_in: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "base.pmtiles").write_bytes(b"PMTiles\x02" + bytes(200))
    sign_in(page, "leader", at=based("pmtiles:base.pmtiles"))
    map_is_drawn(page)
    assert "不是 PMTiles 第 3 版" in page.locator("#map-banner").inner_text()


def test_full_screen_and_back(page: Page, sign_in: Callable[..., Page]) -> None:
    sign_in(page, "leader")
    map_is_drawn(page)
    page.locator("#tool-full").click()
    page.wait_for_function("() => document.fullscreenElement?.id === 'map-area'")
    whole = """(wanted) => {
      const map = document.querySelector("#map canvas").getBoundingClientRect();
      return wanted === (Math.abs(map.width - innerWidth) < 2 && Math.abs(map.height - innerHeight) < 2);
    }"""
    page.wait_for_function(whole, arg=True)
    page.locator("#tool-full").click()
    page.wait_for_function("() => document.fullscreenElement === null")
    page.wait_for_function(whole, arg=False)
