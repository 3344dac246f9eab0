"""Importing outlines: a draft version of what is new or different, checked, but not yet in force."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.errors import RowError
from gridmap.units.actions.drafts import NewOutline, hash_of, new_version, put_outlines
from gridmap.units.actions.facts import fact_errors, stored
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
from gridmap.units.queries.facts import known_facts
from gridmap.units.queries.outlines import Drawn, one_of, published_outlines
from gridmap.units.queries.versions import open_version_like
from gridmap.units.rules.checks import Entry, Severity, Tolerances, structure_faults
from gridmap.units.rules.codes import ancestors_of, county_code, level_of, parent_of, short_code
from gridmap.units.rules.facts import Facts


@dataclass(frozen=True)
class Given:
    """One row of one of the files."""

    file: OutlineFile
    row: OutlineRow
    hash: str

    def result(self, outcome: Outcome, note: str = "") -> RowResult:
        """Return what became of the row."""
        return RowResult(self.row.row, self.row.code, self.row.name, outcome, note, self.file.name)


@dataclass(frozen=True)
class Batch:
    """What one import brings, and what the system has already of the units it names and those above them."""

    files: Sequence[OutlineFile]
    given: list[Given]
    known: dict[int, Unit]
    published: dict[int, Drawn]
    facts: dict[int, Facts]
    origin: str
    is_demo: bool

    def same_outline(self, item: Given) -> bool:
        """Tell whether the outline in force is the same as a row's."""
        now = self.published.get(item.row.code)
        return now is not None and now.geom_hash == item.hash

    def news(self, item: Given) -> Facts:
        """Return what a row says of its unit that the system does not know yet."""
        return item.row.facts.beyond(self.facts.get(item.row.code, Facts()))


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
    batch = _batch(session, files, origin, is_demo)
    refuse(_row_errors(session, batch.given, batch.known), "处")
    report = ImportReport([_result(item, batch) for item in batch.given], dry_run=dry_run)
    report.notes = [f"{file.name}：{note}" for file in files for note in file.notes]
    fresh = [item for item, row in zip(batch.given, report.rows, strict=True) if row.outcome is not Outcome.UNCHANGED]
    require(actor, Permission.UNIT_IMPORT, [item.row.code for item in fresh])
    if not fresh:
        return report
    limits = tolerances or tolerances_in_force(session)
    waiting = open_version_like(session, _contents(fresh, batch), _facts(fresh, batch))
    if waiting is not None and not dry_run:
        return _already_waiting(session, waiting, report, limits)
    nested = session.begin_nested()
    version = _draft(session, actor, batch, fresh, report, limits)
    if dry_run:
        nested.rollback()
        session.expire_all()
        return report
    nested.commit()
    return _recorded(session, actor, files, version, report)


def _draft(
    session: Session,
    actor: Actor,
    batch: Batch,
    fresh: Sequence[Given],
    report: ImportReport,
    tolerances: Tolerances,
) -> OutlineVersion:
    """Add the checked draft version of what is new or different, and tell its faults in the report."""
    version = _new_version(session, actor, batch.files, fresh, report)
    names = {item.row.code: item.row.name for item in fresh if item.row.code not in batch.known}
    add_units(session, names, version, is_demo=batch.is_demo)
    put_outlines(session, version, _new_outlines(fresh, batch, version))
    version.unit_facts = _facts(fresh, batch)
    report.faults = run_check(session, version, tolerances)
    _count_faults(report)
    return version


def _already_waiting(
    session: Session, waiting: OutlineVersion, report: ImportReport, tolerances: Tolerances
) -> ImportReport:
    """Point to the open version that holds the same outlines already, checked anew."""
    report.version_id = waiting.id
    report.notes.append(f"同样的内容已在版本“{waiting.label}”中等待发布，没有重复导入。")
    report.faults = run_check(session, waiting, tolerances)
    _count_faults(report)
    return report


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


def _count_faults(report: ImportReport) -> None:
    report.error_count = sum(fault.severity is Severity.ERROR for fault in report.faults)
    report.warning_count = len(report.faults) - report.error_count


def _batch(session: Session, files: Sequence[OutlineFile], origin: str, is_demo: bool) -> Batch:
    given = [Given(file, row, hash_of(row.geom)) for file in files for row in file.rows]
    published = published_outlines(session, {item.row.code for item in given} | _above(given))
    facts = known_facts(session, {item.row.code for item in given})
    return Batch(files, given, _known_units(session, given), published, facts, origin, is_demo)


def _above(given: Sequence[Given]) -> set[int]:
    return {up for item in given for up in ancestors_of(item.row.code)}


def _known_units(session: Session, given: Sequence[Given]) -> dict[int, Unit]:
    """Return the units named by the rows and those above them, published, ended or in some draft."""
    wanted = {item.row.code for item in given} | _above(given)
    return {unit.unit_code: unit for unit in session.scalars(select(Unit).where(one_of(Unit.unit_code, wanted)))}


def _row_errors(session: Session, given: Sequence[Given], known: dict[int, Unit]) -> list[RowError]:
    """Return duplicates, wrong levels, unknown parents, ended codes and new units without a name, by row."""
    several = len({id(item.file) for item in given}) > 1
    entries = [Entry(n, item.row.code, item.row.name, item.row.level, item.row.parent) for n, item in enumerate(given)]
    found: list[tuple[int, str, str]] = [
        (item.row, item.field, f"{_rows_named(item.fault.message, given)}{item.fault.suggestion}")
        for item in structure_faults(entries, known)
    ]
    found.extend(_parent_errors(given, known))
    taken = fact_errors(session, [(item.row.code, item.row.facts) for item in given])
    found.extend((place, "外部编码", message) for place, message in taken)
    for place, item in enumerate(given):
        unit = known.get(item.row.code)
        if unit is not None and unit.valid_to is not None:
            found.append((place, "代码", f"代码 {short_code(item.row.code)} 已撤销，不能再次使用：请使用新代码。"))
        if unit is None and not item.row.name:
            found.append((place, "名称", f"{short_code(item.row.code)} 是新区划，必须有名称：请指定名称字段。"))
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
            found.append((place, "上级代码", message))
    return found


def _rows_named(message: str, given: Sequence[Given]) -> str:
    """Replace the running number in "与第 n 行" by the file's own row."""

    def own(match: re.Match[str]) -> str:
        item = given[int(match[1])]
        return f"与{item.file.name} 第 {item.row.row} 个图形"

    return re.sub(r"与第 (\d+) 行", own, message)


def _result(item: Given, batch: Batch) -> RowResult:
    now = batch.published.get(item.row.code)
    unit = batch.known.get(item.row.code)
    news = batch.news(item)
    said = []
    if unit is None:
        said.append("新区划")
    elif item.row.name and item.row.name != unit.name:
        said.append(f"文件中的名称“{item.row.name}”与系统中的“{unit.name}”不同，名称未改")
    if news:
        said.append(news.words)
    same = batch.same_outline(item) and not news
    outcome = Outcome.ADDED if now is None else Outcome.UNCHANGED if same else Outcome.CHANGED
    return item.result(outcome, "；".join(said))


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


def _new_outlines(fresh: Sequence[Given], batch: Batch, version: OutlineVersion) -> list[NewOutline]:
    """Return the outlines to store, each with what it replaces and where it came from."""
    before = {code: item.id for code, item in batch.published.items()}
    return [
        NewOutline(
            item.row.code,
            item.row.geom,
            str(item.file.datum),
            batch.origin or f"{item.file.kind}，{item.file.crs_name}",
            before.get(item.row.code),
            version.source_id,
            batch.is_demo,
        )
        for item in fresh
        if not batch.same_outline(item)
    ]


def _contents(fresh: Sequence[Given], batch: Batch) -> dict[int, str]:
    """Return unit code → hash of the outlines that the files bring."""
    return {item.row.code: item.hash for item in fresh if not batch.same_outline(item)}


def _facts(fresh: Sequence[Given], batch: Batch) -> dict[str, Any]:
    """Return what the files say of units beside their outlines, as the version keeps it until it is published."""
    return stored((item.row.code, batch.news(item)) for item in fresh)


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
