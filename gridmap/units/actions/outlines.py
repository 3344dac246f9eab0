"""Importing outlines: a draft version of what is new or different, checked, but not yet in force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.errors import RowError
from gridmap.units.actions.drafts import NewOutline, hash_of, new_version, put_outlines
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
from gridmap.units.actions.review import run_check, tolerances_in_force
from gridmap.units.forms.files import OutlineFile, OutlineRow
from gridmap.units.models import OutlineVersion, Unit
from gridmap.units.queries.outlines import Drawn, one_of, published_outlines
from gridmap.units.queries.versions import open_version_like
from gridmap.units.rules.checks import Entry, Severity, Tolerances, structure_faults
from gridmap.units.rules.codes import ancestors_of, county_code, level_of, parent_of, short_code


@dataclass(frozen=True)
class Given:
    """One row of one of the files."""

    file: OutlineFile
    row: OutlineRow
    hash: str

    def result(self, outcome: Outcome, note: str = "") -> RowResult:
        """Return what became of the row."""
        return RowResult(self.row.row, self.row.code, self.row.name, outcome, note, self.file.name)


def import_outlines(
    session: Session,
    actor: Actor,
    *,
    files: Sequence[OutlineFile],
    dry_run: bool = False,
    origin: str = "",
    is_demo: bool = False,
    tolerances: Tolerances | None = None,
) -> ImportReport:
    """Bring the outlines of files into one checked draft version; all rows or none.

    Units that are not known yet are added with the version when their parent is known and a name is given. The same
    files again change nothing: what is published, or waits in an open version, is recognised by the hash of its
    geometry. With ``dry_run`` the faults are reported and nothing stays. Raises ``BadInput`` naming rows, or
    ``Forbidden``.
    """
    one_at_a_time(session)
    given = [Given(file, row, hash_of(row.geom)) for file in files for row in file.rows]
    known = _known_units(session, given)
    refuse(_row_errors(given, known), "处")
    published = published_outlines(session, {item.row.code for item in given} | _above(given))
    report = ImportReport([_result(item, known, published) for item in given], dry_run=dry_run)
    report.notes = [f"{file.name}：{note}" for file in files for note in file.notes]
    fresh = [item for item, row in zip(given, report.rows, strict=True) if row.outcome is not Outcome.UNCHANGED]
    require(actor, Permission.UNIT_IMPORT, [item.row.code for item in fresh])
    if not fresh:
        return report
    waiting = open_version_like(session, {item.row.code: item.hash for item in fresh})
    if waiting is not None and not dry_run:
        return _already_waiting(session, waiting, report, tolerances)
    nested = session.begin_nested()
    version = _new_version(session, actor, files, fresh, report)
    names = {item.row.code: item.row.name for item in fresh if item.row.code not in known}
    add_units(session, names, version, is_demo=is_demo)
    put_outlines(session, version, _new_outlines(fresh, published, version, origin, is_demo))
    report.faults = run_check(session, version, tolerances or tolerances_in_force(session))
    if dry_run:
        nested.rollback()
        session.expire_all()
        return _counted(report)
    nested.commit()
    return _recorded(session, actor, files, version, _counted(report))


def _already_waiting(
    session: Session, waiting: OutlineVersion, report: ImportReport, tolerances: Tolerances | None
) -> ImportReport:
    """Point to the open version that holds the same outlines already, checked anew."""
    report.version_id = waiting.id
    report.notes.append(f"同样的内容已在版本“{waiting.label}”中等待发布，没有重复导入。")
    report.faults = run_check(session, waiting, tolerances or tolerances_in_force(session))
    return _counted(report)


def _recorded(
    session: Session, actor: Actor, files: Sequence[OutlineFile], version: OutlineVersion, report: ImportReport
) -> ImportReport:
    """Write the import down and return its report."""
    report.version_id = version.id
    audit.record(
        session, actor, "units.outlines_imported", str(version.id), version.unit_code,
        files=[file.name for file in files], **report.counts,
    )  # fmt: skip
    session.flush()
    return report


def _counted(report: ImportReport) -> ImportReport:
    report.error_count = sum(fault.severity is Severity.ERROR for fault in report.faults)
    report.warning_count = len(report.faults) - report.error_count
    return report


def _above(given: Sequence[Given]) -> set[int]:
    return {up for item in given for up in ancestors_of(item.row.code)}


def _known_units(session: Session, given: Sequence[Given]) -> dict[int, Unit]:
    """Return the units named by the rows and those above them, published, ended or in some draft."""
    wanted = {item.row.code for item in given} | _above(given)
    return {unit.unit_code: unit for unit in session.scalars(select(Unit).where(one_of(Unit.unit_code, wanted)))}


def _row_errors(given: Sequence[Given], known: dict[int, Unit]) -> list[RowError]:
    """Return duplicates, wrong levels, unknown parents, ended codes and new units without a name, by row."""
    several = len({id(item.file) for item in given}) > 1
    entries = [Entry(n, item.row.code, item.row.name, item.row.level, item.row.parent) for n, item in enumerate(given)]
    found: list[tuple[int, str, str]] = [
        (item.row, item.field, f"{_rows_named(item.fault.message, given)}{item.fault.suggestion}")
        for item in structure_faults(entries, known)
    ]
    found.extend(_parent_errors(given, known))
    for place, item in enumerate(given):
        unit = known.get(item.row.code)
        if unit is not None and unit.valid_to is not None:
            found.append((place, "code", f"代码 {short_code(item.row.code)} 已撤销，不能再次使用：请使用新代码。"))
        if unit is None and not item.row.name:
            found.append(
                (place, "name", f"{short_code(item.row.code)} 是新区划，必须有名称：请用 --name-field 指定名称字段。")
            )
    return [
        RowError(given[place].row.row, field, (f"{given[place].file.name}：" if several else "") + message)
        for place, field, message in sorted(found)
    ]


def _parent_errors(given: Sequence[Given], known: dict[int, Unit]) -> list[tuple[int, str, str]]:
    """Return (place, field, message) of rows whose parent is not in force and does not come with these files."""
    here = {item.row.code for item in given}
    found = []
    for place, item in enumerate(given):
        above = parent_of(item.row.code)
        unit = known.get(above) if above is not None and above not in here else None
        if unit is None or above is None:
            continue
        message = parent_error(above, begun=unit.valid_from is not None, ended=unit.valid_to is not None)
        if message:
            found.append((place, "parent_code", message))
    return found


def _rows_named(message: str, given: Sequence[Given]) -> str:
    """Replace the running number in "与第 n 行" by the file's own row."""

    def own(match: re.Match[str]) -> str:
        item = given[int(match[1])]
        return f"与{item.file.name} 第 {item.row.row} 个图形"

    return re.sub(r"与第 (\d+) 行", own, message)


def _result(item: Given, known: dict[int, Unit], published: dict[int, Drawn]) -> RowResult:
    now = published.get(item.row.code)
    unit = known.get(item.row.code)
    note = ""
    if unit is None:
        note = "新区划"
    elif item.row.name and item.row.name != unit.name:
        note = f"文件中的名称“{item.row.name}”与系统中的“{unit.name}”不同，名称未改"
    if now is None:
        return item.result(Outcome.ADDED, note)
    return item.result(Outcome.UNCHANGED if now.geom_hash == item.hash else Outcome.CHANGED, note)


def _new_version(
    session: Session, actor: Actor, files: Sequence[OutlineFile], fresh: Sequence[Given], report: ImportReport
) -> OutlineVersion:
    """Add the draft version and the account of its files."""
    first = files[0]
    label = f"边界 {first.name}" + (f" 等 {len(files)} 个文件" if len(files) > 1 else "")
    account = {
        "kind": "outlines",
        "file_name": "、".join(file.name for file in files)[:500],
        "sha256": "、".join(file.sha256 for file in files),
        "size_bytes": sum(file.size_bytes for file in files),
        "datum": str(first.datum),
        "report": report.as_dict(),
    }
    version, _ = new_version(session, actor, common_unit([item.row.code for item in fresh]), label, account)
    return version


def _new_outlines(
    fresh: Sequence[Given], published: dict[int, Drawn], version: OutlineVersion, origin: str, is_demo: bool
) -> list[NewOutline]:
    """Return the outlines to store, each with what it replaces and where it came from."""
    return [
        NewOutline(
            item.row.code,
            item.row.geom,
            str(item.file.datum),
            origin or f"{item.file.kind}，{item.file.crs_name}",
            published[item.row.code].id if item.row.code in published else None,
            version.source_id,
            is_demo,
        )
        for item in fresh
    ]


def add_units(session: Session, names: dict[int, str], version: OutlineVersion, *, is_demo: bool = False) -> None:
    """Add units that come into force with the version, parents first."""
    rows = [
        {
            "unit_code": code,
            "county_code": county_code(code),
            "level": level_of(code).digits,
            "parent_code": parent_of(code),
            "name": names[code],
            "version_id": version.id,
            "is_demo": is_demo,
        }
        for code in sorted(names, key=lambda code: (level_of(code).digits, code))
    ]
    if rows:
        session.execute(insert(Unit), rows)
