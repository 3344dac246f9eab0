"""Tracks from GPX files (1.0 and 1.1), parsed here: no entity, no address, every fault named with its point."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from gridmap.errors import BadInput, RowError
from gridmap.patrols.rules.tracks import MOST_POINTS

MOST_BYTES = 20 * 1024 * 1024
MOST_OF_FILE = 10 * MOST_POINTS
EXPORT = "请用记录轨迹的软件重新导出 GPX。"


def read_gpx(data: bytes) -> list[str]:
    """Return the track points of a GPX file in their order, as texts for ``store_points`` of at most ``MOST_POINTS`` each.

    GPX is WGS-84 by its standard; times with no zone are taken as UTC, as it says. Raises ``BadInput``: no GPX, no point, too
    many, or points whose place or time is missing or wrong (rows count track points from 1); nothing of such a file is used.
    """
    found = [node for node in _root(data).iter() if _tag(node) == "trkpt"]
    if not found:
        raise BadInput(f"文件里没有轨迹点（trkpt），没有导入。航点和路线不是走过的轨迹，{EXPORT}", field="file")
    if len(found) > MOST_OF_FILE:
        raise BadInput(
            f"文件有 {len(found):,} 个轨迹点，超过上限 {MOST_OF_FILE:,} 个，请按天拆分后导入。", field="file"
        )
    points, wrong = [], []
    for row, node in enumerate(found, 1):
        point, fault = _point(node)
        if fault:
            wrong.append(RowError(row, "轨迹点", fault))
        else:
            points.append(point)
    if wrong:
        raise BadInput(
            f"第 {wrong[0].row} 个轨迹点{wrong[0].message}（共 {len(wrong)} 个有误），没有导入。{EXPORT}",
            field="file",
            rows=wrong[:100],
        )
    return [json.dumps(points[at : at + MOST_POINTS]) for at in range(0, len(points), MOST_POINTS)]


def _root(data: bytes) -> ET.Element:
    if len(data) > MOST_BYTES:
        raise BadInput(f"GPX 文件超过 {MOST_BYTES // 1024 // 1024} MB，请按天拆分后导入。", field="file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput(f"这不是 UTF-8 编码的 GPX 文件，没有导入。{EXPORT}", field="file") from None
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", text, count=1)
    if re.search(r"<!(DOCTYPE|ENTITY)", body):
        raise BadInput(f"GPX 文件含有 DOCTYPE 或 ENTITY 声明，出于安全不予读取。{EXPORT}", field="file")
    try:
        root = ET.fromstring(body)  # noqa: S314 - entities were refused above
    except (ET.ParseError, ValueError) as error:
        line, column = getattr(error, "position", (1, 0))
        raise BadInput(
            f"GPX 格式错误：第 {line} 行第 {column} 个字符处无法解析，文件可能不完整。{EXPORT}", field="file"
        ) from error
    if _tag(root) != "gpx":
        raise BadInput("这是 XML 文件，但不是 GPX，没有导入。请选择扩展名为 .gpx 的轨迹文件。", field="file")
    return root


def _tag(node: ET.Element) -> str:
    return node.tag.rsplit("}", 1)[-1]


def _point(node: ET.Element) -> tuple[dict[str, float], str]:
    """Return the point as the database takes it, and what is wrong with it."""
    try:
        lon, lat = float(node.get("lon", "")), float(node.get("lat", ""))
    except ValueError:
        return {}, "缺少经纬度或写法有误"
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        return {}, "的经纬度超出范围"
    written = next((child.text or "" for child in node if _tag(child) == "time"), "").strip()
    if not written:
        return {}, "没有时间，无法判断是否在岗"
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return {}, f"的时间“{written[:40]}”无法识别"
    if not 2000 <= at.year < 2100:
        return {}, f"的时间“{written[:40]}”无法识别"
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return {"t": round(at.timestamp() * 1000), "lon": lon, "lat": lat}, ""
