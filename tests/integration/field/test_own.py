"""What phones sent goes along when its worker moves to another grid, and holds nothing up."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from gridmap.field.actions.sync import sweep_items
from tests.factories import GRID_A12, SIZE, WEST
from tests.integration.field.conftest import JSON, Phone, jpeg

Owner = Callable[[], Any]
IN_A12 = {"lon": WEST + 1.5 * SIZE}


def move(owner: Owner, unit_code: int) -> None:
    """Give the only grid worker another grid."""
    with owner() as session:
        session.execute(text("update posts set unit_code = :unit where role = 'grid_worker'"), {"unit": unit_code})


def test_what_waits_goes_along_to_another_grid(phone: Phone, owner: Owner) -> None:
    """What was made at the old unit must not hold up what is made at the new one."""
    first, number = str(uuid.uuid4()), str(uuid.uuid4())
    content = jpeg(400, 300)
    phone.put(content, number, 0, 500)
    held = phone.report("随后", after=first, body=IN_A12, photos=[{"id": number}])
    assert phone.send(held)[0]["verdict"] == "held"
    move(owner, GRID_A12)
    assert phone.put(content, number, 500).json == {"received": len(content), "complete": True}
    answer = phone.post(phone.report("先", id=first, body=IN_A12))
    assert answer.status_code == 200, answer.text
    assert [one["verdict"] for one in answer.json["verdicts"]] == ["accepted"]
    assert [(one["id"], one["verdict"]) for one in answer.json["later"]] == [(held["id"], "accepted")]


def test_a_duty_of_the_grid_that_was_left_is_refused_alone(phone: Phone, owner: Owner) -> None:
    on = phone.item("duty_on", {"unit": None})
    phone.send(on)
    move(owner, GRID_A12)
    off = phone.item("duty_off", {"duty": on["id"]})
    verdicts = phone.send(off, phone.report(body=IN_A12))
    assert [one["verdict"] for one in verdicts] == ["refused", "accepted"]
    assert "区划范围" in verdicts[0]["words"]


def test_where_somebody_walked_goes_with_the_tracks_and_what_they_wrote_stays(phone: Phone, owner: Owner) -> None:
    """Points, notes and check-ins that were refused or still wait are forgotten in time; a report that was refused is not."""
    track = {"duty": str(uuid.uuid4()), "device": phone.device, "number": 1, "points": "[]"}
    verdicts = phone.send(phone.item("points", track), phone.item("points", {**track, "duty": "x"}), phone.report(""))
    assert [one["verdict"] for one in verdicts] == ["held", "refused", "refused"]

    def kinds(days: int) -> list[str]:
        with owner() as session:
            sweep_items(session, now=datetime.now(UTC) + timedelta(days=days), track_days=180)
            return sorted(session.scalars(text("select kind from field_items")))

    assert kinds(179) == ["points", "points", "report"]
    assert kinds(181) == ["report"]


def test_a_round_has_a_bound(phone: Phone) -> None:
    long = phone.report(body={"description": "长" * 2_000_000})
    answer = phone.client.post("/field/sync", json={"items": [long]}, headers=JSON)
    assert answer.status_code == 413
