"""我的轨迹: one's own duties and tracks, with notes and files; others' for who may see them, which is recorded."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries
from gridmap.clock import local, now
from gridmap.errors import BadInput, NotFound
from gridmap.patrols.actions import tracks as acts
from gridmap.patrols.forms.gpx import MOST_BYTES, read_gpx
from gridmap.patrols.forms.notes import read_note, read_worker
from gridmap.patrols.queries import tracks as reads
from gridmap.patrols.queries.anomalies import anomalies_of
from gridmap.patrols.queries.lines import lines_of, outline_under
from gridmap.patrols.queries.settings import filter_limits, retention_days
from gridmap.patrols.rules.sketch import sketch, spells
from gridmap.patrols.rules.states import hours
from gridmap.patrols.views.anomalies import words_of
from gridmap.patrols.views.door import blueprint
from gridmap.web import actor, records, requires, session, takes, written


@blueprint.get("/patrols/tracks")
@requires(Permission.PATROL_READ)
def tracks() -> str:
    """One's own duties, or those of a worker whose tracks one may see."""
    worker = read_worker(request.args)
    days = retention_days(session)
    found = reads.list_duties(session, actor, now() - timedelta(days=days), worker)
    if worker is not None and not found:
        raise NotFound("没有找到该人员的在岗记录，或您无权查看其轨迹。")
    return render_template(
        "patrols/tracks.html", duties=found, own=worker in (None, actor.account_id), days=days, now=now(), hours=hours,
        names={code: queries.tell_name(session, code) for code in {duty.unit_code for duty in found}},
    )  # fmt: skip


@blueprint.get("/patrols/tracks/<int:duty_id>")
@requires(Permission.PATROL_READ)
@records
def track(duty_id: int) -> str:
    """One duty's track: a drawing, when the phone recorded and when not, notes. Somebody else's look is recorded."""
    return _page(acts.open_track(session, actor, duty_id=duty_id))


def _page(duty: Any, fault: BadInput | None = None) -> str:
    lines = lines_of(session, actor, duty)
    at = now()
    times = spells(lines, duty.on_at.timestamp(), (duty.off_at or at).timestamp(), filter_limits(session).gap_s)
    return render_template(
        "patrols/track.html",
        duty=duty, own=duty.account_id == actor.account_id, fault=fault, given=written(), client=str(uuid.uuid4()), at=at,
        drawing=sketch(outline_under(session, duty), lines), notes=reads.notes_of(session, actor, duty), hours=hours,
        times=[(_at(one.from_s), _at(one.to_s), one) for one in times], unit_name=queries.tell_name(session, duty.unit_code),
        length_m=sum(float(one.length_m.sum()) for one in lines), batches=reads.batches_of(session, actor, duty), odd=anomalies_of(session, duty), words_of=words_of,
    )  # fmt: skip


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _own(duty_id: int) -> Any:
    found = reads.one_duty(session, actor, duty_id)
    if found is None or found.account_id != actor.account_id:
        raise NotFound(acts.MISSING)
    return found


@blueprint.post("/patrols/tracks/<int:duty_id>/notes")
@requires(Permission.PATROL_RECORD)
def add_note(duty_id: int) -> Response | tuple[str, int]:
    """Write to a stretch of one's own track."""
    duty = _own(duty_id)
    try:
        entry = read_note(request.form, local(duty.on_at).date())
        acts.annotate_track(
            session, actor, duty_id=duty_id, client_id=entry.client_id, span=entry.span, words=entry.words, now=now()
        )
    except BadInput as fault:
        return _page(duty, fault), 400
    flash("说明已保存。")
    return redirect(url_for(".track", duty_id=duty_id))


@blueprint.post("/patrols/tracks/<int:duty_id>/gpx")
@requires(Permission.PATROL_RECORD)
@takes(lambda: MOST_BYTES + 65_536)
def import_gpx(duty_id: int) -> Response | tuple[str, int]:
    """Add the points of a GPX file to one's own track."""
    duty = _own(duty_id)
    file: Any = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise BadInput("请选择 GPX 文件。", field="file")
        pieces = read_gpx(file.read(MOST_BYTES + 1))
        came, taken = acts.import_track(session, actor, duty_id=duty_id, pieces=pieces, now=now())
    except BadInput as fault:
        session.rollback()
        return _page(_own(duty.id), fault), 400
    left = f"；另有 {came - taken} 个点不在这次在岗时间内，没有导入" if came > taken else ""
    flash(f"已导入 {taken} 个轨迹点{left}。")
    return redirect(url_for(".track", duty_id=duty_id))
