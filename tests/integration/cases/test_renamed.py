"""A case of the past shows the name that its unit bore then, with the present one beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import COUNTY, GRID_A11, TOWN_A, Factories


def test_name_then_and_now(make: Factories, owner: Callable[[], Any], signed_in: Callable[..., FlaskClient]) -> None:
    make.world()
    before = make.case(GRID_A11, received_at=datetime(2025, 3, 1, 1, tzinfo=UTC))
    last_evening = make.case(GRID_A11, received_at=datetime(2025, 5, 31, 15, 59, tzinfo=UTC))  # 23:59 in China
    after = make.case(GRID_A11, received_at=datetime(2025, 5, 31, 16, 0, tzinfo=UTC))
    with owner() as session:
        session.execute(text("insert into former_names values (:c, '2025-06-01', '老网格', null)"), {"c": GRID_A11})
        session.execute(text("insert into former_names values (:c, '2024-01-01', '更老的网格', null)"), {"c": GRID_A11})
    client = signed_in((Role.ADMINISTRATOR, COUNTY), (Role.LEADER, TOWN_A))
    shown = {code: client.get(f"/cases/{code}").get_data(as_text=True) for code in (before, last_evening, after)}
    assert [("受理时名为" in shown[code] and "老网格" in shown[code]) for code in (before, last_evening, after)] == [
        True,
        True,
        False,
    ]
    assert "更老的网格" not in "".join(shown.values())
    assert "第一网格" in shown[after]
    listed = client.get("/cases", headers={"Accept": "application/json"}).json["items"]
    assert sum("老网格（今第一网格）" in item["unit_name"] for item in listed) == 2
