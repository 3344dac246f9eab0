"""Map files with everything that can be wrong with them: each is refused in words that say what and what to do."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from shapely.geometry import LineString, Point, box

from gridmap.errors import BadInput, TooLarge
from gridmap.units.forms.files import read_outlines
from gridmap.units.forms.limits import Limits
from tests.unit.units.map_files import (
    WGS84,
    collection,
    feature,
    grid_features,
)


def write(content: bytes | str) -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        file = folder / "x.bin"
        file.write_bytes(content if isinstance(content, bytes) else content.encode())
        return file

    return make


def pair(first: object, **properties: object) -> str:
    return collection([feature(first, code="620702100001001", **properties)])


BAD_FILES = {
    "empty": (write(b""), "0 字节"),
    "not geodata": (write(b"hello"), "无法识别的文件"),
    "picture": (write(b"\x89PNG\r\n\x1a\n123"), "图片"),
    "pdf": (write(b"%PDF-1.7"), "PDF"),
    "dwg": (write(b"AC1027\x00"), "CAD"),
    "rar": (write(b"Rar!\x1a"), "RAR"),
    "cut json": (write('{"type": "FeatureCollection", "features": ['), "第 1 行第"),
    "plain json": (write('{"name": "x"}'), "不是 GeoJSON"),
    "deep json": (write("[" * 200_000), "嵌套|解析"),
    "binary json": (write(b'{"a": "\xff\xfe\xfd\x00"}'), "编码无法识别"),
    "no features": (write(collection([])), "没有任何图形"),
    "points": (write(pair(Point(100, 39))), "都是点"),
    "lines": (write(pair(LineString([(100, 39), (101, 40)]))), "都是线"),
    "null geometry": (write(pair(None)), "没有面状图形"),
    "bad coordinates": (write(pair(box(100, 39, 101, 40)).replace("100.0", '"x"')), "无法解析"),
    "metres said to be degrees": (write(pair(box(35_500_000, 4_300_000, 35_501_000, 4_301_000))), "（EPSG）4523"),
    "swapped": (write(pair(box(39, 100, 39.01, 100.01))), "经度和纬度写反"),
    "null island": (write(pair(box(0, 0, 0.01, 0.01))), "不在中国范围内"),
    "no code field": (write(collection([feature(box(100, 39, 101, 40), abc=1, 说明="x")])), "现有字段：abc、说明"),
    "no fields at all": (write(collection([feature(box(100, 39, 101, 40))])), "没有任何字段"),
    "kml with entities": (write('<?xml version="1.0"?><!DOCTYPE k [<!ENTITY a "b">]><kml/>'), "DOCTYPE"),
    "cut kml": (write("<kml><Document>"), "KML 格式错误"),
    "html": (write("<html></html>"), "不是 KML"),
    "vrt": (write('<OGRVRTDataSource><OGRVRTLayer name="x"/></OGRVRTDataSource>'), "不是 KML"),
    "sqlite": (write(b"SQLite format 3\x00" + b"\x00" * 200), "不是 GeoPackage"),
    "cut geopackage": (write(b"SQLite format 3\x00" + b"\x00" * 52 + b"GPKG" + b"\x00" * 200), "损坏"),
    "bare shp": (write(b"\x00\x00\x27\x0a" + b"\x00" * 96), "一起压缩"),
    "a number of 5,000 digits": (write('{"type": "FeatureCollection", "features": [' + "9" * 5000 + "]}"), "数字"),
    "half a character": (write(pair(box(100, 39, 101, 40), name="half").replace("half", "\\ud800")), "无法解析"),
    "a name with a zero byte": (write(pair(box(100, 39, 101, 40), name="甲\x00乙")), "内容有误"),
    "cut zip": (write(b"PK\x03\x04abc"), "已损坏"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_bad_files_say_what_is_wrong(tmp_path: Path, case: str) -> None:
    make, says = BAD_FILES[case]
    with pytest.raises(BadInput, match=says):
        read_outlines(make(tmp_path), WGS84)


def test_zip_bombs_and_paths(tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.shp", b"\0" * (30 << 20))
    with pytest.raises(BadInput, match="压缩炸弹"):
        read_outlines(bomb, WGS84)
    with pytest.raises(BadInput, match="解开后"):
        read_outlines(bomb, WGS84, limits=Limits(unpacked_bytes=1 << 20))
    many = tmp_path / "many.zip"
    with zipfile.ZipFile(many, "w") as archive:
        for n in range(2001):
            archive.writestr(f"{n}.txt", b"")
    with pytest.raises(BadInput, match="2,001 个文件"):
        read_outlines(many, WGS84)
    for name in ("../../etc/evil.shp", "/etc/evil.shp", "..\\evil.shp", "C:\\evil.shp"):
        sly = tmp_path / "sly.zip"
        with zipfile.ZipFile(sly, "w") as archive:
            archive.writestr(name, b"x")
        with pytest.raises(BadInput, match="不安全的路径"):
            read_outlines(sly, WGS84)
    nested = tmp_path / "nested.zip"
    with zipfile.ZipFile(nested, "w") as archive:
        archive.write(bomb, "inner.kml")
    with pytest.raises(BadInput, match="只压缩一层"):
        read_outlines(nested, WGS84)


def test_a_zip_of_several_map_files(tmp_path: Path) -> None:
    both = tmp_path / "both.zip"
    with zipfile.ZipFile(both, "w") as archive:
        archive.writestr("甲.geojson", collection(grid_features()))
        archive.writestr("乙.kml", "<kml/>")
    with pytest.raises(BadInput, match=r"有 2 个地图文件（乙.kml、甲.geojson）"):
        read_outlines(both, WGS84)


def test_huge_files_are_refused_by_size_alone(tmp_path: Path) -> None:
    huge = tmp_path / "huge.geojson"
    with huge.open("wb") as handle:
        handle.write(b"{")
        handle.truncate(500 << 20)
    with pytest.raises(TooLarge, match=r"500\.0 MB"):
        read_outlines(huge, WGS84)
    with pytest.raises(TooLarge):
        read_outlines(huge, WGS84, limits=Limits(file_bytes=600 << 20))


def test_too_many_features_or_vertices(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    file.write_text(collection(grid_features()))
    with pytest.raises(BadInput, match="6 个图形"):
        read_outlines(file, WGS84, limits=Limits(features=5))
    with pytest.raises(BadInput, match="边界点"):
        read_outlines(file, WGS84, limits=Limits(vertices=10))
