"""轨迹异常: what a supervisor should ask about, and what came of asking."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.cases.forms.plain import clean
from gridmap.clock import now
from gridmap.errors import BadInput
from gridmap.pages import code
from gridmap.patrols.actions.anomalies import see_anomaly
from gridmap.patrols.forms.asking import PRESETS
from gridmap.patrols.queries import anomalies as reads
from gridmap.patrols.queries.coverage import Period
from gridmap.patrols.rules.anomalies import KIND_WORDS, NOTE_LENGTH, Kind
from gridmap.patrols.views.asked import asked, name_of
from gridmap.patrols.views.door import blueprint
from gridmap.web import actor, requires, session, written


@blueprint.get("/patrols/anomalies")
@requires(Permission.TRACK_READ)
def anomalies() -> str:
    """What was pointed out under a unit in the last days."""
    return _page()


def _page(fault: BadInput | None = None, number: int | None = None) -> str:
    asking = asked(Permission.TRACK_READ, request.args)
    found = reads.list_anomalies(session, actor, asking.unit_code, Period(asking.from_on, asking.today))
    return render_template(
        "patrols/anomalies.html",
        rows=found, asking=asking, presets=PRESETS, unit_name=name_of(asking.unit_code), odd=reads.odd_limits(session),
        names={one: queries.tell_name(session, one) for one in {row.unit_code for row in found}}, words=words_of,
        units=queries.unit_choices(session, actor, Permission.TRACK_READ, asking.today), fault=fault, number=number,
        given=written(), NOTE_LENGTH=NOTE_LENGTH,
    )  # fmt: skip


def words_of(row: Any) -> str:
    """Return in words what was pointed out."""
    return KIND_WORDS[Kind(row.kind)].format(value=row.value)


@blueprint.post("/patrols/anomalies/<int:anomaly_id>")
@requires(Permission.TRACK_READ)
def see(anomaly_id: int) -> Response | tuple[str, int]:
    """Write down what came of asking."""
    number, note = anomaly_id if anomaly_id < 2**63 else 0, clean(request.form.get("note", ""))
    try:
        found = see_anomaly(session, actor, anomaly_id=number, note=note, now=now())
    except BadInput as fault:
        return _page(fault, anomaly_id), 400
    flash("已记下了解的情况。")
    return redirect(url_for(".anomalies", unit=code(found.unit_code), days=request.args.get("days", "30")))
