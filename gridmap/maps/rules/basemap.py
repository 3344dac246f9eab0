"""The base map: one line of configuration → what the browser may draw, or a refusal that says why.

Every outline and point of the product is WGS-84. A base map in GCJ-02 (the shifted datum of 高德 and 腾讯) would lie some
300–600 m beside them, and a tile cannot be unshifted by moving it; so it is refused, even when it is not declared.
"""

from __future__ import annotations

import html
import json
import re
import zlib
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

SHIFTED_HOSTS = ("autonavi.com", "amap.com", "gtimg.com", "map.qq.com", "bdimg.com", "map.baidu.com", "google.cn")
TIANDITU = (("vec", "矢量", ("vec", "cva")), ("img", "影像", ("img", "cia")))
TIANDITU_TILE = (
    "https://t{n}.tianditu.gov.cn/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&LAYER={layer}&STYLE=default"
    "&TILEMATRIXSET=w&FORMAT=tiles&TILEMATRIX={{z}}&TILEROW={{y}}&TILECOL={{x}}&tk={key}"
)
WMTS_NAMES = {"{TileMatrix}": "{z}", "{TileRow}": "{y}", "{TileCol}": "{x}"}
ALLOWED = "可用写法：tianditu:<密钥>、xyz:<模板>、wmts:<模板>、pmtiles:<文件>，留空为无底图。"


class BasemapError(ValueError):
    """The setting cannot be used; the message is Chinese and names the remedy."""


@dataclass(frozen=True)
class Basemap:
    """Base maps to choose from; ``archive`` is the PMTiles file as configured, served by us."""

    choices: tuple[dict[str, Any], ...] = ()
    attribution: str = ""
    archive: str = ""
    kind: str = field(default="none")

    def as_json(self) -> dict[str, Any]:
        """Return what ``static/js/maps/basemap.js`` reads."""
        return {"choices": list(self.choices), "attribution": self.attribution}


def parse_basemap(setting: str) -> Basemap:
    """Return the base map that ``Settings.basemap`` describes. Raises ``BasemapError``."""
    kind, _, rest = setting.strip().partition(":")
    kind, rest = kind.lower(), rest.strip()
    if not kind:
        return Basemap()
    if kind.endswith("-gcj02") or kind.endswith("-bd09"):
        raise BasemapError(
            f"底图设置 {kind} 不能使用：GCJ-02/BD-09 底图与边界相差数百米，切片无法纠正。请改用 WGS-84 或 CGCS2000 底图，如天地图。"
        )
    if kind not in ("tianditu", "xyz", "wmts", "pmtiles"):
        raise BasemapError(f"底图设置“{setting[:60]}”无法识别。{ALLOWED}")
    if not rest:
        raise BasemapError(f"底图设置 {kind} 缺少内容。{ALLOWED}")
    if kind == "tianditu":
        return _tianditu(rest)
    return _archive(rest) if kind == "pmtiles" else _template(kind, rest)


def _tianditu(key: str) -> Basemap:
    if not key.isalnum():
        raise BasemapError("天地图密钥只应含字母和数字，请从天地图控制台重新复制（类型选“浏览器端”）。")
    choices = []
    for name, title, layers in TIANDITU:
        tiles = [[TIANDITU_TILE.format(n=n, layer=layer, key=key) for n in range(8)] for layer in layers]
        rasters = [{"tiles": addresses, "tile_size": 256, "max_zoom": 18} for addresses in tiles]
        choices.append({"id": name, "name": title, "rasters": rasters})
    return Basemap(tuple(choices), "天地图 · 自然资源部", kind="tianditu")


def _template(kind: str, template: str) -> Basemap:
    for theirs, ours in WMTS_NAMES.items():
        template = template.replace(theirs, ours)
    parts = urlsplit(template)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BasemapError(f"底图模板应以 http:// 或 https:// 开头：{template[:80]}")
    if any(mark not in template for mark in ("{z}", "{x}", "{y}")):
        raise BasemapError("底图模板应含 {z}、{x}、{y}（WMTS 可写 {TileMatrix}、{TileCol}、{TileRow}）。")
    if any(parts.hostname == host or parts.hostname.endswith("." + host) for host in SHIFTED_HOSTS):
        raise BasemapError(
            f"底图 {parts.hostname} 使用 GCJ-02 或 BD-09 坐标，会与边界错开数百米，不能使用。请改用天地图等 WGS-84 或 CGCS2000 底图。"
        )
    tiles = [template.replace("{s}", s) for s in "abc"] if "{s}" in template else [template]
    choice = {"id": kind, "name": "底图", "rasters": [{"tiles": tiles, "tile_size": 256, "max_zoom": 18}]}
    return Basemap((choice,), parts.hostname, kind=kind)


def _archive(file: str) -> Basemap:
    choice = {"id": "pmtiles", "name": "底图", "archive": {}}
    return Basemap((choice,), "", archive=file, kind="pmtiles")


VECTOR_TILES = 1  # tile type in byte 99 of a PMTiles v3 header
PLAIN, GZIP = 1, 2  # compressions in byte 97
METADATA_BYTES = 1024 * 1024  # of the JSON that describes an archive; a longer one is not read
ATTRIBUTION_CHARACTERS = 200


def archive_facts(header: bytes) -> dict[str, Any]:
    """Return whether an archive holds vector tiles, and its deepest zoom, from its first 127 bytes.

    Layout: PMTiles specification, version 3. Raises ``BasemapError`` for anything else.
    """
    if len(header) < 127 or header[:7] != b"PMTiles" or header[7] != 3:
        raise BasemapError("底图文件不是 PMTiles 第 3 版，请重新生成。")
    return {"vector": header[99] == VECTOR_TILES, "max_zoom": header[101]}


def metadata_place(header: bytes) -> tuple[int, int]:
    """Return where an archive's metadata lies (offset, length in bytes), from a header that ``archive_facts`` accepted."""
    offset, length = (int.from_bytes(header[at : at + 8], "little") for at in (24, 32))
    return offset, length


def attribution_of(header: bytes, metadata: bytes) -> str:
    """Return whom the makers of an archive name, as HTML without tags; empty where they name nobody or it cannot be read.

    ``metadata`` is the JSON of the PMTiles specification, plain or by gzip as the header says.
    """
    try:
        if header[97] == GZIP:
            metadata = zlib.decompressobj(wbits=31).decompress(metadata, METADATA_BYTES)
        elif header[97] != PLAIN:
            return ""
        told = json.loads(metadata)
    except (ValueError, RecursionError, zlib.error):
        return ""
    said = told.get("attribution") if isinstance(told, dict) else None
    text = html.unescape(re.sub(r"<[^<>]*>", "", said)) if isinstance(said, str) else ""
    return html.escape(" ".join(text.split())[:ATTRIBUTION_CHARACTERS])
