"""巡查: how much of each grid was walked, who was on duty, and who is now."""

from __future__ import annotations

from typing import Any

from flask import jsonify, render_template, request
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.clock import now
from gridmap.pages import may
from gridmap.patrols.forms.asking import MOST_DAYS, PRESETS, Asking
from gridmap.patrols.queries.coverage import GridCoverage, Period, list_coverage, list_seen, shapes_of
from gridmap.patrols.queries.settings import unseen_days
from gridmap.patrols.queries.workers import OnDuty, list_on_duty, list_workers
from gridmap.patrols.rules.states import REST_NAMES, Rest, hours
from gridmap.patrols.views.asked import asked, name_of
from gridmap.patrols.views.door import blueprint
from gridmap.web import actor, listing, polled, requires, session, wants_json

MOST_DRAWN = 200  # grids whose ground is drawn at once: a town


@blueprint.get("/patrols")
@requires(Permission.PATROL_READ)
def index() -> Response | str:
    """The grids of a unit over the last days: covered, not covered or unknown; and what each worker did."""
    asking, at = asked(Permission.PATROL_READ, request.args), now()
    period = Period(asking.from_on, asking.today)
    grids = list_coverage(session, actor, asking.unit_code, period, now=at)
    if wants_json():
        return listing([_as_item(grid) for grid in grids], len(grids), None)
    most = unseen_days(session)
    return render_template(
        "patrols/index.html",
        grids=grids, workers=list_workers(session, actor, asking.unit_code, period, now=at), asking=asking,
        forgotten=[grid for grid in grids if grid.forgotten(most)], most=most, presets=PRESETS, MOST_DAYS=MOST_DAYS,
        share=_share(grids), on_duty=_on_duty(asking), unit_name=name_of(asking.unit_code), at=at, hours=hours,
        units=queries.unit_choices(session, actor, Permission.PATROL_READ, asking.today), Rest=Rest, REST_NAMES=REST_NAMES,
    )  # fmt: skip


def _share(grids: list[GridCoverage]) -> float | None:
    """Return the share of the area of all grids together that a track came near, 0 to 1."""
    cells = sum(grid.cells for grid in grids)
    return sum(grid.seen for grid in grids) / cells if cells else None


def _on_duty(asking: Asking) -> list[OnDuty] | None:
    """Return who is on duty now, ``None`` for who may not see it."""
    return list_on_duty(session, actor, asking.unit_code, now=now()) if may(Permission.DUTY_READ) else None


def _as_item(grid: GridCoverage) -> dict[str, Any]:
    return {
        "unit_code": f"{grid.unit_code:015d}",
        "name": grid.name,
        "covered_share": round(grid.known.share, 4),
        "rest": grid.known.rest.value,
        "reason": grid.known.reason,
        "days": grid.days,
        "last_on": grid.last_on.isoformat() if grid.last_on else None,
        "on_duty_s": round(grid.watch.on_duty_s),
        "recorded_s": round(grid.watch.recorded_s),
    }


@blueprint.get("/patrols/cover.json")
@requires(Permission.PATROL_READ)
@polled
def cover() -> Response:
    """The grids of a unit and what tracks came near in them, as GeoJSON; of up to ``MOST_DRAWN`` grids."""
    asking = asked(Permission.PATROL_READ, request.args)
    period = Period(asking.from_on, asking.today)
    grids = list_coverage(session, actor, asking.unit_code, period, now=now())
    if len(grids) > MOST_DRAWN:
        return jsonify(type="FeatureCollection", features=[], too_many=len(grids))
    shapes = shapes_of(session, actor, asking.unit_code, asking.today)
    features = [_feature(shapes[grid.unit_code], _as_item(grid)) for grid in grids if grid.unit_code in shapes]
    seen = [[_ring(*sides)] for sides in list_seen(session, actor, asking.unit_code, period)]
    if seen:
        features.append(_feature({"type": "MultiPolygon", "coordinates": seen}, {"rest": "seen"}))
    return jsonify(type="FeatureCollection", features=features, too_many=0)


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _ring(west: float, south: float, east: float, north: float) -> list[list[float]]:
    corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
    return [[round(lon, 6), round(lat, 6)] for lon, lat in corners]


@blueprint.get("/patrols/on-duty.json")
@requires(Permission.DUTY_READ)
@polled
def on_duty() -> Response:
    """Who is on duty now in a unit, with their last fix and its age."""
    asking, at = asked(Permission.DUTY_READ, request.args), now()
    found = list_on_duty(session, actor, asking.unit_code, now=at)
    return jsonify(items=[_as_live(one, at) for one in found], total=len(found), at=at.isoformat())


def _as_live(one: OnDuty, at: Any) -> dict[str, Any]:
    age_s = round((at - one.fix_at).total_seconds()) if one.fix_at else None
    return {
        "duty": one.duty_id, "name": one.account_name, "unit_code": f"{one.unit_code:015d}", "unit": one.unit_name,
        "on_at": one.on_at.isoformat(), "lon": one.lon, "lat": one.lat, "accuracy_m": one.accuracy_m,
        "fix_at": one.fix_at.isoformat() if one.fix_at else None, "age_s": age_s,
    }  # fmt: skip
