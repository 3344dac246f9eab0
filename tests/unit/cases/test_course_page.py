"""The page 办理流程: every row of the table is told once, in words, and the committed page is what the table makes."""

from __future__ import annotations

from pathlib import Path

from gridmap.cases.rules import TRANSITIONS, Status
from gridmap.cases.rules.explaining import GUARD_WORDS, guard_key, moves, often, seldom
from scripts import course_page


def test_every_guard_has_words_and_no_words_are_left_over() -> None:
    guards = {guard_key(guard) for row in TRANSITIONS for guard in row.guards}
    assert guards == set(GUARD_WORDS), "cases/rules/explaining.py: GUARD_WORDS says in Chinese what a guard asks for"


def test_every_row_of_the_table_is_told_exactly_once() -> None:
    told = [(state.name, row.name) for state in seldom() for row in state.rows]
    told += [(state, row.name) for row in often() for state in row.states]
    also = [(state.name, name) for state in seldom() for name in state.also]
    assert len(told) == len(set(told)) == len(TRANSITIONS)
    assert sorted(also) == sorted((state, row.name) for row in often() for state in row.states)


def test_a_row_says_who_may_what_it_needs_where_it_leads_and_which_timers_it_moves() -> None:
    declined = next(row for state in seldom() if state.key == Status.RECEIVED for row in state.rows if row.paper)
    registered = (declined.name, declined.who, declined.leads_to, declined.paper, declined.stops, declined.starts)
    assert registered == ("登记受理", ("综治中心工作人员",), "已受理", "《受理单》", ("受理",), ("研判", "全程"))
    reported = next(
        row for state in seldom() if state.key == Status.HANDLING for row in state.rows if "办结" in row.name
    )
    assert "照片（可不填）" in reported.needs
    assert reported.guards[0] == "本部门是主办部门；中心自办的，本人是综治中心工作人员"


def test_the_drawing_has_every_move_between_states() -> None:
    drawn = {(before, after) for before, after, _names in moves()}
    assert len(drawn) == len({(row.before, row.after) for row in TRANSITIONS if row.before is not row.after})


def test_the_committed_page_is_what_the_table_makes() -> None:
    assert Path(course_page.PAGE).read_text(encoding="utf-8") == course_page.page(), "run python scripts/course_page.py"
