"""What joining does to the case that is joined: it keeps every reporter, and its history says who came."""

from __future__ import annotations

from typing import Any

from gridmap.cases.actions.effects.work import Work
from gridmap.cases.actions.history import add_step
from gridmap.cases.actions.parties import carry_parties
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.queries.course import standing_of
from gridmap.cases.rules import Action, Status, transition


def absorbed(work: Work, target: Case) -> dict[str, Any]:
    """Carry the parties of the case over to ``target`` (locked, open) and write it into the target's history."""
    row = transition(Status(target.status), Action.ABSORB)
    assert row is not None
    carried = carry_parties(work.session, work.actor, source=work.case, target=target, now=work.now)
    found = standing_of(work.session, target, work.now)
    told = {"absorbed": work.case.case_code, **({"carried": carried} if carried else {})}
    given = Given({"reason": work.given.get("reason")})
    add_step(work.session, work.actor, target, row, number=found.last + 1, given=given, data=told, now=found.at)
    target.updated_at = found.at
    return {"carried": carried} if carried else {}
