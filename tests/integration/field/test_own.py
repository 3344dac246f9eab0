"""What phones sent goes along when its worker moves to another grid, and holds nothing up."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from gridmap.field.actions.sync import sweep_items
from tests.factories import GRID_A11, GRID_A12, SIZE, WEST
from tests.integration.field.conftest import JSON, MIDDLE, Phone, jpeg, ms

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


def test_a_duty_of_the_grid_that_was_left_is_ended_with_its_track(phone: Phone, owner: Owner) -> None:
    """The morning's walk was in the old grid: it is the worker's own, and nothing of it is lost by the move."""
    on = phone.item("duty_on", {"unit": str(GRID_A11)}, made_at=ms(phone.now() - timedelta(minutes=20)))
    phone.send(on)
    move(owner, GRID_A12)
    walked, off = track_of(phone, on), phone.item("duty_off", {"duty": on["id"]}, object=on["id"])
    verdicts = phone.send(walked, off, phone.report(body=IN_A12))
    assert [one["verdict"] for one in verdicts] == ["accepted"] * 3, verdicts[1]
    with owner() as session:
        kept = session.execute(text("select unit_code, count(*) from track_points group by 1")).one()
        duty = session.execute(text("select unit_code, ended_by from duties")).one()
    assert (tuple(kept), tuple(duty)) == ((GRID_A11, 10), (GRID_A11, "self"))


def test_who_moved_before_their_duty_was_sent_is_on_duty_where_they_are(phone: Phone, owner: Owner) -> None:
    on = phone.item("duty_on", {"unit": str(GRID_A11)}, made_at=ms(phone.now() - timedelta(minutes=20)))
    move(owner, GRID_A12)
    verdicts = phone.send(on, track_of(phone, on))
    assert [one["verdict"] for one in verdicts] == ["accepted", "accepted"]
    with owner() as session:
        assert session.scalars(text("select unit_code from duties")).all() == [GRID_A12]


def track_of(phone: Phone, on: dict[str, Any]) -> dict[str, Any]:
    """Ten fixes after the beginning of a duty."""
    points = [{"t": on["made_at"] + n * 5000, "lon": MIDDLE[0], "lat": MIDDLE[1], "a": 5} for n in range(10)]
    body = {"duty": on["id"], "device": phone.device, "number": 1, "points": json.dumps(points)}
    return phone.item("points", body, object=on["id"], after=on["id"])


def test_a_stretch_that_was_refused_holds_up_neither_the_next_nor_the_end(phone: Phone) -> None:
    on = phone.item("duty_on", {"unit": None}, made_at=ms(phone.now() - timedelta(minutes=20)))
    wrong = track_of(phone, on)
    wrong["body"]["points"] = "nothing"
    right = {**track_of(phone, on), "after": wrong["id"]}
    off = phone.item("duty_off", {"duty": on["id"]}, after=right["id"])
    assert [one["verdict"] for one in phone.send(on, wrong, right, off)] == [
        "accepted",
        "refused",
        "accepted",
        "accepted",
    ]


def test_what_belongs_to_a_duty_that_was_refused_is_refused_and_not_held_for_ever(phone: Phone) -> None:
    on = phone.item("duty_on", {"unit": None}, made_at=ms(phone.now() - timedelta(days=400)))
    verdicts = phone.send(on, track_of(phone, on))
    assert [one["verdict"] for one in verdicts] == ["refused", "refused"]
    assert "没有找到这次上岗的记录" in verdicts[1]["words"]


def test_what_was_given_up_on_the_phone_is_waited_for_no_more(phone: Phone) -> None:
    waits = phone.report(after=str(uuid.uuid4()))
    assert phone.send(waits)[0]["verdict"] == "held"
    assert phone.send({**waits, "after": None})[0]["verdict"] == "accepted"


def test_the_phone_learns_that_its_duty_has_ended(phone: Phone, owner: Owner) -> None:
    on = phone.item("duty_on", {"unit": None})
    phone.send(on)

    def ended() -> Any:
        return phone.client.get(f"/field/session.json?duty={on['id']}", headers=JSON).json["duty_ended_at"]

    assert ended() is None
    with owner() as session:
        session.execute(text("update duties set off_at = clock_timestamp(), ended_by = 'system'"))
    assert ended() is not None
    assert phone.client.get("/field/session.json?duty=x", headers=JSON).json["duty_ended_at"] is None
    assert phone.client.get("/field/session.json", headers=JSON).json["duty_hours"] == 16


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
