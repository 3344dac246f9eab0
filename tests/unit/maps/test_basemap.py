"""Base maps: what may lie under outlines in WGS-84, and what is refused with its reason."""

from __future__ import annotations

import gzip
import json
import struct

import pytest

from gridmap.maps.rules.basemap import BasemapError, archive_facts, attribution_of, metadata_place, parse_basemap


def test_none_is_a_good_base_map() -> None:
    assert parse_basemap("").choices == ()
    assert parse_basemap("  ").as_json() == {"choices": [], "attribution": ""}


def test_tianditu_offers_vector_and_imagery_each_with_its_names() -> None:
    described = parse_basemap("tianditu:0123abcd")
    assert [choice["name"] for choice in described.choices] == ["矢量", "影像"]
    for choice, layers in zip(described.choices, (("vec", "cva"), ("img", "cia")), strict=True):
        for raster, layer in zip(choice["rasters"], layers, strict=True):
            assert len(raster["tiles"]) == 8
            assert f"LAYER={layer}&" in raster["tiles"][3]
            assert raster["tiles"][3].startswith("https://t3.tianditu.gov.cn/")
            assert raster["tiles"][3].endswith("TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=0123abcd")


@pytest.mark.parametrize(
    ("setting", "tiles"),
    [
        ("xyz:http://10.0.0.8/tiles/{z}/{x}/{y}.png", ["http://10.0.0.8/tiles/{z}/{x}/{y}.png"]),
        ("XYZ:https://{s}.map.example/{z}/{x}/{y}", [f"https://{s}.map.example/{{z}}/{{x}}/{{y}}" for s in "abc"]),
        (
            "wmts:http://gis.example/wmts?tilematrix={TileMatrix}&tilerow={TileRow}&tilecol={TileCol}",
            ["http://gis.example/wmts?tilematrix={z}&tilerow={y}&tilecol={x}"],
        ),
    ],
)
def test_templates(setting: str, tiles: list[str]) -> None:
    (choice,) = parse_basemap(setting).choices
    assert choice["rasters"][0]["tiles"] == tiles


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("xyz-gcj02:https://tiles.example/{z}/{x}/{y}", "GCJ-02"),
        ("wmts-bd09:https://tiles.example/{z}/{x}/{y}", "BD-09"),
        ("xyz:https://webrd01.is.autonavi.com/appmaptile?x={x}&y={y}&z={z}", "GCJ-02"),
        ("xyz:https://rt0.map.gtimg.com/tile?z={z}&x={x}&y={y}", "错开数百米"),
        ("xyz:https://tiles.example/{z}/{x}.png", "{y}"),
        ("xyz:/tiles/{z}/{x}/{y}.png", "http://"),
        ("xyz:", "缺少内容"),
        ("google:abc", "无法识别"),
        ("tianditu:abc&def", "密钥"),
    ],
)
def test_refusals_say_why(setting: str, said: str) -> None:
    with pytest.raises(BasemapError, match=said.replace("{", r"\{")):
        parse_basemap(setting)


def test_archive_header() -> None:
    header = b"PMTiles\x03" + bytes(91) + bytes([1, 0, 14]) + bytes(25)
    assert archive_facts(header) == {"vector": True, "max_zoom": 14}
    assert archive_facts(header[:99] + b"\x02" + header[100:])["vector"] is False
    for broken in (header[:100], b"PMTiles\x02" + header[8:], b"GIF89a" + bytes(130)):
        with pytest.raises(BasemapError, match="PMTiles"):
            archive_facts(broken)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("© OpenStreetMap 贡献者", "© OpenStreetMap 贡献者"),
        ('<a href="https://example.org">&copy;  某测绘院</a>', "© 某测绘院"),
        ("<img src=x onerror=alert(1)>甲", "甲"),
        ("&lt;img src=x onerror=alert(1)&gt;", "&lt;img src=x onerror=alert(1)&gt;"),
        ("长" * 500, "长" * 200),
        (["不是文字"], ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("compression", [1, 2])
def test_whom_an_archive_names_is_shown_as_text(said: object, shown: str, compression: int) -> None:
    told = json.dumps({"attribution": said}).encode()
    assert attribution_of(compressed(compression), gzip.compress(told) if compression == 2 else told) == shown


@pytest.mark.parametrize(
    "metadata", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, gzip.compress(b" " * 10_000_000)[:-9]]
)
@pytest.mark.parametrize("compression", [0, 1, 2, 3])
def test_metadata_that_cannot_be_read_names_nobody(metadata: bytes, compression: int) -> None:
    assert attribution_of(compressed(compression), metadata) == ""


def test_where_the_metadata_lies() -> None:
    header = b"PMTiles\x03" + struct.pack("<4Q", 127, 20, 147, 35) + bytes(87)
    assert metadata_place(header) == (147, 35)


def compressed(how: int) -> bytes:
    return bytes(97) + bytes([how]) + bytes(29)
