"""吹哨报到: who was called where and by when, who turned up, and how that counts. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True)
class Called:
    """A department that an open whistle calls."""

    department_id: int
    department_name: str
    turned_up: bool


@dataclass(frozen=True)
class Whistle:
    """The open whistle of a case; ``due_at`` is aware."""

    place: str
    due_at: datetime
    called: tuple[Called, ...]

    @property
    def obstacle(self) -> str:
        """Why the case is not reported yet, in words."""
        away = [call.department_name for call in self.called if not call.turned_up]
        waiting = f"，{'、'.join(away)}未报到" if away else ""
        return f"吹哨（{self.place}）还没有结束{waiting}，请先“结束吹哨”。"


class Arrival(StrEnum):
    """How a called department answered."""

    ON_TIME = "on_time"
    LATE = "late"
    WAITED_FOR = "waited_for"
    ABSENT = "absent"


ARRIVAL_NAMES = {
    Arrival.ON_TIME: "按时报到",
    Arrival.LATE: "迟到",
    Arrival.WAITED_FOR: "待报到",
    Arrival.ABSENT: "未报到",
}


def arrival(due_at: datetime, turned_up_at: datetime | None, ended_at: datetime | None, now: datetime) -> Arrival:
    """Say how a call was answered at ``now`` (all aware); who is not there when the time is up or the whistle ends is absent."""
    if turned_up_at is not None:
        return Arrival.ON_TIME if turned_up_at <= due_at else Arrival.LATE
    return Arrival.ABSENT if ended_at is not None or now > due_at else Arrival.WAITED_FOR


def late_minutes(due_at: datetime, turned_up_at: datetime) -> int:
    """Return by how many whole minutes somebody came late, at least 1; 0 when in time."""
    late_s = (turned_up_at - due_at).total_seconds()
    return max(1, int(late_s // 60)) if late_s > 0 else 0
