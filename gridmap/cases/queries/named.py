"""What waits for a person by a row of its own, beside the course: tasks, charges, mediations, calls, copies, what is to be approved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, any_, func, literal, or_, select, tuple_

from gridmap.access import Actor, Permission
from gridmap.cases.models import (
    CaseAppeal,
    CaseCharge,
    CaseExtension,
    CaseOrder,
    CaseTask,
    CaseWhistle,
    CaseWhistleCall,
)
from gridmap.cases.models.mediation import Mediation
from gridmap.cases.rules.charges import ChargeState
from gridmap.cases.rules.clocks import AppealStatus, ExtensionStatus
from gridmap.cases.rules.orders import OrderKind
from gridmap.cases.rules.tiers import MediationState
from gridmap.cases.rules.work import Group
from gridmap.db import in_ranges


@dataclass(frozen=True)
class Named:
    """Rows of ``table`` that wait for the person (``mine``); ``due_at``: when each is due, ``None``: with the stage of its case.

    ``closed_too``: also of cases that are closed.
    """

    group: Group
    table: Any
    mine: ColumnElement[bool]
    due_at: Any = None
    closed_too: bool = False


def named_rows(actor: Actor) -> list[Named]:
    """Return what may wait for a person by a row of its own, as far as their posts go."""
    return [*_asked_by_name(actor), *_for_departments(actor), *_to_approve(actor)]


def _asked_by_name(actor: Actor) -> list[Named]:
    """Tasks (核查, 联席会议) not yet answered; the tiers a mediator works on; cases that a leader was asked to take, or owes duties."""
    me = actor.account_id
    found = [
        Named(Group.TASK, CaseTask, and_(CaseTask.account_id == me, CaseTask.answered_at.is_(None)), CaseTask.due_at)
    ]
    if actor.may(Permission.CASE_MEDIATE):
        mediating = and_(
            Mediation.state == MediationState.OPEN.value,
            in_ranges(Mediation.unit_code, actor.granted_ranges(Permission.CASE_MEDIATE)),
            literal(me, BigInteger) == any_(Mediation.mediator_ids),
        )
        found.append(Named(Group.MEDIATE, Mediation, mediating, Mediation.due_at))
    if actor.may(Permission.CASE_CHARGE):
        soon = CaseCharge.next_due_at <= func.now() + func.make_interval(0, 0, 0, CaseCharge.remind_days + 1)
        asked = CaseCharge.state == ChargeState.ASKED.value
        charges = and_(CaseCharge.account_id == me, CaseCharge.ended_at.is_(None), or_(asked, soon))
        found.append(Named(Group.CHARGE, CaseCharge, charges, CaseCharge.next_due_at))
    return found


def _for_departments(actor: Actor) -> list[Named]:
    """Whistles that call a department of the person's and that it has not answered; what it was told and has not read."""
    own = sorted(actor.departments)
    if not own or not actor.may(Permission.CASE_HANDLE):
        return []
    calls = select(CaseWhistleCall.county_code, CaseWhistleCall.whistle_id).where(
        CaseWhistleCall.department_id.in_(own), CaseWhistleCall.turned_up_at.is_(None)
    )
    called = and_(CaseWhistle.ended_at.is_(None), tuple_(CaseWhistle.county_code, CaseWhistle.id).in_(calls))
    copied = and_(
        CaseOrder.department_id.in_(own), CaseOrder.kind == OrderKind.COPY.value, CaseOrder.ended_at.is_(None)
    )
    return [
        Named(Group.TURN_UP, CaseWhistle, called, CaseWhistle.due_at),
        Named(Group.READ, CaseOrder, copied, closed_too=True),
    ]


def _to_approve(actor: Actor) -> list[Named]:
    """Requests for more time and appeals against time-outs, for those who decide them: never one's own, nor twice by one person."""
    me, found = actor.account_id, []
    desk = actor.granted_ranges(Permission.CASE_DISPATCH)
    if desk:
        extensions = and_(CaseExtension.status == ExtensionStatus.ASKED.value, CaseExtension.asked_by != me)
        first = and_(CaseAppeal.status == AppealStatus.ASKED.value, CaseAppeal.asked_by != me)
        found += [
            Named(Group.APPROVE, CaseExtension, and_(extensions, in_ranges(CaseExtension.unit_code, desk))),
            Named(Group.APPROVE, CaseAppeal, and_(first, in_ranges(CaseAppeal.unit_code, desk)), closed_too=True),
        ]
    above = actor.granted_ranges(Permission.CASE_SUPERVISE)
    if above:
        second = and_(
            CaseAppeal.status == AppealStatus.FIRST_AGREED.value, CaseAppeal.asked_by != me, CaseAppeal.first_by != me
        )
        found.append(
            Named(Group.APPROVE, CaseAppeal, and_(second, in_ranges(CaseAppeal.unit_code, above)), closed_too=True)
        )
    return found
