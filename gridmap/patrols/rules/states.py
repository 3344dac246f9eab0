"""What is known of a grid over some days: covered, not covered, or unknown, and why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Rest(StrEnum):
    """What is to be said of the part of a grid that no track came near."""

    NONE = "none"
    NOT_COVERED = "not_covered"
    UNKNOWN = "unknown"


REST_NAMES = {Rest.NONE: "已全部覆盖", Rest.NOT_COVERED: "未覆盖", Rest.UNKNOWN: "不清楚"}


@dataclass(frozen=True)
class Watch:
    """How long people were on duty at a grid in a period, and for how long of that phones recorded, in seconds."""

    on_duty_s: float = 0.0
    recorded_s: float = 0.0

    def __add__(self, other: Watch) -> Watch:
        return Watch(self.on_duty_s + other.on_duty_s, self.recorded_s + other.recorded_s)


@dataclass(frozen=True)
class Known:
    """The share of a grid that was covered (0 to 1), what is to be said of the rest, and the reason in words."""

    share: float
    rest: Rest
    reason: str


def known(cells: int, seen: int, watch: Watch, enough: float) -> Known:
    """Say what is known of a grid of ``cells`` cells, ``seen`` of them within reach of a track.

    The rest counts as not covered only when phones recorded at least the share ``enough`` (0 to 1) of the time on duty: else somebody
    may have been there, and nobody can tell.
    """
    share = seen / cells if cells else 0.0
    if cells and seen >= cells:
        return Known(share, Rest.NONE, "")
    if watch.on_duty_s <= 0:
        passing = "只有他人路过的轨迹" if seen else "也没有他人路过的轨迹"
        return Known(share, Rest.UNKNOWN, f"本网格没有人在岗，{passing}")
    if watch.recorded_s <= 0:
        return Known(share, Rest.UNKNOWN, f"在岗{hours(watch.on_duty_s)}，手机没有记录到轨迹")
    if watch.recorded_s < enough * watch.on_duty_s:
        told = f"在岗{hours(watch.on_duty_s)}，手机只记录了{hours(watch.recorded_s)}，其余时间去过哪里不清楚"
        return Known(share, Rest.UNKNOWN, told)
    return Known(share, Rest.NOT_COVERED, f"在岗{hours(watch.on_duty_s)}，记录完整，没有走到")


def hours(seconds: float) -> str:
    """Return a length of time as people say it: minutes below an hour."""
    minutes = round(seconds / 60)
    if minutes < 60:
        return f" {minutes} 分钟"
    return f" {minutes // 60} 小时" + (f" {minutes % 60} 分" if minutes % 60 else "")
