"""What a phone takes along: its own grids and tasks, small, and nothing that is not its worker's."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from tests.factories import GRID_A11, GRID_A12, GRID_B11, VILLAGE_A1, Factories
from tests.integration.field.conftest import JSON, MIDDLE, Phone

Owner = Callable[[], Any]


def package(client: FlaskClient) -> Any:
    """Return what the phone takes along."""
    answer = client.get("/field/package.json", headers=JSON)
    assert answer.status_code == 200
    return answer.json


def test_own_grids_with_outlines_and_the_neighbours_names(phone: Phone) -> None:
    told = package(phone.client)
    assert [grid["code"] for grid in told["grids"]] == [str(GRID_A11)]
    assert [grid["code"] for grid in told["near"]] == [str(GRID_A12)]
    assert told["grids"][0]["path"] == "甲一社区 › 第一网格"
    assert told["grids"][0]["geom"]["type"] == "MultiPolygon"
    assert {one["code"] for one in told["categories"]} == {"0101", "0301", "0501"}


def test_a_worker_of_a_village_has_all_its_grids(phone: Phone, signed_in: Callable[..., FlaskClient]) -> None:
    told = package(signed_in((Role.GRID_WORKER, VILLAGE_A1)))
    assert [grid["code"] for grid in told["grids"]] == [str(GRID_A11), str(GRID_A12)]
    assert [grid["code"] for grid in told["near"]] == [str(GRID_B11)]


def test_the_most_used_classes_come_first(phone: Phone) -> None:
    assert package(phone.client)["used"] == []
    phone.send(
        phone.report("一", body={"category": "0301"}),
        phone.report("二", body={"category": "0501"}),
        phone.report("三", body={"category": "0501"}),
    )
    assert package(phone.client)["used"] == ["0501", "0301"]


def test_own_cases_of_late_and_nobody_elses(phone: Phone, make: Factories, owner: Owner) -> None:
    phone.send(phone.report("我的"))
    make.case(GRID_A11, title="别人的")
    assert [one["title"] for one in package(phone.client)["cases"]] == ["我的"]
    with owner() as session:
        session.execute(text("update cases set received_at = :at"), {"at": datetime.now(UTC) - timedelta(days=31)})
    assert package(phone.client)["cases"] == []


def test_tasks_are_the_workers_own_and_bring_their_forms(phone: Phone, make: Factories) -> None:
    mine = make.case(GRID_A11, status="reported", title="待核实的")
    make.case(GRID_A12, status="reported", title="邻格的")
    make.case(GRID_A11, status="assessed", title="派单员的事")
    tasks = package(phone.client)["tasks"]
    assert [task["case_code"] for task in tasks] == [mine]
    (task,) = tasks
    assert (task["kind_name"], task["version"]) == ("待核实", 0)
    forms = {act["action"]: [(one["name"], one["required"]) for one in act["inputs"]] for act in task["actions"]}
    assert forms == {"verify": [("reason", False)], "reject": [("reason", True)]}


def test_the_same_again_is_not_sent_again(phone: Phone, make: Factories) -> None:
    first = phone.client.get("/field/package.json", headers=JSON)
    etag = first.headers["ETag"]
    again = phone.client.get("/field/package.json", headers={**JSON, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    make.case(GRID_A11, status="reported")
    changed = phone.client.get("/field/package.json", headers={**JSON, "If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["ETag"] != etag


def test_a_full_grid_is_well_within_five_megabytes(phone: Phone, make: Factories) -> None:
    for number in range(80):
        make.case(GRID_A11, status="reported", title=f"任务{number}" * 8, description="情况" * 500)
    size = len(phone.client.get("/field/package.json", headers=JSON).data)
    assert size < 5_000_000
    assert len(package(phone.client)["tasks"]) == 60


def test_similar_cases_nearby_are_told(phone: Phone) -> None:
    phone.send(phone.report("路灯不亮"))
    where = f"lon={MIDDLE[0]}&lat={MIDDLE[1]}"
    told = phone.client.get(f"/field/similar.json?category=0101&{where}&title=路灯", headers=JSON).json
    assert [one["title"] for one in told["items"]] == ["路灯不亮"]
    assert told["items"][0]["distance_m"] < 1
    far = phone.client.get(f"/field/similar.json?category=0501&{where}&title=消防", headers=JSON).json
    assert far["items"] == []
    assert phone.client.get("/field/similar.json?lon=x&lat=1", headers=JSON).status_code == 400
    assert "path" not in json.dumps(told)
