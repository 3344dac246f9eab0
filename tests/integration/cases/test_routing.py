"""派单规则 through the web: the first that fits is suggested, the list is edited and ordered, last month is tried."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.queries import routing
from gridmap.cases.views.routing import last_month
from gridmap.clock import now
from tests.factories import COUNTY, GRID_A11, GRID_B11, TOWN_A, Factories
from tests.integration.cases.test_course import Course

ASSESSED = {"category": "0301", "grade": "worry", "scale": "individual", "risk": "low"}


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def test_the_first_match_is_suggested_with_its_reason_and_asked_once(
    course: Course, make: Factories, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.routing_rule(COUNTY, "全区治安", families=[3], department_id=course.justice, department_name="司法所")
    make.routing_rule(TOWN_A, "邻里", category_codes=["0101"], department_id=course.justice, department_name="司法所")
    make.routing_rule(TOWN_A, "治安归派出所", families=[3], department_id=course.police, department_name="派出所")
    course.submit(course.desk)
    asked: list[int] = []
    real = routing.suggestion
    monkeypatch.setattr(routing, "suggestion", lambda *given, **more: asked.append(1) or real(*given, **more))
    course.done(course.desk, "assess", **ASSESSED)
    assert asked == [1]
    assert "建议派往：派出所（按规则“治安归派出所”）" in course.seen(course.desk)["history"][-1]["told"]
    form = course.desk.get(f"/cases/{course.code}/steps/dispatch").get_data(as_text=True)
    assert f'<option value="{course.police}" selected>' in form
    assert "按规则“治安归派出所”建议" in form
    course.done(course.desk, "dispatch", department=course.police)
    assert "按规则：治安归派出所" in course.seen(course.desk)["history"][-1]["told"]


def test_another_department_may_be_chosen_and_no_rule_is_named(course: Course, make: Factories) -> None:
    make.routing_rule(TOWN_A, "治安", families=[3], department_id=course.police, department_name="派出所")
    course.submit(course.desk)
    course.done(course.desk, "assess", **ASSESSED)
    course.done(course.desk, "dispatch", department=course.justice)
    assert not any(words.startswith("按规则") for words in course.seen(course.desk)["history"][-1]["told"])


def test_the_county_s_rule_is_asked_when_the_town_has_none(course: Course, make: Factories) -> None:
    make.routing_rule(COUNTY, "全区治安", families=[3])
    course.submit(course.desk)
    course.done(course.desk, "assess", **ASSESSED)
    page = course.desk.get(f"/cases/{course.code}/steps/dispatch").get_data(as_text=True)
    assert "按规则“全区治安”建议" in page
    assert "中心自办" in page


def test_a_class_retired_with_open_cases_still_dispatches(course: Course, owner: Callable[[], Any]) -> None:
    course.submit(course.desk)
    course.done(course.desk, "assess", **ASSESSED)
    with owner() as session:
        session.execute(text("update category_versions set valid_to = current_date - 1"))
    assert course.desk.get(f"/cases/{course.code}/steps/dispatch").status_code == 200
    assert course.done(course.desk, "dispatch", department=course.police) == "dispatched"
    assert course.done(course.handler, "accept") == "accepted"


def test_a_list_is_written_ordered_and_switched_off(course: Course, owner: Callable[[], Any]) -> None:
    desk, values = course.desk, {"unit": str(TOWN_A), "source_note": "街道事项清单第 3 项", "active_from": "2026-01-01"}
    area = "125.30,43.80\n125.32,43.80\n125.32,43.82\n125.30,43.82"
    one = desk.post(
        "/cases/routing", data={**values, "name": "甲", "department": course.police, "area": area, "family": ["1", "3"]}
    )
    assert one.status_code == 302, one.get_data(as_text=True)
    assert (
        desk.post(
            "/cases/routing", data={**values, "name": "乙", "department": 0, "hour_from": 22, "hour_to": 6}
        ).status_code
        == 302
    )
    page = desk.get("/cases/routing").get_data(as_text=True)
    assert page.index("甲</strong>") < page.index("乙</strong>")
    assert "4 个点的地块" in page
    assert "22:00 至 6:00" in page
    with owner() as session:
        numbers = list(session.execute(text("select id from routing_rules order by position")).scalars())
    assert desk.post(f"/cases/routing/{numbers[1]}/move", data={"up": "1"}).status_code == 302
    page = desk.get("/cases/routing").get_data(as_text=True)
    assert page.index("乙</strong>") < page.index("甲</strong>")
    desk.post(f"/cases/routing/{numbers[1]}/switch", data={"off": "1"})
    assert "已停用" in desk.get("/cases/routing").get_data(as_text=True)
    form = desk.get(f"/cases/routing/{numbers[0]}").get_data(as_text=True)
    assert "125.320000,43.820000" in form
    stale = desk.post(f"/cases/routing/{numbers[1]}", data={**values, "name": "丙", "department": 0, "seen": 1})
    assert stale.status_code == 409
    bad = desk.post("/cases/routing", data={**values, "name": "丁", "department": 999999})
    assert bad.status_code == 400
    assert "没有这个部门" in bad.get_data(as_text=True)
    outside = desk.post("/cases/routing", data={**values, "name": "丁", "department": 0, "within": f"{GRID_B11:015d}"})
    assert outside.status_code == 400


def test_last_month_is_tried_and_nothing_changes(
    make: Factories, signed_in: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    make.world()
    police, justice = make.department("派出所", TOWN_A), make.department("司法所", TOWN_A)
    make.routing_rule(TOWN_A, "邻里归司法", category_codes=["0101"], department_id=justice, department_name="司法所")
    start, end = last_month(now())
    codes = [make.case(GRID_A11, received_at=at) for at in (start, end - timedelta(seconds=1))]
    make.case(GRID_A11, received_at=end)
    make.case(GRID_A11, received_at=start - timedelta(seconds=1))
    make.case(GRID_B11, received_at=start)
    with owner() as session:
        for code, number, name in ((codes[0], justice, "司法所"), (codes[1], police, "派出所")):
            session.execute(
                text(
                    "insert into case_orders (county_code, unit_code, case_id, kind, department_id, department_name, status,"
                    " sent_at) select county_code, unit_code, id, 'lead', :n, :name, 'sent', now() from cases where case_code = :c"
                ),
                {"n": number, "name": name, "c": code},
            )
    page = signed_in((Role.ADMINISTRATOR, TOWN_A)).get("/cases/routing/trial").get_data(as_text=True)
    assert '<strong class="num">2</strong> 件事件' in page
    assert "50.0%" in page
    assert "一致" in page
    assert "不同" in page
