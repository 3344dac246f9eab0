"""Reads of whistles: the facts that guards need, those of one case, and how departments answered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, subtree
from gridmap.accounts.queries import department_places
from gridmap.cases.models import Case, CaseWhistle, CaseWhistleCall
from gridmap.cases.rules.whistles import Arrival, Called, Whistle, arrival, late_minutes
from gridmap.db import in_ranges

# part of the one statement of ``facts_of``
WHISTLE_FACTS = (
    " (select jsonb_build_array(w.place, w.due_at, (select jsonb_agg(jsonb_build_array(c.department_id, c.department_name,"
    " c.turned_up_at is not null) order by c.id) from case_whistle_calls c where c.county_code = :county"
    " and c.whistle_id = w.id)) from case_whistles w where w.county_code = :county and w.case_id = :case"
    " and w.ended_at is null) as whistle,"
    " (select coalesce(array_agg(o.department_id), '{}') from case_orders o where o.county_code = :county and o.case_id = :case"
    " and o.ended_at is null and o.kind = 'copy') as copies"
)


@dataclass
class CallTold:
    """A call as the page shows it; ``late_min`` in minutes."""

    call: CaseWhistleCall
    how: Arrival
    late_min: int


@dataclass
class WhistleTold:
    """A whistle with its calls, the leading department first."""

    whistle: CaseWhistle
    calls: list[CallTold] = field(default_factory=list)


def open_whistle(found: list[Any] | None) -> Whistle | None:
    """Return the open whistle of the facts as plain values."""
    if not found:
        return None
    place, due_at, called = found
    return Whistle(place, datetime.fromisoformat(due_at), tuple(Called(*call) for call in called))


def list_whistles(session: Session, case: Case, now: datetime) -> list[WhistleTold]:
    """Return the whistles of a case that was found visible, the newest first, with how each department answered."""
    mine = CaseWhistle.county_code == case.county_code, CaseWhistle.case_id == case.id
    found = {
        w.id: WhistleTold(w) for w in session.scalars(select(CaseWhistle).where(*mine).order_by(CaseWhistle.id.desc()))
    }
    own = CaseWhistleCall.county_code == case.county_code, CaseWhistleCall.case_id == case.id
    order = (CaseWhistleCall.leads.desc(), CaseWhistleCall.id)
    for call in session.scalars(select(CaseWhistleCall).where(*own).order_by(*order)) if found else ():
        whistle = found[call.whistle_id].whistle
        found[call.whistle_id].calls.append(_told(call, whistle, now))
    return list(found.values())


def _told(call: CaseWhistleCall, whistle: CaseWhistle, now: datetime) -> CallTold:
    how = arrival(whistle.due_at, call.turned_up_at, whistle.ended_at, now)
    return CallTold(call, how, late_minutes(whistle.due_at, call.turned_up_at) if call.turned_up_at else 0)


def tally(
    session: Session, actor: Actor, unit_code: int, span: tuple[datetime, datetime], now: datetime
) -> list[tuple[str, str, Counter[Arrival]]]:
    """Count how departments answered the whistles sent within ``span`` (aware, end exclusive) in a unit: name, its unit, counts."""
    scope = subtree(unit_code)
    query = (
        select(
            CaseWhistleCall.department_id,
            CaseWhistleCall.department_name,
            CaseWhistle.due_at,
            CaseWhistleCall.turned_up_at,
            CaseWhistle.ended_at,
        )
        .join(
            CaseWhistle,
            (CaseWhistle.county_code == CaseWhistleCall.county_code) & (CaseWhistle.id == CaseWhistleCall.whistle_id),
        )
        .where(in_ranges(CaseWhistle.unit_code, actor.granted_ranges(Permission.CASE_READ)))
        .where(CaseWhistle.unit_code >= scope.lo, CaseWhistle.unit_code < scope.hi)
        .where(CaseWhistle.sent_at >= span[0], CaseWhistle.sent_at < span[1])
    )
    counted: dict[tuple[int, str], Counter[Arrival]] = {}
    for row in session.execute(query):
        how = arrival(row.due_at, row.turned_up_at, row.ended_at, now)
        counted.setdefault((row.department_id, row.department_name), Counter())[how] += 1
    places = department_places(session, {number for number, _name in counted})
    rows = [(name, places.get(number, ""), count) for (number, name), count in counted.items()]
    return sorted(rows, key=lambda row: (-row[2].total(), row[0], row[1]))
