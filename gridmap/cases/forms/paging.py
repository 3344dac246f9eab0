"""Order and page of the list of cases: a position in the order, not a number of rows to skip."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from gridmap.errors import BadInput

PAGE = 30
MOST = 200
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Sort(StrEnum):
    """Orders of the list."""

    NEWEST = "newest"
    DUE = "due"


SORT_NAMES = {Sort.NEWEST: "最新上报", Sort.DUE: "最近到期"}


@dataclass(frozen=True)
class Place:
    """Where a row stands in the order: its time (``None``: after all times) and its key."""

    at: datetime | None
    county_code: int
    id: int

    def text(self) -> str:
        """Return the place as it stands in an address."""
        micros = (self.at - EPOCH) // timedelta(microseconds=1) if self.at else "x"
        return f"{micros}.{self.county_code}.{self.id}"

    @classmethod
    def read(cls, text: str, field: str) -> Place:
        """Read a place from an address. Raises ``BadInput``."""
        found = re.fullmatch(r"(x|-?[0-9]{1,17})\.([0-9]{1,6})\.([0-9]{1,18})", text)
        if not found:
            raise BadInput("翻页位置无法识别，请回到第一页。", field=field)
        try:
            at = None if found[1] == "x" else EPOCH + timedelta(microseconds=int(found[1]))
        except OverflowError as fault:
            raise BadInput("翻页位置无法识别，请回到第一页。", field=field) from fault
        return cls(at, int(found[2]), int(found[3]))


@dataclass(frozen=True)
class Page:
    """Which page: after or before a place (neither: the first), in which order, how many rows."""

    sort: Sort = Sort.NEWEST
    after: Place | None = None
    before: Place | None = None
    limit: int = PAGE

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> Page:
        """Read ``sort``, ``after``, ``before`` and ``limit``. Raises ``BadInput`` naming the field."""
        sort = args.get("sort") or Sort.NEWEST.value
        if sort not in set(Sort):
            raise BadInput("排序方式无法识别，可用：newest（最新上报）、due（最近到期）。", field="sort")
        limit = args.get("limit") or str(PAGE)
        if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST:
            raise BadInput(f"每页条数应在 1 至 {MOST} 之间。", field="limit")
        after, before = args.get("after"), args.get("before")
        return cls(
            Sort(sort),
            Place.read(after, "after") if after else None,
            Place.read(before, "before") if before and not after else None,
            int(limit),
        )
