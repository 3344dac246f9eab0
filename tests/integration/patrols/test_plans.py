"""巡查计划: made for a grid, fulfilled by tracks and check-ins, judged by its periods, and taken along by the phone."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Actor, Permission, Role
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict
from gridmap.field.queries.package import package_of
from gridmap.patrols.actions.drawing import draw_duty
from gridmap.patrols.actions.plans import add_plan, end_plan
from gridmap.patrols.actions.points import Here, Shown, check_in
from gridmap.patrols.forms.plans import PlanEntry
from gridmap.patrols.queries.plans import list_plans, one_plan, told_of
from gridmap.patrols.rules.plans import Aim, Fulfilment
from tests.factories import GRID_A11, GRID_A12, GRID_B11, TOWN_A
from tests.integration.patrols.conftest import MIDDLE, NOW, Phone, walk

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TODAY = local(NOW).date()
JSON = {"Accept": "application/json"}


def entry(**changes: Any) -> PlanEntry:
    """A plan to see half of the ground every day, from three days ago."""
    values: dict[str, Any] = {
        "name": "每天走到", "aim": Aim.AREA, "percent": 50, "point_ids": (), "every_days": 1,
        "from_on": TODAY - 3 * DAY, "account_id": None,
    }  # fmt: skip
    return PlanEntry(**{**values, **changes})


@pytest.fixture
def desk(phone: Phone, worker: Callable[..., Actor]) -> Actor:
    """Somebody of the centre of town A, in a world that has a phone."""
    return worker(TOWN_A, Role.CENTRE_STAFF, "中心甲")


def states(phone: Phone, plan_id: int, most: int = 4) -> list[str]:
    """What became of the periods of a plan, newest first."""
    with phone.open(phone.actor) as session:
        plan = one_plan(session, phone.actor, plan_id, Permission.PATROL_READ)
        assert plan is not None
        told = told_of(session, phone.actor, [plan], under=plan.unit_code, most=most, now=NOW)
        return [outcome.state.value for _, outcome in told[plan.id]]


def test_ground_is_judged_by_what_phones_recorded(
    phone: Phone, make: Any, as_job: Callable[[], Any], owner: Callable[[], Any]
) -> None:
    plan = make.patrol_plan(GRID_A11, percent=1, from_on=TODAY - 3 * DAY)
    thorough = make.patrol_plan(GRID_A11, percent=90, from_on=TODAY - 3 * DAY)
    asleep = phone.on(NOW - 2 * DAY - HOUR)  # the phone recorded nothing
    phone.off(asleep, NOW - 2 * DAY)
    duty = phone.on(NOW - DAY - HOUR / 4)
    phone.send(duty, walk(NOW - DAY - HOUR / 4, 180))
    phone.off(duty, NOW - DAY)
    with owner() as session:
        numbers = session.execute(text("select county_code, id from duties")).all()
    for county, duty_id in numbers:
        with as_job() as session:
            draw_duty(session, county_code=county, duty_id=duty_id, now=NOW)
    assert states(phone, plan) == ["running", "done", "unknown", "unknown"]
    assert states(phone, thorough) == ["running", "missed", "unknown", "unknown"]


def test_a_route_is_done_when_somebody_was_at_every_point(
    phone: Phone, make: Any, owner: Callable[[], Any], worker: Callable[..., Actor]
) -> None:
    east, west = (make.patrol_point(GRID_A11, name=name, lon=MIDDLE[0], lat=MIDDLE[1]) for name in ("东门", "西门"))
    plan = make.patrol_plan(GRID_A11, west, east, from_on=TODAY - DAY)
    colleague = Phone(worker(GRID_A11, name="网格员乙"), phone.open)

    def come(one: Phone, point: int, at: Any) -> None:
        with one.open(one.actor) as session:
            check_in(
                session, one.actor, client_id=uuid.uuid4(), duty=duty[one.actor.account_id],
                shown=Shown(None, point, Here(*MIDDLE, 5)), phone_at=at, phone_sent_at=NOW, now=NOW,
            )  # fmt: skip
            session.commit()

    duty = {one.actor.account_id: one.on(NOW - HOUR) for one in (phone, colleague)}
    assert states(phone, plan) == ["running", "missed"]
    come(phone, east, NOW - HOUR / 2)
    with phone.open(phone.actor) as session:
        (told,) = package_of(session, phone.actor, NOW)["plans"]
        assert (told["name"], told["points"], told["left"], told["done"]) == ("每天走到", [west, east], [west], 1)
    come(colleague, west, NOW - HOUR / 3)
    assert states(phone, plan) == ["done", "missed"]
    with owner() as session:  # a point that was taken down before the end of a period is not asked for any more
        session.execute(text("update patrol_check_ins set at = at - interval '1 day' where point_id = :p"), {"p": east})
        session.execute(text("update patrol_points set ended_at = :at where id = :p"), {"at": NOW, "p": west})
        session.commit()
    assert states(phone, plan) == ["running", "missed"]


def test_the_phone_takes_along_what_it_is_asked_for(phone: Phone, make: Any, worker: Callable[..., Actor]) -> None:
    other = worker(GRID_A11, name="网格员乙")
    make.patrol_plan(GRID_A11, name="谁都可以")
    make.patrol_plan(GRID_A11, name="我的", account_id=phone.actor.account_id, account_name="网格员甲")
    make.patrol_plan(GRID_A11, name="别人的", account_id=other.account_id, account_name="网格员乙")
    make.patrol_plan(GRID_A11, name="还没开始", from_on=TODAY + 2 * DAY)
    make.patrol_plan(GRID_A11, name="停止了", ended_on=TODAY)
    make.patrol_plan(GRID_A12, name="别的网格")
    with phone.open(phone.actor) as session:
        assert [plan["name"] for plan in package_of(session, phone.actor, NOW)["plans"]] == ["谁都可以", "我的"]


def test_a_plan_is_made_for_the_points_and_people_of_its_grid(
    phone: Phone, make: Any, desk: Actor, worker: Callable[..., Actor]
) -> None:
    here, there = make.patrol_point(GRID_A11), make.patrol_point(GRID_A12)
    stranger = worker(GRID_B11, name="网格员丙")
    for wrong, field in (
        (entry(aim=Aim.POINTS, percent=None, point_ids=(here, there)), "points"),
        (entry(account_id=stranger.account_id), "account"),
    ):
        with phone.open(desk) as session, pytest.raises(BadInput) as fault:
            add_plan(session, desk, unit_code=GRID_A11, entry=wrong, now=NOW)
        assert fault.value.field == field
    with phone.open(desk) as session, pytest.raises(BadInput, match="选择一个网格"):
        add_plan(session, desk, unit_code=TOWN_A, entry=entry(), now=NOW)
    mine = entry(account_id=phone.actor.account_id)
    with phone.open(desk) as session:
        made = add_plan(session, desk, unit_code=GRID_A11, entry=mine, now=NOW)
        assert made.account_name == "网格员甲"
        end_plan(session, desk, plan_id=made.id, now=NOW)
        with pytest.raises(Conflict):
            end_plan(session, desk, plan_id=made.id, now=NOW)


def test_the_pages_make_show_and_end_a_plan(signed_in: Callable[..., FlaskClient], make: Any) -> None:
    make.world()
    east, west = (make.patrol_point(GRID_A11, name=name) for name in ("东门", "西门"))
    desk = signed_in((Role.CENTRE_STAFF, TOWN_A))
    asked = desk.get(f"/patrols/plans/new?unit={TOWN_A}").get_data(as_text=True)
    assert "哪个网格" in asked
    assert f"{GRID_A11:015d}" in asked
    new = f"/patrols/plans/new?unit={GRID_A11:015d}"
    assert "东门" in desk.get(new).get_data(as_text=True)
    form = {"name": "夜间路线", "aim": "points", "every_days": "7", "from_on": str(TODAY)}
    form |= {f"place-{east}": "2", f"place-{west}": "1"}
    target = f"/patrols/plans?unit={GRID_A11:015d}"
    wrong = desk.post(target, data=form | {"every_days": "0"})
    assert (wrong.status_code, "几天一次应为" in wrong.text, "夜间路线" in wrong.text) == (400, True, True)
    made = desk.post(target, data=form)
    page = desk.get(made.location).get_data(as_text=True)
    assert page.index("西门") < page.index("东门")
    assert "进行中" in page
    (row,) = desk.get("/patrols/plans", headers=JSON).get_json()["items"]
    assert (row["name"], row["periods"][0]["state"], row["periods"][0]["needed"]) == ("夜间路线", "running", 2)
    assert desk.post(f"{made.location}/end").status_code == 302
    assert desk.get("/patrols/plans", headers=JSON).get_json()["items"] == []
    assert "停止了" in desk.get(made.location).get_data(as_text=True)
    assert signed_in((Role.GRID_WORKER, GRID_B11)).get(made.location).status_code == 404


def test_a_list_tells_the_last_two_periods_of_each_plan(phone: Phone, make: Any) -> None:
    for _ in range(5):
        make.patrol_plan(GRID_A11, percent=10)
        make.patrol_plan(GRID_A12, percent=10)
    with phone.open(phone.actor) as session:
        rows = list_plans(session, phone.actor, GRID_A11, now=NOW)
    assert [len(row.told) for row in rows] == [2] * 5
    assert all(row.told[0][1].state is Fulfilment.RUNNING for row in rows)
