"""What the course of a case is decided on: the case itself (locked), its facts, its steps and orders, and what can be chosen."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import exists, or_, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.models import Case, CaseOrder, CaseStep
from gridmap.cases.queries.charge import CHARGE_CHOICES, CHARGE_FACTS
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.duty import duty_choices, worker_choices
from gridmap.cases.queries.mediation import MEDIATION_CHOICES, MEDIATION_FACTS, mediating, mediation_obstacles
from gridmap.cases.queries.meetings import MEETING_CHOICES, MEETING_FACTS
from gridmap.cases.queries.reference import categories_on, units_of_county
from gridmap.cases.queries.timers import CLOCK_FACTS, clocks_of
from gridmap.cases.queries.whistles import WHISTLE_FACTS, open_whistle
from gridmap.cases.rules import (
    GRADE_NAMES,
    MEANS_NAMES,
    RISK_NAMES,
    SATISFACTION_NAMES,
    SATISFIED,
    SCALE_NAMES,
    STAGE_NAMES,
    Action,
    Doer,
    Facts,
    Input,
    Means,
    Order,
    Stage,
    Status,
    county_of,
)
from gridmap.cases.rules.charges import charge_facts
from gridmap.cases.rules.course import HANDLING_ACTIONS, LEADING_ACTIONS
from gridmap.cases.rules.joint import task_obstacle
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES, WRITTEN
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES
from gridmap.cases.rules.timing import own_late
from gridmap.clock import local
from gridmap.prepared import prepared
from gridmap.worktime.rules import spoken_time

# One statement: this runs in every transition. Planning it takes PostgreSQL longer than running it, so it is prepared.
_FACTS_TYPES = {"county": "int", "case": "bigint", "handling": "text[]", "now": "timestamptz"}
_SENT_TYPES = _FACTS_TYPES | {"client": "uuid", "case_code": "text", "action": "text", "account": "bigint"}
_FACTS = (
    "with latest as (select s.number, s.at from case_steps s where s.county_code = :county and s.case_id = :case"
    " order by s.number desc limit 1), held as (select greatest(:now, (select at from latest)) as now)"
    " select (select now from held) as at, (select coalesce(max(number), 0) from latest) as last,"
    " (select coalesce(jsonb_agg(jsonb_build_array(o.kind, o.department_id, o.department_name, o.status, o.assignee_id,"
    " o.assignee_name) order by o.id), '[]') from case_orders o where o.county_code = :county and o.case_id = :case"
    " and o.ended_at is null and o.kind <> 'copy') as orders,"
    " (select coalesce(array_agg(distinct h.who), '{}') from (select s.actor_id as who from case_steps s"
    " where s.county_code = :county and s.case_id = :case and s.actor_id is not null and s.action = any(:handling) union all"
    " select o.assignee_id from case_orders o where o.county_code = :county and o.case_id = :case"
    " and o.assignee_id is not null) h) as handlers,"
    " (select coalesce(jsonb_agg(jsonb_build_array(t.account_id, t.account_name)), '[]') from case_tasks t"
    " where t.county_code = :county and t.case_id = :case and t.kind = 'check' and t.answered_at is null) as checks,"
    + CLOCK_FACTS
    + ", "
    + WHISTLE_FACTS
    + ", "
    + CHARGE_FACTS
    + ", "
    + MEETING_FACTS
    + ", "
    + MEDIATION_FACTS
)
# Jobs have no form, nor the right to ask about one.
_FACTS_AND_SENT = f"{_FACTS}, gridmap_sent_before(:county, :client, :case_code, :action, :account) as sent"


def _holders(session: Session, case: Case, facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    """Return the departments that hold something of a visible case."""
    found = {
        order.department_id: order.department_name for order in list_orders(session, case) if order.ended_at is None
    }
    if facts.whistle:
        found |= {call.department_id: call.department_name for call in facts.whistle.called if not call.turned_up}
    return [(str(number), name) for number, name in found.items()]


def _time_outs(session: Session, case: Case, facts: Facts, _now: datetime) -> list[tuple[str, str]]:
    """Return the time-outs of a visible case that the reader's own unit may appeal against."""
    own = own_late(facts, doer_of(session.info["actor"], case))
    return [
        (str(one.timer_id), f"{STAGE_NAMES[Stage(one.stage)]}环节，到期时间 {spoken_time(one.due_at, is_end=True)}")
        for one in own
    ]


FURTHER_CHOICES = {"holder": _holders, "late": _time_outs, **MEDIATION_CHOICES, **CHARGE_CHOICES, **MEETING_CHOICES}


def status_of(session: Session, actor: Actor, case_code: str) -> Status | None:
    """Return the state of a visible case, or ``None``: all that a form of a step needs before the case is held."""
    query = visible_cases(actor).with_only_columns(Case.status)
    found = session.scalar(query.where(Case.county_code == county_of(case_code), Case.case_code == case_code))
    return Status(found) if found else None


def locked_case(session: Session, actor: Actor, case_code: str) -> Case | None:
    """Return a visible case and hold its row until the transaction ends, or ``None``: steps of one case follow each other."""
    county = county_of(case_code)
    if county is None:
        return None
    query = visible_cases(actor).where(Case.county_code == county, Case.case_code == case_code)
    return session.scalars(query.with_for_update(of=Case)).unique().one_or_none()


@dataclass(frozen=True)
class Form:
    """A form of a step that was sent: by whom, for what, and its own number."""

    account_id: int
    action: Action
    client_id: uuid.UUID | None


@dataclass(frozen=True)
class Standing:
    """A case as a step finds it: the facts, the number of the last step (0: none yet), when a step is taken now.

    ``at`` is never before the last step. ``sent``: as ``sent_before`` says it of the form.
    """

    facts: Facts
    last: int
    at: datetime
    sent: bool | None


def facts_of(session: Session, case: Case, now: datetime | None = None) -> tuple[Facts, int]:
    """Return what the guards may look at, and the number of the last step (0: none yet)."""
    found = standing_of(session, case, now)
    return found.facts, found.last


def standing_of(session: Session, case: Case, now: datetime | None = None, form: Form | None = None) -> Standing:
    """Return how a visible case stands at ``now`` (aware), in one statement."""
    values = {
        "county": case.county_code,
        "case": case.id,
        "handling": list(HANDLING_ACTIONS),
        "now": now or datetime.now(UTC),
    }
    if form is None:
        row = session.execute(prepared(session, _FACTS, _FACTS_TYPES), values).one()
        return Standing(_facts(row, case), row.last, row.at, None)
    sent = {
        "client": str(form.client_id) if form.client_id else None,
        "case_code": case.case_code,
        "action": form.action.value,
        "account": form.account_id or None,
    }
    row = session.execute(prepared(session, _FACTS_AND_SENT, _SENT_TYPES), values | sent).one()
    return Standing(_facts(row, case), row.last, row.at, row.sent)


def _facts(row: Any, case: Case) -> Facts:
    orders = [(kind, Order(*rest)) for kind, *rest in row.orders]
    whistle = open_whistle(row.whistle)
    charge, charge_asked = charge_facts(row.charges)
    tasks = tuple((account, name) for account, name in row.tasks)
    owed = task_obstacle(tuple(dict.fromkeys(name for _account, name in tasks)))
    return Facts(
        Status(case.status),
        case.unit_code,
        reopened=case.reopened_count > 0,
        lead=next((order for kind, order in orders if kind == "lead"), None),
        assisting=tuple(order for kind, order in orders if kind == "assist"),
        handlers=frozenset(row.handlers),
        clocks=clocks_of(row, case),
        checks=tuple((account, name) for account, name in row.checks),
        copies=frozenset(row.copies),
        whistle=whistle,
        obstacles=((whistle.obstacle,) if whistle else ())
        + ((owed,) if owed else ())
        + mediation_obstacles(row.mediation),
        charge=charge,
        tabled=row.tabled,
        tasks=tasks,
        decisions_open=row.decisions_open,
        charge_asked=charge_asked,
        mediation=mediating(row.mediation),
        promises=(row.unconfirmed, row.duties_waiting),
    )


def doer_of(actor: Actor, case: Case) -> Doer:
    """Return who acts on a case, as the guards see them: whoever gives out its orders is of the centre."""
    return Doer(actor.account_id, actor.departments, bool(actor.may(Permission.CASE_DISPATCH, case.unit_code)))


def led_before(session: Session, case: Case, account_id: int) -> bool:
    """Say whether somebody worked on a visible case for who led it, or was named as its assignee."""
    steps = select(CaseStep.id).where(
        CaseStep.county_code == case.county_code,
        CaseStep.case_id == case.id,
        CaseStep.actor_id == account_id,
        CaseStep.action.in_([action.value for action in LEADING_ACTIONS]),
    )
    orders = select(CaseOrder.id).where(
        CaseOrder.county_code == case.county_code, CaseOrder.case_id == case.id, CaseOrder.assignee_id == account_id
    )
    return bool(session.scalar(select(or_(exists(steps), exists(orders)))))


def sent_before(
    session: Session, actor: Actor, case_code: str, action: Action, client_id: uuid.UUID | None
) -> bool | None:
    """Say whether this person took this step of this case under this number of the form; ``None``: nothing was taken under it.

    Also of a case that the step took out of the person's sight. ``False``: the number was used for something else.
    """
    if client_id is None:
        return None
    values = {"county": county_of(case_code), "client": client_id, "case": case_code, "action": action.value}
    query = text("select gridmap_sent_before(:county, :client, :case, :action, :account)")
    found: bool | None = session.scalar(query, {**values, "account": actor.account_id or None})
    return found


def list_steps(session: Session, case: Case) -> list[CaseStep]:
    """Return the history of a case that was found visible, oldest first."""
    mine = CaseStep.county_code == case.county_code, CaseStep.case_id == case.id
    return list(session.scalars(select(CaseStep).where(*mine).order_by(CaseStep.number)))


def registered_at(history: Iterable[CaseStep]) -> datetime | None:
    """Return when a case was registered (受理) the first time, or ``None``: reported only, or declined or joined as it came."""
    return next((step.at for step in history if step.action == Action.REGISTER.value), None)


def last_step(session: Session, case: Case) -> CaseStep | None:
    """Return the newest step of a case that was found visible, or ``None``."""
    mine = CaseStep.county_code == case.county_code, CaseStep.case_id == case.id
    return session.scalars(select(CaseStep).where(*mine).order_by(CaseStep.number.desc()).limit(1)).one_or_none()


def list_orders(session: Session, case: Case) -> list[CaseOrder]:
    """Return all orders of a case that was found visible, oldest first."""
    mine = CaseOrder.county_code == case.county_code, CaseOrder.case_id == case.id
    return list(session.scalars(select(CaseOrder).where(*mine).order_by(CaseOrder.id)))


def departments_for(session: Session, unit_code: int) -> list[Any]:
    """Return the departments that a case at a unit can be sent to (id, name, unit_code, unit_name): its own unit's and above."""
    return list(session.execute(text("select * from gridmap_departments_for(:unit)"), {"unit": unit_code}))


def colleagues(session: Session, department_id: int) -> list[Any]:
    """Return who works in a department of the actor's own (id, name)."""
    return list(session.execute(text("select * from gridmap_colleagues(:department)"), {"department": department_id}))


def choices(session: Session, case: Case, facts: Facts, wanted: Input, now: datetime) -> list[tuple[str, str]]:
    """Return what can be chosen for an input: (value, words) in the order of a list. Empty for what is written freely."""
    plain: dict[str, list[tuple[Any, str]]] = {
        "grade": list(GRADE_NAMES.items()),
        "scale": list(SCALE_NAMES.items()),
        "risk": list(RISK_NAMES.items()),
        "paper": [(kind, DOCUMENT_NAMES[kind]) for kind in WRITTEN],
        "means": [(item, name) for item, name in MEANS_NAMES.items() if item is not Means.LINK],
        "party_role": list(PARTY_ROLE_NAMES.items()),
        "satisfied": [(item, name) for item, name in SATISFACTION_NAMES.items() if item in SATISFIED],
        "dissatisfied": [(item, name) for item, name in SATISFACTION_NAMES.items() if item not in SATISFIED],
    }
    if wanted.kind in plain:
        return [(str(item.value), name) for item, name in plain[wanted.kind]]
    if wanted.kind == "verdict":
        return [("agree", "同意"), ("refuse", "不同意")]
    if wanted.kind in ("department", "departments"):
        return [(str(row.id), f"{row.name}（{row.unit_name}）") for row in departments_for(session, case.unit_code)]
    if wanted.kind == "worker":
        return [(str(row.id), row.name) for row in worker_choices(session, case)]
    if wanted.kind == "duty":
        return [(str(row.id), row.name) for row in duty_choices(session, case)]
    if wanted.kind == "unit":
        return units_of_county(session, case, local(now).date())
    if wanted.kind in FURTHER_CHOICES:
        return FURTHER_CHOICES[wanted.kind](session, case, facts, now)
    if wanted.kind == "category":
        on = local(now).date()
        return [(item.code, f"{item.family_name} › {item.name}") for item in categories_on(session, on)]
    if wanted.kind == "colleague" and facts.lead:
        return [(str(row.id), row.name) for row in colleagues(session, facts.lead.department_id)]
    return []
