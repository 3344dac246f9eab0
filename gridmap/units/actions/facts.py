"""Kinds of grids and codes in other systems: what a file gets wrong about them, and bringing them into force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from gridmap.errors import Conflict
from gridmap.units.models import ExternalCode, Unit
from gridmap.units.queries.facts import owners_of
from gridmap.units.queries.outlines import one_of
from gridmap.units.rules.codes import short_code
from gridmap.units.rules.facts import SCHEMES, Facts


def fact_errors(session: Session, rows: Sequence[tuple[int, Facts]]) -> list[tuple[int, str]]:
    """Return (place, message) of rows, given as (unit code, facts), whose code in another system is somebody else's."""
    owners = owners_of(session, {code for _, facts in rows for code in facts.external.values()})
    found = []
    for place, (unit_code, facts) in enumerate(rows):
        for scheme, code in facts.external.items():
            owner = owners.setdefault(code, unit_code)
            if owner != unit_code:
                words = f"{SCHEMES[scheme]} {code} 已经是 {short_code(owner)} 的，不能再给 {short_code(unit_code)}：请核对。"
                found.append((place, words))
    return found


def require_free(session: Session, facts: Mapping[int, Facts]) -> None:
    """Raise ``Conflict`` when a code was given to another unit since the version was drawn."""
    taken = fact_errors(session, list(facts.items()))
    if taken:
        raise Conflict(f"{taken[0][1]}请放弃本版本后重新导入。")


def apply_facts(session: Session, facts: Mapping[int, Facts]) -> None:
    """Bring facts into force: kinds are set, codes of the same scheme replaced; what is not said stays."""
    for unit_code, said in facts.items():
        if said.kind is not None:
            session.execute(update(Unit).where(Unit.unit_code == unit_code).values(kind=str(said.kind)))
    external = [(unit, scheme, code) for unit, said in facts.items() for scheme, code in said.external.items()]
    for scheme in {scheme for _, scheme, _ in external}:
        units = [unit for unit, its, _ in external if its == scheme]
        session.execute(
            delete(ExternalCode).where(ExternalCode.scheme == scheme, one_of(ExternalCode.unit_code, units))
        )
    if external:
        rows = [{"unit_code": unit, "scheme": scheme, "code": code} for unit, scheme, code in external]
        session.execute(insert(ExternalCode), rows)


def stored(facts: Iterable[tuple[int, Facts]]) -> dict[str, dict[str, object]]:
    """Return facts as a version keeps them until it is published."""
    return {str(code): said.as_dict() for code, said in facts if said}


def kept(value: Mapping[str, Mapping[str, object]]) -> dict[int, Facts]:
    """Return what ``stored`` gave."""
    return {int(code): Facts.from_dict(said) for code, said in value.items()}
