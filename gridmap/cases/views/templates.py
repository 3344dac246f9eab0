"""文书模板: what is in use, downloading one, uploading a new one, going back to an earlier one."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries
from gridmap.cases.forms.templates import area_code, read_template
from gridmap.cases.rules import Document
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES, FIELDS
from gridmap.cases.views.documents import attachment
from gridmap.cases.views.door import blueprint
from gridmap.clock import now
from gridmap.errors import BadInput, GridmapError, NotFound
from gridmap.pages import code
from gridmap.web import actor, records, requires, session, takes, wants_json, written

NO_TEMPLATE = "没有找到该模板。"


@blueprint.get("/document-templates")
@requires(Permission.TEMPLATE_EDIT)
@records
def templates() -> str:
    """All kinds with their versions for an area; the shipped ones are installed at the first look."""
    actions.install_shipped(session, now())
    return _page()


def _page(fault: GridmapError | None = None) -> str:
    areas = queries.template_areas(session, actor)
    given = request.values.get("area", "")
    area = area_code(given) if given else areas[0][0]
    if area not in dict(areas):
        raise NotFound("没有这个适用范围，或不在您负责的区划内。")
    kept = queries.list_templates(session, area)
    by_kind: dict[Document, list[Any]] = {kind: [] for kind in DOCUMENT_NAMES}
    for template in kept:
        by_kind[Document(template.kind)].append(template)
    return render_template(
        "cases/templates.html",
        area=area,
        areas=areas,
        by_kind=by_kind,
        in_use={kind: next((item for item in items if item.active), None) for kind, items in by_kind.items()},
        DOCUMENT_NAMES=DOCUMENT_NAMES,
        FIELDS=FIELDS,
        fault=fault,
        given=written(),
    )


@blueprint.post("/document-templates")
@requires(Permission.TEMPLATE_EDIT)
@takes(lambda: 6 * 1024 * 1024)
def upload_template() -> Response | tuple[str, int]:
    """Try a new template out and put it in use."""
    try:
        given = read_template(request.form, request.files)
        template = actions.upload_template(
            session,
            actor,
            kind=given.kind,
            area_code=given.area_code,
            content=given.content,
            note=given.note,
            now=now(),
        )
    except BadInput as fault:
        if wants_json() or fault.field == "area":
            raise
        session.rollback()
        return _page(fault), 400
    flash(f"{template.name}已用示例内容试填成功，现在开始使用。")
    return redirect(url_for("cases.templates", area=code(given.area_code)))


def _template(template_id: int) -> Any:
    found = queries.one_template(session, template_id) if template_id < 2**63 else None
    if found is None or found.area_code not in {0, *dict(queries.template_areas(session, actor))}:
        raise NotFound(NO_TEMPLATE)
    return found


@blueprint.get("/document-templates/<int:template_id>.docx")
@requires(Permission.TEMPLATE_EDIT)
def template(template_id: int) -> Response:
    """A template as it was uploaded, to be edited with Word or WPS."""
    found = _template(template_id)
    return attachment(found.content, f"{found.name} 模板", "docx")


@blueprint.post("/document-templates/<int:template_id>/use")
@requires(Permission.TEMPLATE_EDIT)
def use_template(template_id: int) -> Response:
    """Go back to an earlier version."""
    found = _template(template_id)
    if found.area_code not in dict(queries.template_areas(session, actor)):
        raise NotFound(NO_TEMPLATE)
    actions.use_template(session, actor, found)
    flash(f"{found.name}现在开始使用，已出具的文书不变。")
    return redirect(url_for("cases.templates", area=code(found.area_code)))
