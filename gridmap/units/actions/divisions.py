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
from gridmap.units.actions.facts import apply_facts, fact_errors
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
from gridmap.units.models import BoundarySource, FormerName, OutlineVersion, Unit
from gridmap.units.queries.facts import known_facts
from gridmap.units.queries.names import last_renamed
from gridmap.units.rules.checks import Entry
from gridmap.units.rules.codes import county_code, level_of, parent_of, short_code
from gridmap.units.rules.facts import Facts


@dataclass(frozen=True)
class Known:
    """A unit the system has; one that has not ``begun`` is only in a version not yet published."""

    name: str
    begun: date | None
    ended: bool
    facts: Facts
    renamed: date | None = None

    @property
    def since(self) -> date | None:
        """Return since when the unit bears its present name."""
        return self.renamed or self.begun


def import_divisions(
    session: Session, actor: Actor, *, file: DivisionsFile, dry_run: bool = False, effective_on: date | None = None
) -> ImportReport:
    """Add the units of a file that are new, rename those whose name changed, and take over kinds of grids and codes in
    other systems; all rows or none.

    The same file twice changes nothing. Former names are kept with their dates. Units that the file lacks stay; one that so far only waits in a draft version
    comes into force. Raises ``BadInput`` naming the rows that are wrong or for a day in the future, ``Forbidden`` when
    a change lies outside the actor's units.
    """
    if effective_on is not None and effective_on > today():
        raise BadInput("生效日期不能晚于今天：请在生效当天导入。", field="effective_on")
    one_at_a_time(session)
    known, day = _known(session), effective_on or today()
    wrong = _not_in_force(file.entries, known) + _too_early(file.entries, known, day) + _taken(session, file.entries)
    refuse(tree_errors(file.entries, set(known)) + wrong, "处")
    report = ImportReport([_result(entry, known) for entry in file.entries], dry_run=dry_run)
    report.rows.sort(key=lambda row: row.row)
    changed = [row.code for row in report.rows if row.outcome is not Outcome.UNCHANGED]
    require(actor, Permission.UNIT_IMPORT, changed)
    if dry_run or not changed:
        return report
    version = _version(session, actor, file, report, common_unit(changed), day)
    by_code = {entry.code: entry for entry in file.entries}
    added = [by_code[row.code] for row in report.rows if row.outcome is Outcome.ADDED]
    _begin(session, [entry for entry in added if entry.code in known], version)
    _add(session, [entry for entry in added if entry.code not in known], version)
    _rename(session, [by_code[row.code] for row in report.rows if row.outcome is Outcome.CHANGED], known, version)
    apply_facts(session, {code: by_code[code].facts for code in changed})
    audit.record(
        session, actor, "units.divisions_imported", str(version.id), version.unit_code, file=file.name, **report.counts
    )
    session.flush()
    return report


def _known(session: Session) -> dict[int, Known]:
    rows = session.execute(select(Unit.unit_code, Unit.name, Unit.valid_from, Unit.valid_to)).all()
    codes = [row.unit_code for row in rows]
    facts, renamed = known_facts(session, codes), last_renamed(session, codes)
    return {
        code: Known(name, begun, ended is not None, facts[code], renamed.get(code)) for code, name, begun, ended in rows
    }


def _too_early(entries: tuple[Entry, ...], known: dict[int, Known], day: date) -> list[RowError]:
    """A new name cannot begin before the one it replaces: the past would have two."""
    found = []
    for entry in entries:
        own = known.get(entry.code)
        if own is not None and own.begun and own.name != entry.name and own.since and day < own.since:
            words = f"“{own.name}”这个名称自 {own.since:%Y-%m-%d} 起使用，改名的生效日期 {day:%Y-%m-%d} 不能更早：请改用较晚的日期。"
            found.append(RowError(entry.row, "名称", words))
    return found


def _taken(session: Session, entries: tuple[Entry, ...]) -> list[RowError]:
    wrong = fact_errors(session, [(entry.code, entry.facts) for entry in entries])
    return [RowError(entries[place].row, "外部编码", message) for place, message in wrong]


def _not_in_force(entries: tuple[Entry, ...], known: dict[int, Known]) -> list[RowError]:
    """Codes are never used again, and nothing comes under a unit that has ended or not yet begun."""
    found, here = [], {entry.code for entry in entries}
    for entry in entries:
        own, above = known.get(entry.code), parent_of(entry.code)
        if own is not None and own.ended:
            words = f"代码 {short_code(entry.code)} 已撤销，不能再次使用：请使用新代码。"
            found.append(RowError(entry.row, "代码", words))
        parent = known.get(above) if above is not None and above not in here else None
        if parent is None or above is None:
            continue
        message = parent_error(above, begun=parent.begun is not None, ended=parent.ended)
        if message:
            found.append(RowError(entry.row, "上级代码", message))
    return found


def _result(entry: Entry, known: dict[int, Known]) -> RowResult:
    if entry.code not in known or not known[entry.code].begun:
        return RowResult(entry.row, entry.code, entry.name, Outcome.ADDED, entry.facts.words)
    before = known[entry.code]
    said = [f"原名“{before.name}”"] if before.name != entry.name else []
    said += [words] if (words := entry.facts.beyond(before.facts).words) else []
    outcome = Outcome.CHANGED if said else Outcome.UNCHANGED
    return RowResult(entry.row, entry.code, entry.name, outcome, "；".join(said))


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


def _rename(session: Session, entries: list[Entry], known: dict[int, Known], version: OutlineVersion) -> None:
    """Give units their new names and keep the former ones, with the day on which they ended."""
    renamed = [entry for entry in entries if known[entry.code].name != entry.name]
    for entry in renamed:
        session.execute(update(Unit).where(Unit.unit_code == entry.code).values(name=entry.name))
    former = [
        {
            "unit_code": entry.code,
            "valid_to": version.effective_on,
            "name": known[entry.code].name,
            "version_id": version.id,
        }
        for entry in renamed
        if known[entry.code].since != version.effective_on  # a name taken back on the day it was given never held
    ]
    if former:
        session.execute(insert(FormerName), former)
