"""Checks of units and outlines: what is wrong, where, how much of it, and what would mend it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from gridmap.units.rules.checks.coverage import (
    Family,
    Outlined,
    gap_faults,
    outside_faults,
    overlap_faults,
    unmatched_faults,
)
from gridmap.units.rules.checks.faults import Fault, Kind, Repair, Severity, Shape, Tolerances
from gridmap.units.rules.checks.rings import ring_faults, usable
from gridmap.units.rules.checks.structure import Entry, RowFault, structure_faults
from gridmap.units.rules.codes import ancestors_of, level_of, parent_of

__all__ = [
    "Entry",
    "Fault",
    "Kind",
    "Repair",
    "RowFault",
    "Severity",
    "Shape",
    "Tolerances",
    "outline_faults",
    "structure_faults",
]


def outline_faults(shapes: Sequence[Shape], tolerances: Tolerances | None = None) -> list[Fault]:
    """Return all faults of outlines that touch a changed unit, errors first, then from the top of the tree down.

    Give the changed units together with their parents, siblings and children, also those without an outline (``geom``
    ``None``): a gap is only certain where every sibling has one. Geometry is WGS-84 lon lat; each code once.
    """
    limits = tolerances or Tolerances()
    found = ring_faults([shape for shape in shapes if shape.changed], limits)
    outlined: dict[int, Outlined] = {}
    for shape in shapes:
        geom = usable(shape.geom)
        if geom is not None:
            outlined[shape.code] = Outlined(shape.code, shape.name, geom, shape.changed)
    levels: dict[int, list[Outlined]] = defaultdict(list)
    for code, unit in outlined.items():
        levels[level_of(code).digits].append(unit)
    unmatched: set[int] = set()
    for units in levels.values():
        overlaps, loose = overlap_faults(units, limits)
        unmatched |= loose
        found.extend(overlaps)
    found.extend(_inside_parents(outlined, limits))
    found.extend(_gaps(shapes, outlined, levels, unmatched, limits))
    explained = {code for fault in found for code in (fault.unit_code, fault.other_code) if code is not None}
    for units in levels.values():
        found.extend(unmatched_faults(units, unmatched, explained))
    return sorted(found, key=lambda fault: (fault.severity != Severity.ERROR, fault.unit_code or 0, -fault.area_m2))


def _inside_parents(outlined: dict[int, Outlined], limits: Tolerances) -> list[Fault]:
    """Check every unit against its nearest ancestor that has an outline, where either of the two changed."""
    below: dict[int, list[Outlined]] = defaultdict(list)
    for code, unit in outlined.items():
        above = next((up for up in reversed(ancestors_of(code)) if up in outlined), None)
        if above is not None and (unit.changed or outlined[above].changed):
            below[above].append(unit)
    return [fault for above, units in below.items() for fault in outside_faults(outlined[above], units, limits)]


def _gaps(
    shapes: Sequence[Shape],
    outlined: dict[int, Outlined],
    levels: dict[int, list[Outlined]],
    unmatched: set[int],
    limits: Tolerances,
) -> list[Fault]:
    """Look for gaps below every parent of which a child, or itself, changed."""
    children: dict[int, list[Shape]] = defaultdict(list)
    for shape in shapes:
        above = parent_of(shape.code)
        if above is not None:
            children[above].append(shape)
    names = {shape.code: shape.name for shape in shapes}
    found: list[Fault] = []
    for parent, members in children.items():
        drawn = tuple(outlined[child.code] for child in members if child.code in outlined)
        own = outlined.get(parent)
        if not drawn or not (any(child.changed for child in drawn) or (own is not None and own.changed)):
            continue
        family = Family(
            parent,
            names.get(parent, str(parent)),
            own.geom if own else None,
            drawn,
            complete=len(drawn) == len(members),
            matched=not any(child.code in unmatched for child in drawn),
        )
        mine = {child.code for child in drawn}
        level = levels[level_of(drawn[0].code).digits]
        others = np.array([unit.geom for unit in level if unit.code not in mine], dtype=object)
        found.extend(gap_faults(family, others, limits))
    return found
