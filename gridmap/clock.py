"""The one source of "now": aware UTC instants, and the civil date of China."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")


def now() -> datetime:
    """Return the current instant, aware, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the civil date in Asia/Shanghai, the day users mean by 今天."""
    return now().astimezone(CHINA).date()


def local(instant: datetime) -> datetime:
    """Return an aware instant as seen on a clock in Asia/Shanghai."""
    return instant.astimezone(CHINA)
