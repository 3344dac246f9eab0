"""What an effect works on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.rules import Facts, Transition


@dataclass(frozen=True)
class Work:
    """A step that the table and the guards have allowed; the case is locked."""

    session: Session
    actor: Actor
    case: Case
    facts: Facts
    row: Transition
    given: Given
    now: datetime


# Returns what the history keeps besides the reason; raises BadInput or Conflict.
Effect = Callable[[Work], dict[str, Any] | None]
