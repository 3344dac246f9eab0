"""Definitions of indicators are whole and told alike in the guide; windows, years, rates and changes are right."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from gridmap.analysis.queries.counted import COUNTED
from gridmap.analysis.rules.indicators import (
    BY_CODE,
    INDICATORS,
    Figure,
    Side,
    Window,
    change,
    periods,
    window_of,
    year_before,
)
from gridmap.clock import CHINA

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "guide" / "indicators.md").read_text()


@pytest.mark.parametrize("item", INDICATORS, ids=lambda item: item.code)
def test_a_definition_is_whole_and_the_guide_tells_it(item) -> None:
    for words in (item.name, item.formula, item.counted_on, item.left_out, item.source):
        assert words
        assert words in GUIDE
    if item.is_rate:
        assert item.missed
        assert item.words(Side.MISSED) != item.words(Side.HIT)


def test_every_definition_has_its_statement_and_the_guide_no_other() -> None:
    assert list(COUNTED) == [item.code for item in INDICATORS] == list(BY_CODE)
    assert GUIDE.count("- 公式：") == len(INDICATORS)
    assert len({item.name for item in INDICATORS}) == len(INDICATORS)


@pytest.mark.parametrize(
    ("hit", "of", "rate"), [(30, 32, 93.75), (165, 168, 98.21), (11, 12, 91.66), (0, 0, None), (0, 3, 0), (3, 3, 100)]
)
def test_a_rate_is_cut_off_and_not_rounded_up(hit: int, of: int, rate: float | None) -> None:
    assert Figure(of, hit).rate == rate


def test_change_on_last_year() -> None:
    count, share = BY_CODE["intake"], BY_CODE["solved"]
    assert change(count, Figure(914, 914), Figure(1000, 1000)) == -8.6
    assert change(count, Figure(579, 579), Figure(1000, 1000)) == -42.1
    assert change(count, Figure(5, 5), Figure()) is None
    assert change(share, Figure(168, 165), Figure(100, 98)) == 0.21
    assert change(share, Figure(), Figure(100, 98)) is None
    assert change(share, Figure(100, 98), Figure()) is None


def test_a_period_that_runs_ends_now_and_so_did_last_years() -> None:
    now = datetime(2026, 3, 15, 10, 30, tzinfo=CHINA)
    window = window_of(date(2026, 1, 1), date(2026, 12, 31), now)
    assert window == Window(datetime(2026, 1, 1, tzinfo=CHINA), now)
    assert year_before(window) == Window(
        datetime(2025, 1, 1, tzinfo=CHINA), datetime(2025, 3, 15, 10, 30, tzinfo=CHINA)
    )
    over = window_of(date(2026, 2, 1), date(2026, 2, 28), now)
    assert over.end == datetime(2026, 3, 1, tzinfo=CHINA)
    ahead = window_of(date(2027, 1, 1), date(2027, 1, 31), now)
    assert ahead.begin == ahead.end


def test_the_leap_day_has_a_year_before() -> None:
    leap = Window(datetime(2028, 2, 29, tzinfo=CHINA), datetime(2028, 2, 29, 9, tzinfo=CHINA))
    assert year_before(leap).begin == datetime(2027, 2, 28, tzinfo=CHINA)


@pytest.mark.parametrize("today", [date(2026, 1, 1), date(2026, 12, 31), date(2028, 2, 29), date(2026, 3, 31)])
def test_the_usual_periods_hold_no_day_of_the_future(today: date) -> None:
    for _name, first, last in periods(today):
        assert first <= last <= today
    assert periods(today)[3][2].day in (28, 29, 30, 31)
