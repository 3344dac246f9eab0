"""How many people and how much money a case is about: typed values, or a message beside the field."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal

from gridmap.errors import BadInput

MOST_PEOPLE = 1_000_000
MOST_YUAN = Decimal("999999999999.99")


def read_people(text: str) -> int | None:
    """Return a number of people, ``None`` when left blank. Raises ``BadInput``."""
    plain = _plain(text).removesuffix("人")
    if not plain:
        return None
    if not re.fullmatch(r"[0-9]{1,7}", plain) or not 1 <= int(plain) <= MOST_PEOPLE:
        raise BadInput("涉及人数应为 1 至 1000000 的整数，不清楚时请留空。", field="people_count")
    return int(plain)


def read_yuan(text: str) -> Decimal | None:
    """Return an amount in yuan, ``None`` when left blank; “3.5万” is 35,000. Raises ``BadInput``."""
    plain = _plain(text).removesuffix("元")
    if not plain:
        return None
    found = re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(万|亿)?", plain)
    amount = Decimal(found[1]) * {None: 1, "万": 10**4, "亿": 10**8}[found[2]] if found else Decimal(-1)
    if not 0 <= amount <= MOST_YUAN or amount != amount.quantize(Decimal("0.01")):
        raise BadInput(
            "涉及金额应为数字，以元为单位，如 35000 或 3.5万，至多两位小数；不清楚时请留空。", field="money_yuan"
        )
    return amount.quantize(Decimal("0.01"))


def _plain(text: str) -> str:
    return re.sub(r"[\s,]", "", unicodedata.normalize("NFKC", text or ""))
