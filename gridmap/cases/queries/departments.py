"""Reading departments: those a person administers with what they hold, and who can follow one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.accounts.models import Department, PostHeld
from gridmap.cases.models import Case, CaseOrder, CaseWhistle, CaseWhistleCall, RoutingRule
from gridmap.db import in_ranges


@dataclass(frozen=True)
class DepartmentRow:
    """A department of the list: open orders, people, rules that send to it."""

    department: Department
    orders: int
    people: int
    rules: int


def visible_departments(actor: Actor) -> Any:
    """Return the departments of the units whose accounts the actor manages."""
    return select(Department).where(in_ranges(Department.unit_code, actor.granted_ranges(Permission.ACCOUNT_MANAGE)))


def one_department(session: Session, actor: Actor, department_id: int) -> Department | None:
    """Return a department the actor administers, or ``None``."""
    query = visible_departments(actor).where(Department.id == department_id)
    return session.scalars(query).one_or_none() if department_id < 2**63 else None


def list_departments(session: Session, actor: Actor, *, limit: int, offset: int = 0) -> tuple[list[DepartmentRow], int]:
    """Return a page of departments, those in being first, and how many there are."""
    orders = select(func.count()).where(CaseOrder.department_id == Department.id, CaseOrder.ended_at.is_(None))
    people = select(func.count()).where(PostHeld.department_id == Department.id, PostHeld.ended_at.is_(None))
    rules = select(func.count()).where(RoutingRule.department_id == Department.id, ~RoutingRule.is_off)
    query = visible_departments(actor)
    total = session.scalar(query.with_only_columns(func.count())) or 0
    columns = [part.correlate(Department).scalar_subquery() for part in (orders, people, rules)]
    order = (Department.ended_at.is_not(None), Department.unit_code, Department.name)
    rows = session.execute(query.add_columns(*columns).order_by(*order).limit(limit).offset(offset))
    return [DepartmentRow(*row) for row in rows], total


def held_cases(session: Session, department_id: int) -> list[tuple[str, str]]:
    """Return the cases (code, title) of which a department holds an open order, or a call it has not answered, by code."""
    ordered = select(CaseOrder.county_code, CaseOrder.case_id).where(
        CaseOrder.department_id == department_id, CaseOrder.ended_at.is_(None)
    )
    called = (
        select(CaseWhistleCall.county_code, CaseWhistleCall.case_id)
        .join(
            CaseWhistle,
            (CaseWhistle.county_code == CaseWhistleCall.county_code) & (CaseWhistle.id == CaseWhistleCall.whistle_id),
        )
        .where(
            CaseWhistleCall.department_id == department_id,
            CaseWhistleCall.turned_up_at.is_(None),
            CaseWhistle.ended_at.is_(None),
        )
    )
    held = ordered.union(called).subquery()
    query = select(Case.case_code, Case.title).join(
        held, (held.c.county_code == Case.county_code) & (held.c.case_id == Case.id)
    )
    return [(row.case_code, row.title) for row in session.execute(query.order_by(Case.case_code))]


def ended_departments(session: Session, numbers: Iterable[int | None]) -> frozenset[int]:
    """Return which of some departments have ended, wherever they are."""
    asked = sorted({number for number in numbers if number is not None})
    if not asked:
        return frozenset()
    return frozenset(session.scalars(text("select * from gridmap_ended_departments(:ids)"), {"ids": asked}))
