"""A case whose steps are taken at times that the test sets, and its timers, levels and pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select

from gridmap.access import Role
from gridmap.cases.actions.escalation import escalate
from gridmap.cases.models import Case, CaseEscalation, CaseTimer
from gridmap.clock import CHINA
from tests.factories import TOWN_A, Factories
from tests.integration.cases.test_course import Course

FRIDAY = datetime(2026, 11, 20, 17, 30, tzinfo=CHINA)
VIEWS = ("steps", "register", "browse", "timing")


class Timed(Course):
    """A case whose steps are taken at times that the test sets."""

    def __init__(self, make: Factories, signed_in: Any, owner: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(make, signed_in)
        self.owner, self.now = owner, FRIDAY
        self.supervisor = signed_in((Role.SUPERVISOR, TOWN_A), name="秦朗")
        for view in VIEWS:
            monkeypatch.setattr(f"gridmap.cases.views.{view}.now", lambda: self.now)

    def dispatch(self, grade: str = "worry") -> None:
        self.submit(self.worker)
        self.done(self.desk, "register")
        self.done(self.desk, "assess", category="0101", grade=grade, scale="individual", risk="low")
        self.done(self.desk, "dispatch", department=self.police)

    def handle(self, grade: str = "worry") -> None:
        self.dispatch(grade)
        self.done(self.handler, "accept")

    def timers(self) -> dict[str, CaseTimer]:
        """The newest timer of each stage."""
        with self.owner() as session:
            return {row.stage: row for row in session.scalars(select(CaseTimer).order_by(CaseTimer.id))}

    def case(self) -> Case:
        with self.owner() as session:
            return session.scalars(select(Case).where(Case.case_code == self.code)).unique().one()

    def sweep(self) -> int:
        with self.owner() as session:
            return escalate(session, now=self.now)

    def levels(self) -> list[tuple[str, str]]:
        with self.owner() as session:
            rows = session.scalars(select(CaseEscalation).order_by(CaseEscalation.at, CaseEscalation.id))
            return [(row.stage, row.level) for row in rows]

    def page(self, client: Any, path: str = "") -> str:
        answer = client.get(f"/cases/{self.code}{path}")
        assert answer.status_code == 200
        return str(answer.get_data(as_text=True))


def china(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=CHINA)  # type: ignore[arg-type, misc]
