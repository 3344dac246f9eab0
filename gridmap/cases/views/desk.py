"""接待: the desk for walk-ins by keyboard, cases that may be the same, the receipt, and what I am first-asked for."""

from __future__ import annotations

import uuid
from typing import Any

from flask import jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from gridmap.access import Permission
from gridmap.cases import actions, queries, rules
from gridmap.cases.actions.appointments import open_appointment
from gridmap.cases.forms.desk import DeskForm
from gridmap.cases.forms.register import MOST_PHOTOS
from gridmap.cases.queries.appointments import one_appointment, shown
from gridmap.cases.queries.duty import duty_name, list_duties
from gridmap.cases.queries.parties import masked_parties
from gridmap.cases.queries.places import own_unit
from gridmap.cases.queries.similar import Similar, Told, same_thing, similar_cases
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES
from gridmap.cases.rules.similar import age_words, distance_words
from gridmap.cases.views.door import DETAIL_PARTS, MISSING, NAMES, blueprint
from gridmap.clock import now, today
from gridmap.config import settings
from gridmap.errors import BadInput, Forbidden, GridmapError, NotFound
from gridmap.web import actor, attempt, records, requires, session, takes


def _same(row: queries.CaseRow, facts: rules.Facts) -> dict[str, Any]:
    """Return what may be the same thing as a case, for whoever may join it to another now."""
    join = rules.transition(rules.Status(row.case.status), rules.Action.JOIN)
    if join is None or row.lon is None or row.lat is None:
        return {"same": ()}
    allowed = rules.judge(
        join, facts, queries.doer_of(actor, row.case), lambda asked: actor.may(asked, row.case.unit_code)
    )
    found = same_thing(session, actor, row.case, row.lon, row.lat) if allowed else ()
    return {"same": found, "distance_words": distance_words}


DETAIL_PARTS.append(_same)


@blueprint.get("/desk")
@requires(Permission.CASE_REGISTER)
@records
def desk() -> str:
    """An empty form for the next walk-in; with ``appointment`` filled in from it, which is recorded."""
    form = DeskForm(formdata=None)
    form.client_id.data = str(uuid.uuid4())
    form.channel.data = rules.Channel.VISIT.value
    asked = request.args.get("appointment", "")
    if asked:
        _fill_in(form, asked)
    return _page(form)


def _fill_in(form: DeskForm, asked: str) -> None:
    """Write into the form what is known from an appointment. Raises ``NotFound``, ``Forbidden``, ``BadInput``."""
    decision = actor.may(Permission.APPOINTMENT_BOOK)
    if not decision:
        raise Forbidden(decision.reason)
    form.appointment.data = asked
    number = form.appointment_number() or 0
    view = open_appointment(session, actor, appointment_id=number, purpose="接待登记")
    form.party_name.data, form.party_phone.data, form.title.data = view.name, view.phone, view.row.topic


def _appointment(form: DeskForm) -> Any:
    """Return the appointment that the form is filled in from, masked, or ``None``."""
    try:
        number = form.appointment_number()
    except BadInput:
        return None
    found = one_appointment(session, actor, number) if number else None
    return shown(session, found) if found else None


@blueprint.post("/desk")
@requires(Permission.CASE_REGISTER)
@takes(lambda: (settings().max_photo_mb * MOST_PHOTOS + 2) * 1024 * 1024)
def receive() -> Response | tuple[str, int]:
    """Register the walk-in, then show its receipt; the same form sent twice is one case."""
    form, at = DeskForm(), now()
    form.category_typed({item.code: item.name for item in queries.categories_on(session, today())})
    with attempt(form) as done:
        entry, photos = form.entry(at), form.read_photos()  # checks every field first
        walkin = form.walkin()
        case, _ = actions.receive_walkin(session, actor, entry=entry, walkin=walkin, photos=photos, now=at)
    if not done:
        return _page(form), 400
    return redirect(url_for("cases.receipt", case_code=case.case_code))


def _page(form: DeskForm) -> str:
    on = today()
    return render_template(
        "cases/desk.html",
        form=form,
        appointment=_appointment(form),
        border=_border(form) if form.border_unit.errors else (),
        categories=queries.categories_on(session, on),
        units=queries.unit_choices(session, actor, Permission.CASE_CREATE, on),
        limits={"photos": MOST_PHOTOS, "photo_mb": settings().max_photo_mb},
        **NAMES,
    )


def _border(form: DeskForm) -> tuple[Any, ...]:
    """Return the units between which the person must choose."""
    try:
        spot = form.position()
    except GridmapError:
        return ()
    if spot is None:
        return ()
    place = queries.placing(session, actor, lon=spot.lon, lat=spot.lat, accuracy_m=spot.accuracy_m, on=today())
    return place.choices


@blueprint.post("/desk/similar")
@requires(Permission.CASE_REGISTER)
def similar() -> Response:
    """Cases that may be the same, while the words are still being typed; posted, so that no log keeps the words."""
    form = DeskForm()
    form.category_typed(queries.category_names(session, today()))
    try:
        spot = form.position()
    except GridmapError:
        spot = None
    unit = form.unit.data or ""
    told = Told(
        form.category.data or "",
        (form.title.data or "")[:100],
        (form.address_text.data or "")[:200],
        spot.lon if spot else None,
        spot.lat if spot else None,
        int(unit) if unit.isascii() and unit.isdigit() and len(unit) == 15 else own_unit(actor),
    )
    return jsonify(items=[_told(item) for item in similar_cases(session, actor, told, now())])


def _told(item: Similar) -> dict[str, Any]:
    return {
        "case_code": item.case_code,
        "title": item.title,
        "address_text": item.address_text,
        "status": rules.STATUS_NAMES[rules.Status(item.status)],
        "distance": distance_words(item.distance_m),
        "age": age_words(item.age),
        "why": "同类、50 米内、24 小时内" if item.near else "文字相近",
        "url": url_for("cases.detail", case_code=item.case_code),
    }


@blueprint.get("/cases/<case_code>/receipt")
@requires(Permission.CASE_READ)
def receipt(case_code: str) -> str:
    """受理单 of a case, to print and hand over; the party is masked on it."""
    row = queries.one_case(session, actor, case_code, now())
    if row is None:
        raise NotFound(MISSING)
    return render_template(
        "cases/receipt.html",
        row=row,
        case=row.case,
        parties=masked_parties(session, row.case),
        duty=duty_name(session, row.case),
        path=queries.tell_name(session, row.case.unit_code),
        PARTY_ROLE_NAMES=PARTY_ROLE_NAMES,
        **NAMES,
    )


@blueprint.get("/duties")
@requires(Permission.CASE_CREATE)
def duties() -> str:
    """首问负责: the open cases that I received first and follow to the end."""
    return render_template("cases/duties.html", rows=list_duties(session, actor, now()), **NAMES)
