"""移交: a case goes to another unit of its county, across the border of who hands it over."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text

from gridmap.cases import queries
from gridmap.cases.actions.effects.orders import end, open_orders, take_back
from gridmap.cases.actions.effects.routing import routed
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import OrderKind, OrderStatus
from gridmap.clock import local
from gridmap.errors import BadInput
from gridmap.units.queries.directory import is_unit


def transfer(work: Work) -> dict[str, Any]:
    """End the orders, settle the class when it was changed, and ask the rules of the receiving unit, once.

    The rows themselves move last (``move``): from then on they are out of the actor's sight.
    """
    case, unit_code = work.case, target(work)
    changed = _reclass(work)
    ended = take_back(work, OrderStatus.WITHDRAWN)["department"]
    for order in open_orders(work, OrderKind.COPY):
        end(work, order, OrderStatus.WITHDRAWN)
    names = queries.tell_name(work.session, case.unit_code), queries.tell_name(work.session, unit_code)
    return {
        "moved": list(names),
        **({"department": ended} if ended else {}),
        **({"changed": changed} if changed else {}),
        **routed(work, unit_code=unit_code),
    }


def target(work: Work) -> int:
    """Return the receiving unit. Raises ``BadInput`` with the remedy, also for a unit of another county."""
    given, case = work.given.get("unit"), work.case
    if not re.fullmatch(r"[0-9]{15}", given):
        raise BadInput("“移交至”无法识别，请从列表中选择。", field="unit")
    unit_code = int(given)
    if unit_code // 10**9 != case.county_code:
        raise BadInput(
            "不能移交到其他区县：事件编号、期限和统计都属于本区县。请“不予受理”并告知当事人向当地综治中心反映，"
            "或报上级综治中心协调后由对方另行登记。",
            field="unit",
        )
    if unit_code == case.unit_code:
        raise BadInput("事件已在该区划，请选择其他区划。", field="unit")
    if not is_unit(work.session, unit_code, local(work.now).date()):
        raise BadInput("没有这个区划，或该区划已停用，请从列表中选择。", field="unit")
    return unit_code


def _reclass(work: Work) -> dict[str, list[str]]:
    code, case = work.given.get("category"), work.case
    if not code or code == case.category.code:
        return {}
    on = local(work.now).date()
    category = next((item for item in queries.categories_on(work.session, on) if item.code == code), None)
    if category is None:
        raise BadInput("该类别已停用或不存在，请重新选择类别。", field="category")
    changed = {"category": [case.category.code, category.code]}
    case.category_id, case.category = category.id, category
    return changed


def move(work: Work) -> None:
    """Move the case and all its rows, after everything else of the step is written."""
    values = {"county": work.case.county_code, "case": work.case.id, "unit": int(work.given.get("unit"))}
    work.session.execute(text("select gridmap_move_case(:county, :case, :unit)"), values)


TRANSFER_EFFECTS: dict[Action, Effect] = {Action.TRANSFER: transfer}
