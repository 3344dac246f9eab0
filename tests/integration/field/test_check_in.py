"""点位 on the phone: taken along without what their signs say, checked in at through the queue."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from tests.factories import GRID_A11, GRID_A12, Factories
from tests.integration.field.conftest import MIDDLE, Phone, ms
from tests.integration.field.test_package import package

Owner = Callable[[], Any]


def code_of(owner: Owner, point: int) -> str:
    """What the sign of a point says."""
    with owner() as session:
        return str(session.execute(text("select code from patrol_points where id = :id"), {"id": point}).scalar())


def test_ones_own_points_go_along_and_what_their_signs_say_does_not(
    phone: Phone, make: Factories, owner: Owner
) -> None:
    point = make.patrol_point(GRID_A11, name="东门", lon=MIDDLE[0], lat=MIDDLE[1])
    make.patrol_point(GRID_A12, name="别处的")
    told = package(phone.client)
    assert told["points"] == [
        {"id": point, "name": "东门", "lon": MIDDLE[0], "lat": MIDDLE[1], "radius_m": 50, "last_at": None}
    ]
    assert told["check_in_accuracy_m"] == 100
    assert code_of(owner, point) not in str(told)


def test_a_check_in_waits_for_its_duty_and_is_there_once(phone: Phone, make: Factories, owner: Owner) -> None:
    point = make.patrol_point(GRID_A11, name="东门", lon=MIDDLE[0], lat=MIDDLE[1])
    begun = phone.now() - timedelta(minutes=20)
    on = phone.item("duty_on", {"unit": None}, made_at=ms(begun))
    place = {"lon": MIDDLE[0], "lat": MIDDLE[1], "accuracy_m": 12, "method": "gps"}
    by_place = phone.item("check_in", {"duty": on["id"], "code": None, "point": point, **place})
    by_sign = phone.item("check_in", {"duty": on["id"], "code": code_of(owner, point), "point": None})
    assert [one["verdict"] for one in phone.send(by_place, by_sign)] == ["held", "held"]
    told = phone.post(on).json["later"]
    assert [one["result"]["name"] for one in told] == ["东门", "东门"]
    assert [one["verdict"] for one in phone.send(by_place, by_sign)] == ["accepted", "accepted"]
    with owner() as session:
        found = session.execute(text("select method, round(accuracy_m) from patrol_check_ins order by id")).all()
    assert [tuple(row) for row in found] == [("position", 12), ("qr", None)]
    assert package(phone.client)["points"][0]["last_at"] is not None


def test_what_cannot_be_is_refused_alone_and_says_why(phone: Phone, make: Factories) -> None:
    point = make.patrol_point(GRID_A11, name="东门", lon=MIDDLE[0] + 0.01, lat=MIDDLE[1])
    on = phone.item("duty_on", {"unit": None})
    place = {"lon": MIDDLE[0], "lat": MIDDLE[1], "accuracy_m": 12, "method": "gps"}
    far = phone.item("check_in", {"duty": on["id"], "point": point, **place})
    nonsense = phone.item("check_in", {"duty": on["id"], "code": "二维码", **place})
    wild = phone.item("check_in", {"duty": on["id"], "point": "x", "code": None, **place})
    verdicts = phone.send(on, far, nonsense, wild)
    assert [one["verdict"] for one in verdicts] == ["accepted", "refused", "refused", "refused"]
    assert "请走近后再试" in verdicts[1]["words"]
    assert "没有认出" in verdicts[2]["words"]
