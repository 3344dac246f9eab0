"""GeoJSON (RFC 7946, and the older ``crs`` member that Chinese tools still write), parsed here so that rows can be
named.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely
from shapely.errors import GEOSException
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gridmap.errors import BadInput, RowError
from gridmap.units.forms.limits import Limits, decode
from gridmap.units.forms.tables import Table

GEOMETRIES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"}


def read_geojson(data: bytes, limits: Limits) -> Table:
    """Return the features of a GeoJSON text. Raises ``BadInput`` naming line and column, or the feature."""
    text, encoding = decode(data)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise BadInput(
            f"GeoJSON 格式错误：第 {error.lineno} 行第 {error.colno} 个字符处无法解析，文件可能不完整。", field="file"
        ) from error
    except ValueError as error:  # a whole number of thousands of digits
        raise BadInput("GeoJSON 里有长得离谱的数字，不是正常的地图文件，请重新导出。", field="file") from error
    except RecursionError as error:
        raise BadInput("GeoJSON 嵌套层数过深，不是正常的地图文件。", field="file") from error
    features = _features(whole)
    if len(features) > limits.features:
        raise BadInput(
            f"文件有 {len(features):,} 个图形，超过上限 {limits.features:,} 个，请拆分后导入。", field="file"
        )
    records, geoms, wrong = [], [], []
    members: dict[str, None] = {}
    for row, feature in enumerate(features, start=1):
        properties = feature.get("properties") if isinstance(feature, dict) else None
        members.update(dict.fromkeys(properties if isinstance(properties, dict) else {}))
        records.append(_scalars(properties if isinstance(properties, dict) else {}))
        if not _is_text(records[-1]):
            wrong.append(RowError(row, "属性", "属性里有残缺的字符（半个 Unicode 字符），请重新导出。"))
        try:
            geoms.append(_geometry(feature))
        except (ValueError, TypeError, KeyError, IndexError, AttributeError, GEOSException):
            geoms.append(None)
            wrong.append(RowError(row, "图形", "图形的坐标写法有误，请重新导出该图形。"))
    if wrong:
        raise BadInput(f"有 {len(wrong)} 处内容无法解析。", field="file", rows=wrong)
    fields = tuple(dict.fromkeys(name for record in records for name in record))
    notes = () if encoding == "utf-8-sig" else (f"文件编码为 {encoding.upper()}，已自动转换。",)
    array = np.empty(len(geoms), dtype=object)
    array[:] = geoms
    return Table("GeoJSON", fields, tuple(records), array, _system(whole), notes, tuple(members))


def _features(whole: Any) -> list[Any]:
    kind = whole.get("type") if isinstance(whole, dict) else None
    if kind == "FeatureCollection" and isinstance(whole.get("features"), list):
        return list(whole["features"])
    if kind == "Feature":
        return [whole]
    if kind in GEOMETRIES:
        return [{"type": "Feature", "properties": {}, "geometry": whole}]
    raise BadInput("这是 JSON 文件，但不是 GeoJSON：最外层应为 FeatureCollection。", field="file")


def _geometry(feature: Any) -> BaseGeometry | None:
    if not isinstance(feature, dict) or feature.get("type") != "Feature":
        raise ValueError("not a feature")
    geometry = feature.get("geometry")
    if geometry is None:
        return None
    made = shape(geometry)
    if not np.isfinite(shapely.get_coordinates(made)).all():
        raise ValueError("not finite")
    return made


def _scalars(properties: dict[str, Any]) -> dict[str, Any]:
    """Keep plain values; of a nested ``parent`` object (DataV) its code."""
    kept = {}
    for name, value in properties.items():
        if isinstance(value, dict) and "adcode" in value:
            kept[name] = value["adcode"]
        elif not isinstance(value, dict | list):
            kept[name] = value
    return kept


def _is_text(record: dict[str, Any]) -> bool:
    """Tell whether names and values can be stored: JSON may escape one half of a character (a lone surrogate)."""
    try:
        "".join([*record, *(value for value in record.values() if isinstance(value, str))]).encode()
    except UnicodeEncodeError:
        return False
    return True


def _system(whole: dict[str, Any]) -> str:
    """Return the declared system as it is written; without one GeoJSON is WGS-84 lon lat (RFC 7946 section 4)."""
    declared = whole.get("crs")
    if not isinstance(declared, dict):
        return "EPSG:4326"
    properties = declared.get("properties")
    return str(properties.get("name") if isinstance(properties, dict) else None)
