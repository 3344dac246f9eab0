"""Versions: the list, one version with its faults on a map, and the decisions about it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.clock import today
from gridmap.errors import BadInput, Conflict
from gridmap.pages import code as code_words
from gridmap.pages import day, when
from gridmap.units.actions import apply_repair, check_version, discard_version, publish_version
from gridmap.units.forms.web import base_version, effective_day, fault_filters
from gridmap.units.queries import review
from gridmap.units.queries.leaving import list_leaving
from gridmap.units.queries.versions import fault_features, list_changes, one_source, one_version
from gridmap.units.rules.checks import Kind, Repair
from gridmap.units.views.door import blueprint
from gridmap.web import actor, listing, page_number, requires, session, wants_json

PAGE = 50
FAULTS = 100
STATUSES = {"draft": "草稿", "checked": "已检查", "published": "已发布", "discarded": "已放弃"}


@blueprint.get("/units/versions")
@requires(Permission.UNIT_READ)
def versions() -> Response | str:
    """All versions in the person's ranges, newest first."""
    status = request.args.get("status", "")
    status = status if status in (*STATUSES, "open") else ""
    page = page_number(request.args)
    rows, total = review.list_named_versions(session, actor, status=status, limit=PAGE, offset=(page - 1) * PAGE)
    following = url_for(".versions", status=status or None, page=page + 1) if page * PAGE < total else None
    if wants_json():
        return listing([_item(version, name) for version, name in rows], total, following)
    return render_template(
        "units/versions.html", versions=rows, total=total, page=page, following=following, status=status
    )


@blueprint.get("/units/versions/<int:version_id>")
@requires(Permission.UNIT_READ)
def version(version_id: int) -> Response | str:
    """One version: what it changes, its faults in a list and on a map, and what may be done with it."""
    found = one_version(session, actor, version_id)
    if wants_json():
        return _faults_json(found)
    return _page(found)


def _faults_json(found: Any) -> Response:
    filters, page = fault_filters(request.args), page_number(request.args)
    rows, total = review.find_faults(session, found, **filters, limit=FAULTS, offset=(page - 1) * FAULTS)
    return listing([_fault_item(row) for row in rows], total, _next(found, filters, page, total))


def _next(found: Any, filters: dict[str, Any], page: int, total: int) -> str | None:
    query: dict[str, Any] = {key: str(value) for key, value in filters.items() if value}
    return url_for(".version", version_id=found.id, **query, page=page + 1) if page * FAULTS < total else None


def _page(found: Any, fault: BadInput | Conflict | None = None) -> str:
    """Render a version; ``fault`` is why the last decision about it was refused."""
    filters, page = fault_filters(request.args), page_number(request.args)
    rows, total = review.find_faults(session, found, **filters, limit=FAULTS, offset=(page - 1) * FAULTS)
    return render_template(
        "units/version.html",
        version=found,
        unit_name=review.unit_name(session, found.unit_code),
        source=one_source(session, actor, found.source_id) if found.source_id else None,
        changes=list_changes(session, found),
        leaving=list_leaving(session, actor, found) if found.status != "discarded" else [],
        map_limit=review.MAP_LIMIT,
        faults=rows,
        fault_total=total,
        counts=review.count_faults(session, found),
        query={key: str(value) for key, value in filters.items() if value},
        page=page,
        following=_next(found, filters, page, total),
        is_open=found.status in ("draft", "checked"),
        may_publish=bool(actor.may(Permission.UNIT_PUBLISH, found.unit_code)),
        may_edit=bool(actor.may(Permission.UNIT_EDIT, found.unit_code)),
        today=today(),
        fault=fault,
        said=request.form,
        Kind=Kind,
        Repair=Repair,
    )


@blueprint.get("/units/versions/<int:version_id>/faults")
@requires(Permission.UNIT_READ)
def faults(version_id: int) -> Response:
    """GeoJSON of the faults of a version."""
    return jsonify(fault_features(session, actor, one_version(session, actor, version_id).id))


@blueprint.get("/units/versions/<int:version_id>/changes")
@requires(Permission.UNIT_READ)
def changes(version_id: int) -> Response:
    """GeoJSON of what a version changes."""
    return jsonify(review.map_changes(session, one_version(session, actor, version_id)))


@blueprint.post("/units/versions/<int:version_id>/check")
@requires(Permission.UNIT_EDIT)
def check(version_id: int) -> Response:
    """Look for faults again."""
    _, found = check_version(session, actor, version_id=version_id)
    flash(f"检查完成，发现 {len(found)} 个问题。" if found else "检查完成，没有发现问题。")
    return _back(version_id)


@blueprint.post("/units/versions/<int:version_id>/faults/<int:fault_id>/repair")
@requires(Permission.UNIT_EDIT)
def repair(version_id: int, fault_id: int) -> Response | tuple[str, int]:
    """Mend one fault as suggested; the version is checked again."""
    return _decide(
        version_id,
        lambda base: apply_repair(session, actor, version_id=version_id, fault_id=fault_id, row_version=base),
        "已修正，并重新检查。",
    )


@blueprint.post("/units/versions/<int:version_id>/publish")
@requires(Permission.UNIT_PUBLISH)
def publish(version_id: int) -> Response | tuple[str, int]:
    """Bring a version into force; with errors only when the signed-in person accepts them with a reason."""
    said = request.form
    return _decide(
        version_id,
        lambda base: publish_version(
            session,
            actor,
            version_id=version_id,
            row_version=base,
            accept_reason=said.get("accept_reason", "").strip()[:500],
            effective_on=effective_day(said.get("effective_on", "")),
            arranged=said.get("arranged") == "yes",
        ),
        "已发布，自生效日期起使用。",
    )


@blueprint.post("/units/versions/<int:version_id>/discard")
@requires(Permission.UNIT_EDIT)
def discard(version_id: int) -> Response | tuple[str, int]:
    """Throw an open version away."""
    return _decide(
        version_id,
        lambda base: discard_version(session, actor, version_id=version_id, row_version=base),
        "已放弃该版本，现行地图没有改动。",
    )


def _decide(version_id: int, act: Callable[[int], Any], words: str) -> Response | tuple[str, int]:
    """Carry out a decision; a refusal is shown on the page of the version, with what the person had written."""
    try:
        act(base_version(request.form))
    except (BadInput, Conflict) as fault:
        session.rollback()
        if wants_json():
            raise
        return _page(one_version(session, actor, version_id), fault), fault.status
    flash(words)
    return _back(version_id)


def _back(version_id: int) -> Response:
    return redirect(url_for(".version", version_id=version_id))


def _item(version: Any, name: str) -> dict[str, Any]:
    return {
        "id": version.id,
        "label": version.label,
        "status": version.status,
        "unit_code": code_words(version.unit_code),
        "unit_name": name,
        "error_count": version.error_count,
        "warning_count": version.warning_count,
        "created_at": when(version.created_at),
        "actor_name": version.actor_name,
        "published_at": when(version.published_at, empty="") or None,
        "effective_on": day(version.effective_on, empty="") or None,
        "url": url_for(".version", version_id=version.id),
    }


def _fault_item(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "severity": row.severity,
        "unit_code": code_words(row.fault_unit_code) if row.fault_unit_code else None,
        "other_code": code_words(row.other_code) if row.other_code else None,
        "area_m2": row.area_m2,
        "message": row.message,
        "suggestion": row.suggestion,
        "repair": row.repair,
    }
