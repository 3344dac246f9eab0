"""Reads of counts by unit and of indicators."""

from gridmap.analysis.queries.counts import (
    ENDED_TEXT,
    Counts,
    UnitCount,
    asked,
    count_by_unit,
    filter_sql,
    is_rolled,
    ranges_sql,
    readable,
    rolled_sql,
)

__all__ = [
    "ENDED_TEXT",
    "Counts",
    "UnitCount",
    "asked",
    "count_by_unit",
    "filter_sql",
    "is_rolled",
    "ranges_sql",
    "readable",
    "rolled_sql",
]
