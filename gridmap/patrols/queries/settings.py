"""What a place may set about 巡查: rows of ``system_settings``, with their source in ``note``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.patrols.rules.segments import Limits

_VALUE = text("select value from system_settings where key = :key")
_VALUES = text("select key, value from system_settings where key = any(:keys)")


def retention_days(session: Session) -> int:
    """Return for how many days raw points are kept."""
    return int(session.execute(_VALUE, {"key": "patrols.retention_days"}).scalar_one())


def duty_limits(session: Session) -> tuple[float, float]:
    """Return (seconds by which a phone's clock may differ, hours that a duty lasts at most)."""
    return _duty(session.execute(_VALUE, {"key": "patrols.duty"}).scalar_one())


@dataclass(frozen=True)
class Terms:
    """On what terms points are stored: see ``duty_limits`` and ``retention_days``."""

    tolerance_s: float
    longest_hours: float
    kept_days: int


def terms_of_points(session: Session) -> Terms:
    """Return on what terms points are stored."""
    found = session.execute(_VALUES, {"keys": ["patrols.duty", "patrols.retention_days"]}).all()
    values: dict[str, Any] = {row.key: row.value for row in found}
    return Terms(*_duty(values["patrols.duty"]), int(values["patrols.retention_days"]))


def _duty(value: dict[str, Any]) -> tuple[float, float]:
    return float(value["clock_tolerance_s"]), float(value["longest_hours"])


def filter_limits(session: Session) -> Limits:
    """Return what a fix must be to count as walked ground."""
    value: dict[str, Any] = session.execute(_VALUE, {"key": "patrols.filter"}).scalar_one()
    return Limits(*(float(value[name]) for name in ("accuracy_m", "speed_kmh", "gap_s", "gap_m")))


def recorded_share(session: Session) -> float:
    """Return which share of the time on duty must have been recorded for the rest of a grid to count as not covered."""
    return float(session.execute(_VALUE, {"key": "patrols.recorded_share"}).scalar_one())


def unseen_days(session: Session) -> int:
    """Return after how many days without a track a grid is pointed out."""
    return int(session.execute(_VALUE, {"key": "patrols.unseen_days"}).scalar_one())
