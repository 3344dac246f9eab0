"""Tracks: which clock counts, when a point belongs to a duty, how a point's number says its day, and words of verdicts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

DAY_ZERO = date(2000, 1, 1)
DAY_BITS, BATCH_BITS = 48, 14
MOST_POINTS = 10_000  # of a batch; its points are numbered with ``BATCH_BITS``


class Source(StrEnum):
    """Where the points of a batch come from."""

    PHONE = "phone"
    GPX = "gpx"


class Verdict(StrEnum):
    """What became of a batch of points."""

    TAKEN = "taken"
    OUTSIDE = "outside"
    MALFORMED = "malformed"
    EMPTY = "empty"
    TOO_MANY = "too_many"
    BAD_POINT = "bad_point"


VERDICT_WORDS = {
    Verdict.TAKEN: "已保存。",
    Verdict.OUTSIDE: "这些点的时间不在这次在岗时间内，没有保存。不在岗不记录轨迹；如果手机时钟不准，请先校准再上岗。",
    Verdict.MALFORMED: "轨迹数据无法识别，没有保存。请更新应用后重试。",
    Verdict.EMPTY: "这一批没有轨迹点，没有保存。",
    Verdict.TOO_MANY: f"一批最多 {MOST_POINTS} 个轨迹点，没有保存。请分批上传。",
    Verdict.BAD_POINT: "第 {row} 个点的经纬度、时间或精度无效，这一批没有保存。请更新应用后重试。",
}


class Span(NamedTuple):
    """From one instant to another, both aware and included."""

    from_at: datetime
    to_at: datetime

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.from_at <= at <= self.to_at


def clock_offset(phone_sent_at: datetime, now: datetime, tolerance_s: float) -> timedelta:
    """Return what to add to a phone's times: how far its clock is off when it sends, nothing within ``tolerance_s``.

    Both are aware; a slow network makes the phone seem late by seconds, which the tolerance takes up.
    """
    offset = now - phone_sent_at
    return offset if abs(offset.total_seconds()) > tolerance_s else timedelta(0)


def duty_span(
    on_at: datetime, off_at: datetime | None, now: datetime, tolerance_s: float, longest_hours: float
) -> Span:
    """Return when points of a duty may have been recorded: until it ended, at the latest ``longest_hours`` after it began."""
    last = min(off_at or now, on_at + timedelta(hours=longest_hours))
    slack = timedelta(seconds=tolerance_s)
    return Span(on_at - slack, last + slack)


def day_number(on: date) -> int:
    """Return the number of a civil day of China, counted from 2000-01-01: the upper bits of the number of a point."""
    return (on - DAY_ZERO).days


def point_ids(on: date, batch_id: int) -> range:
    """Return the numbers that the points of a batch recorded on a day have: (day, batch, place in the batch)."""
    first = day_number(on) << DAY_BITS | batch_id << BATCH_BITS
    return range(first, first + (1 << BATCH_BITS))


def first_id(on: date) -> int:
    """Return the least number of any point of a day: bounds of partitions and of what is dropped."""
    return day_number(on) << DAY_BITS


def days_of(from_on: date, to_on: date) -> list[date]:
    """Return the civil days from one to another, both included."""
    return [from_on + timedelta(days=n) for n in range((to_on - from_on).days + 1)]
