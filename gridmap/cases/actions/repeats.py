"""Flagging a case that is registered where a closed one happened before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.models import Case
from gridmap.cases.queries.repeats import earlier_at_place


def flag_repeat(session: Session, actor: Actor, case: Case, now: datetime) -> dict[str, Any]:
    """Keep with a case the closed one at the same place, once; return what the history says of it: that it is so, not which one."""
    if case.repeat_of is not None:
        return {}
    case.repeat_of = earlier_at_place(session, actor, case, now)
    return {"repeat": True} if case.repeat_of else {}
