"""Adding parties to a case, carrying them along when it is joined, and opening one in full with a purpose that is recorded."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor
from gridmap.cases.forms.parties import PartyEntry
from gridmap.cases.models import Case, CaseParty
from gridmap.cases.queries.parties import (
    SEALED,
    PartyView,
    in_full,
    list_parties,
    may_open,
    one_party,
    place_of,
    unsealed,
)
from gridmap.cases.rules.parties import PartyRole
from gridmap.crypto import BLIND_FORM, KeyRing, ring_of
from gridmap.errors import BadInput, Forbidden, NotFound

MOST_PARTIES = 500  # of one case; more are a list of its own, kept as an attachment


def add_party(session: Session, actor: Actor | None, *, case: Case, entry: PartyEntry, now: datetime) -> CaseParty:
    """Add a party to a case that was found visible and permitted, sealed. Raises ``KeyFault``, ``BadInput`` above 500."""
    if len(list_parties(session, case)) >= MOST_PARTIES:
        raise BadInput(f"一件事件至多登记 {MOST_PARTIES} 名当事人；人数更多时请填写涉及人数，名单作为附件保存。")
    values = {name: getattr(entry, name) for name in SEALED}
    return _add(session, actor, ring_of(session), case, entry.role, values, now)


def _add(
    session: Session,
    actor: Actor | None,
    ring: KeyRing,
    case: Case,
    role: PartyRole,
    values: dict[str, str],
    now: datetime,
    from_case: str | None = None,
) -> CaseParty:
    key = uuid.uuid4()
    sealed = {
        name: ring.seal(value, place_of(case.county_code, key, name)) if value else None
        for name, value in values.items()
    }
    party = CaseParty(
        county_code=case.county_code,
        unit_code=case.unit_code,
        case_id=case.id,
        row_key=key,
        role=role.value,
        id_number_blind=ring.blind(values["id_number"], "id_number") if values["id_number"] else None,
        phone_blind=ring.blind(values["phone"], "phone") if values["phone"] else None,
        blind_form=BLIND_FORM,
        from_case=from_case,
        added_at=now,
        added_by=actor.account_id if actor else None,
        **sealed,
    )
    session.add(party)
    session.flush()
    return party


def carry_parties(session: Session, actor: Actor, *, source: Case, target: Case, now: datetime) -> int:
    """Seal the parties of a case that is joined once more for the case it joins; return how many. They stay with their own too."""
    found = list_parties(session, source)
    if found:
        ring = ring_of(session)
        for party in found:
            values = unsealed(ring, party)
            _add(session, actor, ring, target, PartyRole(party.role), values, now, party.from_case or source.case_code)
    return len(found)


AGREEMENT_PURPOSE = "制作调解协议书"


def open_for_agreement(session: Session, actor: Actor, *, case: Case, party_ids: Collection[int]) -> list[int]:
    """Permit and record that the parties who sign are opened for the paper; return their ids. Raises ``Forbidden``, ``BadInput``."""
    if not party_ids:
        return []
    decision = may_open(actor, case)
    if not decision:
        raise Forbidden(decision.reason)
    signing = [party for party in list_parties(session, case) if party.id in party_ids]
    if len(signing) != len(set(party_ids)):
        raise BadInput("所选当事人中有不属于本事件的，请刷新页面后重新选择。", field="signing")
    for party in signing:
        facts = {"party": party.id, "role": party.role, "purpose": AGREEMENT_PURPOSE}
        audit.record(session, actor, "party.opened", case.case_code, case.unit_code, **facts)
    return [party.id for party in signing]


def open_party(session: Session, actor: Actor, *, case: Case, party_id: int, purpose: str) -> PartyView:
    """Open a party of a visible case in full for a purpose, and record it. Raises ``NotFound``, ``Forbidden``, ``KeyFault``."""
    decision = may_open(actor, case)
    if not decision:
        raise Forbidden(decision.reason)
    party = one_party(session, case, party_id)
    if party is None:
        raise NotFound("没有找到该当事人。")
    shown = in_full(session, party)
    facts = {"party": party.id, "role": party.role, "purpose": purpose}
    audit.record(session, actor, "party.opened", case.case_code, case.unit_code, **facts)
    session.flush()
    return shown


def reindex_parties(session: Session, *, most: int = 500) -> int:
    """Write the blind columns of up to ``most`` parties of an older form anew (as the job role); return how many. Raises ``KeyFault``."""
    older = select(CaseParty).where(CaseParty.blind_form < BLIND_FORM).order_by(CaseParty.id).limit(most)
    found = list(session.scalars(older.with_for_update(skip_locked=True)))
    if not found:
        return 0
    ring = ring_of(session)
    for party in found:
        values = unsealed(ring, party)
        party.id_number_blind = ring.blind(values["id_number"], "id_number") if values["id_number"] else None
        party.phone_blind = ring.blind(values["phone"], "phone") if values["phone"] else None
        party.blind_form = BLIND_FORM
    session.flush()
    return len(found)
