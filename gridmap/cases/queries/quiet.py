"""Reading quiet hours. They are public within the system, as limits are."""

from __future__ import annotations

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, subtree
from gridmap.cases.models import QuietVersion
from gridmap.cases.rules.clocks import QuietHours


def newest_quiet(session: Session) -> list[QuietVersion]:
    """Return the newest version of each unit, from the country down."""
    newest = select(QuietVersion.unit_code, func.max(QuietVersion.version)).group_by(QuietVersion.unit_code)
    query = select(QuietVersion).where(tuple_(QuietVersion.unit_code, QuietVersion.version).in_(newest))
    return list(session.scalars(query.order_by(QuietVersion.unit_code)))


def quiet_hours(session: Session) -> dict[int, QuietHours]:
    """Return the quiet hours of every unit that has its own."""
    rows = newest_quiet(session)
    return {row.unit_code: QuietHours(row.begins, row.ends) for row in rows if row.begins and row.ends}


def quiet_of(session: Session, actor: Actor) -> list[QuietVersion]:
    """Return the newest versions of the actor's units, and of those above that count for them."""
    mine = actor.granted_ranges(Permission.RULE_EDIT)

    def touches(unit_code: int) -> bool:
        span = subtree(unit_code)
        return any(item.lo < span.hi and span.lo < item.hi for item in mine)

    return [row for row in newest_quiet(session) if touches(row.unit_code)]
