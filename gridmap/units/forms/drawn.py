"""What the editor sends: a JSON body with the operation, the geometry drawn (WGS-84 lon lat) and the outlines it was drawn on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from shapely.geometry import LineString, MultiPolygon, Polygon

from gridmap.errors import BadInput
from gridmap.units.actions import PartName
from gridmap.units.forms.web import unit_code
from gridmap.units.rules.measures import CHINA_BOX

MAX_POINTS = 200_000
OPERATIONS = ("split", "merge", "reshape", "border")


@dataclass(frozen=True)
class Drawing:
    """One edit. Only what the operation needs is set."""

    operation: str
    base: dict[int, int]
    version_id: int | None
    row_version: int | None
    line: LineString | None = None
    outline: MultiPolygon | None = None
    parts: tuple[PartName, ...] = ()
    others: tuple[int, ...] = ()


def read_drawing(body: Any, *, with_parts: bool = True) -> Drawing:
    """Return the edit in a request's JSON. Raises ``BadInput`` naming the field that is wrong."""
    if not isinstance(body, dict) or body.get("operation") not in OPERATIONS:
        raise BadInput("不认识的操作，请刷新页面后重试。", field="operation")
    operation = body["operation"]
    return Drawing(
        operation,
        _base(body.get("base")),
        _number(body.get("version_id"), "version_id"),
        _number(body.get("row_version"), "row_version"),
        line=_line(body.get("line")) if operation in ("split", "border") else None,
        outline=_outline(body.get("outline")) if operation == "reshape" else None,
        parts=_parts(body.get("parts")) if operation == "split" and with_parts else (),
        others=_others(body.get("others"), operation) if operation in ("merge", "border") else (),
    )


def _base(value: Any) -> dict[int, int]:
    if not isinstance(value, dict) or not value or len(value) > 10_000:
        raise BadInput("请求缺少所修改边界的版本号，请刷新页面后重试。", field="base")
    try:
        return {unit_code(str(code)): int(outline) for code, outline in value.items()}
    except (TypeError, ValueError) as error:
        raise BadInput("边界的版本号无效，请刷新页面后重试。", field="base") from error


def _number(value: Any, field: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**62:
        raise BadInput("版本号无效，请刷新页面后重试。", field=field)
    return value


def _line(value: Any) -> LineString:
    points = _points(value, "line")
    if len(points) < 2:
        raise BadInput("线至少需要两个点：请在地图上画一条穿过该区划的线。", field="line")
    return LineString(points)


def _outline(value: Any) -> MultiPolygon:
    """Return polygons given as MultiPolygon coordinates."""
    try:
        polygons = [[_points(ring, "outline") for ring in rings] for rings in value]
        shapes = [Polygon(rings[0], rings[1:]) for rings in polygons]
    except (TypeError, ValueError, IndexError) as error:
        raise BadInput("边界图形不完整：每个环至少需要三个点。", field="outline") from error
    return MultiPolygon(shapes)


def _points(value: Any, field: str) -> list[tuple[float, float]]:
    if not isinstance(value, list) or len(value) > MAX_POINTS:
        raise BadInput("图形数据无效，请重新绘制。", field=field)
    found = []
    for point in value:
        if not isinstance(point, list) or len(point) < 2 or not all(_is_number(part) for part in point[:2]):
            raise BadInput("图形中有无效的坐标，请重新绘制。", field=field)
        lon, lat = float(point[0]), float(point[1])
        west, south, east, north = CHINA_BOX
        if not (west <= lon <= east and south <= lat <= north):
            raise BadInput(f"坐标（经度 {lon:.4f}，纬度 {lat:.4f}）不在中国范围内，请核对。", field=field)
        found.append((lon, lat))
    return found


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _parts(value: Any) -> tuple[PartName, ...]:
    from gridmap.units.rules.codes import CodeError, parse_code

    if not isinstance(value, list) or len(value) > 50:
        raise BadInput("请填写拆分后每一块的代码和名称。", field="parts")
    found = []
    for place, part in enumerate(value, start=1):
        given = part if isinstance(part, dict) else {}
        name = str(given.get("name", "")).strip()
        if not 1 <= len(name) <= 200:
            raise BadInput(f"第 {place} 块的名称须为 1–200 个字。", field="parts")
        try:
            found.append(PartName(parse_code(given.get("code")), name))
        except CodeError as error:
            raise BadInput(f"第 {place} 块的{error}", field="parts") from error
    return tuple(found)


def _others(value: Any, operation: str) -> tuple[int, ...]:
    if operation == "border" and not (isinstance(value, list) and len(value) == 1):
        raise BadInput("请先选择一个相邻区划：移动的是与它的公共边界。", field="others")
    if not isinstance(value, list) or not 1 <= len(value) <= 50:
        raise BadInput("请先选择要合并进来的相邻区划。", field="others")
    return tuple(unit_code(str(code)) for code in value)
