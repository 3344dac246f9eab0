"""What the pages of units send: codes in addresses, filters of the list, the upload, publishing and edits."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.errors import BadInput, NotFound
from gridmap.units.queries.directory import Filters
from gridmap.units.rules.codes import CodeError, Level, parse_code, parse_level

MAX_PAGE = 100_000


def unit_code(text: str) -> int:
    """Return the code in an address (2 to 15 digits). Raises ``NotFound``: no unit has such an address."""
    try:
        return parse_code(text)
    except CodeError as error:
        raise NotFound("没有找到该区划：地址中的代码不正确。") from error


def page_number(args: Mapping[str, str]) -> int:
    """Return the asked page, from 1. Raises ``BadInput`` for what is no number."""
    text = args.get("page", "1") or "1"
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_PAGE:
        raise BadInput("页码应为从 1 起的整数。", field="page")
    return int(text)


def unit_filters(args: Mapping[str, str]) -> Filters:
    """Return the filters of the list of units. Raises ``BadInput`` naming the filter that cannot be read."""
    try:
        level = parse_level(args.get("level"))
    except CodeError as error:
        raise BadInput(str(error), field="level") from error
    parent = args.get("parent", "").strip()
    try:
        above = parse_code(parent) if parent else None
    except CodeError as error:
        raise BadInput("上级" + str(error), field="parent") from error
    return Filters(
        words=args.get("q", "").strip()[:60].replace("\x00", ""),
        parent=above,
        level=Level(level) if level else None,
        without_outline=args.get("without_outline", "") in ("1", "true"),
    )
