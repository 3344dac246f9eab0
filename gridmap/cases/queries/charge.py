"""Reading 领导包案: the duties in force at a place, a case's charges with what was done, who may be asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, tuple_
from sqlalchemy.orm import Session

from gridmap.access import Actor, Role
from gridmap.cases.models import Case, CaseCharge, CaseChargeDuty, CaseChargeRecord, ChargeTemplate
from gridmap.cases.rules import Facts
from gridmap.cases.rules.charges import ChargeState
from gridmap.errors import NotReady
from gridmap.worktime.queries import areas_above

# part of the one statement of ``facts_of``
CHARGE_FACTS = (
    "(select jsonb_agg(jsonb_build_array(h.state, h.account_id, h.account_name, h.holds_closing,"
    " (select coalesce(jsonb_agg(d.name order by d.number), '[]') from case_charge_duties d"
    " where d.county_code = :county and d.charge_id = h.id and d.needed and d.done = 0)))"
    " from case_charges h where h.county_code = :county and h.case_id = :case and h.ended_at is null) as charges"
)


@dataclass
class ChargeTold:
    """A charge as the page shows it: its duties in order, each with what was done, the newest first."""

    charge: CaseCharge
    duties: list[CaseChargeDuty] = field(default_factory=list)
    records: dict[int, list[CaseChargeRecord]] = field(default_factory=dict)


def charge_template_at(session: Session, unit_code: int, now: datetime) -> ChargeTemplate:
    """Return the duties in force at a unit: of the nearest area above that has a version. Raises ``NotReady`` without any."""
    table = ChargeTemplate
    query = select(table).where(table.area_code.in_(areas_above(unit_code)), table.valid_from <= now)
    found = session.scalars(query.order_by(table.area_code.desc(), table.version.desc()).limit(1)).one_or_none()
    if found is None:
        raise NotReady("还没有领导包案职责，请系统管理员在“包案职责”中设置。")
    return found


def list_charge_templates(session: Session, area_code: int) -> list[ChargeTemplate]:
    """Return the versions of an area, newest first."""
    mine = ChargeTemplate.area_code == area_code
    return list(session.scalars(select(ChargeTemplate).where(mine).order_by(ChargeTemplate.version.desc())))


def people_for(session: Session, unit_code: int, *roles: Role) -> list[Any]:
    """Return who holds one of these roles at a unit in scope or above it (id, name, unit_name, role): who sees a case there."""
    asked = {"unit": unit_code, "roles": [role.value for role in roles]}
    return list(session.execute(text("select * from gridmap_people_for(:unit, cast(:roles as text[]))"), asked))


def open_charges(session: Session, case: Case) -> dict[ChargeState, CaseCharge]:
    """Return what is asked for and what is open of a case that was found visible."""
    mine = CaseCharge.county_code == case.county_code, CaseCharge.case_id == case.id
    rows = session.scalars(select(CaseCharge).where(*mine, CaseCharge.ended_at.is_(None)))
    return {ChargeState(row.state): row for row in rows}


def duties_of_charge(session: Session, charge: CaseCharge) -> list[CaseChargeDuty]:
    """Return the duties of a charge, in order."""
    mine = CaseChargeDuty.county_code == charge.county_code, CaseChargeDuty.charge_id == charge.id
    return list(session.scalars(select(CaseChargeDuty).where(*mine).order_by(CaseChargeDuty.number)))


def list_charges(session: Session, case: Case) -> list[ChargeTold]:
    """Return the charges of a case that was found visible, the newest first."""
    mine = CaseCharge.county_code == case.county_code, CaseCharge.case_id == case.id
    rows = session.scalars(select(CaseCharge).where(*mine).order_by(CaseCharge.id.desc()))
    found = {charge.id: ChargeTold(charge) for charge in rows}
    if not found:
        return []
    own = CaseChargeDuty.county_code == case.county_code, CaseChargeDuty.case_id == case.id
    for duty in session.scalars(select(CaseChargeDuty).where(*own).order_by(CaseChargeDuty.number)):
        found[duty.charge_id].duties.append(duty)
    done = CaseChargeRecord.county_code == case.county_code, CaseChargeRecord.case_id == case.id
    newest = CaseChargeRecord.done_on.desc(), CaseChargeRecord.id.desc()
    for record in session.scalars(select(CaseChargeRecord).where(*done).order_by(*newest)):
        found[record.charge_id].records.setdefault(record.duty_id, []).append(record)
    return list(found.values())


def due_duties(session: Session, actor: Actor, cases: list[Case]) -> dict[tuple[int, int], list[CaseChargeDuty]]:
    """Return the duties with a date that the person owes some visible cases (county, id), the soonest first."""
    if not cases:
        return {}
    query = (
        select(CaseChargeDuty)
        .join(
            CaseCharge,
            (CaseCharge.county_code == CaseChargeDuty.county_code) & (CaseCharge.id == CaseChargeDuty.charge_id),
        )
        .where(
            tuple_(CaseCharge.county_code, CaseCharge.case_id).in_([(case.county_code, case.id) for case in cases]),
            CaseCharge.account_id == actor.account_id,
            CaseCharge.state == ChargeState.OPEN.value,
            CaseChargeDuty.due_on.is_not(None),
        )
        .order_by(CaseChargeDuty.due_on, CaseChargeDuty.number)
    )
    found: dict[tuple[int, int], list[CaseChargeDuty]] = {}
    for duty in session.scalars(query):
        found.setdefault((duty.county_code, duty.case_id), []).append(duty)
    return found


def _leaders(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    return [(str(row.id), f"{row.name}（{row.unit_name}）") for row in people_for(session, case.unit_code, Role.LEADER)]


def _duties(session: Session, case: Case, _facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    charge = open_charges(session, case).get(ChargeState.OPEN)
    duties = duties_of_charge(session, charge) if charge else []
    return [(str(duty.number), f"{duty.name}（{duty.due_on} 前）" if duty.due_on else duty.name) for duty in duties]


# What can be chosen for the inputs of a charge, by their kind.
CHARGE_CHOICES = {"leader": _leaders, "charge_duty": _duties}
