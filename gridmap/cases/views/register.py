"""The form that registers a case, and the question "which unit is this place in?"."""

from __future__ import annotations

import uuid
from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries
from gridmap.cases.forms import RegisterForm, read_position
from gridmap.cases.forms.register import MOST_PHOTOS, families
from gridmap.cases.queries import Placing
from gridmap.cases.queries.parties import may_open
from gridmap.cases.views.door import NAMES, as_detail, blueprint
from gridmap.clock import now, today
from gridmap.config import settings
from gridmap.errors import GridmapError
from gridmap.pages import code
from gridmap.web import actor, attempt, requires, session, takes, wants_json


@blueprint.get("/cases/new")
@requires(Permission.CASE_CREATE)
def new() -> str:
    """An empty form; ``lon`` and ``lat`` (WGS-84) in the address put the pin there."""
    form = RegisterForm(formdata=None)
    form.client_id.data = str(uuid.uuid4())
    form.lon.data, form.lat.data = request.args.get("lon", "")[:20], request.args.get("lat", "")[:20]
    form.channel.data = "grid_worker" if any(post.role == "grid_worker" for post in actor.posts) else "visit"
    return _page(form)


@blueprint.post("/cases")
@requires(Permission.CASE_CREATE)
@takes(lambda: (settings().max_photo_mb * MOST_PHOTOS + 2) * 1024 * 1024)
def create() -> Response | str | tuple[str, int]:
    """Register a case; the same form sent twice gives the same case."""
    form = RegisterForm()
    if request.form.get("swap"):
        form.lon.data, form.lat.data = form.lat.data, form.lon.data
        return _page(form)
    if wants_json():
        return _created(form)
    with attempt(form) as done:
        case, fresh = actions.register_case(
            session, actor, entry=form.entry(now()), photos=form.read_photos(), now=now()
        )
    if not done:
        return _page(form), 400
    flash(_done(case, fresh))
    return redirect(url_for("cases.detail", case_code=case.case_code))


def _done(case: Any, fresh: bool) -> str:
    if not fresh:
        return f"该事件已登记过，编号 {case.case_code}。"
    done = "已上报，等待综治中心受理" if case.status == "received" else "已登记受理"
    return f"事件{done}，编号 {case.case_code}。"


def _created(form: RegisterForm) -> Response:
    at = now()
    case, fresh = actions.register_case(session, actor, entry=form.entry(at), photos=form.read_photos(), now=at)
    row = queries.one_case(session, actor, case.case_code, at)
    assert row is not None
    photos, history = queries.list_photos(session, case), queries.list_steps(session, case)
    answer = jsonify(as_detail(row, photos, history, named=bool(may_open(actor, row.case))))
    answer.status_code = 201 if fresh else 200
    if "Sec-Fetch-Mode" in request.headers:  # our own page asked, and opens the case next
        flash(_done(case, fresh))
    answer.headers["Location"] = url_for("cases.detail", case_code=case.case_code)
    return answer


@blueprint.get("/cases/place")
@requires(Permission.CASE_CREATE)
def place() -> Response:
    """Which unit a place would be registered under, for the form: asked while the person is still choosing."""
    args = request.args
    spot = read_position(
        args.get("lon", ""), args.get("lat", ""), args.get("datum", "wgs84"), args.get("accuracy_m", "")
    )
    found = queries.placing(session, actor, lon=spot.lon, lat=spot.lat, accuracy_m=spot.accuracy_m, on=today())
    answer = jsonify(lon=spot.lon, lat=spot.lat, **_words(found))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _words(found: Placing) -> dict[str, Any]:
    inside = found.inside.path if found.inside else None
    if found.refused:
        message = f"该位置属于“{inside}”，不在您负责的区划范围内。"
    elif found.asks:
        near = "、".join(f"“{unit.path}”（{unit.distance_m:.0f} 米）" for unit in found.near)
        message = f"位置误差范围内靠近{near}，请确认归属。"
    elif found.pending:
        message = "该位置不在任何已划定的网格内，将登记为“待定网格”，并通知综治中心核定。"
    else:
        message = f"位于“{inside}”。"
    choices = [{"unit_code": code(unit.code), "name": unit.path} for unit in found.choices] if found.asks else []
    return {
        "unit": inside,
        "state": "refused" if found.refused else "asks" if found.asks else "pending" if found.pending else "inside",
        "message": message,
        "choices": choices,
    }


def _page(form: RegisterForm) -> str:
    """Render the form; near a border with the question that it asks."""
    on = today()
    choices: tuple[Any, ...] = ()
    if form.border_unit.errors:
        try:
            spot = form.position()
        except GridmapError:
            spot = None
        if spot:
            found = queries.placing(session, actor, lon=spot.lon, lat=spot.lat, accuracy_m=spot.accuracy_m, on=on)
            choices = found.choices
    return render_template(
        "cases/new.html",
        form=form,
        border=choices,
        families=families(queries.categories_on(session, on)),
        units=queries.unit_choices(session, actor, Permission.CASE_CREATE, on),
        limits={"photos": MOST_PHOTOS, "photo_mb": settings().max_photo_mb},
        local_now=now(),
        **NAMES,
    )
