"""Registering a case (登记受理)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from geoalchemy2.shape import from_shape
from shapely.geometry import Point
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases import queries
from gridmap.cases.actions.history import add_step
from gridmap.cases.actions.notices import Centre, tell
from gridmap.cases.actions.photos import attach_photos
from gridmap.cases.actions.repeats import flag_repeat
from gridmap.cases.actions.timers import change_stage
from gridmap.cases.forms import CaseEntry, Given
from gridmap.cases.models import Case, Category
from gridmap.cases.queries import Placing, UnitAt
from gridmap.cases.queries.places import own_unit
from gridmap.cases.rules import Action, PositionMethod, Status, Transition, case_code, transition
from gridmap.clock import local
from gridmap.errors import BadInput, Forbidden
from gridmap.media import Photo
from gridmap.units.queries.directory import is_unit


class BorderQuestion(BadInput):
    """The border is nearer than the position is exact: the person must say which side it was."""

    def __init__(self, place: Placing, accuracy_m: float | None) -> None:
        names = "、".join(unit.path for unit in [*([place.inside] if place.inside else []), *place.near])
        super().__init__(
            f"该位置误差约 {accuracy_m or 0:.0f} 米，靠近边界，可能属于：{names}。请确认属于哪一个。",
            field="border_unit",
        )
        self.choices = place.choices
        self.extra["choices"] = [{"unit_code": str(unit.code), "name": unit.path} for unit in place.choices]


def register_case(
    session: Session, actor: Actor, *, entry: CaseEntry, photos: Sequence[Photo] = (), now: datetime
) -> tuple[Case, bool]:
    """Register a case at ``now`` (aware), or submit it to the centre where the actor may not register; return it and whether it is new.

    The same ``client_id`` gives the same case, also when two requests arrive at once. Raises ``Forbidden`` (no right),
    ``BadInput`` (field and remedy), ``BorderQuestion`` (which side of a border?).
    """
    decision = actor.may(Permission.CASE_CREATE)
    if not decision:
        raise Forbidden(decision.reason)
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 5))"), {"key": str(entry.client_id)})
    known = queries.case_with_client(session, actor, entry.client_id)
    if known is not None:
        return known, False
    category = _category(session, entry.category_code, now)
    place, unit_code, pending = _settle(session, actor, entry, now)
    row = _first_row(actor, unit_code)
    case = Case(
        **_values(session, entry, category, unit_code, now),
        status=row.after.value,
        created_by=actor.account_id,
        duty_account_id=actor.account_id,
    )
    case.unit_pending = pending
    case.category = category
    session.add(case)
    session.flush()
    attach_photos(session, actor, case, photos)
    change_stage(session, case, starts=row.starts, stops=(), reclassed=False, now=now)
    _tell(session, case, place)
    given = Given({"reason": ""}, tuple(photos), entry.client_id)
    facts = {**_facts(case, place), **flag_repeat(session, actor, case, now)}
    add_step(session, actor, case, row, number=1, given=given, data=facts, now=now)
    session.flush()
    return case, True


def _first_row(actor: Actor, unit_code: int) -> Transition:
    """Return how a case begins: a centre registers (受理), everybody else submits (上报) and the centre decides."""
    action = Action.REGISTER if actor.may(Permission.CASE_REGISTER, unit_code) else Action.SUBMIT
    row = transition(None, action)
    assert row is not None
    return row


def _category(session: Session, code: str, now: datetime) -> Category:
    found = next((item for item in queries.categories_on(session, local(now).date()) if item.code == code), None)
    if found is None:
        raise BadInput("该类别已停用或不存在，请重新选择类别。", field="category")
    return found


def _settle(session: Session, actor: Actor, entry: CaseEntry, now: datetime) -> tuple[Placing | None, int, bool]:
    """Return what is known of the place, the unit that the case goes under, and whether its grid is still to be found."""
    on, spot = local(now).date(), entry.position
    if spot is None:
        return None, _named_unit(session, actor, entry.unit_code, on), False
    place = queries.placing(session, actor, lon=spot.lon, lat=spot.lat, accuracy_m=spot.accuracy_m, on=on)
    if place.refused and place.inside:
        raise BadInput(
            f"该位置属于“{place.inside.path}”，不在您负责的区划范围内。请核对位置；如位置无误，请联系该地的综治中心登记。",
            field="lon",
        )
    if place.asks:
        return place, _answered(place, entry), False
    if place.pending and (place.inside is None or not place.choices):
        return place, _named_unit(session, actor, entry.unit_code, on), True
    return place, place.home or 0, place.pending


def _answered(place: Placing, entry: CaseEntry) -> int:
    chosen = next((unit for unit in place.choices if unit.code == entry.border_unit), None)
    if chosen is None:
        raise BorderQuestion(place, entry.position.accuracy_m if entry.position else None)
    return chosen.code


def _named_unit(session: Session, actor: Actor, named: int | None, on: date) -> int:
    """Return the unit the person named, if it is theirs and in force, else their own."""
    unit_code = named or own_unit(actor)
    if unit_code is None:
        raise BadInput("没有位置的事件须指明所属区划，请选择。", field="unit")
    if not actor.may(Permission.CASE_CREATE, unit_code):
        raise BadInput("所属区划不在您负责的范围内，请重新选择。", field="unit")
    if named and not is_unit(session, named, on):
        raise BadInput("没有这个区划，请从列表中选择。", field="unit")
    return unit_code


def _values(session: Session, entry: CaseEntry, category: Category, unit_code: int, now: datetime) -> dict[str, Any]:
    county, year, spot = unit_code // 10**9, local(now).year, entry.position
    number = session.execute(
        text("select gridmap_next_case_number(:county, :year)"), {"county": county, "year": year}
    ).scalar_one()
    return {
        "county_code": county,
        "unit_code": unit_code,
        "case_code": case_code(county, year, number),
        "channel": entry.channel.value,
        "grade": entry.grade.value if entry.grade else category.default_grade,
        "scale": entry.scale.value,
        "title": entry.title,
        "description": entry.description,
        "address_text": entry.address_text,
        "occurred_at": entry.occurred_at,
        "received_at": now,
        "due_at": now + timedelta(hours=category.limit_hours) if category.limit_hours else None,
        "geom": from_shape(Point(spot.lon, spot.lat), 4326) if spot else None,
        "position_method": spot.method.value if spot else PositionMethod.NONE.value,
        "position_accuracy_m": spot.accuracy_m if spot else None,
        "source_datum": spot.datum.value if spot else None,
        "source_lon": spot.source_lon if spot else None,
        "source_lat": spot.source_lat if spot else None,
        "client_id": entry.client_id,
    }


def _tell(session: Session, case: Case, place: Placing | None) -> None:
    """Leave the centre a notice of what is to be registered, where the grid is unknown, and both sides of a border one where it was near."""
    if case.unit_pending:
        body = f"事件 {case.case_code} 的位置未能确定所在网格（待定网格），请核定归属。"
        tell(session, case=case, kind="case.grid_pending", body=body, to=Centre(case.unit_code))
    elif case.status == Status.RECEIVED.value:
        tell(session, case=case, kind="case.submit", body="新上报，请受理。", to=Centre(case.unit_code))
    if place is None or not place.asks:
        return
    sides = {unit.code: unit for unit in [*([place.inside] if place.inside else []), *place.near]}
    chosen = sides[case.unit_code]
    for unit in sides.values():
        words = _border_words(case, chosen, unit)
        tell(session, case=case, kind="case.near_border", body=words, to=Centre(unit.code))


def _border_words(case: Case, chosen: UnitAt, unit: UnitAt) -> str:
    if unit.code == chosen.code:
        return f"事件 {case.case_code} 的位置靠近网格边界，已按登记人确认归入“{chosen.path}”，请留意核对。"
    return f"事件 {case.case_code} 的位置靠近“{unit.path}”边界，已归入“{chosen.path}”；如应属本辖区，请与对方中心联系。"


def _facts(case: Case, place: Placing | None) -> dict[str, Any]:
    facts: dict[str, Any] = {"channel": case.channel}
    if case.unit_pending:
        facts["unit_pending"] = True
    if place is not None and place.asks:
        facts["near_units"] = [unit.path for unit in place.near]
    return facts
