"""领导包案: its part of the case page, and the page of duties."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import rules
from gridmap.cases.actions.charge import save_duties
from gridmap.cases.forms.charge import MOST_DUTIES, read_duties
from gridmap.cases.queries import CaseRow, charge
from gridmap.cases.rules.charges import CHARGE_STATE_NAMES, plans_from
from gridmap.cases.views.door import DETAIL_PARTS, blueprint
from gridmap.clock import now, today
from gridmap.errors import BadInput
from gridmap.pages import code
from gridmap.web import actor, requires, session, written
from gridmap.worktime.forms import area_code
from gridmap.worktime.queries import area_name


def charge_part(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return what the page of a case shows of who is in charge."""
    return {
        "charges": charge.list_charges(session, row.case),
        "CHARGE_STATE_NAMES": CHARGE_STATE_NAMES,
        "today": today(),
    }


DETAIL_PARTS.append(charge_part)


@blueprint.get("/cases/charge-duties")
@requires(Permission.RULE_EDIT)
def charge_duties() -> str:
    """The duties in force at an area, and their versions."""
    return _page(area_code(request.args.get("area", ""), actor))


@blueprint.post("/cases/charge-duties")
@requires(Permission.RULE_EDIT)
def save_charge_duties() -> Response | tuple[str, int]:
    """Write a new version of an area's duties."""
    area = area_code(request.form.get("area", ""), actor)
    try:
        saved = save_duties(session, actor, area_code=area, entry=read_duties(request.form), now=now())
    except BadInput as fault:
        session.rollback()
        return _page(area, fault), 400
    flash(f"已保存第 {saved.version} 版包案职责，今后的包案按新版，正在进行的不变。")
    return redirect(url_for(".charge_duties", area=code(area)))


def _page(area: int, fault: BadInput | None = None) -> str:
    template = charge.charge_template_at(session, area, now())
    rows = [
        (plan.name, plan.first_days or "", plan.every_days or "", "yes" if plan.needed else "no")
        for plan in plans_from(template.duties)
    ]
    columns = [request.form.getlist(name) for name in ("name", "first_days", "every_days", "needed")]
    return render_template(
        "cases/charge_duties.html",
        area=area,
        area_name=area_name(session, area),
        template=template,
        from_name=area_name(session, template.area_code),
        rows=list(zip(*columns, strict=False)) if fault else rows,
        given=written() if fault else {},
        fault=fault,
        most=MOST_DUTIES,
        versions=charge.list_charge_templates(session, area),
        can=actor.may(Permission.RULE_EDIT, area),
    )
