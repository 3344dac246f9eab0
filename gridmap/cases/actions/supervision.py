"""督办单 of the supervision that the sweep raises: the same paper as of one by hand, once for each such step."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.access import Actor, significant_digits
from gridmap.cases.actions.documents import ask_document
from gridmap.cases.forms import Given
from gridmap.cases.models import Case, CaseDocument, CaseStep
from gridmap.cases.queries import facts_of
from gridmap.cases.queries.places import tell_name
from gridmap.cases.rules import Action, Document, Facts, Status, transition
from gridmap.clock import now as clock_now

JOB = "cases.supervision"
AT_ONCE = 50  # papers asked for in one transaction
SYSTEM = Actor(0, "", "系统", ())
Numbered = tuple[int, int, int]  # county_code, case_id, number of the step


def supervised_by(session: Session, case: Case, facts: Facts) -> str:
    """Return to whom a 督办单 goes: whoever holds the case, the lead department, else the centre of the place."""
    if facts.lead:
        return facts.lead.department_name
    digits = min(significant_digits(case.unit_code), 9)
    return f"{tell_name(session, int(f'{case.unit_code:015d}'[:digits].ljust(15, '0')))}综治中心"


def ask_later(session: Session, steps: Sequence[Numbered]) -> None:
    """Let the queue ask for the papers of steps that the sweep has just written, after its commit."""
    for first in range(0, len(steps), AT_ONCE):
        jobs.defer(session, JOB, steps=[list(step) for step in steps[first : first + AT_ONCE]])


def ask_papers(session: Session, steps: Sequence[Sequence[int]], now: datetime) -> int:
    """Ask for the 督办单 of each step that has none yet; return how many. The case is locked, a unique index stands behind it."""
    asked = 0
    for county, case_id, number in steps:
        case = session.scalars(
            select(Case).where(Case.county_code == county, Case.id == case_id).with_for_update(of=Case)
        ).unique().one_or_none()  # fmt: skip
        step = session.scalars(
            select(CaseStep).where(
                CaseStep.county_code == county, CaseStep.case_id == case_id, CaseStep.number == number
            )
        ).one_or_none()
        paper = select(CaseDocument.id).where(
            CaseDocument.county_code == county,
            CaseDocument.case_id == case_id,
            CaseDocument.step_number == number,
            CaseDocument.kind == Document.SUPERVISION.value,
        )
        if case is None or step is None or session.scalar(paper) is not None:
            continue
        _ask(session, case, step, now)
        asked += 1
    return asked


def _ask(session: Session, case: Case, step: CaseStep, now: datetime) -> None:
    row = transition(Status(step.before or step.after), Action.SUPERVISE)
    assert row is not None  # the sweep asked before it wrote the step
    facts, _last = facts_of(session, case)
    ask_document(
        session, SYSTEM, case, row, kind=Document.SUPERVISION, step_number=step.number,
        given=Given({"reason": step.reason}), data={"to": supervised_by(session, case, facts)}, now=now,
    )  # fmt: skip


@jobs.app.task(name=JOB, retry=5)
def supervision(steps: list[list[int]]) -> None:
    """Ask for the papers of some steps; done again it asks for nothing twice."""
    with jobs.job_session() as session:
        ask_papers(session, steps, clock_now())
