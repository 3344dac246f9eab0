"""What the phone takes along, and cases that may be the same as one being reported."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta

from flask import Response, jsonify, request

from gridmap.access import Permission
from gridmap.cases import rules
from gridmap.cases.forms import read_position
from gridmap.cases.forms.plain import clean
from gridmap.cases.queries.similar import Told, similar_cases
from gridmap.clock import now
from gridmap.field.queries.package import package_of
from gridmap.field.views.door import blueprint
from gridmap.web import actor, polled, requires, session


@blueprint.get("/field/package.json")
@requires(Permission.PATROL_RECORD)
@polled
def package() -> Response:
    """Grids, classes, tasks and own cases for work without a signal; 304 when the phone has them already."""
    at = now()
    body = json.dumps(package_of(session, actor, at), ensure_ascii=False, separators=(",", ":"))
    etag = hashlib.blake2b(body.encode(), digest_size=12).hexdigest()
    if etag in request.if_none_match:
        return Response(status=304, headers={"ETag": f'"{etag}"'})
    answer = Response(f'{{"made_at":"{at.isoformat()}",{body[1:]}', mimetype="application/json")
    answer.set_etag(etag)
    return answer


@blueprint.get("/field/similar.json")
@requires(Permission.PATROL_RECORD)
def similar() -> Response:
    """Open cases near a place, of the same class or in like words."""
    args = request.args
    spot = read_position(args.get("lon", ""), args.get("lat", ""), "wgs84", "")
    told = Told(args.get("category", "")[:40], clean(args.get("title", ""))[:100], "", spot.lon, spot.lat)
    items = [
        {
            "case_code": item.case_code,
            "title": item.title,
            "status_name": rules.STATUS_NAMES[rules.Status(item.status)],
            "distance_m": item.distance_m,
            "age_s": round(max(item.age, timedelta()).total_seconds()),
        }
        for item in similar_cases(session, actor, told, now())
    ]
    return jsonify(items=items)
