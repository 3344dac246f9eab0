"""Importing division codes: units without outlines, in force at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.clock import now, today
from gridmap.errors import BadInput, RowError
from gridmap.units.actions.reports import (
    ImportReport,
    Outcome,
    RowResult,
    common_unit,
    one_at_a_time,
    parent_error,
    refuse,
    require,
)
from gridmap.units.forms.divisions import DivisionsFile, tree_errors
from gridmap.units.models import BoundarySource, OutlineVersion, Unit
from gridmap.units.rules.checks import Entry
from gridmap.units.rules.codes import county_code, level_of, parent_of, short_code


@dataclass(frozen=True)
class Known:
    """A unit the system has; one that has not ``begun`` is only in a version not yet published."""

    name: str
    begun: bool
    ended: bool


def import_divisions(
    session: Session, actor: Actor, *, file: DivisionsFile, dry_run: bool = False, effective_on: date | None = None
) -> ImportReport:
    """Add the units of a file that are new and rename those whose name changed; all rows or none.

    The same file twice changes nothing. Units that the file lacks stay; one that so far only waits in a draft version
    comes into force. Raises ``BadInput`` naming the rows that are wrong or for a day in the future, ``Forbidden`` when
    a change lies outside the actor's units.
    """
    if effective_on is not None and effective_on > today():
        raise BadInput("生效日期不能晚于今天：请在生效当天导入。", field="effective_on")
    one_at_a_time(session)
    known = {
        code: Known(name, begun is not None, ended is not None)
        for code, name, begun, ended in session.execute(
            select(Unit.unit_code, Unit.name, Unit.valid_from, Unit.valid_to)
        )
    }
    refuse(tree_errors(file.entries, set(known)) + _not_in_force(file.entries, known), "处")
    report = ImportReport([_result(entry, known) for entry in file.entries], dry_run=dry_run)
    report.rows.sort(key=lambda row: row.row)
    changed = [row.code for row in report.rows if row.outcome is not Outcome.UNCHANGED]
    require(actor, Permission.UNIT_IMPORT, changed)
    if dry_run or not changed:
        return report
    version = _version(session, actor, file, report, common_unit(changed), effective_on or today())
    by_code = {entry.code: entry for entry in file.entries}
    added = [by_code[row.code] for row in report.rows if row.outcome is Outcome.ADDED]
    _begin(session, [entry for entry in added if entry.code in known], version)
    _add(session, [entry for entry in added if entry.code not in known], version)
    _rename(session, [row for row in report.rows if row.outcome is Outcome.CHANGED])
    audit.record(
        session, actor, "units.divisions_imported", str(version.id), version.unit_code, file=file.name, **report.counts
    )
    session.flush()
    return report


def _not_in_force(entries: tuple[Entry, ...], known: dict[int, Known]) -> list[RowError]:
    """Codes are never used again, and nothing comes under a unit that has ended or not yet begun."""
    found, here = [], {entry.code for entry in entries}
    for entry in entries:
        own, above = known.get(entry.code), parent_of(entry.code)
        if own is not None and own.ended:
            words = f"代码 {short_code(entry.code)} 已撤销，不能再次使用：请使用新代码。"
            found.append(RowError(entry.row, "code", words))
        parent = known.get(above) if above is not None and above not in here else None
        if parent is None or above is None:
            continue
        message = parent_error(above, begun=parent.begun, ended=parent.ended)
        if message:
            found.append(RowError(entry.row, "parent_code", message))
    return found


def _result(entry: Entry, known: dict[int, Known]) -> RowResult:
    if entry.code not in known or not known[entry.code].begun:
        return RowResult(entry.row, entry.code, entry.name, Outcome.ADDED)
    before = known[entry.code].name
    if before == entry.name:
        return RowResult(entry.row, entry.code, entry.name, Outcome.UNCHANGED)
    return RowResult(entry.row, entry.code, entry.name, Outcome.CHANGED, f"原名“{before}”")


def _version(
    session: Session, actor: Actor, file: DivisionsFile, report: ImportReport, place: int, effective_on: date
) -> OutlineVersion:
    """Store the file's account and the version it makes, published at once: names need no geometry check."""
    source = BoundarySource(
        county_code=county_code(place),
        unit_code=place,
        kind="divisions",
        file_name=file.name,
        sha256=file.sha256,
        size_bytes=file.size_bytes,
        imported_by=actor.account_id or None,
        actor_name=actor.name,
        report=report.as_dict(),
    )
    session.add(source)
    session.flush()
    version = OutlineVersion(
        county_code=county_code(place),
        unit_code=place,
        label=f"区划代码 {file.name}",
        status="published",
        source_id=source.id,
        effective_on=effective_on,
        created_by=actor.account_id or None,
        actor_name=actor.name,
        checked_at=now(),
        error_count=0,
        warning_count=0,
        published_at=now(),
        published_by=actor.name,
    )
    session.add(version)
    session.flush()
    report.version_id = version.id
    return version


def _add(session: Session, entries: list[Entry], version: OutlineVersion) -> None:
    """Insert units, parents before children (the file is sorted that way)."""
    rows = [
        {
            "unit_code": entry.code,
            "county_code": county_code(entry.code),
            "level": level_of(entry.code).digits,
            "parent_code": parent_of(entry.code),
            "name": entry.name,
            "valid_from": version.effective_on,
            "version_id": version.id,
        }
        for entry in sorted(entries, key=lambda item: (level_of(item.code).digits, item.code))
    ]
    if rows:
        session.execute(insert(Unit), rows)


def _begin(session: Session, entries: list[Entry], version: OutlineVersion) -> None:
    """Bring units into force that only a draft had so far; from now on they are no longer that draft's."""
    for entry in entries:
        values = {"name": entry.name, "valid_from": version.effective_on, "version_id": version.id}
        session.execute(update(Unit).where(Unit.unit_code == entry.code).values(values))


def _rename(session: Session, rows: list[RowResult]) -> None:
    for row in rows:
        session.execute(update(Unit).where(Unit.unit_code == row.code).values(name=row.name))
