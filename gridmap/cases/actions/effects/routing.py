"""Asking the 派单规则 once, when a step has settled the class or the place of a case."""

from __future__ import annotations

from typing import Any

from gridmap.cases.actions.effects.work import Work
from gridmap.cases.queries import routing


def routed(work: Work, *, unit_code: int | None = None) -> dict[str, Any]:
    """Ask the rules about a case as it is now; return what the history keeps: nothing when no rule fits.

    Called once by each step that settles class or place, after both are settled.
    """
    rule = routing.suggestion(work.session, work.case, work.now, unit_code=unit_code)
    return {"route": {"rule": rule.name, "department": rule.department_name}} if rule else {}
