"""The table of the course: every row is sound, every state is reachable and left, random walks lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.access import GRANTS, PERMISSION_NAMES, Decision, Permission
from gridmap.cases.rules import (
    ACTION_NAMES,
    ENDED,
    EVENT_NAMES,
    TRANSITIONS,
    Action,
    Doer,
    Facts,
    Order,
    Stage,
    Status,
    asked,
    judge,
    offers,
    possible,
    refusal,
    replay,
    transition,
)

YES = Decision(True)
OWN, OTHER = 7, 8
LEAD = Order(OWN, "城管中队", "accepted")


def everything(_permission: Permission) -> Decision:
    return YES


def test_a_state_and_an_action_have_one_row() -> None:
    keys = [(row.before, row.action) for row in TRANSITIONS]
    assert len(keys) == len(set(keys))


def test_every_action_has_a_row_and_words_and_somebody_who_may() -> None:
    assert {row.action for row in TRANSITIONS} == set(Action) == set(ACTION_NAMES)
    for row in TRANSITIONS:
        assert EVENT_NAMES[row.event]
        assert row.permission in PERMISSION_NAMES
        assert any(row.permission in granted for granted in GRANTS.values()), row


def test_what_a_step_asks_for_does_not_depend_on_the_state() -> None:
    """The form is read before the case is held: nobody waits for a case while photos of a step on it are read."""
    for row in TRANSITIONS:
        if row.before is not None:
            assert row.inputs == asked(row.action).inputs, row


def test_every_state_can_be_reached_and_only_ends_are_not_left() -> None:
    reached = {None}
    while more := {row.after for row in TRANSITIONS if row.before in reached} - reached:
        reached |= more
    assert reached == {None, *Status}
    left = {row.before for row in TRANSITIONS if row.before != row.after}
    assert set(Status) - left == {Status.ARCHIVED, Status.DECLINED, Status.JOINED}


def test_timers_that_a_stage_starts_are_stopped_by_every_way_out_of_it() -> None:
    """A stage's timer never runs on in a state that is not of the stage."""
    running: dict[Status, set[Stage]] = {}
    waiting: list[tuple[Status | None, frozenset[Stage]]] = [(None, frozenset())]
    seen = set(waiting)
    while waiting:
        state, timers = waiting.pop()
        for row in possible(state):
            after = (row.after, frozenset((timers - set(row.stops)) | set(row.starts)))
            running.setdefault(row.after, set()).update(after[1])
            if after not in seen:
                seen.add(after)
                waiting.append(after)
    for state, timers in running.items():
        stages = timers - {Stage.WHOLE}
        assert len(stages) <= 1, (state, stages)
        assert not (timers and state in ENDED), (state, timers)


def test_a_returned_order_cannot_be_pushed_on_to_closing() -> None:
    row = transition(Status.ACCEPTED, Action.RETURN)
    assert row is not None
    onward = {step.after for step in possible(row.after)}
    assert onward <= {Status.ASSESSED, Status.DISPATCHED, Status.HANDLING, Status.JOINED}


def test_a_dissatisfied_answer_goes_to_the_desk() -> None:
    for state in (Status.VERIFIED, Status.REVISITED):
        row = transition(state, Action.DISSATISFIED)
        assert row is not None
        assert row.after is Status.REGISTERED


@pytest.mark.parametrize(
    ("state", "action", "facts", "words"),
    [
        (Status.DISPATCHED, Action.ACCEPT, {"lead": Order(OTHER, "司法所", "sent")}, "司法所"),
        (Status.DISPATCHED, Action.RETURN, {"lead": Order(OWN, "城管中队", "sent", 5, "王晓")}, "请先撤回经办人"),
        (
            Status.HANDLING,
            Action.REPORT,
            {"lead": LEAD, "assisting": (Order(OTHER, "司法所", "sent"),)},
            "司法所还没有反馈",
        ),
        (Status.HANDLING, Action.REPORT, {"lead": LEAD, "obstacles": ("吹哨还没有结束。",)}, "吹哨"),
        (Status.REPORTED, Action.VERIFY, {"handlers": frozenset({1})}, "其他人"),
        (Status.VERIFIED, Action.REVISIT, {"handlers": frozenset({1})}, "其他人"),
        (Status.HANDLING, Action.ASSIST_REPORT, {"lead": LEAD}, "没有该事件的协办单"),
        (Status.HANDLING, Action.RETURN, {}, "中心自办"),
        (Status.HANDLING, Action.PROGRESS, {}, "由中心工作人员办理"),
        (Status.HANDLING, Action.REPORT, {}, "由中心工作人员办理"),
        (Status.HANDLING, Action.UNDO_HANDLE_HERE, {"lead": LEAD}, "不是中心自办"),
        (Status.ACCEPTED, Action.UNASSIGN, {"lead": LEAD}, "还没有指定"),
    ],
)
def test_a_guard_says_why_not(state: Status, action: Action, facts: dict, words: str) -> None:
    row = transition(state, action)
    assert row is not None
    decision = judge(row, Facts(state, **facts), Doer(1, frozenset({OWN})), everything)
    assert not decision
    assert words in decision.reason


def test_the_right_is_asked_before_the_guards() -> None:
    row = transition(Status.REPORTED, Action.VERIFY)
    assert row is not None
    facts = Facts(Status.REPORTED, handlers=frozenset({1}))
    assert judge(row, facts, Doer(1), lambda _: Decision(False, "没有权限")).reason == "没有权限"


@given(st.sampled_from(list(Status)), st.sampled_from(list(Action)))
def test_what_the_table_does_not_have_is_refused_in_words(state: Status, action: Action) -> None:
    if transition(state, action) is None:
        assert ACTION_NAMES[action] in refusal(state, action)
    else:
        assert any(offer.row.action is action for offer in offers(Facts(state), Doer(1), everything))


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60), st.sampled_from([Action.SUBMIT, Action.REGISTER]))
def test_a_random_legal_walk_replays_to_the_same_state(turns: list[int], first: Action) -> None:
    row = transition(None, first)
    assert row is not None
    history = [(row.before, row.action, row.after)]
    for turn in turns:
        rows = possible(row.after)
        if not rows:
            break
        row = rows[turn % len(rows)]
        history.append((row.before, row.action, row.after))
    assert replay(history) is row.after


@given(st.lists(st.sampled_from(TRANSITIONS), min_size=1, max_size=8))
def test_a_history_that_does_not_follow_is_told(rows: list) -> None:
    state, sound = None, True
    for row in rows:
        sound, state = sound and row.before == state, row.after
    history = [(row.before, row.action, row.after) for row in rows]
    if sound:
        assert replay(history) is state
    else:
        with pytest.raises(ValueError, match="step"):
            replay(history)
