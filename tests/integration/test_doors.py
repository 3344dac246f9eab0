"""Every door × every role. A route nobody declared here fails; so does one whose guard differs from what is declared.

``DOORS``: endpoint → (guard, address within town A, the same address for a thing of town B or None). ``{case_a}`` and the like
stand for things of the small world. Guards: "public", "signed-in", or a permission.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.datastructures import FileStorage

from gridmap import create_app
from gridmap.access import GRANTS, Permission, Role
from gridmap.units.forms.uploads import keep_upload
from tests.factories import GRID_A11, GRID_B11, TOWN_A, Factories

P = Permission
NUMBER = "6f1c1a52-6f8f-4a55-8a6e-1e3c63d0a001"  # of something that nobody sent
DOORS: dict[str, tuple[str, str, str | None]] = {
    "accounts.addresses": ("signed-in", "/account/notices", None),
    "accounts.change_address": ("signed-in", "/account/notices/1/test", None),
    "accounts.send_again": ("signed-in", "/account/notices/deliveries/1/again", None),
    "accounts.create": (P.ACCOUNT_MANAGE, "/accounts/new", None),
    "accounts.detail": (P.ACCOUNT_MANAGE, "/accounts/{person_a}", "/accounts/{person_b}"),
    "accounts.end_post": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/posts/1/end", "/accounts/{person_b}/posts/1/end"),
    "accounts.give_post": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/posts", "/accounts/{person_b}/posts"),
    "accounts.index": (P.ACCOUNT_MANAGE, "/accounts", None),
    "accounts.login": ("public", "/login", None),
    "accounts.logout": ("signed-in", "/logout", None),
    "accounts.notices": ("signed-in", "/notices", None),
    "accounts.password": ("signed-in", "/account/password", None),
    "accounts.read": ("signed-in", "/notices/read", None),
    "accounts.reset_password": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/password", "/accounts/{person_b}/password"),
    "accounts.switch": (P.ACCOUNT_MANAGE, "/accounts/{person_a}/disable", "/accounts/{person_b}/disable"),
    "accounts.unread": ("signed-in", "/notices/count", None),
    "analysis.counted": (P.INDICATOR_READ, "/indicators/solved?unit={unit_a}", "/indicators/solved?unit={unit_b}"),
    "analysis.counts": (P.CASE_READ, "/counts.json?unit={unit_a}", "/counts.json?unit={unit_b}"),
    "analysis.indicators": (P.INDICATOR_READ, "/indicators?unit={unit_a}", "/indicators?unit={unit_b}"),
    "appointments.add": (P.APPOINTMENT_BOOK, "/appointments", None),
    "appointments.add_desk": (P.APPOINTMENT_EDIT, "/appointments/desks", None),
    "appointments.appointment": (P.APPOINTMENT_BOOK, "/appointments/{appointment_a}", "/appointments/{appointment_b}"),
    "appointments.arrive": (
        P.APPOINTMENT_BOOK,
        "/appointments/{appointment_a}/arrive",
        "/appointments/{appointment_b}/arrive",
    ),
    "appointments.cancel": (
        P.APPOINTMENT_BOOK,
        "/appointments/{appointment_a}/cancel",
        "/appointments/{appointment_b}/cancel",
    ),
    "appointments.change_desk": (P.APPOINTMENT_EDIT, "/appointments/desks/{desk_a}", "/appointments/desks/{desk_b}"),
    "appointments.desks": (P.APPOINTMENT_EDIT, "/appointments/desks", None),
    "appointments.index": (P.APPOINTMENT_BOOK, "/appointments?unit={unit_a}", "/appointments?unit={unit_b}"),
    "appointments.miss": (
        P.APPOINTMENT_BOOK,
        "/appointments/{appointment_a}/miss",
        "/appointments/{appointment_b}/miss",
    ),
    "appointments.move": (
        P.APPOINTMENT_BOOK,
        "/appointments/{appointment_a}/move",
        "/appointments/{appointment_b}/move",
    ),
    "appointments.new": (
        P.APPOINTMENT_BOOK,
        "/appointments/new?slot={desk_a}@2026-11-25T09:30",
        "/appointments/new?slot={desk_b}@2026-11-25T09:30",
    ),
    "appointments.open_one": (
        P.APPOINTMENT_BOOK,
        "/appointments/{appointment_a}/open",
        "/appointments/{appointment_b}/open",
    ),
    "cases.answer": ("public", "/r/wrong", None),
    "cases.answer_page": ("public", "/r/wrong", None),
    "cases.batch": (
        P.CASE_READ,
        "/work/batch?action=register&case={case_a}",
        "/work/batch?action=register&case={case_b}",
    ),
    "cases.charge_duties": (P.RULE_EDIT, "/cases/charge-duties", None),
    "cases.save_charge_duties": (P.RULE_EDIT, "/cases/charge-duties", None),
    "cases.ask_close": (P.ACCOUNT_MANAGE, "/departments/{department_a}/close", "/departments/{department_b}/close"),
    "cases.close": (P.ACCOUNT_MANAGE, "/departments/{department_a}/close", "/departments/{department_b}/close"),
    "cases.departments": (P.ACCOUNT_MANAGE, "/departments", None),
    "cases.change_filter": (P.CASE_READ, "/work/filters/1", None),
    "cases.course_help": ("signed-in", "/help/course", None),
    "cases.create": (P.CASE_CREATE, "/cases", None),
    "cases.desk": (P.CASE_REGISTER, "/desk", None),
    "cases.detail": (P.CASE_READ, "/cases/{case_a}", "/cases/{case_b}"),
    "cases.document": (P.CASE_READ, "/cases/{case_a}/documents/1.pdf", "/cases/{case_b}/documents/{paper_b}.pdf"),
    "cases.dossier": (P.CASE_READ, "/cases/{case_a}/dossier.pdf", "/cases/{case_b}/dossier.pdf"),
    "cases.duties": (P.CASE_CREATE, "/duties", None),
    "cases.index": (P.CASE_READ, "/cases", None),
    "cases.make_document": (
        P.CASE_READ,
        "/cases/{case_a}/documents/1/make",
        "/cases/{case_b}/documents/{paper_b}/make",
    ),
    "cases.new": (P.CASE_CREATE, "/cases/new", None),
    "cases.open_party": (P.PARTY_READ, "/cases/{case_a}/parties/{party_a}", "/cases/{case_b}/parties/{party_b}"),
    "cases.openings": (P.AUDIT_READ, "/cases/openings", None),
    "cases.party": (P.PARTY_READ, "/cases/{case_a}/parties/{party_a}", "/cases/{case_b}/parties/{party_b}"),
    "cases.open_filter": (P.CASE_READ, "/work/filters/1", None),
    "cases.photo": (P.CASE_READ, "/cases/{case_a}/photos/{photo_a}", "/cases/{case_b}/photos/{photo_b}"),
    "cases.routing_add": (P.CASE_ROUTE, "/cases/routing", None),
    "cases.routing_index": (P.CASE_ROUTE, "/cases/routing?unit={unit_a}", "/cases/routing?unit={unit_b}"),
    "cases.routing_move": (P.CASE_ROUTE, "/cases/routing/{rule_a}/move", "/cases/routing/{rule_b}/move"),
    "cases.routing_new": (P.CASE_ROUTE, "/cases/routing/new?unit={unit_a}", "/cases/routing/new?unit={unit_b}"),
    "cases.routing_rule": (P.CASE_ROUTE, "/cases/routing/{rule_a}", "/cases/routing/{rule_b}"),
    "cases.routing_save": (P.CASE_ROUTE, "/cases/routing/{rule_a}", "/cases/routing/{rule_b}"),
    "cases.routing_switch": (P.CASE_ROUTE, "/cases/routing/{rule_a}/switch", "/cases/routing/{rule_b}/switch"),
    "cases.routing_trial": (P.CASE_ROUTE, "/cases/routing/trial?unit={unit_a}", "/cases/routing/trial?unit={unit_b}"),
    "cases.save_filter": (P.CASE_READ, "/work/filters", None),
    "cases.receipt": (P.CASE_READ, "/cases/{case_a}/receipt", "/cases/{case_b}/receipt"),
    "cases.receive": (P.CASE_REGISTER, "/desk", None),
    "cases.similar": (P.CASE_REGISTER, "/desk/similar", None),
    "cases.step": (P.CASE_READ, "/cases/{case_a}/steps/note", "/cases/{case_b}/steps/note"),
    "cases.take": (P.CASE_READ, "/cases/{case_a}/steps/note", "/cases/{case_b}/steps/note"),
    "cases.deadlines": (P.CASE_READ, "/cases/{case_a}/deadlines", "/cases/{case_b}/deadlines"),
    "cases.change_quiet": (P.RULE_EDIT, "/cases/limits/quiet", None),
    "cases.change_limit": (P.RULE_EDIT, "/cases/limits", None),
    "cases.limits": (P.RULE_EDIT, "/cases/limits", None),
    "cases.template": (P.TEMPLATE_EDIT, "/document-templates/1.docx", None),
    "cases.templates": (P.TEMPLATE_EDIT, "/document-templates", "/document-templates?area={unit_b}"),
    "cases.upload_template": (P.TEMPLATE_EDIT, "/document-templates", None),
    "cases.use_template": (P.TEMPLATE_EDIT, "/document-templates/1/use", None),
    "cases.place": (P.CASE_CREATE, "/cases/place?lon=125.305&lat=43.81", None),
    "cases.whistle_tally": (P.CASE_READ, "/cases/whistles?unit={unit_a}", None),
    "cases.take_batch": (P.CASE_READ, "/work/batch", None),
    "cases.work": (P.CASE_READ, "/work", None),
    "cases.work_count": (P.CASE_READ, "/work/count", None),
    "accounts.revoke_phone": (
        P.ACCOUNT_MANAGE,
        "/accounts/{person_a}/phones/1/revoke",
        "/accounts/{person_b}/phones/1/revoke",
    ),
    "field.app": ("public", "/field/", None),
    "field.items": (P.PATROL_RECORD, "/field/items.json", None),
    "field.manifest": ("public", "/field/manifest.webmanifest", None),
    "field.package": (P.PATROL_RECORD, "/field/package.json", None),
    "field.phone_state": ("public", "/field/phones/state", None),
    "field.phones": (P.PATROL_RECORD, "/field/phones", None),
    "field.photo_state": (P.PATROL_RECORD, f"/field/photos/{NUMBER}", None),
    "field.push": (P.PATROL_RECORD, "/field/push", None),
    "field.put_photo": (P.PATROL_RECORD, f"/field/photos/{NUMBER}", None),
    "field.register_phone": (P.PATROL_RECORD, "/field/phones", None),
    "field.revoke_phone": (P.PATROL_RECORD, "/field/phones/1/revoke", None),
    "field.settle": (P.PATROL_RECORD, "/field/conflicts/1", None),
    "field.similar": (P.PATROL_RECORD, "/field/similar.json?lon=125.3&lat=43.8", None),
    "field.sync": (P.PATROL_RECORD, "/field/sync", None),
    "field.who": (P.PATROL_RECORD, "/field/session.json", None),
    "field.worker": ("public", "/field/worker.js", None),
    "health.alive": ("public", "/healthz", None),
    "health.ready": ("public", "/readyz", None),
    "jobs.change": (P.ACCOUNT_MANAGE, "/jobs/1", None),
    "jobs.index": (P.ACCOUNT_MANAGE, "/jobs", None),
    "maps.basemap": (P.MAP_READ, "/basemap/none.pmtiles", None),
    "maps.front": ("signed-in", "/", None),
    "maps.page": (P.MAP_READ, "/map", None),
    "maps.pulse": (P.CASE_READ, "/map/pulse.json", None),
    "maps.search": (P.MAP_READ, "/map/search.json?q=x", None),
    "maps.unit": (P.MAP_READ, "/map/units/{unit_a}.json", "/map/units/{unit_b}.json"),
    "mediation.agreement_papers": (
        P.PARTY_READ,
        "/cases/{case_a}/mediation/papers.pdf.zip",
        "/cases/{case_b}/mediation/papers.pdf.zip",
    ),
    "mediation.ask_papers": (P.CASE_MEDIATE, "/cases/{case_a}/mediation/papers", "/cases/{case_b}/mediation/papers"),
    "mediation.add_room": (P.MEDIATION_EDIT, "/mediation/rooms", None),
    "mediation.agreements": (P.CASE_READ, "/cases/{case_a}/mediation", "/cases/{case_b}/mediation"),
    "mediation.agreement_table": (
        P.CASE_MEDIATE,
        "/cases/{case_a}/mediation/table.csv",
        "/cases/{case_b}/mediation/table.csv",
    ),
    "mediation.close_room": (P.MEDIATION_EDIT, "/mediation/rooms/{room_a}/close", "/mediation/rooms/{room_b}/close"),
    "mediation.pack": (P.CASE_READ, "/cases/{case_a}/mediation/packs/1", "/cases/{case_b}/mediation/packs/1"),
    "mediation.rooms": (P.MEDIATION_EDIT, "/mediation/rooms", None),
    "mediation.save_tiers": (P.MEDIATION_EDIT, "/mediation/tiers", None),
    "mediation.success": (P.CASE_READ, "/mediation/success", None),
    "mediation.tiers": (P.MEDIATION_EDIT, "/mediation/tiers", None),
    "mediation.week": (P.CASE_MEDIATE, "/mediation", None),
    "meetings.add": (P.CASE_DISPATCH, "/meetings", None),
    "meetings.agenda": (P.CASE_DISPATCH, "/meetings/{meeting_a}/agenda", "/meetings/{meeting_b}/agenda"),
    "meetings.cancel": (P.CASE_DISPATCH, "/meetings/{meeting_a}/cancel", "/meetings/{meeting_b}/cancel"),
    "meetings.edit": (P.CASE_DISPATCH, "/meetings/{meeting_a}/edit", "/meetings/{meeting_b}/edit"),
    "meetings.index": (P.CASE_READ, "/meetings", None),
    "meetings.meeting": (P.CASE_READ, "/meetings/{meeting_a}", "/meetings/{meeting_b}"),
    "meetings.new": (P.CASE_DISPATCH, "/meetings/new", None),
    "meetings.paper": (P.CASE_READ, "/meetings/{meeting_a}/paper", "/meetings/{meeting_b}/paper"),
    "meetings.record": (P.CASE_DISPATCH, "/meetings/{meeting_a}/minutes", "/meetings/{meeting_b}/minutes"),
    "meetings.save": (P.CASE_DISPATCH, "/meetings/{meeting_a}/edit", "/meetings/{meeting_b}/edit"),
    "patrols.add_note": (P.PATROL_RECORD, "/patrols/tracks/{duty_a}/notes", "/patrols/tracks/{duty_b}/notes"),
    "patrols.import_gpx": (P.PATROL_RECORD, "/patrols/tracks/{duty_a}/gpx", "/patrols/tracks/{duty_b}/gpx"),
    "patrols.anomalies": (P.TRACK_READ, "/patrols/anomalies?unit={unit_a}", "/patrols/anomalies?unit={unit_b}"),
    "patrols.see": (P.TRACK_READ, "/patrols/anomalies/{odd_a}", "/patrols/anomalies/{odd_b}"),
    "patrols.add_point": (P.PATROL_PLAN, "/patrols/points", None),
    "patrols.change_point": (P.PATROL_PLAN, "/patrols/points/{point_a}", "/patrols/points/{point_b}"),
    "patrols.end_point": (P.PATROL_PLAN, "/patrols/points/{point_a}/end", "/patrols/points/{point_b}/end"),
    "patrols.add_plan": (P.PATROL_PLAN, "/patrols/plans?unit={unit_a}", "/patrols/plans?unit={unit_b}"),
    "patrols.end_plan": (P.PATROL_PLAN, "/patrols/plans/{plan_a}/end", "/patrols/plans/{plan_b}/end"),
    "patrols.new_plan": (P.PATROL_PLAN, "/patrols/plans/new?unit={unit_a}", "/patrols/plans/new?unit={unit_b}"),
    "patrols.plan": (P.PATROL_READ, "/patrols/plans/{plan_a}", "/patrols/plans/{plan_b}"),
    "patrols.plans": (P.PATROL_READ, "/patrols/plans?unit={unit_a}", "/patrols/plans?unit={unit_b}"),
    "patrols.point": (P.PATROL_PLAN, "/patrols/points/{point_a}", "/patrols/points/{point_b}"),
    "patrols.points": (P.PATROL_READ, "/patrols/points?unit={unit_a}", "/patrols/points?unit={unit_b}"),
    "patrols.renew_code": (P.PATROL_PLAN, "/patrols/points/{point_a}/code", "/patrols/points/{point_b}/code"),
    "patrols.sign": (P.PATROL_PLAN, "/patrols/points/{point_a}/sign", "/patrols/points/{point_b}/sign"),
    "patrols.cover": (P.PATROL_READ, "/patrols/cover.json?unit={unit_a}", "/patrols/cover.json?unit={unit_b}"),
    "patrols.index": (P.PATROL_READ, "/patrols?unit={unit_a}", "/patrols?unit={unit_b}"),
    "patrols.on_duty": (P.DUTY_READ, "/patrols/on-duty.json?unit={unit_a}", "/patrols/on-duty.json?unit={unit_b}"),
    "patrols.track": (P.PATROL_READ, "/patrols/tracks/{duty_a}", "/patrols/tracks/{duty_b}"),
    "patrols.tracks": (P.PATROL_READ, "/patrols/tracks", "/patrols/tracks?worker={worker_b}"),
    "tiles.tile": (P.MAP_READ, "/tiles/cases/16/55580/23828.mvt", None),
    "tiles.tilejson": (P.MAP_READ, "/tiles/cases.json", None),
    "units.cancel_import": (P.UNIT_IMPORT, "/units/import/{upload_a}/cancel", "/units/import/{upload_b}/cancel"),
    "units.changes": (P.UNIT_READ, "/units/versions/{version_a}/changes", "/units/versions/{version_b}/changes"),
    "units.check": (P.UNIT_EDIT, "/units/versions/{version_a}/check", "/units/versions/{version_b}/check"),
    "units.confirm": (P.UNIT_IMPORT, "/units/import/{upload_a}", "/units/import/{upload_b}"),
    "units.detail": (P.UNIT_READ, "/units/{unit_a}", "/units/{unit_b}"),
    "units.discard": (P.UNIT_EDIT, "/units/versions/{version_a}/discard", "/units/versions/{version_b}/discard"),
    "units.edit": (P.UNIT_EDIT, "/units/{unit_a}/edit", "/units/{unit_b}/edit"),
    "units.edit_outlines": (P.UNIT_EDIT, "/units/{unit_a}/edit/outlines", "/units/{unit_b}/edit/outlines"),
    "units.edit_preview": (P.UNIT_EDIT, "/units/{unit_a}/edit/preview", "/units/{unit_b}/edit/preview"),
    "units.faults": (P.UNIT_READ, "/units/versions/{version_a}/faults", "/units/versions/{version_b}/faults"),
    "units.index": (P.UNIT_READ, "/units", None),
    "units.preview": (P.UNIT_IMPORT, "/units/import/{upload_a}", "/units/import/{upload_b}"),
    "units.preview_shapes": (P.UNIT_IMPORT, "/units/import/{upload_a}/shapes", "/units/import/{upload_b}/shapes"),
    "units.publish": (P.UNIT_PUBLISH, "/units/versions/{version_a}/publish", "/units/versions/{version_b}/publish"),
    "units.repair": (
        P.UNIT_EDIT,
        "/units/versions/{version_a}/faults/1/repair",
        "/units/versions/{version_b}/faults/1/repair",
    ),
    "units.save_edit": (P.UNIT_EDIT, "/units/{unit_a}/edit", "/units/{unit_b}/edit"),
    "units.shapes": (P.UNIT_READ, "/units/{unit_a}/shapes", "/units/{unit_b}/shapes"),
    "units.upload": (P.UNIT_IMPORT, "/units/import", None),
    "units.version": (P.UNIT_READ, "/units/versions/{version_a}", "/units/versions/{version_b}"),
    "units.versions": (P.UNIT_READ, "/units/versions", None),
    "worktime.confirm_year": (P.CALENDAR_EDIT, "/worktime/years", None),
    "worktime.edit_counting": (P.CALENDAR_EDIT, "/worktime/counting", None),
    "worktime.edit_day": (P.CALENDAR_EDIT, "/worktime/days", None),
    "worktime.edit_windows": (P.CALENDAR_EDIT, "/worktime/windows", None),
    "worktime.import_holidays": (P.CALENDAR_EDIT, "/worktime/import", None),
    "worktime.index": ("signed-in", "/worktime", None),
    "worktime.trial": ("signed-in", "/worktime/trial?start=2026-09-30T17:30&kind=work_hours&amount=4", None),
}
ROUTES = sorted(
    {rule.endpoint for rule in create_app(NO_DATABASE=True, TESTING=True).url_map.iter_rules()} - {"static"}
)


@pytest.fixture
def things(make: Factories) -> dict[str, Any]:
    """One thing of each kind in town A and in town B."""
    make.world()
    case_a, case_b = make.case(GRID_A11), make.case(GRID_B11)
    return {
        "case_a": case_a,
        "case_b": case_b,
        "room_a": make.room(GRID_A11),
        "room_b": make.room(GRID_B11),
        "department_a": make.department("某所", GRID_A11),
        "department_b": make.department("某所", GRID_B11),
        "appointment_a": make.appointment(GRID_A11),
        "appointment_b": make.appointment(GRID_B11),
        "desk_a": make.appointment_desk(GRID_A11),
        "desk_b": make.appointment_desk(GRID_B11),
        "duty_a": make.duty(GRID_A11),
        "duty_b": make.duty(GRID_B11),
        "odd_a": make.anomaly(GRID_A11),
        "odd_b": make.anomaly(GRID_B11),
        "point_a": make.patrol_point(GRID_A11),
        "point_b": make.patrol_point(GRID_B11),
        "plan_a": make.patrol_plan(GRID_A11),
        "plan_b": make.patrol_plan(GRID_B11),
        "worker_b": 10**12 + GRID_B11 % 1000,
        "meeting_a": make.meeting(GRID_A11),
        "meeting_b": make.meeting(GRID_B11),
        "rule_a": make.routing_rule(GRID_A11),
        "rule_b": make.routing_rule(GRID_B11),
        "party_a": make.party(case_a),
        "party_b": make.party(case_b),
        "paper_b": make.paper(case_b),
        "photo_a": make.photo(case_a),
        "photo_b": make.photo(case_b),
        "version_a": make.version(GRID_A11),
        "version_b": make.version(GRID_B11),
        "person_a": make.account((Role.GRID_WORKER, GRID_A11))[0],
        "person_b": make.account((Role.GRID_WORKER, GRID_B11))[0],
        "unit_a": f"{GRID_A11:015d}",
        "unit_b": f"{GRID_B11:015d}",
        **{f"upload_{town}": upload(number) for number, town in enumerate("ab")},
    }


def upload(account_id: int) -> str:
    """Keep a file as somebody's upload, with what its preview shows; return its token."""
    file = FileStorage(io.BytesIO(b"code,level,name,parent_code\n"), filename="divisions.csv")
    kept = keep_upload(file, account_id=account_id, kind="divisions", options={})
    kept.write("report", {"rows": [], "counts": {}})
    kept.write("shapes", {"type": "FeatureCollection", "features": []})
    return kept.token


def test_an_upload_is_reached_by_whoever_sent_it_and_by_nobody_else(
    make: Factories, app: Flask, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    """The same address, the same role, the same town: only the person differs."""
    make.world()
    username, password = make.account((Role.ADMINISTRATOR, TOWN_A))
    with owner() as session:
        account_id = session.execute(text("select max(id) from accounts")).scalar()
    token = upload(account_id)
    own = app.test_client()
    own.post("/login", data={"username": username, "password": password})
    colleague = signed_in((Role.ADMINISTRATOR, TOWN_A))
    for path, method in (("", "GET"), ("/shapes", "GET"), ("", "POST"), ("/cancel", "POST")):
        answer = colleague.open(f"/units/import/{token}{path}", method=method)
        assert answer.status_code == 404, (path, method)
    assert own.get(f"/units/import/{token}/shapes").status_code == 200
    assert own.post(f"/units/import/{token}/cancel").status_code == 302
    assert own.get(f"/units/import/{token}/shapes").status_code == 404


def methods_of(app: Flask, endpoint: str) -> list[str]:
    """Return the methods of an endpoint that a browser would use."""
    found = {m for rule in app.url_map.iter_rules(endpoint) for m in rule.methods or ()}
    return sorted(found - {"HEAD", "OPTIONS"})


def test_every_route_is_declared_and_every_declaration_is_a_route() -> None:
    assert sorted(DOORS) == ROUTES


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_guard_is_the_declared_one(app: Flask, endpoint: str) -> None:
    assert getattr(app.view_functions[endpoint], "door", "none") == DOORS[endpoint][0]


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_stranger(app: Flask, client: FlaskClient, things: dict[str, Any], endpoint: str) -> None:
    guard, address, _ = DOORS[endpoint]
    for method in methods_of(app, endpoint):
        answer = client.open(address.format(**things), method=method)
        turned_away = answer.status_code == 401 or answer.headers.get("Location", "").startswith("/login")
        assert turned_away != (guard == "public"), (method, answer.status_code)


@pytest.mark.parametrize("endpoint", sorted(DOORS))
def test_roles(app: Flask, signed_in: Callable[..., FlaskClient], things: dict[str, Any], endpoint: str) -> None:
    guard, address, _ = DOORS[endpoint]
    at = getattr(app.view_functions[endpoint], "at", None)
    for role in Role:
        welcome = guard in ("public", "signed-in") or guard in GRANTS[role]
        for method in methods_of(app, endpoint):
            answer = signed_in((role, TOWN_A if at is None else at)).open(address.format(**things), method=method)
            assert (answer.status_code != 403) == welcome, (role, method, answer.status_code)
            assert answer.status_code < 500, (role, method, answer.status_code)


@pytest.mark.parametrize("endpoint", sorted(e for e, door in DOORS.items() if door[2]))
def test_a_thing_of_another_town_is_not_there(
    app: Flask, signed_in: Callable[..., FlaskClient], things: dict[str, Any], endpoint: str
) -> None:
    guard, _, address = DOORS[endpoint]
    role = next(r for r in Role if guard == "signed-in" or guard in GRANTS[r])
    for method in methods_of(app, endpoint):
        answer = signed_in((role, TOWN_A)).open((address or "").format(**things), method=method)
        assert answer.status_code == 404, (method, answer.status_code)
