"""Changing a limit: a new version from now on; timers that run keep the one they started under."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, subtree
from gridmap.cases.models import CaseLimit
from gridmap.cases.queries import categories_on
from gridmap.cases.rules import Grade, Stage
from gridmap.cases.rules.limits import check_amounts
from gridmap.clock import local
from gridmap.errors import BadInput, Forbidden
from gridmap.units.queries.directory import is_unit
from gridmap.worktime.rules import TimeKind


def change_limit(
    session: Session,
    actor: Actor,
    *,
    area_code: int,
    stage: Stage,
    category: str | None,
    family: int | None,
    grade: Grade | None,
    kind: TimeKind,
    amount: Decimal,
    remind_before: Decimal | None,
    second_after: Decimal | None,
    source_note: str,
    now: datetime,
) -> CaseLimit:
    """Write a version that holds in an area from ``now`` (aware) on; the one before it of the same place ends.

    Raises ``Forbidden``, ``BadInput`` (also for an area beyond the actor's own units).
    """
    _permit(session, actor, area_code, now)
    check_amounts(kind, amount, remind_before, second_after)
    _check_class(session, category, now)
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("case_limits"))))
    place = _place(area_code, stage, category, family, grade)
    row = CaseLimit(
        **place,
        kind=kind.value,
        amount=amount,
        remind_before=remind_before,
        second_after=second_after,
        source_note=source_note,
        version=_end_before(session, place, now) + 1,
        valid_from=now,
        actor_name=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "limit.changed", f"{stage.value}:{row.id}", area_code, version=row.version)
    return row


def _place(
    area_code: int, stage: Stage, category: str | None, family: int | None, grade: Grade | None
) -> dict[str, Any]:
    """Return what makes a limit this one and no other; a subcategory says its family itself."""
    return {
        "area_code": area_code,
        "stage": stage.value,
        "category_code": category or None,
        "family": None if category else family,
        "grade": grade.value if grade else None,
    }


def _check_class(session: Session, category: str | None, now: datetime) -> None:
    if category and category not in {item.code for item in categories_on(session, local(now).date())}:
        raise BadInput("现行类别清单里没有这个小类代码，请核对。", field="category")


def _permit(session: Session, actor: Actor, area_code: int, now: datetime) -> None:
    """Let a person write limits at or below the units of their own posts only."""
    decision = actor.may(Permission.RULE_EDIT)
    if not decision:
        raise Forbidden(decision.reason)
    span = subtree(area_code)
    if not any(item.lo <= span.lo and span.hi <= item.hi for item in actor.granted_ranges(Permission.RULE_EDIT)):
        raise BadInput("该区划不在您负责的范围内，请从列表中选择。", field="area")
    if area_code and not is_unit(session, area_code, local(now).date()):
        raise BadInput("没有找到该区划，请从列表中选择。", field="area")


def _end_before(session: Session, place: dict[str, Any], now: datetime) -> int:
    """End the version that holds at a place of the table; return its number, or 0 when there is none."""
    same = [getattr(CaseLimit, name).is_not_distinct_from(value) for name, value in place.items()]
    before = session.scalars(select(CaseLimit).where(*same).order_by(CaseLimit.version.desc()).limit(1)).one_or_none()
    if before is None:
        return 0
    if before.valid_to is None:
        before.valid_to = max(now, before.valid_from)
        session.flush()
    return before.version
