"""What joining does to the case that is joined: it keeps every reporter, and its history says who came."""

from __future__ import annotations

from typing import Any

from gridmap.cases.actions.effects.work import Work
from gridmap.cases.actions.parties import carry_parties
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.queries.course import facts_of, step_time
from gridmap.cases.rules import Action, Status, transition


def absorbed(work: Work, target: Case) -> dict[str, Any]:
    """Carry the parties of the case over to ``target`` (locked, open) and write it into the target's history."""
    from gridmap.cases.actions.course import add_step  # the engine that calls this effect

    row = transition(Status(target.status), Action.ABSORB)
    assert row is not None
    carried = carry_parties(work.session, work.actor, source=work.case, target=target, now=work.now)
    at = step_time(work.session, target, work.now)
    _facts, last = facts_of(work.session, target)
    told = {"absorbed": work.case.case_code, **({"carried": carried} if carried else {})}
    given = Given({"reason": work.given.get("reason")})
    add_step(work.session, work.actor, target, row, number=last + 1, given=given, data=told, now=at)
    target.updated_at = at
    return {"carried": carried} if carried else {}
