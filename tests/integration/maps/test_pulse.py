"""The pulse of the map: whether anything happened to a visible case within the last minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import GRID_A11, GRID_B11, TOWN_A, Factories


def test_only_new_things_of_ones_own_cases_beat(
    make: Factories, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    make.world()

    def happen(kind: str, unit: int, ago: str = "0 s") -> int:
        values = {"kind": kind, "unit": unit, "ago": ago}
        statement = (
            "insert into events (county_code, unit_code, kind, subject, actor_name, at)"
            " values (:unit / 1000000000, :unit, :kind, 's', '某', now() - cast(:ago as interval)) returning id"
        )
        with owner() as session:
            return int(session.execute(text(statement), values).scalar_one())

    desk = signed_in((Role.CENTRE_STAFF, TOWN_A))
    happen("case.registered", GRID_A11, "2 minutes")
    happen("case.registered", GRID_B11)
    happen("duty.begun", GRID_A11)
    assert desk.get("/map/pulse.json").json == {"newest": None}
    first = happen("case.registered", GRID_A11)
    assert desk.get("/map/pulse.json").json == {"newest": first}
    assert desk.get("/map/pulse.json").json == {"newest": first}
    second = happen("case.verified", GRID_A11)
    assert desk.get("/map/pulse.json").json == {"newest": second}
