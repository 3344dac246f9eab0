"""A track as times and as a drawing: gaps stay gaps."""

from __future__ import annotations

import numpy as np
from shapely.geometry import MultiPolygon, box

from gridmap.patrols.rules.segments import Fixes, Limits, Segments, walked
from gridmap.patrols.rules.sketch import Spell, sketch, spells

LIMITS = Limits(50, 80, 120, 150)


def track(*seconds: float) -> Segments:
    """A walk of 1 m a second to the east with fixes at these seconds."""
    at = np.array(seconds, dtype=np.float64)
    lon = 125.3 + at / 80_000
    return walked(
        Fixes(at, lon, np.full(len(at), 43.8), np.full(len(at), 5.0), np.ones(len(at), dtype=np.int64)), LIMITS
    )


def test_forty_minutes_of_sleep_are_told() -> None:
    one = track(100, 110, 120, 2600, 2610)
    assert spells([one], 0, 3000, 120) == [
        Spell(100, 120, True), Spell(120, 2600, False), Spell(2600, 2610, True), Spell(2610, 3000, False),
    ]  # fmt: skip
    assert spells([], 0, 3000, 120) == [Spell(0, 3000, False)]


def test_a_second_phone_fills_the_gap_of_the_first() -> None:
    first, second = track(0, 60), track(50, 110, 170)
    assert spells([first, second], 0, 170, 120) == [Spell(0, 170, True)]


def test_no_line_is_drawn_across_a_gap() -> None:
    drawn = sketch(MultiPolygon([box(125.29, 43.79, 125.31, 43.81)]), [track(0, 10, 20, 500, 510)])
    assert drawn is not None
    assert (drawn.lines.count("M"), drawn.lines.count("L")) == (2, 3)
    assert drawn.outline.count("Z") == 1
    assert drawn.width_m == int(drawn.view_box.split()[2])
    assert sketch(None, []) is None
    alone = sketch(None, [track(0, 10)])
    assert alone is not None
    assert alone.outline == ""
