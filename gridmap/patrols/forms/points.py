"""What is written about 点位, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from gridmap.cases.forms import Position, read_position
from gridmap.cases.forms.plain import clean
from gridmap.errors import BadInput
from gridmap.patrols.rules.points import LEAST_RADIUS_M, MOST_RADIUS_M, NAME_LENGTH


class PointEntry(NamedTuple):
    """A new point: its name, where it is (WGS-84), and its reach in metres."""

    name: str
    spot: Position
    radius_m: int


def read_point(form: Mapping[str, str]) -> PointEntry:
    """Read ``name``, ``radius_m``, ``lon``, ``lat``, ``datum``. Raises ``BadInput``."""
    name, radius_m = read_words(form)
    if not form.get("lon", "").strip() and not form.get("lat", "").strip():
        raise BadInput("请在地图上选点，或填写经度和纬度。", field="lon")
    spot = read_position(form.get("lon", ""), form.get("lat", ""), form.get("datum", "wgs84"), "")
    return PointEntry(name, spot, radius_m)


def read_words(form: Mapping[str, str]) -> tuple[str, int]:
    """Read ``name`` and ``radius_m`` (metres). Raises ``BadInput``."""
    name = clean(form.get("name", ""))
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadInput(f"名称须为 1–{NAME_LENGTH} 个字。", field="name")
    text = form.get("radius_m", "").strip()
    if not (text.isascii() and text.isdigit()) or not LEAST_RADIUS_M <= int(text[:9]) <= MOST_RADIUS_M:
        raise BadInput(f"打卡半径应为 {LEAST_RADIUS_M} 至 {MOST_RADIUS_M} 米的整数。", field="radius_m")
    return name, int(text)
