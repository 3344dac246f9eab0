"""What is played on open cases beside the main line, as ``data/demo/scenes.toml`` tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from gridmap.worktime.rules.calendar import ZONE

_GAP = re.compile(r"\{(account|department|meeting|share|then|end|day):([^}]+)\}")
OPENS, CLOSES = 9, 17  # acts come in these hours of the day


PLAN, RECORD = "plan_meeting", "record_meeting"
LISTS = ("department", "attended")  # of a meeting: several, with blanks between them


@dataclass(frozen=True, slots=True)
class Act:
    """One step: by whom (user name), which, at which share of the time up to the last day, and what is given with it.

    ``PLAN`` and ``RECORD`` are no steps of a case: a joint meeting is planned, and held with its minutes; a meeting goes by its title.
    """

    who: str
    action: str
    share: float
    given: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scene:
    """Acts on one case: of which dimensions (the first first), in which state, with its last step how many hours old at least."""

    words: str
    dimensions: tuple[str, ...]
    status: str
    hours: float
    acts: tuple[Act, ...]


def scenes_of(told: Mapping[str, Any]) -> tuple[Scene, ...]:
    """Return the scenes of the file."""
    return tuple(
        Scene(
            item["words"],
            tuple(item["dimensions"]),
            item["status"],
            item["hours"],
            tuple(_act(act) for act in item["acts"]),
        )
        for item in told["scenes"]
    )


def _act(told: Mapping[str, Any]) -> Act:
    own = ("who", "action", "share")
    given = {name: value for name, value in told.items() if name not in own}
    return Act(told["who"], told["action"], told["share"], given)


def moment(share: float, begun: datetime, end: datetime) -> datetime:
    """Return a time between the last step before the scene and the end (all aware), in office hours as far as these allow."""
    at = (begun + (end - begun) * share).astimezone(ZONE)
    opens = at.replace(hour=OPENS, minute=0, second=0, microsecond=0)
    return min(max(begun, opens, min(at, opens.replace(hour=CLOSES))), end)


def filled(text: str, numbers: Mapping[tuple[str, str], int], at: datetime, begun: datetime, end: datetime) -> str:
    """Return a value with its gaps filled, as a form sends it: numbers, times of China's clock, dates."""

    def fill(gap: re.Match[str]) -> str:
        kind, name = gap[1], gap[2]
        if kind == "day":
            return f"{end.astimezone(ZONE).date() + timedelta(days=int(name)):%Y-%m-%d}"
        if kind in ("account", "department", "meeting"):
            return str(numbers[kind, name])
        if kind == "share":
            return f"{moment(float(name), begun, end).astimezone(ZONE):%Y-%m-%dT%H:%M}"
        return f"{(at if kind == 'then' else end).astimezone(ZONE) + timedelta(minutes=int(name)):%Y-%m-%dT%H:%M}"

    return _GAP.sub(fill, text)
