"""KML placemarks with polygons, parsed here: no external entity, no network link, rows can be named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon
from shapely.geometry.base import BaseGeometry

from gridmap.errors import BadInput, RowError
from gridmap.units.forms.limits import Limits, decode
from gridmap.units.forms.tables import Table


def read_kml(data: bytes, limits: Limits) -> Table:
    """Return the placemarks of a KML text (always WGS-84 lon lat by its standard). Raises ``BadInput``."""
    text, _ = decode(data)
    head = re.match(r"\s*<\?xml[^>]*encoding=[\"']([A-Za-z0-9_-]+)[\"'][^>]*\?>", text)
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    if re.search(r"<!(DOCTYPE|ENTITY)", body):
        raise BadInput("KML 文件含有 DOCTYPE 或 ENTITY 声明，出于安全不予读取：请重新导出。", field="file")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities were refused above
    except ET.ParseError as error:
        line, column = error.position
        raise BadInput(f"KML 格式错误：第 {line} 行第 {column} 个字符处无法解析。", field="file") from error
    if _tag(root) != "kml":
        raise BadInput(f"这是 XML 文件，但不是 KML：最外层是 <{_tag(root)}>。", field="file")
    placemarks = [node for node in root.iter() if _tag(node) == "Placemark"]
    if len(placemarks) > limits.features:
        raise BadInput(
            f"文件有 {len(placemarks):,} 个图形，超过上限 {limits.features:,} 个，请拆分后导入。", field="file"
        )
    return _table(placemarks, head.group(1) if head else "")


def _table(placemarks: list[ET.Element], encoding: str) -> Table:
    records, geoms, wrong = [], np.empty(len(placemarks), dtype=object), []
    for place, node in enumerate(placemarks):
        records.append(dict(_attributes(node)))
        try:
            geoms[place] = _geometry(node)
        except ValueError:
            wrong.append(RowError(place + 1, "图形", "图形的坐标写法有误，应为以空格隔开的“经度,纬度”。"))
    if wrong:
        raise BadInput(f"有 {len(wrong)} 个图形无法解析。", field="file", rows=wrong)
    fields = tuple(dict.fromkeys(name for record in records for name in record))
    notes = () if encoding.lower() in ("", "utf-8") else (f"文件编码为 {encoding.upper()}，已自动转换。",)
    return Table("KML", fields, tuple(records), geoms, "EPSG:4326", notes)


def _tag(node: ET.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _attributes(placemark: ET.Element) -> Iterator[tuple[str, Any]]:
    """Yield name, description, and what ExtendedData holds in either of its two forms."""
    for node in placemark:
        if _tag(node) in ("name", "description"):
            yield _tag(node), (node.text or "").strip()
    for node in placemark.iter():
        if _tag(node) == "SimpleData":
            yield node.get("name", ""), (node.text or "").strip()
        elif _tag(node) == "Data":
            value = next((child.text for child in node if _tag(child) == "value"), "")
            yield node.get("name", ""), (value or "").strip()


def _geometry(placemark: ET.Element) -> BaseGeometry | None:
    polygons = [_polygon(node) for node in placemark.iter() if _tag(node) == "Polygon"]
    if polygons:
        return MultiPolygon(polygons)
    others: list[BaseGeometry] = []
    for node in placemark.iter():
        if _tag(node) == "Point":
            others.append(Point(_points(node)[0]))
        elif _tag(node) in ("LineString", "LinearRing"):
            others.append(LineString(_points(node)))
    if not others:
        return None
    return others[0] if len(others) == 1 else GeometryCollection(others)


def _polygon(node: ET.Element) -> Polygon:
    outer = [_points(part) for part in node if _tag(part) == "outerBoundaryIs"]
    inner = [_points(ring) for part in node if _tag(part) == "innerBoundaryIs" for ring in part]
    if len(outer) != 1:
        raise ValueError("one outer ring is needed")
    return Polygon(outer[0], inner)


def _points(node: ET.Element) -> list[tuple[float, float]]:
    text = next((child.text for child in node.iter() if _tag(child) == "coordinates"), None) or ""
    points = [tuple(float(number) for number in word.split(",")[:2]) for word in text.split()]
    if not points or any(len(point) != 2 or not np.isfinite(point).all() for point in points):
        raise ValueError("bad coordinates")
    return [(point[0], point[1]) for point in points]
