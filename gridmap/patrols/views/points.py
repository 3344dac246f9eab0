"""巡查点位: the points of a unit and who was there, with signs to print."""

from __future__ import annotations

from typing import Any

import segno
from flask import flash, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.clock import now
from gridmap.errors import BadInput, NotFound
from gridmap.pages import code, may
from gridmap.patrols.actions import points as acts
from gridmap.patrols.forms.asking import PRESETS
from gridmap.patrols.forms.points import read_point, read_words
from gridmap.patrols.queries import points as reads
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.rules.points import METHOD_NAMES, Method
from gridmap.patrols.views.asked import asked, name_of
from gridmap.patrols.views.door import blueprint
from gridmap.units.rules.datum import DATUM_LABELS
from gridmap.web import actor, listing, requires, session, wants_json, written


@blueprint.get("/patrols/points")
@requires(Permission.PATROL_READ)
def points() -> Response | str:
    """The points of a unit, and how often somebody was at each in the last days."""
    return _list()


def _list(fault: BadInput | None = None) -> Any:
    asking = asked(Permission.PATROL_READ, request.args)
    rows = reads.list_points(session, actor, asking.unit_code, Period(asking.from_on, asking.today))
    if wants_json():
        return listing([_as_item(row) for row in rows], len(rows), None)
    return render_template(
        "patrols/points.html",
        rows=rows, asking=asking, presets=PRESETS, fault=fault, given=written(), limits=reads.check_in_limits(session),
        unit_name=name_of(asking.unit_code), datums=DATUM_LABELS, box=reads.box_of(session, asking.unit_code, asking.today), unseen=[row for row in rows if not row.times],
        units=queries.unit_choices(session, actor, Permission.PATROL_READ, asking.today),
    )  # fmt: skip


def _as_item(row: reads.PointRow) -> dict[str, Any]:
    point = row.point
    return {
        "point": point.id, "name": point.name, "unit_code": code(point.unit_code), "lon": point.lon, "lat": point.lat,
        "radius_m": point.radius_m, "times": row.times, "last_at": row.last_at.isoformat() if row.last_at else None,
    }  # fmt: skip


@blueprint.post("/patrols/points")
@requires(Permission.PATROL_PLAN)
def add_point() -> Response | tuple[str, int]:
    """Put a point up."""
    try:
        point = acts.add_point(session, actor, entry=read_point(request.form), now=now())
    except BadInput as fault:
        return _list(fault), 400
    flash(f"点位“{point.name}”已添加，请打印二维码贴到现场。")
    return redirect(url_for(".point", point_id=point.id))


@blueprint.get("/patrols/points/<int:point_id>")
@requires(Permission.PATROL_PLAN)
def point(point_id: int) -> str:
    """A point: its sign, who was there."""
    return _page(_one(point_id))


def _one(point_id: int) -> Any:
    found = reads.one_point(session, actor, point_id if point_id < 2**63 else 0, Permission.PATROL_PLAN)
    if found is None:
        raise NotFound(acts.MISSING)
    return found


def _page(found: Any, fault: BadInput | None = None) -> str:
    asking = asked(Permission.PATROL_PLAN, {"days": request.args.get("days", "30")})
    period = Period(asking.from_on, asking.today)
    return render_template(
        "patrols/point.html",
        point=found, fault=fault, given=written(), unit_name=queries.tell_name(session, found.unit_code), Method=Method,
        METHOD_NAMES=METHOD_NAMES, limits=reads.check_in_limits(session), days=asking.days, presets=PRESETS,
        check_ins=reads.check_ins_at(session, found, period) if may(Permission.DUTY_READ) else None,
    )  # fmt: skip


@blueprint.get("/patrols/points/<int:point_id>/sign")
@requires(Permission.PATROL_PLAN)
def sign(point_id: int) -> str:
    """The sign of a point, to print."""
    found = _one(point_id)
    address = f"{url_for('field.app', _external=True)}#check/{found.code}"
    drawn = segno.make(address, error="q").svg_inline(scale=1, border=0, omitsize=True, svgclass=None, lineclass=None)
    return render_template(
        "patrols/sign.html",
        point=found, unit_name=queries.tell_name(session, found.unit_code),
        drawn=Markup(drawn),  # noqa: S704 - made of squares by the library, nothing of it was written by people
    )  # fmt: skip


@blueprint.post("/patrols/points/<int:point_id>")
@requires(Permission.PATROL_PLAN)
def change_point(point_id: int) -> Response | tuple[str, int]:
    """Give a point another name or reach."""
    found = _one(point_id)
    try:
        name, radius_m = read_words(request.form)
    except BadInput as fault:
        return _page(found, fault), 400
    acts.change_point(session, actor, point_id=found.id, name=name, radius_m=radius_m)
    flash("已保存。")
    return redirect(url_for(".point", point_id=found.id))


@blueprint.post("/patrols/points/<int:point_id>/code")
@requires(Permission.PATROL_PLAN)
def renew_code(point_id: int) -> Response:
    """Give a point a new sign."""
    found = acts.renew_code(session, actor, point_id=_one(point_id).id, now=now())
    flash("二维码已更换，请重新打印；原来的二维码不能再打卡。")
    return redirect(url_for(".point", point_id=found.id))


@blueprint.post("/patrols/points/<int:point_id>/end")
@requires(Permission.PATROL_PLAN)
def end_point(point_id: int) -> Response:
    """Take a point down."""
    found = acts.end_point(session, actor, point_id=_one(point_id).id, now=now())
    flash(f"点位“{found.name}”已停用。")
    return redirect(url_for(".points", unit=code(found.unit_code)))
