"""What each kind of item does: the same actions that the pages call, with what the worker wrote on the phone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from gridmap.access import Actor, Permission
from gridmap.cases import actions as cases
from gridmap.cases import queries, rules
from gridmap.cases.forms import CaseEntry, Position, read_position, read_step
from gridmap.cases.forms.plain import clean
from gridmap.cases.queries.course import last_step
from gridmap.cases.rules import Channel, PositionMethod, Scale
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict, NotFound
from gridmap.field.actions.uploads import at_home
from gridmap.field.forms.items import read_ms, read_uuid, text_of
from gridmap.field.models import FieldItem
from gridmap.field.queries.items import Memory, uploads_of
from gridmap.field.rules.items import Kind
from gridmap.media import Origin, Photo, photo_path
from gridmap.patrols.actions.duty import NO_DUTY, go_off_duty, go_on_duty
from gridmap.patrols.actions.points import Here, Shown, check_in
from gridmap.patrols.actions.tracks import Batch, annotate_track, store_points
from gridmap.patrols.models import Duty
from gridmap.patrols.rules.tracks import Span
from gridmap.units.rules.codes import CodeError, parse_code

ALREADY_ON = "您已经在岗，本机的轨迹记入同一次在岗。"
LATE = timedelta(minutes=5)  # what is reported later than it was seen says when it was seen


class Clash(Exception):
    """Somebody else acted on the same thing meanwhile; ``told`` holds both sides for the person who decides."""

    def __init__(self, **told: Any) -> None:
        super().__init__()
        self.told = told


@dataclass(frozen=True)
class Turn:
    """An item whose turn it is."""

    session: Session
    actor: Actor
    row: FieldItem
    now: datetime
    memory: Memory

    @property
    def made_at(self) -> datetime:
        """When it was made, by our clock: the phone's clock is put right by how far it is off as it sends."""
        return min(self.row.made_at + (self.row.received_at - self.row.sent_at), self.now)


def _report(turn: Turn) -> dict[str, Any]:
    body = turn.row.body
    entry = CaseEntry(
        client_id=turn.row.client_id,
        category_code=str(body.get("category") or ""),
        channel=Channel.GRID_WORKER,
        grade=None,
        scale=Scale.INDIVIDUAL,
        title=_title(body),
        description=clean(text_of(body, "description", 5000)),
        address_text=clean(text_of(body, "address_text", 200)),
        occurred_at=turn.made_at if turn.now - turn.made_at > LATE else None,
        position=_position(body),
        unit_code=_unit(body, "unit"),
        border_unit=_unit(body, "border_unit"),
    )
    photos = _photos(turn)
    case, fresh = cases.register_case(turn.session, turn.actor, entry=entry, photos=photos, now=turn.now)
    if not fresh and case.created_by != turn.actor.account_id:
        raise Conflict("这个编号已用于别人的上报，没有保存；请重新填写后上报。")
    return {"result": _case_told(case)}


def _title(body: dict[str, Any]) -> str:
    title = clean(text_of(body, "title", 100))
    if not title:
        raise BadInput("请填写标题。", field="title")
    return title


def _position(body: dict[str, Any]) -> Position | None:
    if body.get("method") == "none" or body.get("lon") is None:
        return None
    method = PositionMethod.MAP if body.get("method") == "map" else PositionMethod.GPS
    accuracy = body.get("accuracy_m")
    return read_position(
        str(body.get("lon")), str(body.get("lat")), "wgs84", "" if accuracy is None else str(accuracy), method
    )


def _unit(body: dict[str, Any], name: str) -> int | None:
    value = body.get(name)
    if not value:
        return None
    try:
        return parse_code(str(value))
    except CodeError as fault:
        raise BadInput(f"区划有误：{fault}", field=name) from fault


def _photos(turn: Turn) -> list[Photo]:
    """Return the photos of an item, which are all here; each is used once."""
    refs = [(uuid.UUID(one["id"]), one) for one in turn.row.photos]
    there = uploads_of(turn.session, turn.actor, [number for number, _ in refs])
    photos = []
    for number, told in refs:
        row = there[number]
        assert row.photo_sha256 is not None
        assert row.width_px is not None
        assert row.height_px is not None
        content = photo_path(row.photo_sha256).read_bytes()
        taken_at = datetime.fromisoformat(told["taken_at"]) if told["taken_at"] else None
        origin = Origin(taken_at, told["lon"], told["lat"])
        photos.append(Photo(content, row.photo_sha256, row.width_px, row.height_px, origin))
        at_home(turn.actor, row)
        row.used = True
    return photos


def _case_told(case: Any) -> dict[str, Any]:
    status = rules.STATUS_NAMES[rules.Status(case.status)]
    return {"case_code": case.case_code, "path": f"/cases/{case.case_code}", "status_name": status}


def _step(turn: Turn) -> dict[str, Any]:
    """Take a step of a case; when somebody was there first, both sides are shown to the worker."""
    body, row = turn.row.body, turn.row
    name, case_code = str(body.get("action")), str(body.get("case_code"))
    if name not in set(rules.Action):
        raise BadInput("没有这项操作，请更新手机端。")
    action = rules.Action(name)
    values = body.get("values") if isinstance(body.get("values"), dict) else {}
    form = MultiDict({key: str(value) for key, value in values.items()})  # type: ignore[union-attr]
    form["client_id"] = str(row.client_id)
    if row.base is not None:
        form["seen"] = str(row.base)
    asked = rules.asked(action)
    given = replace(read_step(asked, form, MultiDict()), photos=tuple(_photos(turn)))
    try:
        case, _fresh = cases.take_step(
            turn.session, turn.actor, case_code=case_code, action=action, given=given, clock=lambda: turn.now
        )
    except Conflict as fault:
        raise _clash(turn, case_code, asked, given.values, fault) from fault
    return {"result": _case_told(case) if case else {"case_code": case_code}}


def _clash(turn: Turn, case_code: str, asked: rules.Transition, values: dict[str, Any], fault: Conflict) -> Exception:
    found = queries.one_case(turn.session, turn.actor, case_code, turn.now)
    if found is None:
        return NotFound("这件事已不在您负责的范围内，您填写的内容没有提交，仍保存在手机里。")
    _facts, last = queries.facts_of(turn.session, found.case, turn.now)
    labels = {item.name: item.label for item in asked.inputs}
    yours = {"操作": asked.name, **{labels.get(name, name): str(value) for name, value in values.items()}}
    step = last_step(turn.session, found.case)
    theirs = {"现在状态": rules.STATUS_NAMES[rules.Status(found.case.status)]}
    if step is not None:
        at = local(step.at).strftime("%m-%d %H:%M")
        theirs |= {"操作": rules.ACTION_NAMES[rules.Action(step.action)], "办理人": step.actor_name, "时间": at}
        theirs |= {"说明": step.reason} if step.reason else {}
    texts = {item.name: item.label for item in asked.inputs if item.kind == "text" and item.name in values}
    return Clash(words=fault.message, yours=yours, theirs=theirs, version=last, case_code=case_code, texts=texts)


def _duty_on(turn: Turn) -> dict[str, Any]:
    """Go on duty; who is on duty already (with another phone) goes on with that duty: the track of this phone belongs to it."""
    try:
        duty, _fresh = go_on_duty(
            turn.session,
            turn.actor,
            client_id=turn.row.client_id,
            phone_at=turn.row.made_at,
            phone_sent_at=turn.row.sent_at,
            now=turn.row.received_at,
            unit_code=_unit_of_duty(turn),
        )
    except Conflict as fault:
        if "duty" not in fault.extra:
            raise
        return {"words": ALREADY_ON, "result": {"duty": fault.extra["duty"]}}
    return {"result": {"duty": str(duty.client_id), "on_at": duty.on_at.isoformat()}}


def _unit_of_duty(turn: Turn) -> int | None:
    """Return at which unit the worker went on duty; the one of today when they have left that unit meanwhile."""
    unit = _unit(turn.row.body, "unit")
    return unit if unit is not None and turn.actor.may(Permission.PATROL_RECORD, unit) else None


def _duty(turn: Turn) -> uuid.UUID:
    number = read_uuid(turn.row.body.get("duty"), "duty")
    found = turn.memory.duty(number)
    return found.client_id if found else number


def _recorded(turn: Turn, otherwise: str) -> Duty:
    """Return the worker's own duty that an item belongs to. Raises ``NotFound`` with the words ``otherwise``."""
    duty = turn.memory.duty(read_uuid(turn.row.body.get("duty"), "duty"))
    if duty is None:
        raise NotFound(otherwise)
    return duty


def _duty_off(turn: Turn) -> dict[str, Any]:
    row = turn.row
    duty, _ended = go_off_duty(
        turn.session,
        turn.actor,
        duty=_duty(turn),
        client_id=row.client_id,
        phone_at=row.made_at,
        phone_sent_at=row.sent_at,
        now=row.received_at,
    )
    return {"result": {"duty": str(duty.client_id), "off_at": duty.off_at.isoformat() if duty.off_at else None}}


def _points(turn: Turn) -> dict[str, Any]:
    body, row = turn.row.body, turn.row
    number, points = body.get("number"), body.get("points")
    if not isinstance(number, int) or not 0 < number < 2**31 or not isinstance(points, str):
        raise BadInput("轨迹无法识别，没有保存。", field="points")
    batch = Batch(row.client_id, read_uuid(body.get("device"), "device"), number, row.sent_at)
    duty = _recorded(turn, NO_DUTY)
    taken = store_points(turn.session, duty, batch, points, terms=turn.memory.terms, now=row.received_at)
    if taken.draws:
        turn.memory.to_draw[duty.id] = duty
    return {"words": taken.words, "result": {"points": taken.taken}}


def _note(turn: Turn) -> dict[str, Any]:
    body, row = turn.row.body, turn.row
    duty = _recorded(turn, "没有找到这次上岗的记录。")
    shift = row.received_at - row.sent_at
    span = Span(read_ms(body.get("from_at"), "from_at") + shift, read_ms(body.get("to_at"), "to_at") + shift)
    words = clean(text_of(body, "words", 200))
    note = annotate_track(
        turn.session, turn.actor, duty_id=duty.id, client_id=row.client_id, span=span, words=words, now=turn.now
    )
    return {"result": {"note": note.id}}


def _check_in(turn: Turn) -> dict[str, Any]:
    body, row = turn.row.body, turn.row
    place = _position(body)
    number = body.get("point")
    shown = Shown(
        text_of(body, "code", 300) or None,
        number if isinstance(number, int) and 0 < number < 2**63 else None,
        Here(place.lon, place.lat, place.accuracy_m or 0.0) if place else None,
    )
    done, point = check_in(
        turn.session,
        turn.actor,
        client_id=row.client_id,
        duty=_duty(turn),
        shown=shown,
        phone_at=row.made_at,
        phone_sent_at=row.sent_at,
        now=row.received_at,
    )
    return {"result": {"point": point.id, "name": point.name, "at": done.at.isoformat()}}


DOERS: dict[Kind, Callable[[Turn], dict[str, Any]]] = {
    Kind.REPORT: _report,
    Kind.STEP: _step,
    Kind.DUTY_ON: _duty_on,
    Kind.DUTY_OFF: _duty_off,
    Kind.POINTS: _points,
    Kind.NOTE: _note,
    Kind.CHECK_IN: _check_in,
}
