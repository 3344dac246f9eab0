"""领导包案: when a duty is due, and what stands in the way of closing."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gridmap.cases.rules import Action, Doer, Facts, Status, transition
from gridmap.cases.rules.charges import DutyPlan, InCharge, charge_facts, first_due, next_due

DAY = date(2026, 11, 23)


def test_the_first_date_counts_from_taking_charge() -> None:
    assert first_due(DutyPlan("约见当事人", 7), DAY) == date(2026, 11, 30)
    assert first_due(DutyPlan("销号"), DAY) is None


def test_a_duty_done_once_is_not_due_again() -> None:
    assert next_due(DAY, None, DAY) is None


@given(st.integers(1, 365), st.integers(-20, 20))
def test_a_rhythm_goes_on_from_the_day_it_was_done(every: int, off: int) -> None:
    done = DAY + timedelta(days=off)
    following = next_due(DAY, every, done)
    assert following is not None
    assert following > done or following >= DAY
    assert following <= max(done, DAY) + timedelta(days=every)


def test_what_was_written_down_late_does_not_bring_the_date_back() -> None:
    assert next_due(date(2026, 12, 30), 30, date(2026, 11, 1)) == date(2026, 12, 30)


def test_a_needed_duty_holds_closing_where_the_template_says_so() -> None:
    row = transition(Status.REVISITED, Action.CLOSE)
    assert row is not None
    (guard,) = row.guards
    held = InCharge(5, "韩梅", True, ("约见当事人", "销号"))
    assert "约见当事人、销号" in guard(Facts(Status.REVISITED, charge=held), Doer(1))
    for free in (InCharge(5, "韩梅", False, ("销号",)), InCharge(5, "韩梅", True), None):
        assert guard(Facts(Status.REVISITED, charge=free), Doer(1)) == ""


def test_who_leads_and_who_was_asked_are_told_apart() -> None:
    assert charge_facts(None) == (None, None)
    rows = [["open", 5, "韩梅", True, ["销号"]], ["asked", 6, "郑凯", False, []]]
    assert charge_facts(rows) == (InCharge(5, "韩梅", True, ("销号",)), (6, "郑凯"))
