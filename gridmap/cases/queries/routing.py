"""Reads of 派单规则: those that hold for a case, those of a unit, and what they would have done last month."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from geoalchemy2.shape import to_shape
from shapely import from_wkb
from sqlalchemy import exists, func, select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission, subtree
from gridmap.cases.models import Case, CaseOrder, CaseStep, Category, RoutingRule
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.departments import ended_departments
from gridmap.cases.rules import Action
from gridmap.cases.rules.routing import DESK_NAME, Matter, Rule, first_match, in_order
from gridmap.clock import local
from gridmap.db import in_ranges

NOT_SENT = "未派单"


def plain(row: Any, area: Any, ended: frozenset[int] = frozenset()) -> Rule:
    """Return a row of rules as plain values; faulty when its department is among those that have ended."""
    names = ("id", "unit_code", "position", "name", "department_id", "department_name", "active_from", "active_to")
    return Rule(
        **{name: getattr(row, name) for name in (*names, "within_unit", "hour_from", "hour_to", "is_off")},
        families=frozenset(row.families),
        category_codes=frozenset(row.category_codes),
        scales=frozenset(row.scales),
        area=area,
        is_faulty=row.department_id in ended,
    )


def rules_at(session: Session, unit_code: int) -> list[Rule]:
    """Return the rules that hold at a unit in scope: its own and those of the units above it, in the order they are asked."""
    return _asked(session, "gridmap_routing_for(:unit)", unit=unit_code)


def rules_beyond(session: Session, case: Case, unit_code: int) -> list[Rule]:
    """Return those rules of another unit of the county that may fit a visible case: what is told beyond the border."""
    place = {"county": case.county_code, "case": case.id, "unit": unit_code}
    return _asked(session, "gridmap_routing_of_case(:county, :case, :unit)", **place)


def _asked(session: Session, function: str, **values: int) -> list[Rule]:
    rows = session.execute(text(f"select * from {function}"), values).all()
    ended = ended_departments(session, [row.department_id for row in rows])
    return in_order(plain(row, from_wkb(bytes(row.area)) if row.area is not None else None, ended) for row in rows)


def matter_of(case: Case) -> Matter:
    """Return what the rules ask of a case."""
    point: Any = to_shape(case.geom) if case.geom is not None else None
    return Matter(
        case.unit_code,
        case.category.code,
        case.category.family,
        case.scale,
        local(case.received_at).hour,
        point.x if point else None,
        point.y if point else None,
    )


def suggestion(session: Session, case: Case, now: datetime, *, unit_code: int | None = None) -> Rule | None:
    """Return the first rule that fits a visible case at ``now`` (at another unit, when one is given), or ``None``."""
    matter, on = matter_of(case), local(now).date()
    if unit_code is None:
        return first_match(rules_at(session, matter.unit_code), matter, on)
    return first_match(rules_beyond(session, case, unit_code), replace(matter, unit_code=unit_code), on)


def visible_rules(actor: Actor) -> Any:
    """Return the rules that the actor may edit."""
    return select(RoutingRule).where(in_ranges(RoutingRule.unit_code, actor.granted_ranges(Permission.CASE_ROUTE)))


def list_rules(session: Session, actor: Actor, unit_code: int) -> list[RoutingRule]:
    """Return the rules of exactly this unit, in order."""
    query = visible_rules(actor).where(RoutingRule.unit_code == unit_code)
    return list(session.scalars(query.order_by(RoutingRule.position, RoutingRule.id)))


def one_rule(session: Session, actor: Actor, rule_id: int) -> RoutingRule | None:
    """Return a rule that the actor may edit, or ``None``."""
    return session.scalars(visible_rules(actor).where(RoutingRule.id == rule_id)).one_or_none()


@dataclass
class Trial:
    """What the rules would have done: cases by (rule's name, where it sends to, where they went), the commonest first."""

    start: date
    end: date
    total: int = 0
    fitted: int = 0  # a rule fits
    sent: int = 0  # of those: sent somewhere
    same: int = 0  # of those: where the rule sends to
    rows: list[tuple[str, str, str, int]] = field(default_factory=list)


def trial(session: Session, actor: Actor, unit_code: int, span: tuple[datetime, datetime], now: datetime) -> Trial:
    """Ask today's rules about the cases of a unit received within ``span`` (aware, end exclusive)."""
    on = local(now).date()
    rules = rules_at(session, unit_code) + _below(session, actor, unit_code)
    rules = in_order(rules)
    counted: Counter[tuple[str, str, str]] = Counter()
    found = Trial(local(span[0]).date(), local(span[1]).date())
    for row in session.execute(_cases(actor, unit_code, span)):
        matter = Matter(row.unit_code, row.code, row.family, row.scale, local(row.received_at).hour, row.lon, row.lat)
        rule = first_match(rules, matter, on)
        went = row.department or (DESK_NAME if row.here else NOT_SENT)
        found.total += 1
        if rule:
            found.fitted += 1
            found.sent += went != NOT_SENT
            found.same += rule.department_name == went
        counted[(rule.name if rule else "", rule.department_name if rule else "", went)] += 1
    found.rows = sorted((*key, n) for key, n in counted.items())
    found.rows.sort(key=lambda item: -item[3])
    return found


def _below(session: Session, actor: Actor, unit_code: int) -> list[Rule]:
    """Return the rules of the units below, which come first for their own cases."""
    span = subtree(unit_code)
    query = visible_rules(actor).where(RoutingRule.unit_code > unit_code, RoutingRule.unit_code < span.hi)
    rows = session.scalars(query).all()
    ended = ended_departments(session, [row.department_id for row in rows])
    return [plain(row, to_shape(row.area) if row.area is not None else None, ended) for row in rows]


def _cases(actor: Actor, unit_code: int, span: tuple[datetime, datetime]) -> Any:
    own = (CaseOrder.county_code == Case.county_code, CaseOrder.case_id == Case.id, CaseOrder.kind == "lead")
    first = select(CaseOrder.department_name).where(*own).order_by(CaseOrder.id).limit(1)
    here = exists().where(
        CaseStep.county_code == Case.county_code,
        CaseStep.case_id == Case.id,
        CaseStep.action == Action.HANDLE_HERE.value,
    )
    scope = subtree(unit_code)
    return (
        visible_cases(actor)
        .with_only_columns(
            Case.unit_code,
            Category.code,
            Category.family,
            Case.scale,
            Case.received_at,
            func.st_x(Case.geom).label("lon"),
            func.st_y(Case.geom).label("lat"),
            first.correlate(Case).scalar_subquery().label("department"),
            here.correlate(Case).label("here"),
        )
        .join(Category, Category.id == Case.category_id)
        .where(Case.unit_code >= scope.lo, Case.unit_code < scope.hi)
        .where(Case.received_at >= span[0], Case.received_at < span[1])
    )


def words_of_categories(session: Session) -> tuple[dict[str, str], dict[int, str]]:
    """Return the names of all subcategories by code and of all families by number, of every edition, the newest winning."""
    codes: dict[str, str] = {}
    families: dict[int, str] = {}
    for item in session.scalars(select(Category).order_by(Category.version_id)):
        codes[item.code], families[item.family] = item.name, item.family_name
    return codes, families
