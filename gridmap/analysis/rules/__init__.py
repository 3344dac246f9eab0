"""What the rollups keep, and what the indicators are: pure functions and definitions."""

from gridmap.analysis.rules.rollups import (
    CELL_LEVELS,
    KEY_ZOOM,
    LEVELS,
    PERIOD,
    ROLLED,
    UNIT_LEVELS,
    Months,
    narrowed,
    next_level,
    rollup_level,
    split_period,
    unit_step,
)

__all__ = [
    "CELL_LEVELS",
    "KEY_ZOOM",
    "LEVELS",
    "PERIOD",
    "ROLLED",
    "UNIT_LEVELS",
    "Months",
    "narrowed",
    "next_level",
    "rollup_level",
    "split_period",
    "unit_step",
]
