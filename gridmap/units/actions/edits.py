"""Edits of outlines on the map: split, merge, reshape, move a border, apply a repair.

Each makes or goes on with a draft version.

Two people may not work on one outline unknowingly: whoever saves later is told. Every edit says on which outlines it
was drawn (``base``: unit code → outline id, as the editor loaded them) and, when it goes on with a draft, which state
of the draft.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from geoalchemy2.shape import to_shape
from shapely.geometry import LineString, MultiPolygon
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.errors import BadInput, Conflict
from gridmap.units.actions.workbench import EditResult, PartName, open_workbench, save
from gridmap.units.models import OutlineFault
from gridmap.units.queries.versions import one_fault
from gridmap.units.rules import edits, repair
from gridmap.units.rules.checks import Fault, Kind, Repair, Severity
from gridmap.units.rules.codes import parent_of

Outcome = TypeVar("Outcome")

__all__ = ["EditResult", "PartName", "apply_repair", "merge_units", "move_border", "reshape_unit", "split_unit"]


def split_unit(
    session: Session,
    actor: Actor,
    *,
    unit_code: int,
    line: LineString,
    parts: list[PartName],
    base: Mapping[int, int],
    version_id: int | None = None,
    row_version: int | None = None,
) -> EditResult:
    """Cut a unit along a line (WGS-84 lon lat). ``parts`` names the pieces, largest first; one may keep the old code.

    Raises ``BadInput`` when the line does not cut it or codes are wrong, ``Conflict`` when somebody was quicker.
    """
    bench = open_workbench(session, actor, [unit_code], base, version_id, row_version)
    bench.require_free_codes(session, unit_code, parts)
    neighbours = bench.neighbours([unit_code])
    done = _drawn(lambda: edits.split(bench.geom(unit_code), line, neighbours))
    if len(done.parts) != len(parts):
        raise BadInput(
            f"这条线把“{bench.name(unit_code)}”分成 {len(done.parts)} 块，请填写 {len(done.parts)} 个名称和代码。",
            field="parts",
        )
    changes = {part.code: geom for part, geom in zip(parts, done.parts, strict=True)}
    ended = [] if unit_code in changes else [unit_code]
    names = {part.code: part.name for part in parts if part.code != unit_code}
    label = f"拆分 {bench.name(unit_code)}"
    return save(
        session, actor, bench, {**bench.writable(done.neighbours), **changes}, label, new_units=names, ended=ended
    )


def merge_units(
    session: Session,
    actor: Actor,
    *,
    unit_codes: list[int],
    keep_code: int,
    base: Mapping[int, int],
    version_id: int | None = None,
    row_version: int | None = None,
) -> EditResult:
    """Join adjacent units of one parent into ``keep_code``; the others end with the version's publication."""
    if keep_code not in unit_codes:
        raise BadInput("请在所选区划中指定一个保留的代码。", field="keep_code")
    if len({parent_of(code) for code in unit_codes}) > 1:
        raise BadInput("只能合并同一上级下的区划。", field="unit_codes")
    bench = open_workbench(session, actor, unit_codes, base, version_id, row_version)
    joined = _drawn(lambda: edits.merge({code: bench.geom(code) for code in unit_codes}))
    ended = [code for code in unit_codes if code != keep_code]
    return save(session, actor, bench, {keep_code: joined}, f"合并到 {bench.name(keep_code)}", ended=ended)


def reshape_unit(
    session: Session,
    actor: Actor,
    *,
    unit_code: int,
    new: BaseGeometry,
    base: Mapping[int, int],
    version_id: int | None = None,
    row_version: int | None = None,
    snap_deg: float = 1e-6,
) -> EditResult:
    """Give a unit a new outline; siblings that touch it give way or take over, so no gap and no overlap arises.

    ``base`` must name the unit and may name siblings: all that are changed are compared. ``snap_deg``: how far a
    drawn vertex may be from an old border and still be put onto it.
    """
    bench = open_workbench(session, actor, [unit_code], base, version_id, row_version)
    movable = {unit_code: bench.geom(unit_code), **bench.neighbours([unit_code], siblings=True, meeting=new)}
    fixed = {code: geom for code, geom in bench.neighbours(list(movable)).items() if code not in movable}
    changed = _drawn(lambda: edits.reshape(unit_code, new, movable, fixed=fixed, snap_deg=snap_deg))
    return save(session, actor, bench, bench.writable(changed), f"修改边界 {bench.name(unit_code)}")


def move_border(
    session: Session,
    actor: Actor,
    *,
    first: int,
    second: int,
    line: LineString,
    base: Mapping[int, int],
    version_id: int | None = None,
    row_version: int | None = None,
) -> EditResult:
    """Replace the border between two adjacent units by a line that crosses both from edge to edge."""
    bench = open_workbench(session, actor, [first, second], base, version_id, row_version)
    units = {first: bench.geom(first), second: bench.geom(second), **bench.neighbours([first, second])}
    changed = _drawn(lambda: edits.move_border(first, second, line, units))
    label = f"移动 {bench.name(first)} 与 {bench.name(second)} 的边界"
    return save(session, actor, bench, bench.writable(changed), label)


def apply_repair(
    session: Session, actor: Actor, *, version_id: int, fault_id: int, row_version: int | None = None
) -> EditResult:
    """Mend one fault of an open version by the repair it suggests, in that version.

    Raises ``BadInput`` when it cannot.
    """
    bench = open_workbench(session, actor, [], {}, version_id, row_version)
    fault = one_fault(session, actor, bench.version.id, fault_id) if bench.version else None
    if fault is None:
        raise Conflict("这个问题已经处理或重新检查过：请刷新问题列表。")
    about = [code for code in (fault.fault_unit_code, fault.other_code) if code is not None]
    bench.load(session, about)
    units = {code: bench.geom(code) for code in about if bench.has(code)}
    mended = Repair(fault.repair)
    if mended in (Repair.SNAP, Repair.FILL_GAP):
        units.update(bench.neighbours(about))
    try:
        changed = repair.repaired(as_fault(fault), units, bench.tolerances)
    except repair.RepairError as error:
        raise BadInput(str(error)) from error
    return save(session, actor, bench, bench.writable(changed), mended.label)


def as_fault(row: OutlineFault) -> Fault:
    """Return a stored fault as the rules know it."""
    geom = MultiPolygon() if row.geom is None else to_shape(row.geom)
    return Fault(
        Kind(row.kind),
        Severity(row.severity),
        row.fault_unit_code,
        row.message,
        row.suggestion,
        row.other_code,
        row.area_m2 or 0.0,
        geom,
        Repair(row.repair),
    )


def _drawn(work: Callable[[], Outcome]) -> Outcome:
    """Run an edit of the rules; its refusal is what the person reads."""
    try:
        return work()
    except edits.EditError as error:
        raise BadInput(str(error), field="geometry") from error
