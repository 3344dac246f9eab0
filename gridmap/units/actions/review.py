"""Checking a version: its faults are found on the candidate state and stored with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy import delete, insert, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.clock import now
from gridmap.errors import Conflict
from gridmap.units.actions.reports import require
from gridmap.units.models import OutlineFault, OutlineVersion
from gridmap.units.queries.candidate import Candidate, candidate_state
from gridmap.units.queries.reference import reference_counties
from gridmap.units.queries.versions import OPEN, one_version
from gridmap.units.rules.checks import Fault, Kind, Severity, Tolerances, outline_faults
from gridmap.units.rules.codes import county_code, subtree
from gridmap.units.rules.datum import Datum
from gridmap.units.rules.suspicion import datum_hint

SETTING = "units.tolerances"


def tolerances_in_force(session: Session) -> Tolerances:
    """Return the tolerances kept in the system settings (``units.tolerances``), else the defaults."""
    value = session.scalar(text("select value from system_settings where key = :key"), {"key": SETTING})
    return Tolerances.from_dict(value) if isinstance(value, dict) else Tolerances()


def check_version(
    session: Session, actor: Actor, *, version_id: int, tolerances: Tolerances | None = None
) -> tuple[OutlineVersion, list[Fault]]:
    """Find the faults of an open version and store them in place of the old ones.

    Raises ``NotFound``, ``Forbidden``, or ``Conflict`` when the version is published or discarded.
    """
    version = one_version(session, actor, version_id, lock=True)
    require(actor, Permission.UNIT_IMPORT, [version.unit_code])
    if version.status not in OPEN:
        raise Conflict("该版本已发布或放弃，不能再检查。")
    return version, run_check(session, version, tolerances or tolerances_in_force(session))


def run_check(session: Session, version: OutlineVersion, tolerances: Tolerances) -> list[Fault]:
    """Check the candidate state of a version and store what is found; returns the faults."""
    candidate = candidate_state(session, version)
    faults = datum_faults(candidate) + outline_faults(candidate.shapes, tolerances)
    session.execute(delete(OutlineFault).where(OutlineFault.version_id == version.id))
    store_faults(session, version, faults)
    version.status = "checked"
    version.checked_at = now()
    version.error_count = sum(fault.severity is Severity.ERROR for fault in faults)
    version.warning_count = len(faults) - version.error_count
    session.flush()
    return faults


def datum_faults(candidate: Candidate) -> list[Fault]:
    """Return faults where the version's outlines lie where another datum than the stated one would put them.

    Against published outlines that is an error. Where a county has none, the outlines that come with the product stand in:
    they are no survey, so then it is a warning.
    """
    published = {code: item.geom for code, item in candidate.published.items()}
    by_datum: dict[str, dict[int, BaseGeometry]] = defaultdict(dict)
    for code, item in candidate.drafts.items():
        by_datum[item.datum][code] = item.geom
    found = []
    for stated, given in by_datum.items():
        hint, severity = datum_hint(given, published, Datum(stated)), Severity.ERROR
        if hint is None:
            known = {code: geom for code, geom in reference_counties(given).items() if code not in published}
            hint, severity = datum_hint(given, known, Datum(stated), "系统自带的参考县界"), Severity.WARNING
        if hint:
            found.append(
                Fault(Kind.WRONG_DATUM, severity, None, hint, "如确有误，请放弃本版本，用正确的坐标基准重新导入。")
            )
    return found


def store_faults(session: Session, version: OutlineVersion, faults: Sequence[Fault]) -> None:
    """Insert faults; each is scoped to its unit where that lies within the version's, else to the version's unit."""
    lo, hi = subtree(version.unit_code)
    rows: list[dict[str, Any]] = []
    for fault in faults:
        place = fault.unit_code if fault.unit_code is not None and lo <= fault.unit_code < hi else version.unit_code
        rows.append(
            {
                "county_code": county_code(place),
                "unit_code": place,
                "version_id": version.id,
                "kind": str(fault.kind),
                "severity": str(fault.severity),
                "fault_unit_code": fault.unit_code,
                "other_code": fault.other_code,
                "area_m2": fault.area_m2,
                "geom": None if fault.geom.is_empty else from_shape(fault.geom, 4326),
                "message": fault.message,
                "suggestion": fault.suggestion,
                "repair": str(fault.repair),
            }
        )
    if rows:
        session.execute(insert(OutlineFault), rows)
