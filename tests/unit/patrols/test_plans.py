"""巡查计划: periods that follow each other, and what is said of one."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.errors import BadInput
from gridmap.patrols.forms.plans import read_plan
from gridmap.patrols.rules.plans import Aim, Fulfilment, judge_area, judge_points, spans
from gridmap.patrols.rules.states import Known, Rest

START = date(2026, 11, 2)
FORM = {"name": "每周走遍", "aim": "area", "percent": "80", "every_days": "7", "from_on": "2026-11-02"}


@given(st.integers(1, 92), st.integers(-5, 800), st.integers(1, 20))
def test_periods_follow_each_other_and_the_newest_holds_today(every: int, after: int, most: int) -> None:
    today = START + timedelta(days=after)
    found = spans(START, every, today, most=most)
    if after < 0:
        assert found == []
        return
    assert len(found) == min(most, after // every + 1)
    assert found[0].from_on <= today <= found[0].to_on
    for newer, older in pairwise(found):
        assert older.to_on + timedelta(days=1) == newer.from_on
    assert all((one.to_on - one.from_on).days == every - 1 and (one.from_on - START).days % every == 0 for one in found)


@given(st.integers(1, 31), st.integers(-3, 200), st.integers(0, 200))
def test_of_a_plan_that_ended_only_what_was_over_before_is_judged(every: int, ended: int, later: int) -> None:
    ended_on = START + timedelta(days=ended)
    found = spans(START, every, ended_on + timedelta(days=later), ended_on=ended_on, most=500)
    assert len(found) == max(0, ended) // every
    assert all(one.to_on < ended_on for one in found)


def test_ground_is_done_running_missed_or_not_known() -> None:
    missed, unknown = Known(0.4, Rest.NOT_COVERED, "没有走到"), Known(0.4, Rest.UNKNOWN, "手机没有记录")
    told = [judge_area(known, 80, over) for known in (missed, unknown) for over in (False, True)]
    assert [one.state for one in told] == [
        Fulfilment.RUNNING,
        Fulfilment.MISSED,
        Fulfilment.RUNNING,
        Fulfilment.UNKNOWN,
    ]
    assert told[3].words == "走到 40%，要求 80%；手机没有记录"
    assert judge_area(Known(0.8, Rest.UNKNOWN, ""), 80, over=False).state is Fulfilment.DONE
    assert judge_area(Known(0.7999, Rest.NOT_COVERED, ""), 80, over=True).words.startswith("走到 79%，要求 80%")
    assert judge_area(None, 80, over=True).state is Fulfilment.UNKNOWN


def test_points_are_named_until_somebody_was_there() -> None:
    missing = {n: f"点位{n}" for n in range(1, 5)}
    running, missed = (judge_points(6, missing, over) for over in (False, True))
    assert (running.state, running.words) == (Fulfilment.RUNNING, "2/6 个点位，还有：点位1、点位2、点位3等 4 个")
    assert (missed.state, missed.left) == (Fulfilment.MISSED, {1, 2, 3, 4})
    assert judge_points(6, {}, over=True).state is Fulfilment.DONE
    assert judge_points(0, {}, over=True).state is Fulfilment.UNKNOWN


def test_a_route_goes_in_the_order_that_was_written() -> None:
    form = FORM | {"aim": "points", "place-7": "2", "place-9": "1", "place-8": " "}
    assert read_plan(form, START).point_ids == (9, 7)
    entry = read_plan(FORM, START)
    assert (entry.aim, entry.percent, entry.point_ids, entry.account_id) == (Aim.AREA, 80, (), None)


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"name": " "}, "name", "1–60"),
        ({"aim": "all"}, "aim", "走遍网格"),
        ({"percent": "101"}, "percent", "1 至 100"),
        ({"every_days": "0"}, "every_days", "1 至 92"),
        ({"from_on": "11-02"}, "from_on", "2026-11-02"),
        ({"from_on": "2031-01-01"}, "from_on", "一年"),
        ({"aim": "points"}, "points", "填写顺序"),
        ({"aim": "points", "place-7": "一"}, "points", "整数"),
        ({"account": "x"}, "account", "网格员"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(BadInput, match=words) as fault:
        read_plan(FORM | change, START)
    assert fault.value.field == field
