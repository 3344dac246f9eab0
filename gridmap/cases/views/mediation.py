"""三级调解: its part of the case page, agreements page by page, hand-over packs, the week, tiers, rooms, success."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask import Response as Answer
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import queries, rules
from gridmap.cases.actions import mediation as actions
from gridmap.cases.forms import mediation as forms
from gridmap.cases.queries import CaseRow
from gridmap.cases.queries import mediation as reads
from gridmap.cases.queries.documents import paper_counts
from gridmap.cases.queries.parties import may_open
from gridmap.cases.rules.agreements import COLUMNS, EXAMPLE
from gridmap.cases.rules.tiers import (
    CONFIRMATION_NAMES,
    DUTY_STATE_NAMES,
    MEDIATION_STATE_NAMES,
    SESSION_RESULT_NAMES,
    SUCCESS_FORMULA,
    rate,
)
from gridmap.cases.views.door import DETAIL_PARTS, MISSING
from gridmap.clock import CHINA, local, now, today
from gridmap.errors import BadInput, Forbidden, NotFound
from gridmap.pages import code
from gridmap.web import actor, page_number, requires, session, written
from gridmap.worktime.forms import area_code
from gridmap.worktime.queries import area_name, calendars_of
from gridmap.worktime.rules import KIND_NAMES, is_overdue, spoken_remaining, spoken_time, timer_from, timer_remaining

blueprint = Blueprint("mediation", __name__)
ON_CASE_PAGE, A_PAGE = 5, 20
NAMES: dict[str, Any] = {
    "CONFIRMATION_NAMES": CONFIRMATION_NAMES,
    "DUTY_STATE_NAMES": DUTY_STATE_NAMES,
    "KIND_NAMES": KIND_NAMES,
    "MEDIATION_STATE_NAMES": MEDIATION_STATE_NAMES,
    "SESSION_RESULT_NAMES": SESSION_RESULT_NAMES,
}


def part_of_case(row: CaseRow, _facts: rules.Facts) -> dict[str, Any]:
    """Return what the page of a case shows of its mediation: tiers, sessions, the newest agreements, packs."""
    tiers = reads.list_mediations(session, row.case)
    if not tiers:
        return {"mediation": None}
    agreements = reads.list_agreements(session, row.case, limit=ON_CASE_PAGE)
    return {
        "mediation": {
            "tiers": tiers,
            "named": bool(may_open(actor, row.case)),
            "left": {item.id: _left(item) for item in tiers},
            "sessions": reads.list_sessions(session, row.case),
            "agreements": agreements,
            "totals": reads.agreement_totals(session, row.case),
            "packs": {kept.mediation_id: kept.id for kept in reads.list_packs(session, row.case)},
            **NAMES,
        }
    }


DETAIL_PARTS.append(part_of_case)


def _left(item: Any) -> str:
    """Return how much time a running tier has left, in words; '' for one that ended or has no limit."""
    if item.ended_at or not item.timer:
        return ""
    timer = timer_from(item.timer)
    calendars = calendars_of(session, timer.versions)
    late, pause = is_overdue(timer, now(), calendars), timer.paused_at(now())
    words = spoken_remaining(abs(timer_remaining(timer, now(), calendars)), timer.limit.kind, is_overdue=late)
    return f"暂停至 {spoken_time(pause.until_at)}，{words}" if pause else words


def _visible(case_code: str) -> Any:
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    return row.case


@blueprint.get("/cases/<case_code>/mediation")
@requires(Permission.CASE_READ)
def agreements(case_code: str) -> str:
    """The agreements of a case with what they promise, page by page: there may be hundreds."""
    case, page = _visible(case_code), page_number(request.args)
    found = reads.list_agreements(session, case, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    totals = reads.agreement_totals(session, case)
    return render_template(
        "cases/mediation/agreements.html",
        case=case,
        agreements=found,
        duties=reads.duties_of(session, found),
        totals=totals,
        papers=paper_counts(session, case),
        page=page,
        pages=max(1, -(-totals["agreements"] // A_PAGE)),
        can=actor.may(Permission.CASE_MEDIATE, case.unit_code),
        named=may_open(actor, case),
        today=today(),
        **NAMES,
    )


@blueprint.get("/cases/<case_code>/mediation/table.csv")
@requires(Permission.CASE_MEDIATE)
def agreement_table(case_code: str) -> Answer:
    """An empty table of agreements with one row as an example, as Excel and WPS open it."""
    _visible(case_code)
    text = io.StringIO()
    csv.writer(text).writerows((COLUMNS, EXAMPLE))
    answer = Answer(text.getvalue().encode("utf-8-sig"), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename="协议清单.csv")
    return answer


@blueprint.get("/cases/<case_code>/mediation/packs/<int:pack_id>")
@requires(Permission.CASE_READ)
def pack(case_code: str, pack_id: int) -> str:
    """The hand-over pack of a tier, as it was kept."""
    case = _visible(case_code)
    found = next((kept for kept in reads.list_packs(session, case) if kept.id == pack_id), None)
    if found is None:
        raise NotFound("没有找到该移交材料。")
    decision = may_open(actor, case)
    if not decision:
        raise Forbidden(f"移交材料含当事人的诉求和协商内容。{decision.reason}")
    return render_template("cases/mediation/pack.html", case=case, pack=found, read=datetime.fromisoformat, **NAMES)


@blueprint.get("/mediation")
@requires(Permission.CASE_MEDIATE)
def week() -> str:
    """A week of sessions: one's own, all that one sees, or those of a room."""
    monday = _monday(request.args.get("week", ""))
    begin = datetime.combine(monday, time(), CHINA)
    rooms = _rooms()
    room = _asked_room(rooms)
    mine = None if room or request.args.get("who") == "all" else actor.account_id
    sessions = reads.week_of(session, actor, begin, mediator=mine, room=room[0] if room else None)
    entries: list[Any] = [(found.starts_at, found.ends_at, found, case) for found, case in sessions]
    if room:
        seen = {found.starts_at for found, _case in sessions}
        taken = reads.room_times(session, room[2], room[0], begin, begin + timedelta(days=7))
        entries += [(start, end, None, None) for start, end in taken if start not in seen]
    days = [
        (day, sorted([e for e in entries if local(e[0]).date() == day], key=lambda e: e[0]))
        for day in (monday + timedelta(days=n) for n in range(7))
    ]
    return render_template(
        "cases/mediation/week.html",
        week_long=timedelta(days=7),
        days=days,
        monday=monday,
        rooms=rooms,
        room=room,
        mine=mine,
        today=today(),
        **NAMES,
    )


def _monday(text: str) -> date:
    day = forms.read_day(text, "周", "week") if text else today()
    return day - timedelta(days=day.weekday())


def _rooms() -> list[tuple[int, str, int]]:
    """Return the rooms whose times the person may look at: (id, name, a unit from which they are seen)."""
    found = {
        room.id: (room.id, f"{queries.tell_name(session, room.unit_code)} {room.name}", room.unit_code)
        for room in reads.list_rooms(session, actor)
    }
    home = actor.home.unit_code if actor.home else 0
    for above in reads.rooms_for(session, home) if home else []:
        found.setdefault(above.id, (above.id, f"{above.unit_name} {above.name}", home))
    return sorted(found.values(), key=lambda room: room[1])


def _asked_room(rooms: list[tuple[int, str, int]]) -> tuple[int, str, int] | None:
    text = request.args.get("room", "")
    if not text:
        return None
    found = next((room for room in rooms if str(room[0]) == text), None)
    if found is None:
        raise NotFound("没有找到该调解室，可能已停用，或不在您可以使用的范围内。")
    return found


@blueprint.get("/mediation/tiers")
@requires(Permission.MEDIATION_EDIT)
def tiers() -> str:
    """The tiers in force at an area, and their versions."""
    return _tiers_page(area_code(request.args.get("area", ""), actor))


@blueprint.post("/mediation/tiers")
@requires(Permission.MEDIATION_EDIT)
def save_tiers() -> Response | tuple[str, int]:
    """Write a new version of an area's tiers."""
    area = area_code(request.form.get("area", ""), actor)
    try:
        entry = forms.read_template(request.form)
        saved = actions.save_template(session, actor, area_code=area, entry=entry, now=now())
    except BadInput as fault:
        session.rollback()
        return _tiers_page(area, fault), 400
    flash(f"已保存第 {saved.version} 版调解层级，自现在起启动的调解按新版办理，进行中的不变。")
    return redirect(url_for(".tiers", area=code(area)))


def _tiers_page(area: int, fault: BadInput | None = None) -> str:
    template = reads.template_at(session, area, now())
    columns = zip(*[request.form.getlist(name) for name in forms.TIER_FIELDS], strict=False)
    rows = [
        (
            t.name,
            t.most_sessions or "",
            f"{t.limit.amount:f}" if t.limit else "",
            t.limit.kind.value if t.limit else "",
            t.remind_hours or "",
        )
        for t in template.tiers
    ]
    return render_template(
        "cases/mediation/tiers.html",
        area=area,
        area_name=area_name(session, area),
        template=template,
        from_name=area_name(session, template.area_code),
        rows=list(columns) if fault else rows,
        given=written() if fault else {},
        fault=fault,
        versions=reads.list_templates(session, area),
        can=actor.may(Permission.MEDIATION_EDIT, area),
        **NAMES,
    )


@blueprint.get("/mediation/rooms")
@requires(Permission.MEDIATION_EDIT)
def rooms() -> str:
    """The rooms of the places one administers."""
    return _rooms_page()


@blueprint.post("/mediation/rooms")
@requires(Permission.MEDIATION_EDIT)
def add_room() -> Response | tuple[str, int]:
    """Add a room to a unit."""
    try:
        name = forms.line(request.form.get("name", ""), "名称", "name", 40)
        if not name:
            raise BadInput("请填写调解室的名称。", field="name")
        seats = request.form.get("seats", "").strip()
        count = forms.read_number(seats, "座位数", "seats", 1, 2000) if seats else None
        unit = forms.read_unit(request.form.get("unit", ""))
        if any(room.unit_code == unit and room.name == name for room in reads.list_rooms(session, actor)):
            raise BadInput("该区划下已有同名的调解室，请换一个名称。", field="name")
        actions.add_room(session, actor, unit_code=unit, name=name, seats=count)
    except BadInput as fault:
        session.rollback()
        return _rooms_page(fault), 400
    flash(f"已添加调解室“{name}”。")
    return redirect(url_for(".rooms"))


@blueprint.post("/mediation/rooms/<int:room_id>/close")
@requires(Permission.MEDIATION_EDIT)
def close_room(room_id: int) -> Response:
    """Take a room out of use."""
    room = actions.close_room(session, actor, room_id=room_id, now=now())
    flash(f"“{room.name}”已停用，不能再预约；已有的预约不变。")
    return redirect(url_for(".rooms"))


def _rooms_page(fault: BadInput | None = None) -> str:
    found = reads.list_rooms(session, actor)
    return render_template(
        "cases/mediation/rooms.html",
        rooms=[(room, queries.tell_name(session, room.unit_code)) for room in found],
        units=queries.unit_choices(session, actor, Permission.MEDIATION_EDIT, today()),
        given=written(),
        fault=fault,
    )


@blueprint.get("/mediation/success")
@requires(Permission.CASE_READ)
def success() -> str:
    """The success rate of a period with its formula, and the mediations it is made of."""
    last = today()
    begin = forms.read_day(request.args.get("from", "") or last.replace(day=1).isoformat(), "开始日期", "from")
    end = forms.read_day(request.args.get("to", "") or last.isoformat(), "结束日期", "to")
    if end < begin:
        raise BadInput("结束日期不能早于开始日期，请修改。", field="to")
    page = page_number(request.args)
    start, stop = (datetime.combine(day, time(), CHINA) for day in (begin, end + timedelta(days=1)))
    agreed, ended, rows = reads.ended_mediations(session, actor, start, stop, limit=A_PAGE, offset=(page - 1) * A_PAGE)
    return render_template(
        "cases/mediation/success.html",
        begin=begin,
        end=end,
        agreed=agreed,
        ended=ended,
        rate=rate(agreed, ended),
        formula=SUCCESS_FORMULA,
        rows=rows,
        page=page,
        pages=max(1, -(-ended // A_PAGE)),
        **NAMES,
    )
