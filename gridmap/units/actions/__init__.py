"""Writes of units: imports, checks, publishing, edits. Each flushes; the request or the command commits.

What the doors need, by name; every function takes ``(session, actor, *, …)``.
"""

from __future__ import annotations

from gridmap.units.actions.divisions import import_divisions
from gridmap.units.actions.edits import (
    EditResult,
    PartName,
    apply_repair,
    merge_units,
    move_border,
    reshape_unit,
    split_unit,
)
from gridmap.units.actions.outlines import import_outlines
from gridmap.units.actions.publish import discard_version, publish_version
from gridmap.units.actions.reports import ImportReport, RowResult
from gridmap.units.actions.review import check_version

__all__ = [
    "EditResult",
    "ImportReport",
    "PartName",
    "RowResult",
    "apply_repair",
    "check_version",
    "discard_version",
    "import_divisions",
    "import_outlines",
    "merge_units",
    "move_border",
    "publish_version",
    "reshape_unit",
    "split_unit",
]
