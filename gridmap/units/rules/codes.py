"""Unit codes: 15 digits, county 6 + town 3 + village 3 + grid 3, right-padded with zeros.

The first six digits are those of GB/T 2260 (province 2, city 2, county 2), the next six those of GB/T 10114 as used
by the National Bureau of Statistics (town 3, village 3); grids add three more. A code is kept as one integer, so that
a subtree is the half-open range ``[lo, hi)``. Where a group is all zeros the level above is meant: ``441900`` is the
city ``4419``, because a city without counties has towns directly below it.
"""

from __future__ import annotations

import re
from enum import StrEnum

WIDTH = 15
ROOT = 0
"""The node above all provinces; not a unit, but the range of everything starts there."""


class Level(StrEnum):
    """Level of a unit, from the top; the value is what tables and files hold."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"
    TOWN = "town"
    VILLAGE = "village"
    GRID = "grid"

    @property
    def digits(self) -> int:
        """Return how many leading digits name a unit of this level."""
        return DIGITS[self]

    @property
    def label(self) -> str:
        """Return the Chinese name of the level."""
        return LABELS[self]

    @property
    def below(self) -> Level | None:
        """Return the next level down, or ``None`` below a grid."""
        order = list(Level)
        place = order.index(self) + 1
        return order[place] if place < len(order) else None


DIGITS = {Level.PROVINCE: 2, Level.CITY: 4, Level.COUNTY: 6, Level.TOWN: 9, Level.VILLAGE: 12, Level.GRID: 15}
LABELS = {
    Level.PROVINCE: "省级",
    Level.CITY: "地市级",
    Level.COUNTY: "县区级",
    Level.TOWN: "乡镇街道",
    Level.VILLAGE: "村社区",
    Level.GRID: "网格",
}
BY_DIGITS = {digits: level for level, digits in DIGITS.items()}
ALLOWED = "2 位（省）、4 位（市）、6 位（县区）、9 位（乡镇街道）、12 位（村社区）或 15 位（网格）"


class CodeError(ValueError):
    """A text that is no unit code; the message is Chinese and names the remedy."""


def parse_code(text: object) -> int:
    """Return the padded 15-digit code of a 2, 4, 6, 9, 12 or 15-digit text.

    Accepts integers and whole floats, because spreadsheets and .dbf files store codes as numbers, full-width digits and
    surrounding blanks. Raises ``CodeError`` naming what is wrong.
    """
    shown = code_text(text)
    if not shown:
        raise CodeError("代码为空：请填写 " + ALLOWED + " 数字代码。")
    if re.fullmatch(r"[0-9.]+[eE]\+?[0-9]+", shown):
        raise CodeError(f"代码“{shown}”是科学计数法，位数已丢失：请在表格软件中把该列设为文本后重新导出。")
    if not re.fullmatch(r"[0-9]+", shown):
        raise CodeError(f"代码“{shown}”含有数字以外的字符：代码只能是 {ALLOWED} 数字。")
    if len(shown) not in BY_DIGITS:
        raise CodeError(f"代码“{shown}”是 {len(shown)} 位：代码应为 {ALLOWED}，请核对是否少写或多写了数字。")
    if shown[0] == "0":
        raise CodeError(f"代码“{shown}”以 0 开头：省级代码从 11 起，请核对。")
    return int(shown.ljust(WIDTH, "0"))


def code_text(value: object) -> str:
    """Return a cell's code as plain ASCII text; whole floats lose their ``.0``, ``None`` and NaN become empty."""
    if value is None:
        return ""
    if isinstance(value, float):
        if value != value:
            return ""
        return str(int(value)) if value.is_integer() else repr(value)
    text = str(value).strip().strip("\ufeff'\"\t ")
    text = text.translate(str.maketrans("０１２３４５６７８９", "0123456789"))
    return re.sub(r"(?<=^)([0-9]+)\.0+$", r"\1", text)


def is_unit_code(code: int) -> bool:
    """Tell whether an integer has fifteen digits."""
    return 10 ** (WIDTH - 1) <= code < 10**WIDTH


def level_of(code: int) -> Level:
    """Return the level of a padded code: its deepest group that is not all zeros. Raises ``CodeError``."""
    if not is_unit_code(code):
        raise CodeError(f"代码“{code}”不是 15 位。")
    return next(level for level, span in SPANS if code % span == 0)


def unit_span(level: Level) -> int:
    """Return how many 15-digit numbers one unit of this level spans."""
    return int(10 ** (WIDTH - DIGITS[level]))


SPANS = [(level, unit_span(level)) for level in Level]


def parent_of(code: int) -> int | None:
    """Return the code one level up, skipping groups of zeros; ``None`` above a province. Raises ``CodeError``."""
    level = level_of(code)
    if level is Level.PROVINCE:
        return None
    span = next(wider for narrower, wider in WIDER if narrower is level)
    return code // span * span


WIDER = [(level, SPANS[place - 1][1]) for place, level in enumerate(Level) if place]


def ancestors_of(code: int) -> list[int]:
    """Return the codes above, from the province down to the parent."""
    found: list[int] = []
    above = parent_of(code)
    while above is not None:
        found.append(above)
        above = parent_of(above)
    return found[::-1]


def subtree(code: int) -> tuple[int, int]:
    """Return the half-open range ``[lo, hi)`` of a unit and everything below it; ``ROOT`` gives everything."""
    if code == ROOT:
        return ROOT, int(10**WIDTH)
    return code, code + unit_span(level_of(code))


def county_code(code: int) -> int:
    """Return the first six digits, the distribution key; for a city or province they end in zeros."""
    return code // unit_span(Level.COUNTY)


def short_code(code: int) -> str:
    """Return the code as people write it: only the digits of its level."""
    return str(code)[: DIGITS[level_of(code)]]


def parse_level(text: object) -> Level | None:
    """Return the level meant by an English or Chinese word, ``None`` when blank. Raises ``CodeError``."""
    word = str(text or "").strip().lower()
    if not word:
        return None
    for level in Level:
        if word in LEVEL_WORDS[level]:
            return level
    raise CodeError(
        f"级别“{text}”无法识别：应为 province/省、city/市、county/县区、town/乡镇街道、village/村社区、grid/网格。"
    )


LEVEL_WORDS = {
    Level.PROVINCE: {"province", "省", "省级", "自治区", "直辖市"},
    Level.CITY: {"city", "市", "地市", "地级市", "地市级"},
    Level.COUNTY: {"county", "district", "县", "区", "县区", "区县", "县级", "县区级"},
    Level.TOWN: {"town", "乡", "镇", "街道", "乡镇", "乡镇街道", "乡级"},
    Level.VILLAGE: {"village", "community", "村", "社区", "村社区", "村级"},
    Level.GRID: {"grid", "网格", "综合网格", "专属网格"},
}
