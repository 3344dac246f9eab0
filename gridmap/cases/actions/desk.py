"""接待: a walk-in becomes a case with its party, in one transaction; or a further reporter of a case that is already there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.actions.appointments import join_to_case
from gridmap.cases.actions.course import take_step
from gridmap.cases.actions.parties import add_party
from gridmap.cases.actions.register import register_case
from gridmap.cases.forms import CaseEntry, Given
from gridmap.cases.forms.desk import Walkin
from gridmap.cases.models import Case
from gridmap.cases.rules import Action
from gridmap.errors import BadInput, Conflict
from gridmap.media import Photo

SAME = "接待登记时确认为同一件事。"


def receive_walkin(
    session: Session, actor: Actor, *, entry: CaseEntry, walkin: Walkin, photos: Sequence[Photo] = (), now: datetime
) -> tuple[Case, bool]:
    """Register a walk-in with its party at ``now`` (aware), joined at once when it is of a known case; return it and whether it is new.

    Who came by an appointment is joined to it. Raises what ``register_case`` raises, ``KeyFault`` (the party cannot be sealed),
    ``BadInput`` (the case to join), ``Conflict`` (the appointment is another's case already).
    """
    case, fresh = register_case(session, actor, entry=entry, photos=photos, now=now)
    if not fresh:
        return case, False
    case.people_count, case.money_yuan = walkin.people_count, walkin.money_yuan
    session.flush()
    if walkin.party:
        add_party(session, actor, case=case, entry=walkin.party, now=now)
    if walkin.appointment:
        join_to_case(session, actor, appointment_id=walkin.appointment, case=case, now=now)
    if walkin.join_into:
        given = Given({"into": walkin.join_into, "reason": SAME})
        try:
            take_step(session, actor, case_code=case.case_code, action=Action.JOIN, given=given, clock=lambda: now)
        except (BadInput, Conflict) as fault:
            raise BadInput(fault.message, field="join_into") from fault
    return case, True
