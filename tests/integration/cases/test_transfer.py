"""移交: a case crosses a border with all its rows; both sides are told; out of the county it is refused with the remedy."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Post, Role
from gridmap.cases.actions import take_step
from gridmap.cases.forms import Given
from gridmap.cases.queries import routing
from gridmap.cases.rules import Action
from gridmap.clock import now
from gridmap.config import APP_ROLE, role_url
from gridmap.db import Database, scoped_tables
from gridmap.errors import NotFound
from tests.factories import GRID_A11, GRID_A12, TOWN_A, TOWN_B, VILLAGE_B1, Factories
from tests.integration.cases.test_course import Course
from tests.integration.cases.test_whistles import whistle
from tests.integration.test_scope import OF_MEDIATIONS, OF_TIMERS, OF_WHISTLES, ROWS, insert

REASON = {"reason": "事发地属乙镇"}


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    return Course(make, signed_in)


def test_a_case_goes_to_the_other_side_and_is_sent_again(
    course: Course,
    make: Factories,
    signed_in: Callable[..., Any],
    owner: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = make.department("乙镇城管", TOWN_B)
    make.routing_rule(TOWN_B, "隐患归城管", category_codes=["0501"], department_id=theirs, department_name="乙镇城管")
    other_desk = signed_in((Role.CENTRE_STAFF, TOWN_B), name="乙镇值班")
    course.to_handling()
    asked: list[int] = []
    real = routing.suggestion
    monkeypatch.setattr(routing, "suggestion", lambda *given, **more: asked.append(1) or real(*given, **more))
    form = course.desk.get(f"/cases/{course.code}/steps/transfer").get_data(as_text=True)
    assert "乙镇乙一村" in form
    assert course.take(other_desk, "transfer", unit=str(TOWN_B), **REASON).status_code == 404
    answer = course.desk.post(
        f"/cases/{course.code}/steps/transfer",
        data={"unit": str(VILLAGE_B1), "category": "0501", **REASON}, follow_redirects=True,
    )  # fmt: skip
    assert "已完成“移交其他区划”" in answer.get_data(as_text=True)
    assert asked == [1]  # class and place changed in one request: the rules were asked once
    assert course.desk.get(f"/cases/{course.code}").status_code == 404
    seen = course.seen(other_desk)
    assert (seen["status"], seen["unit_code"], seen["category"]) == ("assessed", str(VILLAGE_B1), "0501")
    last = seen["history"][-1]
    assert "甲街道甲一社区第一网格 → 乙镇乙一村" in last["told"]
    assert "建议派往：乙镇城管（按规则“隐患归城管”）" in last["told"]
    assert len(seen["history"]) == 7
    page = other_desk.get(f"/cases/{course.code}/steps/dispatch").get_data(as_text=True)
    assert f'<option value="{theirs}" selected>' in page
    assert course.done(other_desk, "dispatch", department=theirs) == "dispatched"
    with owner() as session:
        told = session.execute(text("select unit_code, body from notices where kind = 'case.transfer'")).all()
        open_orders = (
            session.execute(text("select department_name from case_orders where ended_at is null")).scalars().all()
        )
    assert {TOWN_A, TOWN_B} <= {row.unit_code for row in told}
    assert any("本单位不再办理" in row.body for row in told)
    assert open_orders == ["乙镇城管"]


def test_a_transfer_sent_twice_is_done_though_the_case_is_out_of_sight(course: Course) -> None:
    course.to_handling()
    number = "0d3f1a52-3f0e-4d0c-9a44-6d2f5f0b7a11"
    values = {"unit": str(TOWN_B), "client_id": number, **REASON}
    assert course.done(course.desk, "transfer", **values) == "assessed"
    again = course.take(course.desk, "transfer", **values)
    assert (again.status_code, again.json["fresh"], again.json["status"]) == (200, False, None)
    page = course.desk.post(f"/cases/{course.code}/steps/transfer", data=values, follow_redirects=True)
    assert "已完成“移交其他区划”" in page.get_data(as_text=True)
    assert course.take(course.desk, "transfer", **{**values, "client_id": number[:-1] + "2"}).status_code == 404
    assert course.take(course.second_desk, "transfer", **values).status_code == 404  # another person's form
    assert course.take(course.desk, "note", reason="再看", client_id=number).status_code == 404


def test_out_of_the_county_is_refused_with_the_remedy(course: Course) -> None:
    course.submit(course.desk)
    for unit, words in (
        ("990103001000000", "不能移交到其他区县"),
        (str(GRID_A11), "已在该区划"),
        ("990102009000000", "没有这个区划"),
        ("x", "请从列表中选择"),
    ):
        answer = course.take(course.desk, "transfer", unit=unit, **REASON)
        assert answer.status_code == 400
        assert words in answer.json["detail"]
        assert answer.json["field"] == "unit"
    assert "报上级综治中心协调" in course.take(course.desk, "transfer", unit="990103001000000", **REASON).json["detail"]
    assert course.seen(course.desk)["unit_code"] == str(GRID_A11)


def test_within_the_own_scope_it_stays_in_sight(course: Course) -> None:
    course.submit(course.desk)
    assert course.done(course.desk, "transfer", unit=str(GRID_A12), **REASON) == "registered"
    assert course.seen(course.desk)["unit_code"] == str(GRID_A12)


def test_an_open_whistle_stands_in_the_way(course: Course) -> None:
    course.to_handling()
    whistle(course)
    refused = course.take(course.desk, "transfer", unit=str(TOWN_B), **REASON)
    assert refused.status_code == 403
    assert "结束吹哨" in refused.json["detail"]


def test_every_row_of_the_case_goes_along(
    make: Factories, owner: Callable[[], Any], as_actor: Callable[..., Any]
) -> None:
    """Of every scoped table with a ``case_id``, also of one that comes later; rows of other cases stay."""
    make.world()
    make.account((Role.LEADER, TOWN_A))
    with owner() as session:
        holders = set(
            session.execute(
                text(
                    "select table_name from information_schema.columns where table_schema = 'public' and column_name = 'case_id'"
                )
            ).scalars()
        ) & set(scoped_tables())
        for table in [
            "cases",
            *sorted(
                ROWS.keys() - {"cases"},
                key=lambda name: (name in holders, OF_MEDIATIONS.get(name, 0), name in OF_TIMERS | OF_WHISTLES),
            ),
        ]:
            for unit_code in (GRID_A11, GRID_A12):
                session.execute(text(insert(table, unit_code)))
        case_id = session.execute(text("select id from cases where unit_code = :u"), {"u": GRID_A11}).scalar()
        before = {
            t: session.execute(text(f"select count(*) from {t} where case_id = {case_id}")).scalar() for t in holders
        }
    assert all(before.values()), before
    desk = Actor(1, "x", "何静", (Post(Role.CENTRE_STAFF, TOWN_A),))
    with as_actor(desk) as session:
        session.execute(text("select gridmap_move_case(990102, :case, :unit)"), {"case": case_id, "unit": TOWN_B})
        session.commit()
    with owner() as session:
        for table in sorted(holders):
            codes = (
                session.execute(text(f"select distinct unit_code from {table} where case_id = {case_id}"))
                .scalars()
                .all()
            )
            assert codes == [TOWN_B], table
            assert session.execute(text(f"select count(*) from {table} where unit_code = {GRID_A12}")).scalar(), table
        assert session.execute(text("select unit_code from cases where id = :c"), {"c": case_id}).scalar() == TOWN_B


def test_the_function_moves_nothing_that_is_not_in_sight(
    make: Factories, as_actor: Callable[..., Any], owner: Callable[[], Any]
) -> None:
    make.world()
    make.case(GRID_A11)
    with owner() as session:
        case_id = session.execute(text("select max(id) from cases")).scalar()
    for town, unit in ((TOWN_B, TOWN_B), (TOWN_A, 990103001000000), (TOWN_A, 990102009000000)):
        with (
            as_actor(Actor(1, "x", "y", (Post(Role.CENTRE_STAFF, town),))) as session,
            pytest.raises(Exception, match="not in scope|no unit in force"),
        ):
            session.execute(text("select gridmap_move_case(990102, :case, :unit)"), {"case": case_id, "unit": unit})


def test_two_hand_it_over_at_once_and_it_goes_once(clone: Callable[[], Any]) -> None:
    url = clone()
    owner = create_engine(url)

    @contextmanager
    def work() -> Any:
        with Session(owner, expire_on_commit=False) as session, session.begin():
            yield session

    make = Factories(work)
    make.world()
    code = make.case(GRID_A11, status="assessed")
    database = Database()
    database.start(role_url(url, APP_ROLE), pool_size=4)
    together = Barrier(2)

    def hand_over(number: int) -> str:
        actor = Actor(number, "x", "何静", (Post(Role.CENTRE_STAFF, TOWN_A),))
        with database.open(actor) as session:
            session.execute(text("select 1"))
            together.wait()
            try:
                given = Given({"unit": str((TOWN_B, VILLAGE_B1)[number]), **REASON})
                take_step(session, actor, case_code=code, action=Action.TRANSFER, given=given, clock=now)
            except NotFound:
                return "gone"
            session.commit()
            return "done"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(hand_over, range(2))) == ["done", "gone"]
    with work() as session:
        assert session.execute(text("select count(*) from case_steps where action = 'transfer'")).scalar() == 1
        assert (
            session.execute(
                text("select count(*) from case_steps s join cases c on c.id = s.case_id and c.unit_code = s.unit_code")
            ).scalar()
            == 1
        )
    assert database.engine is not None
    database.engine.dispose()
    owner.dispose()
