"""吹哨报到 on the page of a case, and how departments answered."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import render_template, request

from gridmap.access import Permission
from gridmap.cases import queries, rules
from gridmap.cases.forms import CaseFilter, refuse_others
from gridmap.cases.queries import CaseRow, whistles
from gridmap.cases.rules.whistles import ARRIVAL_NAMES, Arrival
from gridmap.cases.views.door import DETAIL_PARTS, blueprint
from gridmap.clock import now, today
from gridmap.web import actor, requires, session

DAYS = 30


def _part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    return {"whistles": whistles.list_whistles(session, row.case, now()), "ARRIVAL_NAMES": ARRIVAL_NAMES}


DETAIL_PARTS.append(_part)


@blueprint.get("/cases/whistles")
@requires(Permission.CASE_READ)
def whistle_tally() -> str:
    """How each department answered the whistles of the last 30 days."""
    refuse_others(request.args, "unit")
    home = actor.home
    unit = CaseFilter.from_args(request.args).unit or (home.unit_code if home else 0)
    end = now()
    return render_template(
        "cases/whistles.html",
        unit=unit,
        unit_name=queries.tell_name(session, unit) if unit else "全系统",
        units=queries.unit_choices(session, actor, Permission.CASE_READ, today()),
        tally=whistles.tally(session, actor, unit, (end - timedelta(days=DAYS), end), end),
        days=DAYS,
        Arrival=Arrival,
    )
