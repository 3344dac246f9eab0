"""What phones send: once however often it is sent, in the right order whatever order it comes in, each item by itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import GRID_A11, GRID_A12, GRID_B11, SIZE, WEST, Factories
from tests.integration.field.conftest import JSON, MIDDLE, Phone, jpeg, ms

Owner = Callable[[], Any]


def one(owner: Owner, statement: str, **values: Any) -> Any:
    """Return the one row of a statement."""
    with owner() as session:
        return session.execute(text(statement), values).one()


def test_a_report_becomes_a_case_that_says_who_and_where(phone: Phone, owner: Owner) -> None:
    (verdict,) = phone.send(phone.report("路灯不亮"))
    assert verdict["verdict"] == "accepted"
    assert verdict["result"]["status_name"] == "待受理"
    case = one(
        owner,
        "select title, unit_code, channel, position_method, position_accuracy_m from cases where case_code = :code",
        code=verdict["result"]["case_code"],
    )
    assert tuple(case) == ("路灯不亮", GRID_A11, "grid_worker", "gps", 8)


def test_the_same_item_sent_again_is_one_case_and_the_same_answer(phone: Phone, owner: Owner) -> None:
    report = phone.report()
    first, again = phone.send(report), phone.send(report)
    assert first == again
    assert one(owner, "select count(*) from cases").count == 1


def test_both_clocks_are_kept_and_a_late_report_says_when_it_was_seen(phone: Phone, owner: Owner) -> None:
    phone.slow = timedelta(days=1)  # the phone's clock is wrong by a day
    seen_at = datetime.now(UTC) - timedelta(hours=3)
    phone.send(phone.report(made_at=ms(seen_at - phone.slow)))
    row = one(
        owner,
        "select i.made_at, i.sent_at, i.received_at, c.occurred_at, c.received_at as case_at"
        " from field_items i, cases c",
    )
    assert abs(row.made_at - (seen_at - phone.slow)) < timedelta(seconds=1)
    assert row.received_at - row.sent_at > timedelta(hours=23)
    assert abs(row.occurred_at - seen_at) < timedelta(seconds=10)
    assert row.case_at == row.received_at


def test_a_refused_item_does_not_undo_the_others(phone: Phone, owner: Owner) -> None:
    verdicts = phone.send(
        phone.report("一"),
        phone.report(""),
        phone.report("三", body={"category": "9999"}),
        phone.report("字" * 101),
        phone.report("五"),
    )
    assert [one["verdict"] for one in verdicts] == ["accepted", "refused", "refused", "refused", "accepted"]
    assert [one.get("field") for one in verdicts[1:4]] == ["title", "category", "title"]
    assert all(one["words"] for one in verdicts[1:4])
    with owner() as session:
        assert session.scalars(text("select title from cases order by id")).all() == ["一", "五"]
        kept = session.scalars(text("select body->>'category' from field_items where verdict = 'refused'")).all()
    assert "9999" in kept  # what was refused is kept as it was written


def test_a_mended_item_comes_under_another_number(phone: Phone) -> None:
    wrong = phone.report("")
    assert phone.send(wrong)[0]["verdict"] == "refused"
    right = phone.report("路灯", replaces=wrong["id"])
    assert phone.send(right)[0]["verdict"] == "accepted"
    assert phone.send(wrong)[0]["verdict"] == "refused"  # its verdict stands


def test_near_a_border_the_worker_is_asked_which_side(phone: Phone) -> None:
    edge = {"lon": WEST + SIZE - 1e-5, "accuracy_m": 30}
    (asked,) = phone.send(phone.report(body=edge))
    assert asked["verdict"] == "refused"
    assert asked["field"] == "border_unit"
    codes = [choice["unit_code"] for choice in asked["extra"]["choices"]]
    assert str(GRID_A11) in codes
    (told,) = phone.send(phone.report(body={**edge, "border_unit": str(GRID_A11)}))
    assert told["verdict"] == "accepted"


def test_a_place_in_another_county_or_town_is_refused(phone: Phone, owner: Owner) -> None:
    other = {"lon": WEST + 2.5 * SIZE, "lat": MIDDLE[1]}
    (verdict,) = phone.send(phone.report(body=other))
    assert (verdict["verdict"], verdict["field"]) == ("refused", "lon")
    assert one(owner, "select count(*) from cases").count == 0


def test_an_update_that_comes_first_waits_for_what_it_follows(phone: Phone, owner: Owner) -> None:
    created = phone.report("先")
    update = phone.report("后", after=created["id"], object=created["id"])
    (held,) = phone.send(update)
    assert (held["verdict"], held["waits_for"]) == ("held", [created["id"]])
    assert one(owner, "select count(*) from cases").count == 0
    answer = phone.post(created).json
    assert [one["verdict"] for one in answer["verdicts"]] == ["accepted"]
    assert [(one["id"], one["verdict"]) for one in answer["later"]] == [(update["id"], "accepted")]


def test_a_wrong_order_within_a_round_is_put_right(phone: Phone) -> None:
    created = phone.report("先")
    update = phone.report("后", after=created["id"])
    assert [one["verdict"] for one in phone.send(update, created)] == ["accepted", "accepted"]


def test_what_follows_a_mended_item_goes_on(phone: Phone) -> None:
    wrong = phone.report("")
    phone.send(wrong)
    update = phone.report("后", after=wrong["id"])
    assert phone.send(update)[0]["verdict"] == "held"
    answer = phone.post(phone.report("好", replaces=wrong["id"])).json
    assert [one["verdict"] for one in answer["later"]] == ["accepted"]


def test_a_duty_with_its_track_in_any_order(phone: Phone, owner: Owner) -> None:
    begun = phone.now() - timedelta(minutes=20)
    on = phone.item("duty_on", {"unit": str(GRID_A11)}, made_at=ms(begun))
    points = json.dumps([{"t": ms(begun) + n * 5000, "lon": MIDDLE[0], "lat": MIDDLE[1], "a": 5} for n in range(20)])
    track = {"duty": on["id"], "device": phone.device, "number": 1, "points": points}
    walked = phone.item("points", track, object=on["id"], after=on["id"])
    off = phone.item("duty_off", {"duty": on["id"]}, object=on["id"], after=walked["id"])
    note = {"duty": on["id"], "from_at": ms(begun), "to_at": ms(begun) + 60_000, "words": "桥下没有信号"}
    verdicts = phone.send(off, phone.item("note", note), walked, on)
    assert [one["verdict"] for one in verdicts] == ["accepted"] * 4
    assert one(owner, "select count(*) from track_points").count == 20
    assert one(owner, "select off_at is not null as ended from duties").ended
    with owner() as session:
        assert (
            session.scalars(text("select body::text from field_items")).all() == ["{}"] * 4
        )  # the track is in one place


def test_points_without_a_duty_wait_and_points_outside_are_refused_for_good(phone: Phone, owner: Owner) -> None:
    track = {"duty": str(uuid.uuid4()), "device": phone.device, "number": 1, "points": "[]"}
    assert phone.send(phone.item("points", track))[0]["verdict"] == "held"
    assert phone.send(phone.item("points", {**track, "duty": "x"}))[0]["verdict"] == "refused"
    on = phone.item("duty_on", {"unit": None})
    early = json.dumps([{"t": ms(phone.now() - timedelta(hours=5)), "lon": MIDDLE[0], "lat": MIDDLE[1], "a": 5}])
    outside = phone.item("points", {**track, "duty": on["id"], "points": early}, after=on["id"])
    assert "不在" in phone.send(on, outside)[1]["words"]
    assert one(owner, "select count(*) from track_points").count == 0


def test_who_is_on_duty_already_goes_on_with_that_duty(phone: Phone, owner: Owner) -> None:
    begun = phone.now() - timedelta(minutes=20)
    first = phone.item("duty_on", {"unit": None}, made_at=ms(begun))
    second = phone.item("duty_on", {"unit": None}, made_at=ms(begun + timedelta(minutes=5)))
    verdicts = phone.send(first, second)
    assert [one["verdict"] for one in verdicts] == ["accepted", "accepted"]
    assert verdicts[1]["result"]["duty"] == first["id"]
    assert "同一次在岗" in verdicts[1]["words"]
    points = json.dumps([{"t": ms(begun) + 600_000, "lon": MIDDLE[0], "lat": MIDDLE[1], "a": 5}])
    track = {"duty": second["id"], "device": phone.device, "number": 1, "points": points}
    walked = phone.item("points", track, object=second["id"], after=second["id"])
    off = phone.item("duty_off", {"duty": second["id"]}, object=second["id"], after=walked["id"])
    assert [one["verdict"] for one in phone.send(walked, off)] == ["accepted", "accepted"]
    assert one(owner, "select count(*), bool_and(off_at is not null) from duties")[:] == (1, True)
    assert one(owner, "select count(*) from track_points").count == 1


def test_nobody_sends_or_sees_under_anothers_number(
    phone: Phone, signed_in: Callable[..., FlaskClient], owner: Owner
) -> None:
    report = phone.report("甲的")
    phone.send(report)
    other = Phone(signed_in((Role.GRID_WORKER, GRID_A12), name="网格员乙"))
    assert other.client.get("/field/items.json").json["items"] == []
    (verdict,) = other.send({**report, "body": {**report["body"], "title": "冒充", "lon": WEST + 1.5 * SIZE}})
    with owner() as session:
        titles = session.scalars(text("select title from cases order by id")).all()
    assert "甲的" in titles
    assert verdict["verdict"] == "refused"
    assert verdict.get("result", {}).get("case_code") not in [
        one["result"]["case_code"] for one in phone.client.get("/field/items.json").json["items"]
    ]


def test_a_colleagues_number_is_refused_and_tells_nothing(
    phone: Phone, signed_in: Callable[..., FlaskClient], owner: Owner
) -> None:
    """In the same grid the colleague's case is visible; it must not pass for one's own report all the same."""
    report = phone.report("甲的")
    phone.send(report)
    other = Phone(signed_in((Role.GRID_WORKER, GRID_A11), name="网格员乙"))
    (verdict,) = other.send(report)
    assert (verdict["verdict"], "result" in verdict) == ("refused", False)
    assert "别人的上报" in verdict["words"]
    assert one(owner, "select count(*) from cases").count == 1
    assert other.send(other.report("乙的"))[0]["verdict"] == "accepted"


def test_the_phone_learns_what_the_server_holds(phone: Phone) -> None:
    done, held = phone.report("一"), phone.report("二", after=str(uuid.uuid4()))
    phone.send(done, held)
    told = {one["id"]: one["verdict"] for one in phone.client.get("/field/items.json").json["items"]}
    assert told == {done["id"]: "accepted", held["id"]: "held"}


@pytest.mark.parametrize(
    "spoilt",
    [
        None,
        [],
        {"items": 1},
        {"device": "x", "sent_at": 1, "items": []},
        {"device": str(uuid.uuid4()), "sent_at": "now", "items": []},
        {"device": str(uuid.uuid4()), "sent_at": 1e30, "items": []},
        {"device": str(uuid.uuid4()), "sent_at": 1, "items": [{"id": "x"}]},
        {"device": str(uuid.uuid4()), "sent_at": 1, "items": [7]},
        {"device": str(uuid.uuid4()), "sent_at": 1, "items": [{"id": str(uuid.uuid4())}] * 51},
    ],
)
def test_an_unreadable_whole_is_refused_and_nothing_kept(phone: Phone, owner: Owner, spoilt: Any) -> None:
    answer = phone.client.post("/field/sync", json=spoilt, headers=JSON)
    assert answer.status_code == 400
    assert "手机里" in answer.json["detail"] or "分批" in answer.json["detail"]
    assert one(owner, "select count(*) from field_items").count == 0


@pytest.mark.parametrize(
    "more",
    [
        {"kind": "spy"},
        {"schema": 0},
        {"schema": None},
        {"body": 7},
        {"base": "x"},
        {"made_at": -1},
        {"made_at": True},
        {"photos": "x"},
        {"photos": [{}] * 10},
        {"photos": [7]},
        {"after": "x"},
    ],
)
def test_an_unreadable_item_is_refused_alone(phone: Phone, more: dict[str, Any]) -> None:
    verdicts = phone.send({**phone.report("一"), **more}, phone.report("二"))
    assert [one["verdict"] for one in verdicts] == ["refused", "accepted"]
    assert verdicts[0]["words"]


def test_items_of_a_newer_app_wait_on_the_phone(phone: Phone, owner: Owner) -> None:
    answer = phone.post(phone.report(schema=2))
    assert (answer.status_code, "手机里" in answer.json["detail"]) == (503, True)
    assert one(owner, "select count(*) from field_items").count == 0


def test_odd_text_is_kept_as_far_as_text_goes(phone: Phone, owner: Owner) -> None:
    (verdict,) = phone.send(phone.report("修路\u202e灯🚧\x00", body={"description": "行一\n行二\x07"}))
    assert verdict["verdict"] == "accepted"
    row = one(owner, "select title, description from cases")
    assert tuple(row) == ("修路灯🚧", "行一\n行二")


def test_photos_are_waited_for_and_their_origin_is_kept_apart(phone: Phone, owner: Owner) -> None:
    number = str(uuid.uuid4())
    told = {"id": number, "taken_at": "2026-11-20T09:30:00", "lon": 125.3, "lat": 43.8}
    report = phone.report(photos=[told])
    (held,) = phone.send(report)
    assert (held["verdict"], held["waits_for"]) == ("held", [number])
    content = jpeg()
    assert phone.put(content, number).json["complete"]
    (verdict,) = phone.send(report)
    assert verdict["verdict"] == "accepted"
    row = one(owner, "select taken_at, taken_lon, taken_lat, size_bytes from case_photos")
    assert row.taken_at == datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
    assert (row.taken_lon, row.taken_lat) == (125.3, 43.8)
    page = phone.client.get(verdict["result"]["path"], headers=JSON).json
    assert "125.3" not in json.dumps(page["photos"])


@pytest.mark.parametrize("told", [{"taken_at": "gestern"}, {"lon": "x", "lat": 1}, {"lon": 999, "lat": 99}, {}])
def test_nonsense_of_a_camera_is_no_fault_of_the_worker(phone: Phone, owner: Owner, told: dict[str, Any]) -> None:
    number = phone.photo()
    (verdict,) = phone.send(phone.report(photos=[{"id": number, **told}]))
    assert verdict["verdict"] == "accepted"
    assert tuple(one(owner, "select taken_at, taken_lon from case_photos")) == (None, None)


def test_photos_of_others_are_not_there(phone: Phone, signed_in: Callable[..., FlaskClient]) -> None:
    number = phone.photo()
    other = Phone(signed_in((Role.GRID_WORKER, GRID_A11), name="网格员乙"))
    (verdict,) = other.send(other.report(photos=[{"id": number}]))
    assert verdict["verdict"] == "held"
    assert other.client.get(f"/field/photos/{number}", headers=JSON).json["received"] == 0


def _verified(make: Factories) -> str:
    return make.case(GRID_A11, status="reported")


def test_a_task_is_done_from_the_phone(phone: Phone, make: Factories, owner: Owner) -> None:
    code = _verified(make)
    task = next(one for one in phone.client.get("/field/package.json").json["tasks"] if one["case_code"] == code)
    assert {act["action"] for act in task["actions"]} == {"verify", "reject"}
    body = {"case_code": code, "action": "verify", "values": {"reason": "已修好"}}
    step = phone.item("step", body, object=code, base=task["version"])
    assert phone.send(step)[0]["verdict"] == "accepted"
    assert phone.send(step)[0]["verdict"] == "accepted"
    assert one(owner, "select status from cases").status == "verified"
    assert one(owner, "select count(*) from case_steps where action = 'verify'").count == 1


def test_somebody_was_there_first_and_the_worker_chooses(phone: Phone, make: Factories, owner: Owner) -> None:
    code = _verified(make)
    body = {"case_code": code, "action": "verify", "values": {"reason": "已修好"}}
    late = phone.item("step", body, object=code, base=7)
    other = phone.report("别的事")
    verdicts = phone.send(late, other)
    assert [one["verdict"] for one in verdicts] == ["conflict", "accepted"]
    clash = verdicts[0]
    assert clash["yours"] == {"操作": "核实通过", "核实情况": "已修好"}
    assert clash["theirs"]["现在状态"] == "已反馈"
    wrong = phone.client.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "both"}, headers=JSON)
    assert wrong.status_code == 400
    chosen = phone.client.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "mine"}, headers=JSON)
    assert chosen.json["verdict"] == "accepted"
    assert one(owner, "select status from cases where case_code = :code", code=code).status == "verified"
    lost = phone.client.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "mine"}, headers=JSON)
    assert (lost.status_code, lost.json["verdict"]) == (200, "accepted")  # the answer was lost on its way
    again = phone.client.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "theirs"}, headers=JSON)
    assert again.status_code == 409
    assert one(owner, "select count(*) from case_steps where action = 'verify'").count == 1


def test_both_sides_can_be_merged(phone: Phone, make: Factories, owner: Owner) -> None:
    code = _verified(make)
    body = {"case_code": code, "action": "verify", "values": {"reason": "已修好"}}
    (clash,) = phone.send(phone.item("step", body, object=code, base=7))
    assert clash["texts"] == {"reason": "核实情况"}
    address = f"/field/conflicts/{clash['conflict']}"
    for values in ({"action": "reject"}, {"reason": 7}):
        assert phone.client.post(address, json={"choice": "merge", "values": values}, headers=JSON).status_code == 400
    merged = {"choice": "merge", "values": {"reason": "已修好，另换了井盖"}}
    assert phone.client.post(address, json=merged, headers=JSON).json["verdict"] == "accepted"
    assert phone.client.post(address, json=merged, headers=JSON).json["verdict"] == "accepted"
    step = one(owner, "select reason, count(*) over () from case_steps where action = 'verify'")
    assert (step.reason, step.count) == ("已修好，另换了井盖", 1)


def test_the_servers_side_can_be_chosen(phone: Phone, make: Factories, owner: Owner) -> None:
    code = _verified(make)
    body = {"case_code": code, "action": "verify", "values": {}}
    (clash,) = phone.send(phone.item("step", body, object=code, base=7))
    chosen = phone.client.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "theirs"}, headers=JSON)
    assert chosen.json["verdict"] == "accepted"
    assert one(owner, "select status from cases").status == "reported"


def test_nobody_settles_for_another(phone: Phone, make: Factories, signed_in: Callable[..., FlaskClient]) -> None:
    code = _verified(make)
    body = {"case_code": code, "action": "verify", "values": {}}
    (clash,) = phone.send(phone.item("step", body, object=code, base=7))
    other = signed_in((Role.GRID_WORKER, GRID_A11), name="网格员乙")
    answer = other.post(f"/field/conflicts/{clash['conflict']}", json={"choice": "mine"}, headers=JSON)
    assert answer.status_code == 404


def test_a_step_of_what_is_gone_is_kept_and_said(phone: Phone, make: Factories, owner: Owner) -> None:
    far = make.case(GRID_B11, status="reported")
    body = {"case_code": far, "action": "verify", "values": {"reason": "写了很久"}}
    (verdict,) = phone.send(phone.item("step", body, object=far, base=1))
    assert verdict["verdict"] == "refused"
    assert "没有找到" in verdict["words"]
    assert one(owner, "select body->'values'->>'reason' as words from field_items").words == "写了很久"


def test_an_unknown_action_is_refused(phone: Phone, make: Factories) -> None:
    body = {"case_code": _verified(make), "action": "steal", "values": {}}
    assert phone.send(phone.item("step", body))[0]["verdict"] == "refused"
