"""Departments of an administrator: what each holds, and closing one."""

from __future__ import annotations

import re
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.cases.actions.departments import MISSING, close_department
from gridmap.cases.forms.mediation import line
from gridmap.cases.queries.departments import held_cases, list_departments, one_department
from gridmap.cases.views.door import blueprint
from gridmap.clock import now
from gridmap.errors import BadInput, NotFound
from gridmap.web import actor, page_number, requires, session, written

A_PAGE = 50


@blueprint.get("/departments")
@requires(Permission.ACCOUNT_MANAGE)
def departments() -> str:
    """The departments of the units one administers."""
    page = page_number(request.args)
    rows, total = list_departments(session, actor, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    names = {code: queries.tell_name(session, code) for code in {row.department.unit_code for row in rows}}
    pages = max(1, -(-total // A_PAGE))
    return render_template("cases/departments/index.html", rows=rows, total=total, names=names, page=page, pages=pages)


@blueprint.get("/departments/<int:department_id>/close")
@requires(Permission.ACCOUNT_MANAGE)
def ask_close(department_id: int) -> str:
    """What a department holds, and where that shall go."""
    return _page(department_id)


@blueprint.post("/departments/<int:department_id>/close")
@requires(Permission.ACCOUNT_MANAGE)
def close(department_id: int) -> Response | tuple[str, int]:
    """Close a department and hand on all it holds."""
    _found(department_id)
    try:
        successor = request.form.get("successor", "")
        if successor and not re.fullmatch(r"[0-9]{1,18}", successor):
            raise BadInput("承接部门无法识别，请从列表中选择。", field="successor")
        done = close_department(
            session,
            actor,
            department_id=department_id,
            successor_id=int(successor) if successor else None,
            reason=line(request.form.get("reason", ""), "理由", "reason", 500),
            now=now(),
        )
    except BadInput as fault:
        session.rollback()
        return _page(department_id, fault), 400
    people = (
        f"，{done.moved} 个岗位转入承接部门" if done.moved else f"，{done.ended} 个岗位已结束" if done.ended else ""
    )
    flash(f"“{done.department.name}”已撤销，{done.cases} 件事件的单已移交{people}。")
    return redirect(url_for(".departments"))


def _found(department_id: int) -> Any:
    found = one_department(session, actor, department_id)
    if found is None:
        raise NotFound(MISSING)
    return found


def _page(department_id: int, fault: BadInput | None = None) -> str:
    found = _found(department_id)
    offered = [row for row in queries.departments_for(session, found.unit_code) if row.id != found.id]
    return render_template(
        "cases/departments/close.html",
        department=found,
        unit_name=queries.tell_name(session, found.unit_code),
        held=held_cases(session, found.id),
        offered=offered,
        fault=fault,
        given=written(),
    )
