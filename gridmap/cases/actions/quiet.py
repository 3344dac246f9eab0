"""Setting the quiet hours of a unit: a new version from now on; notices that wait keep the time they have."""

from __future__ import annotations

from datetime import date, time

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, subtree
from gridmap.cases.models import QuietVersion
from gridmap.errors import BadInput, Forbidden
from gridmap.units.queries.directory import is_unit


def set_quiet_hours(
    session: Session,
    actor: Actor,
    *,
    unit_code: int,
    begins: time | None,
    ends: time | None,
    source_note: str,
    on: date,
) -> QuietVersion:
    """Write a version; no times: the unit above counts again. ``on`` is today. Raises ``Forbidden`` beyond one's own units, ``BadInput``."""
    decision = actor.may(Permission.RULE_EDIT)
    if not decision:
        raise Forbidden(decision.reason)
    span = subtree(unit_code)
    if not any(item.lo <= span.lo and span.hi <= item.hi for item in actor.granted_ranges(Permission.RULE_EDIT)):
        raise BadInput("该区划不在您负责的范围内，请从列表中选择。", field="quiet_unit")
    if unit_code and not is_unit(session, unit_code, on):
        raise BadInput("没有找到该区划，请从列表中选择。", field="quiet_unit")
    if (begins is None) != (ends is None):
        raise BadInput("开始和结束要么都填，要么都不填（按上级的安静时段）。", field="ends" if begins else "begins")
    if begins is None and not unit_code:
        raise BadInput("全国没有上级，请填写开始和结束；两者相同即不设安静时段。", field="begins")
    session.execute(select(func.pg_advisory_xact_lock(func.hashtext("quiet_hours"))))
    before = session.scalar(select(func.max(QuietVersion.version)).where(QuietVersion.unit_code == unit_code)) or 0
    row = QuietVersion(
        unit_code=unit_code,
        version=before + 1,
        begins=begins,
        ends=ends,
        source_note=source_note,
        actor_id=actor.account_id,
        actor_name=actor.name,
    )
    session.add(row)
    session.flush()
    audit.record(session, actor, "quiet_hours.changed", f"{unit_code:015d}", unit_code, version=row.version)
    return row
