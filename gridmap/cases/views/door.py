"""The blueprint of cases, and how a case reads for programs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, url_for

from gridmap.cases import rules
from gridmap.cases.forms.filter import LABELS, LOCATED_NAMES
from gridmap.cases.forms.paging import SORT_NAMES, Sort
from gridmap.cases.queries import CaseRow, registered_at
from gridmap.cases.rules.clocks import SUPERVISION_NAMES
from gridmap.cases.rules.orders import ORDER_KIND_NAMES, ORDER_STATUS_NAMES
from gridmap.pages import code
from gridmap.units.rules.datum import DATUM_LABELS

blueprint = Blueprint("cases", __name__)
MISSING = "没有找到该事件，可能编号有误，或不在您负责的范围内。"
# What further parts of the page of one case need in their templates; each topic adds its own.
DETAIL_PARTS: list[Callable[[CaseRow, rules.Facts], dict[str, Any]]] = []
NAMES: dict[str, Any] = {
    "ACTION_NAMES": rules.ACTION_NAMES,
    "CHANNEL_NAMES": rules.CHANNEL_NAMES,
    "COURSE": rules.COURSE,
    "DATUM_NAMES": DATUM_LABELS,
    "FILTER_LABELS": LABELS,
    "GRADE_NAMES": rules.GRADE_NAMES,
    "LATENESS_NAMES": rules.LATENESS_NAMES,
    "ORDER_KIND_NAMES": ORDER_KIND_NAMES,
    "ORDER_STATUS_NAMES": ORDER_STATUS_NAMES,
    "LOCATED_NAMES": LOCATED_NAMES,
    "POSITION_METHOD_NAMES": rules.POSITION_METHOD_NAMES,
    "RISK_NAMES": rules.RISK_NAMES,
    "SCALE_NAMES": rules.SCALE_NAMES,
    "SORT_NAMES": SORT_NAMES,
    "SUPERVISION_NAMES": SUPERVISION_NAMES,
    "Sort": Sort,
    "STATUS_NAMES": rules.STATUS_NAMES,
    "telling": rules.telling,
}


def as_item(row: CaseRow) -> dict[str, Any]:
    """Return a case as lists for programs give it; times are ISO 8601 in UTC, the point is WGS-84."""
    case = row.case
    return {
        "case_code": case.case_code,
        "title": case.title,
        "category": case.category.code,
        "category_name": case.category.name,
        "family": case.category.family,
        "family_name": case.category.family_name,
        "channel": case.channel,
        "grade": case.grade,
        "scale": case.scale,
        "status": case.status,
        "status_name": rules.STATUS_NAMES[rules.Status(case.status)],
        "risk": case.risk,
        "lateness": row.lateness.value,
        "supervision": case.supervision,
        "stage_due_at": case.stage_due_at.isoformat() if case.stage_due_at else None,
        "unit_code": code(case.unit_code),
        "unit_name": row.place_name,
        "unit_pending": case.unit_pending,
        "repeat": case.repeat_of is not None,
        "address_text": case.address_text,
        "received_at": case.received_at.isoformat(),
        "due_at": case.due_at.isoformat() if case.due_at else None,
        "closed_at": case.closed_at.isoformat() if case.closed_at else None,
        "lon": row.lon,
        "lat": row.lat,
        "url": url_for("cases.detail", case_code=case.case_code),
    }


def as_detail(row: CaseRow, photos: list[Any], history: list[Any], *, named: bool) -> dict[str, Any]:
    """Return everything about a case; ``named``: with what its history tells only those who may open its parties."""
    case = row.case
    return {
        **as_item(row),
        "description": case.description,
        "dimension": case.category.dimension,
        "occurred_at": case.occurred_at.isoformat() if case.occurred_at else None,
        "registered_at": at.isoformat() if (at := registered_at(history)) else None,
        "position_method": case.position_method,
        "position_accuracy_m": case.position_accuracy_m,
        "source_datum": case.source_datum,
        "source_lon": case.source_lon,
        "source_lat": case.source_lat,
        "photos": [
            {
                "url": url_for("cases.photo", case_code=case.case_code, photo_id=photo.id),
                "width_px": photo.width_px,
                "height_px": photo.height_px,
            }
            for photo in photos
        ],
        "history": [
            {
                "number": item.number,
                "action": item.action,
                "before": item.before,
                "after": item.after,
                "at": item.at.isoformat(),
                "actor": item.actor_name,
                "post": item.actor_post,
                "reason": item.reason,
                "told": rules.telling(item.data, named=named),
            }
            for item in history
        ],
    }
