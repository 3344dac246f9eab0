"""Request data of the map → typed values."""

from __future__ import annotations

from collections.abc import Mapping

from gridmap.errors import BadInput, NotFound

LONGEST = 60


def unit_code_of(text: str) -> int:
    """Return the code in an address: 15 digits. Raises ``NotFound``: an address that names no unit leads nowhere."""
    if len(text) != 15 or not (text.isascii() and text.isdigit()):
        raise NotFound("没有找到该区划：代码应为 15 位数字。")
    return int(text)


def search_text(args: Mapping[str, str]) -> str:
    """Return the words of the search box, trimmed. Raises ``BadInput`` when there are none or too many."""
    text = " ".join(args.get("q", "").split())
    if not text:
        raise BadInput("请输入要查找的区划、地址或事件编号。", field="q")
    if len(text) > LONGEST or "\x00" in text:
        raise BadInput(f"查找内容至多 {LONGEST} 个字。", field="q")
    return text
