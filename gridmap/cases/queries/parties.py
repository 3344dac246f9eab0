"""当事人 of a case that was found visible: masked for whoever may read it, in full for those who may open them; who opened which."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import GRANTS, Actor, Decision, Permission, Role
from gridmap.audit import Event
from gridmap.cases.models import Case, CaseParty
from gridmap.cases.rules.parties import mask_address, mask_name, mask_number
from gridmap.crypto import KeyRing, Where, ring_of
from gridmap.db import in_ranges

SEALED = ("name", "id_number", "phone", "address")
MOST_OPENINGS = 200


@dataclass(frozen=True)
class PartyView:
    """A party as a page shows it; ``repr`` tells no value."""

    id: int
    role: str
    from_case: str | None
    name: str = field(repr=False)
    id_number: str = field(repr=False)
    phone: str = field(repr=False)
    address: str = field(repr=False)


def place_of(county_code: int, row_key: uuid.UUID, column: str) -> Where:
    """Return what a sealed value of a party is bound to."""
    return Where("case_parties", column, county_code, row_key)


def unsealed(ring: KeyRing, party: CaseParty) -> dict[str, str]:
    """Return the sealed values of a party in plain; what was not given is empty."""
    found = {}
    for name in SEALED:
        value = getattr(party, name)
        found[name] = ring.unseal(value, place_of(party.county_code, party.row_key, name)) if value else ""
    return found


def list_parties(session: Session, case: Case) -> list[CaseParty]:
    """Return the parties of a case that was found visible, sealed, in the order they were added."""
    mine = CaseParty.county_code == case.county_code, CaseParty.case_id == case.id
    return list(session.scalars(select(CaseParty).where(*mine).order_by(CaseParty.id)))


def masked_parties(session: Session, case: Case) -> list[PartyView]:
    """Return the parties of a case that was found visible, masked. Raises ``KeyFault`` when they cannot be read."""
    found = list_parties(session, case)
    if not found:
        return []
    ring = ring_of(session)
    return [_masked(party, unsealed(ring, party)) for party in found]


def _masked(party: CaseParty, values: dict[str, str]) -> PartyView:
    return PartyView(
        party.id,
        party.role,
        party.from_case,
        mask_name(values["name"]),
        mask_number(values["id_number"]),
        mask_number(values["phone"]),
        mask_address(values["address"]),
    )


def in_full(session: Session, party: CaseParty) -> PartyView:
    """Return a party in full; only for an action that has permitted and recorded it."""
    return PartyView(party.id, party.role, party.from_case, **unsealed(ring_of(session), party))


def one_party(session: Session, case: Case, party_id: int) -> CaseParty | None:
    """Return a party of a case that was found visible, or ``None``."""
    return next((party for party in list_parties(session, case) if party.id == party_id), None)


def may_open(actor: Actor, case: Case) -> Decision:
    """Decide whether somebody may open the parties of a case: the centre, mediators, and the handlers of the lead department."""
    decision = actor.may(Permission.PARTY_READ, case.unit_code)
    if not decision:
        return decision
    freely = any(
        case.unit_code in post.scope
        and Permission.PARTY_READ in GRANTS[post.role]
        and post.role is not Role.DEPARTMENT_HANDLER
        for post in actor.posts
    )
    if freely or case.lead_department_id in actor.departments:
        return Decision(True)
    return Decision(False, "部门经办只能查看本部门正在主办的事件的当事人；如确有需要，请联系综治中心。")


@dataclass(frozen=True)
class Opening:
    """That somebody opened a party's record: when, who, of which case, what for."""

    at: datetime
    actor_name: str
    case_code: str
    role: str
    purpose: str


def list_openings(session: Session, actor: Actor) -> list[Opening]:
    """Return the newest openings within the scope where the actor may read the log."""
    mine = in_ranges(Event.unit_code, actor.granted_ranges(Permission.AUDIT_READ))
    query = select(Event).where(Event.kind == "party.opened", mine).order_by(Event.at.desc(), Event.id.desc())
    found: list[Any] = list(session.scalars(query.limit(MOST_OPENINGS)))
    return [
        Opening(event.at, event.actor_name, event.subject, event.data.get("role", ""), event.data.get("purpose", ""))
        for event in found
    ]
