"""Reading limits and timers. Limits are public within the system; timers are read of a case that was found visible."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, above, subtree
from gridmap.cases.models import Case, CaseAppeal, CaseEscalation, CaseExtension, CaseLimit, CaseTimer
from gridmap.cases.rules import Stage
from gridmap.cases.rules.clocks import AppealStatus, Clocks, ExtensionStatus, Late, Supervision
from gridmap.cases.rules.limits import ExtensionBound, StageLimit
from gridmap.errors import NotReady
from gridmap.prepared import prepared
from gridmap.worktime.queries import VERSION_AT, areas_above, calendars_of
from gridmap.worktime.rules import Limit, Pause, TimeKind, Timer, WorkCalendar, timer_from


def limits_at(session: Session, now: datetime) -> list[StageLimit]:
    """Return the limits in force at ``now`` (aware), of all stages and areas."""
    valid = CaseLimit.valid_from <= now, or_(CaseLimit.valid_to.is_(None), CaseLimit.valid_to > now)
    columns = CaseLimit.__table__.columns
    return [as_limit(row) for row in session.execute(select(*columns).where(*valid)).mappings()]


@dataclass(frozen=True)
class Terms:
    """What timers are started on: the limits that count at a unit, and the number of the calendar in force there, if any."""

    limits: Sequence[StageLimit] = ()
    calendar_id: int | None = None


def terms_at(session: Session, now: datetime, stages: Collection[Stage], unit_code: int) -> Terms:
    """Return the terms of some stages at a unit at ``now`` (aware), in one statement."""
    areas = {"above": list(above(unit_code)), "areas": areas_above(unit_code)}
    values = {"now": now, "stages": [stage.value for stage in stages], **areas}
    row = session.execute(prepared(session, _TERMS, _TERMS_TYPES), values).one()
    return Terms([as_limit(found) for found in row.limits], row.calendar_id)


_TERMS_TYPES = {"now": "timestamptz", "stages": "text[]", "above": "bigint[]", "areas": "bigint[]"}
_TERMS = (
    "select (select coalesce(jsonb_agg(to_jsonb(l)), '[]') from case_limits l"
    " where l.valid_from <= :now and (l.valid_to is null or l.valid_to > :now) and l.stage = any(:stages)"
    f" and l.area_code = any(:above)) as limits, {VERSION_AT} as calendar_id"
)


def as_limit(row: Mapping[Any, Any]) -> StageLimit:
    """Return a row, by the names of its columns, as its value."""
    return StageLimit(
        row["id"],
        Stage(row["stage"]),
        TimeKind(row["kind"]),
        Decimal(str(row["amount"])),
        row["category_code"],
        row["family"],
        row["grade"],
        _amount(row["remind_before"]),
        _amount(row["second_after"]),
        row["source_note"],
        row["area_code"],
    )


def _amount(value: Decimal | float | None) -> Decimal | None:
    """Return an amount of a row or of its JSON, where it is a number of at most eight digits."""
    return None if value is None else Decimal(str(value))


def list_limits(session: Session, actor: Actor) -> list[CaseLimit]:
    """Return every version of the limits of the actor's units and of those above, the country first, newest version first."""
    mine = actor.granted_ranges(Permission.RULE_EDIT)

    def touches(area: int) -> bool:
        span = subtree(area)
        return any(item.lo < span.hi and span.lo < item.hi for item in mine)

    order = (
        CaseLimit.area_code,
        CaseLimit.category_code,
        CaseLimit.family,
        CaseLimit.grade,
        CaseLimit.version.desc(),
    )
    return [row for row in session.scalars(select(CaseLimit).order_by(*order)) if touches(row.area_code)]


def list_timers(session: Session, case: Case) -> list[CaseTimer]:
    """Return the timers of a case, in the order they started."""
    mine = CaseTimer.county_code == case.county_code, CaseTimer.case_id == case.id
    return list(session.scalars(select(CaseTimer).where(*mine).order_by(CaseTimer.started_at, CaseTimer.id)))


def running_timers(session: Session, case: Case) -> dict[Stage, CaseTimer]:
    """Return the timers of a case that have not stopped."""
    mine = CaseTimer.county_code == case.county_code, CaseTimer.case_id == case.id, CaseTimer.stopped_at.is_(None)
    return {Stage(row.stage): row for row in session.scalars(select(CaseTimer).where(*mine).order_by(CaseTimer.id))}


def timer_of(row: CaseTimer) -> Timer:
    """Return a row as the timer it keeps."""
    return timer_from(row.data)


def pause_of(session: Session, case: Case, now: datetime) -> Pause | None:
    """Return the pause in which a case's running timers stand at ``now`` (aware), or ``None``."""
    return pause_among(running_timers(session, case).values(), now)


def pause_among(rows: Iterable[CaseTimer], now: datetime) -> Pause | None:
    """Return the pause in force of the first of these timers that stands at ``now`` (aware), or ``None``."""
    return next((found for row in rows if (found := timer_of(row).paused_at(now))), None)


def calendars_for(session: Session, timers: Iterable[Timer]) -> dict[int, WorkCalendar]:
    """Return the versions of calendars that timers ran under."""
    return calendars_of(session, {number for timer in timers for number in timer.versions})


# Beside the other facts of a step (``held``: when it is taken): what runs, what is late and was not appealed against, what was asked.
CLOCK_FACTS = (
    " (select jsonb_build_object('running', coalesce(jsonb_agg(t.stage) filter (where t.stopped_at is null), '[]'),"
    " 'paused', coalesce(bool_or(t.stopped_at is null and t.paused_until > (select now from held)), false),"
    " 'late', coalesce(jsonb_agg(jsonb_build_array(t.id, t.stage, t.due_at, (select jsonb_build_array(o.department_id,"
    " o.department_name) from case_orders o where o.county_code = :county and o.case_id = :case and o.kind = 'lead'"
    # whoever led in the stage while it was late; of the whole course, when it fell due
    " and o.sent_at < case when t.stage in ('accept', 'handle') then coalesce(t.stopped_at, (select now from held)) else t.due_at end"
    " and (o.ended_at is null or o.ended_at > t.due_at) order by o.id desc limit 1)) order by t.due_at, t.id)"
    " filter (where t.due_at < coalesce(t.stopped_at, (select now from held)) and not exists (select from case_appeals a"
    " where a.county_code = :county and a.timer_id = t.id)), '[]'))"
    " from case_timers t where t.county_code = :county and t.case_id = :case) as clocks,"
    " (select e.asked_by from case_extensions e join case_timers t on (t.county_code, t.id) = (e.county_code, e.timer_id)"
    " where e.county_code = :county and e.case_id = :case and e.status = 'asked' and t.stopped_at is null limit 1) as extension_by,"
    " (select jsonb_build_array(a.status, a.asked_by, a.first_by) from case_appeals a where a.county_code = :county"
    " and a.case_id = :case and a.status in ('asked', 'first_agreed')) as appeal"
)


def clocks_of(row: Any, case: Case) -> Clocks:
    """Return what ``CLOCK_FACTS`` found as the guards see it."""
    status, appellant, first = row.appeal or (None, None, None)
    return Clocks(
        frozenset(row.clocks["running"]),
        row.clocks["paused"],
        row.extension_by,
        Supervision(case.supervision) if case.supervision else None,
        tuple(_late(*found) for found in row.clocks["late"]),
        AppealStatus(status) if status else None,
        appellant,
        first,
    )


def _late(timer_id: int, stage: str, due_at: str, led: list[Any] | None) -> Late:
    return Late(timer_id, stage, datetime.fromisoformat(due_at), *(led or ()))


def extension_bound(session: Session) -> ExtensionBound:
    """Return how far limits are extended at most. Raises ``NotReady`` when the setting is damaged."""
    value = session.scalar(text("select value from system_settings where key = 'cases.extension'"))
    try:
        return ExtensionBound.from_setting(value)
    except ValueError as fault:
        raise NotReady('设置 cases.extension 无法识别，应为 {"times": 2, "share": 1}。') from fault


def granted_of(session: Session, row: CaseTimer) -> list[Decimal]:
    """Return what a timer was extended by, in the kind of time it has now."""
    mine = CaseExtension.county_code == row.county_code, CaseExtension.timer_id == row.id
    granted = CaseExtension.status == ExtensionStatus.GRANTED.value, CaseExtension.kind == row.data["kind"]
    return list(session.scalars(select(CaseExtension.amount).where(*mine, *granted)))


def first_limit(session: Session, row: CaseTimer) -> Limit:
    """Return the limit of a timer without what it was extended by."""
    limit = timer_of(row).limit
    if row.limit_id is not None:
        return replace(limit, amount=session.get_one(CaseLimit, row.limit_id).amount)
    return replace(limit, amount=limit.amount - sum(granted_of(session, row), Decimal(0)))


def case_escalations(session: Session, case: Case) -> list[CaseEscalation]:
    """Return the levels that timers of a case reached, oldest first."""
    mine = CaseEscalation.county_code == case.county_code, CaseEscalation.case_id == case.id
    return list(session.scalars(select(CaseEscalation).where(*mine).order_by(CaseEscalation.at, CaseEscalation.id)))


def case_extensions(session: Session, case: Case) -> list[CaseExtension]:
    """Return what was asked for more time, oldest first."""
    mine = CaseExtension.county_code == case.county_code, CaseExtension.case_id == case.id
    return list(session.scalars(select(CaseExtension).where(*mine).order_by(CaseExtension.id)))


def case_appeals(session: Session, case: Case) -> list[CaseAppeal]:
    """Return the appeals against time-outs of a case, oldest first."""
    mine = CaseAppeal.county_code == case.county_code, CaseAppeal.case_id == case.id
    return list(session.scalars(select(CaseAppeal).where(*mine).order_by(CaseAppeal.id)))
