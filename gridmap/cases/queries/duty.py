"""首问负责: who received a case first and follows it to the end, who may take it over, and which open cases are mine."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Role, subtree
from gridmap.accounts.models import Account, PostHeld
from gridmap.cases.models import Case, CaseStep
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.listing import CaseRow, as_row, with_names
from gridmap.cases.rules import Action

MOST_DUTIES = 200


def duty_choices(session: Session, case: Case) -> list[Any]:
    """Return who may follow a case (id, name): centre staff and grid workers in the caller's scope whose post covers its place."""
    return _covering(session, case, Role.CENTRE_STAFF, Role.GRID_WORKER)


def worker_choices(session: Session, case: Case) -> list[Any]:
    """Return which grid workers in the caller's scope may be asked about a case (id, name): those whose post covers its place."""
    return _covering(session, case, Role.GRID_WORKER)


def _covering(session: Session, case: Case, *roles: Role) -> list[Any]:
    covering = [subtree(case.unit_code // step * step).lo for step in (1, 10**3, 10**6, 10**9, 10**11, 10**13)]
    query = (
        select(Account.id, Account.name)
        .join(PostHeld, PostHeld.account_id == Account.id)
        .where(
            PostHeld.ended_at.is_(None),
            Account.disabled_at.is_(None),
            PostHeld.role.in_([role.value for role in roles]),
            PostHeld.unit_code.in_(covering),
        )
        .distinct()
        .order_by(Account.name, Account.id)
    )
    return list(session.execute(query))


def list_duties(session: Session, actor: Actor, now: datetime) -> list[CaseRow]:
    """Return the open cases that the actor is first-asked for, what is due first on top."""
    query = visible_cases(actor).where(Case.duty_account_id == actor.account_id, Case.closed_at.is_(None))
    query = query.order_by(Case.due_at.asc().nulls_last(), Case.id).limit(MOST_DUTIES)
    return [as_row(row, now) for row in session.execute(with_names(query)).unique()]


def duty_name(session: Session, case: Case) -> str:
    """Return the name of who follows a case that was found visible, by its history: names outside the scope are told there too."""
    mine = CaseStep.county_code == case.county_code, CaseStep.case_id == case.id
    handed = select(CaseStep.data["duty"].astext).where(*mine, CaseStep.action == Action.HAND_OVER.value)
    found = session.scalars(handed.order_by(CaseStep.number.desc()).limit(1)).first()
    if found or case.duty_account_id is None:
        return found or ""
    return session.scalars(select(CaseStep.actor_name).where(*mine, CaseStep.number == 1)).first() or ""


def has_left(session: Session, case: Case) -> bool:
    """Say whether whoever follows a case holds no post any more, as far as the caller's scope tells."""
    if case.duty_account_id is None:
        return False
    query = text(
        "select disabled_at is not null or not exists (select from posts p where p.account_id = a.id and p.ended_at is null)"
        " from accounts a where a.id = :account"
    )
    return bool(session.scalar(query, {"account": case.duty_account_id}))
