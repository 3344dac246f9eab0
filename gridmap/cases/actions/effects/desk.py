"""Effects of what the centre's desk does: assess, decline, join, follow up, reopen."""

from __future__ import annotations

from typing import Any

from gridmap.cases import queries
from gridmap.cases.actions.effects.joining import absorbed
from gridmap.cases.actions.effects.routing import routed
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.queries.course import locked_case
from gridmap.cases.rules import (
    ENDED,
    SATISFIED,
    Action,
    Grade,
    Means,
    Risk,
    Satisfaction,
    Scale,
    Status,
)
from gridmap.cases.rules.links import Resident
from gridmap.clock import local
from gridmap.errors import BadInput


def chosen(work: Work, name: str, allowed: Any, label: str) -> str:
    """Return a value that was chosen from a list. Raises ``BadInput`` for anything else."""
    value = work.given.get(name)
    if value not in {str(item.value) for item in allowed}:
        raise BadInput(f"“{label}”无法识别，请从列表中选择。", field=name)
    return str(value)


def assess(work: Work) -> dict[str, Any]:
    """Settle class, grade, scale and risk; keep in the history what changed."""
    code = work.given.get("category")
    on = local(work.now).date()
    category = queries.category_on(work.session, on, code)
    if category is None:
        raise BadInput("该类别已停用或不存在，请重新选择类别。", field="category")
    case = work.case
    new = {
        "grade": chosen(work, "grade", Grade, "五事五办"),
        "scale": chosen(work, "scale", Scale, "规模"),
        "risk": chosen(work, "risk", Risk, "风险等级"),
    }
    changed = {name: [getattr(case, name), value] for name, value in new.items() if getattr(case, name) != value}
    if category.id != case.category_id:
        changed["category"] = [case.category.code, category.code]
        case.category_id, case.category = category.id, category
    for name, value in new.items():
        setattr(case, name, value)
    return {**({"changed": changed} if changed else {}), **routed(work)}


def decline(work: Work) -> dict[str, Any]:
    """Keep which lawful channel was told."""
    return {"lawful_channel": work.given.get("lawful_channel")}


def join(work: Work) -> dict[str, Any]:
    """Join the case to another one that is visible and open; both reporters stay with their own record."""
    code = work.given.get("into").upper()
    into = None if code == work.case.case_code else locked_case(work.session, work.actor, code)
    if into is None or into.county_code != work.case.county_code:
        raise BadInput("没有找到要并入的事件，请核对编号（须是您能看到的、同一区县的另一事件）。", field="into")
    if into.joined_to:
        raise BadInput(f"事件 {into.case_code} 已并入 {into.joined_to}，请改填后者的编号。", field="into")
    if Status(into.status) in ENDED:
        raise BadInput(f"事件 {into.case_code} 已经办结，不能并入，请核对编号。", field="into")
    told = absorbed(work, into)
    work.case.joined_to = into.case_code
    return {"into": into.case_code, **told}


def revisit(work: Work) -> dict[str, Any]:
    """Keep how the person was asked and, when they were reached, how satisfied they are."""
    by_link = isinstance(work.actor, Resident)  # staff cannot say that an answer came by the link
    allowed_means = [item for item in Means if (item is Means.LINK) == by_link]
    found = {"means": chosen(work, "means", allowed_means, "回访方式")}
    asked = next((wanted for wanted in work.row.inputs if wanted.name == "satisfaction"), None)
    if asked:
        allowed = SATISFIED if asked.kind == "satisfied" else set(Satisfaction) - SATISFIED
        found["satisfaction"] = chosen(work, "satisfaction", allowed, asked.label)
    return found


def reopen(work: Work) -> dict[str, Any]:
    """Bring the case back to the desk: it is assessed again, and not sent straight back to the same handler."""
    case = work.case
    case.closed_at = None
    case.reopened_count += 1
    case.lead_department_id = case.assignee_id = None
    return revisit(work) if work.row.action is Action.DISSATISFIED else {}


DESK_EFFECTS: dict[Action, Effect] = {
    Action.ASSESS: assess,
    Action.DECLINE: decline,
    Action.JOIN: join,
    Action.REVISIT: revisit,
    Action.MISS: revisit,
    Action.DISSATISFIED: reopen,
    Action.REOPEN: reopen,
}
