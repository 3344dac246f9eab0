"""Which questions the rollups can answer."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.access import EVERYWHERE, Range, subtree
from gridmap.analysis.rules import narrowed, next_level, rollup_level, split_period

days = st.dates(date(2020, 1, 1), date(2027, 12, 31))


@given(st.none() | days, st.none() | days, days)
def test_months_and_rest_make_the_period(since: date | None, until: date | None, day: date) -> None:
    months = split_period(since, until)
    inside = (since is None or day >= since) and (until is None or day <= until)
    if months is None:
        assert since is not None
        assert until is not None
        assert until - since < timedelta(days=62)
        return
    month = day.replace(day=1)
    whole = (months.first is None or month >= months.first) and (months.last is None or month < months.last)
    parts = [whole, *(start <= day < end for start, end in months.rest)]
    assert sum(parts) == (1 if inside else 0)


@pytest.mark.parametrize(
    ("codes", "level"),
    [((0,), 6), ((220100000000000,), 6), ((220102000000000,), 6), ((220102001000000,), 9), ((220102001002000,), None),
     ((220102001002003,), None), ((220102001000000, 220103000000000), 9), ((220102001000000, 220103001001000), None)],
)  # fmt: skip
def test_the_coarsest_level_that_no_scope_cuts(codes: tuple[int, ...], level: int | None) -> None:
    assert rollup_level([subtree(code) for code in codes]) == level


def test_next_level() -> None:
    assert [next_level(code) for code in (0, 220000000000000, 220100000000000, 220102000000000)] == [2, 4, 6, 9]
    assert next_level(220102001002003) is None


def test_narrowing() -> None:
    town = subtree(220102001000000)
    assert narrowed([EVERYWHERE], town) == (town,)
    assert narrowed([town], EVERYWHERE) == (town,)
    assert narrowed([town], subtree(220102002000000)) == ()
    assert narrowed([Range(0, 10), Range(20, 30)], Range(5, 25)) == (Range(5, 10), Range(20, 25))
