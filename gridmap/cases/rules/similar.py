"""How far and how long ago, in words; what counts as the same place again. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any


@dataclass(frozen=True)
class SamePlace:
    """A closed case counts as of the same place within ``radius_m`` (geodesic), for ``days`` after it was closed."""

    radius_m: float
    days: int

    @classmethod
    def from_setting(cls, value: Any) -> SamePlace:
        """Read the setting. Raises ``ValueError`` for anything but 1…1,000 m and 1…3,660 whole days."""
        radius_m: Any
        days: Any
        radius_m, days = (value.get("radius_m"), value.get("days")) if isinstance(value, dict) else (None, None)
        numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (radius_m, days))
        if not numbers or not 1 <= radius_m <= 1000 or not 1 <= days <= 3660 or days != int(days):
            raise ValueError("radius_m 1…1000, days 1…3660")
        return cls(float(radius_m), int(days))


def age_words(age: timedelta) -> str:
    """Return an age in words: 刚刚, 12 分钟前, 3 小时前, 2 天前."""
    minutes = max(0, int(age.total_seconds() // 60))
    if minutes < 1:
        return "刚刚"
    if minutes < 60:
        return f"{minutes} 分钟前"
    return f"{minutes // 60} 小时前" if minutes < 24 * 60 else f"{minutes // (24 * 60)} 天前"


def distance_words(distance_m: float | None) -> str:
    """Return a distance in words: 相距 12 米, 相距 1.3 公里; without positions that it is unknown."""
    if distance_m is None:
        return "距离未知"
    return f"相距 {distance_m:.0f} 米" if distance_m < 1000 else f"相距 {distance_m / 1000:.1f} 公里"
