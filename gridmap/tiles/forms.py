"""Addresses of tiles → typed values, with messages for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from urllib.parse import parse_qsl

from werkzeug.datastructures import MultiDict

from gridmap.analysis.rules import LEVELS
from gridmap.cases.forms import CaseFilter, refuse_others, refuse_unknown
from gridmap.errors import BadInput, NotFound
from gridmap.tiles.rules import ATTRIBUTES, LAYERS, MAX_ZOOM, Tile, tile_of


def known_layer(name: str) -> str:
    """Return the layer. Raises ``NotFound`` for any other name."""
    if name not in LAYERS:
        raise NotFound(f"没有图层“{name[:40]}”，可用的图层：{'、'.join(LAYERS)}。")
    return name


def read_tile(z: str, x: str, y: str) -> Tile:
    """Return the tile of three path parts. Raises ``BadInput`` when they name none."""
    parts = (z, x, y)
    found = None
    if all(re.fullmatch(r"[0-9]{1,8}", part) for part in parts):
        found = tile_of(*(int(part) for part in parts))
    if found is None:
        shown = "/".join(part[:20] for part in parts)
        raise BadInput(f"没有瓦片 {shown}：级别应为 0–{MAX_ZOOM}，行列号应为该级别内的整数。")
    return found


def read_by(args: Mapping[str, str]) -> str | None:
    """Return the attribute that clusters are coloured by, ``None`` when not said. Raises ``BadInput``."""
    by = args.get("by", "").strip()
    if by and by not in ATTRIBUTES:
        raise BadInput(f"着色方式“{by[:40]}”无法识别，可用的值：{'、'.join(ATTRIBUTES)}。", field="by")
    return by or None


def read_level(args: Mapping[str, str]) -> int | None:
    """Return the level asked for (digits), ``None`` when not said. Raises ``BadInput``."""
    text = args.get("level", "").strip()
    if not text:
        return None
    if text not in {str(level) for level in LEVELS}:
        raise BadInput(
            f"层级“{text[:20]}”无法识别，可用的值：{'、'.join(str(n) for n in LEVELS)}（代码有效位数）。", field="level"
        )
    return int(text)


def read_day(args: Mapping[str, str], today: date) -> date:
    """Return the day whose borders are asked for, today when not said. Raises ``BadInput``."""
    text = args.get("at", "").strip()
    if not text:
        return today
    try:
        found = date.fromisoformat(text)
    except ValueError as fault:
        raise BadInput("日期“at”应写作 2026-01-31 这样。", field="at") from fault
    if not 1900 <= found.year <= 2199:
        raise BadInput("日期“at”应在 1900 年至 2199 年之间。", field="at")
    return found


def read_units(args: Mapping[str, str], today: date) -> tuple[date, int | None]:
    """Return the day and the deepest level that tiles of units are asked for. Raises ``BadInput``."""
    refuse_others(args, "at", "level")
    return read_day(args, today), read_level(args)


@lru_cache(maxsize=512)
def read_filter(query: bytes) -> CaseFilter:
    """Return the filter of a query string; remembered, because one view of the map asks for many tiles under one filter.

    Raises ``BadInput`` naming the field.
    """
    args = read_args(query)
    refuse_unknown(args, "by", "level", "at")
    return CaseFilter.from_args(args)


@lru_cache(maxsize=512)
def read_args(query: bytes) -> MultiDict[str, str]:
    """Return the parameters of a query string; not to be changed, since they are remembered."""
    return MultiDict(parse_qsl(query.decode("utf-8", "replace"), keep_blank_values=True))
