"""Writes of 派单规则."""

from __future__ import annotations

from datetime import datetime

from geoalchemy2.shape import from_shape
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, subtree
from gridmap.cases import queries
from gridmap.cases.forms.routing import RuleEntry
from gridmap.cases.models import RoutingRule
from gridmap.cases.queries import routing
from gridmap.cases.rules.routing import DESK_NAME
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound
from gridmap.units.queries.directory import is_unit

MISSING = "没有找到该派单规则，可能已被删除，或不在您负责的范围内。"


def save_rule(
    session: Session, actor: Actor, *, unit_code: int, rule_id: int | None, entry: RuleEntry, now: datetime
) -> RoutingRule:
    """Add a rule at the end of a unit's list, or change one.

    Raises ``Forbidden``, ``NotFound``, ``Conflict`` (somebody changed it meanwhile), ``BadInput`` (field and remedy).
    """
    decision = actor.may(Permission.CASE_ROUTE, unit_code)
    if not decision:
        raise Forbidden(decision.reason)
    name = _department(session, unit_code, entry.department)
    _check_within(session, unit_code, entry.within_unit, now)
    rule = _found(session, actor, rule_id) if rule_id else _new(session, actor, unit_code)
    if rule_id and entry.seen is not None and entry.seen != rule.row_version:
        raise Conflict("该规则刚被他人修改，您填写的内容没有保存，请刷新核对后再改。")
    for field in ("name", "active_from", "active_to", "source_note", "within_unit", "hour_from", "hour_to"):
        setattr(rule, field, getattr(entry, field))
    rule.families, rule.category_codes = list(entry.families), list(entry.category_codes)
    rule.scales = list(entry.scales)
    rule.area = from_shape(entry.area, 4326) if entry.area is not None else None
    rule.department_id, rule.department_name = entry.department or None, name
    _stamp(session, actor, rule, "case.routing_saved", now)
    return rule


def switch_rule(session: Session, actor: Actor, *, rule_id: int, off: bool, now: datetime) -> RoutingRule:
    """Switch a rule off or on again. Raises ``NotFound``."""
    rule = _found(session, actor, rule_id)
    rule.is_off = off
    _stamp(session, actor, rule, "case.routing_switched", now)
    return rule


def move_rule(session: Session, actor: Actor, *, rule_id: int, up: bool, now: datetime) -> RoutingRule:
    """Move a rule one place up or down in its unit's list; at the end of the list it stays. Raises ``NotFound``."""
    rule = _found(session, actor, rule_id)
    rules = routing.list_rules(session, actor, rule.unit_code)
    here = next(number for number, item in enumerate(rules) if item.id == rule.id)
    there = here - 1 if up else here + 1
    if 0 <= there < len(rules):
        rules[here], rules[there] = rules[there], rules[here]
        for position, item in enumerate(rules, 1):
            item.position = position
        _stamp(session, actor, rule, "case.routing_moved", now)
    return rule


def _check_within(session: Session, unit_code: int, within: int | None, now: datetime) -> None:
    if within is None:
        return
    if within not in subtree(unit_code) or not is_unit(session, within, local(now).date()):
        raise BadInput("所选区划不在本规则所属的区划内，请重新选择。", field="within")


def _department(session: Session, unit_code: int, number: int) -> str:
    if not number:
        return DESK_NAME
    found = next((row for row in queries.departments_for(session, unit_code) if row.id == number), None)
    if found is None:
        raise BadInput("没有这个部门，或其辖区不含本规则所属的区划，请从列表中选择。", field="department")
    return str(found.name)


def _found(session: Session, actor: Actor, rule_id: int) -> RoutingRule:
    rule = routing.one_rule(session, actor, rule_id)
    if rule is None:
        raise NotFound(MISSING)
    return rule


def _new(session: Session, actor: Actor, unit_code: int) -> RoutingRule:
    there = routing.list_rules(session, actor, unit_code)
    rule = RoutingRule(
        county_code=unit_code // 10**9, unit_code=unit_code, position=max((r.position for r in there), default=0) + 1
    )
    rule.is_off = False
    session.add(rule)
    return rule


def _stamp(session: Session, actor: Actor, rule: RoutingRule, kind: str, now: datetime) -> None:
    rule.updated_at, rule.updated_by = now, actor.account_id
    session.flush()
    audit.record(session, actor, kind, f"routing:{rule.id}", rule.unit_code, name=rule.name, off=rule.is_off)
