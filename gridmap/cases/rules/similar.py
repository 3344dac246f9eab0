"""How far and how long ago, in words. Pure."""

from __future__ import annotations

from datetime import timedelta


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
