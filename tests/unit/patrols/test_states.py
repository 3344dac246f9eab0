"""Covered, not covered, or unknown: nothing is said that nobody can know."""

from __future__ import annotations

import pytest

from gridmap.patrols.rules.states import Rest, Watch, hours, known

HOUR = 3600.0


@pytest.mark.parametrize(
    ("seen", "watch", "rest", "words"),
    [
        (100, Watch(), Rest.NONE, ""),
        (0, Watch(), Rest.UNKNOWN, "没有人在岗，也没有"),
        (30, Watch(), Rest.UNKNOWN, "没有人在岗，只有他人路过"),
        (0, Watch(8 * HOUR, 0), Rest.UNKNOWN, "在岗 8 小时，手机没有记录到轨迹"),
        (60, Watch(8 * HOUR, 5 * HOUR), Rest.UNKNOWN, "在岗 8 小时，手机只记录了 5 小时"),
        (60, Watch(8 * HOUR, 6.4 * HOUR), Rest.NOT_COVERED, "记录完整"),
    ],
)
def test_what_is_known(seen: int, watch: Watch, rest: Rest, words: str) -> None:
    state = known(100, seen, watch, 0.8)
    assert (state.share, state.rest) == (seen / 100, rest)
    assert words in state.reason


def test_lengths_of_time_in_words() -> None:
    assert [hours(s) for s in (0, 59 * 60, 3600, 5430)] == [" 0 分钟", " 59 分钟", " 1 小时", " 1 小时 30 分"]
