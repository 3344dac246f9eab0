"""Parties through the web: sealed in the database, masked on pages, opened for a purpose that is recorded; carried by joining."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.cases.actions.parties import reindex_parties
from gridmap.cases.queries.parties import masked_parties
from gridmap.crypto import KeyFault, key_file, ring_of
from tests.factories import GRID_B11, TOWN_A, TOWN_B, Factories
from tests.integration.cases.test_course import JSON, Course

NAME, NUMBER, PHONE, ADDRESS = "欧阳测试", "11010519491231002X", "13800001234", "幸福路十二号三单元四零一"
PLAIN = (NAME, NUMBER, PHONE, ADDRESS)
GIVEN = {
    "party_role": "reporter", "party_name": NAME, "party_id_number": NUMBER, "party_phone": PHONE, "party_address": ADDRESS,
}  # fmt: skip


@pytest.fixture
def course(make: Factories, signed_in: Callable[..., Any]) -> Course:
    made = Course(make, signed_in)
    made.submit(made.desk)
    return made


def party_id(course: Course, connection: Any) -> int:
    query = "select p.id from case_parties p join cases c on c.id = p.case_id where c.case_code = %s order by p.id"
    return int(connection.exec_driver_sql(query, (course.code,)).scalar())


def test_masked_for_readers_and_opened_for_a_purpose(
    course: Course, signed_in: Callable[..., Any], connection: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    course.done(course.desk, "add_party", **GIVEN)
    page = course.worker.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "欧*" in page
    assert "138****1234" in page
    number = party_id(course, connection)
    leader = signed_in((Role.LEADER, TOWN_A))
    address = f"/cases/{course.code}/parties/{number}"
    assert leader.get(address).status_code == 403
    asked = course.desk.get(address).get_data(as_text=True)
    assert "查看用途" in asked
    refused = course.desk.post(address, data={"purpose": " "})
    assert refused.status_code == 400
    told = course.desk.get(f"/cases/{course.code}", headers=JSON).get_data(as_text=True)
    for value in PLAIN:
        assert value not in page
        assert value not in asked
        assert value not in refused.get_data(as_text=True)
        assert value not in told
    opened = course.desk.post(address, data={"purpose": "电话核实"}).get_data(as_text=True)
    assert all(value in opened for value in PLAIN)
    auditor = signed_in((Role.AUDITOR, TOWN_A))
    assert "/cases/openings" in auditor.get("/cases").get_data(as_text=True)
    assert "/cases/openings" not in course.desk.get("/cases").get_data(as_text=True)
    log = auditor.get("/cases/openings").get_data(as_text=True)
    assert "何静" in log
    assert "电话核实" in log
    assert course.code in log
    elsewhere = signed_in((Role.AUDITOR, TOWN_B)).get("/cases/openings").get_data(as_text=True)
    assert course.code not in elsewhere
    assert all(value not in caplog.text for value in PLAIN)


def test_no_plain_value_is_in_any_table(course: Course, connection: Any) -> None:
    """Every row of every table, as text: neither the words nor their bytes."""
    course.done(course.desk, "add_party", **GIVEN)
    connection.exec_driver_sql("reset role")
    tables = connection.exec_driver_sql("select quote_ident(tablename) from pg_tables where schemaname = 'public'")
    needles = [*PLAIN, *(value.encode().hex() for value in PLAIN)]
    for table in tables.scalars().all():
        found = connection.execute(
            text(f"select count(*) from {table} t where t::text ilike any (:needles)"),
            {"needles": [f"%{needle}%" for needle in needles]},
        )
        assert found.scalar() == 0, table


def test_only_the_lead_department_opens(course: Course, connection: Any) -> None:
    course.done(course.desk, "add_party", **GIVEN)
    course.done(course.desk, "assess", category="0101", grade="worry", scale="individual", risk="low")
    course.done(course.desk, "dispatch", department=course.police)
    address = f"/cases/{course.code}/parties/{party_id(course, connection)}"
    refused = course.other.post(address, data={"purpose": "看看"}, headers=JSON)
    assert refused.status_code == 403
    assert "主办" in refused.json["detail"]
    assert course.other.get(address).status_code == 302
    assert NAME in course.handler.post(address, data={"purpose": "上门调查"}).get_data(as_text=True)
    assert connection.exec_driver_sql("select count(*) from events where kind = 'party.opened'").scalar() == 1


def test_bad_input_is_told_and_nothing_is_kept(course: Course, connection: Any) -> None:
    wrong = course.desk.post(
        f"/cases/{course.code}/steps/add_party", data={**GIVEN, "party_id_number": "110105194912310021"}
    )
    assert wrong.status_code == 400
    assert "校验位" in wrong.get_data(as_text=True)
    assert NAME in wrong.get_data(as_text=True)  # what was written is not lost
    assert connection.exec_driver_sql("select count(*) from case_parties").scalar() == 0


def test_people_and_money(course: Course) -> None:
    course.done(course.desk, "involve", people_count="218", money_yuan="3.5万", scale="group")
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "涉及 218 人" in page
    assert "35,000.00 元" in page
    assert "一般群体性" in page


def test_joining_keeps_every_reporter(course: Course, connection: Any) -> None:
    course.done(course.desk, "add_party", **GIVEN)
    first = course.code
    course.submit(course.desk)
    course.done(course.desk, "add_party", **{**GIVEN, "party_name": "司徒测试", "party_id_number": ""})
    second = course.code
    course.done(course.desk, "join", into=first, reason="同一件事")
    page = course.desk.get(f"/cases/{first}").get_data(as_text=True)
    assert "欧*" in page
    assert "司*" in page
    assert f"并入本事件的事件：{second}" in page
    assert second in page
    kept = course.desk.get(f"/cases/{second}").get_data(as_text=True)
    assert "司*" in kept
    assert "楼道堆物" in kept  # the report's own text stays
    course.code = first
    assert course.seen(course.desk)["history"][-1]["action"] == "absorb"
    refused = course.take(course.desk, "absorb")
    assert refused.status_code == 403
    assert "并入其他事件" in refused.json["detail"]


def test_the_duty_is_shown_and_handed_over_with_a_reason(course: Course) -> None:
    page = course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert "<dt>首问负责</dt><dd>何静" in page
    form = course.desk.get(f"/cases/{course.code}/steps/hand_over").get_data(as_text=True)
    assert "罗青" in form
    assert "丁伟" not in form  # a department's handler does not take over
    number = form.split(">罗青<")[0].rsplit('value="', 1)[1].split('"')[0]
    assert course.take(course.desk, "hand_over", duty=number).status_code == 400
    assert course.take(course.desk, "hand_over", duty="999999", reason="调岗").status_code == 400
    course.done(course.desk, "hand_over", duty=number, reason="调岗")
    assert "<dt>首问负责</dt><dd>罗青" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert course.take(course.desk, "hand_over", duty=number, reason="调岗").status_code == 400


def test_missing_and_foreign_keys_refuse_and_nothing_is_overwritten(
    course: Course, connection: Any, owner: Callable[[], Any]
) -> None:
    course.done(course.desk, "add_party", **GIVEN)
    file, away = key_file(), Path(f"{key_file()}.away")
    kept = file.read_bytes()
    file.rename(away)
    try:
        page = course.desk.get(f"/cases/{course.code}")
        assert page.status_code == 200
        assert "找不到密钥文件" in page.get_data(as_text=True)
        refused = course.take(course.desk, "add_party", **GIVEN)
        assert refused.status_code == 503
        assert not file.exists()  # no new key is made beside sealed data
        other = kept.replace(b'"index": "', b'"index": "').replace(kept.split(b'"')[-2][:4], b"AAAA")
        file.write_bytes(other)
        assert course.take(course.desk, "add_party", **GIVEN).status_code == 503
        assert file.read_bytes() == other
    finally:
        away.rename(file)
    assert "欧*" in course.desk.get(f"/cases/{course.code}").get_data(as_text=True)
    assert connection.exec_driver_sql("select count(*) from case_parties").scalar() == 1


def test_a_row_that_was_swapped_does_not_open(make: Factories, owner: Callable[[], Any]) -> None:
    make.world()
    code = make.case()
    make.party(code, name="甲")
    make.party(code, name="乙")
    with owner() as session:
        session.execute(
            text(
                "update case_parties p set name = o.name from case_parties o where o.case_id = p.case_id and o.id <> p.id"
            )
        )
        case = session.execute(text("select county_code, id, unit_code from cases")).one()
        with pytest.raises(KeyFault, match="不符"):
            masked_parties(session, type("C", (), case._asdict())())


def test_blind_columns_find_the_same_number(make: Factories, owner: Callable[[], Any]) -> None:
    make.world()
    one, two = make.case(), make.case(GRID_B11)
    for code in (one, two):
        make.party(code, name="甲", id_number=NUMBER)
    with owner() as session:
        blind = ring_of(session).blind("11010519491231002x", "id_number")
        found = session.execute(text("select count(*) from case_parties where id_number_blind = :b"), {"b": blind})
        assert found.scalar() == 2


@pytest.mark.parametrize(
    ("column", "written", "asked"),
    [
        ("id_number", "110105491231002", "11010519491231002x"),
        ("id_number", "11010519491231002X", "１１０１０５ 491231 002"),
        ("phone", "13800001234", "+86 138-0000-1234"),
        ("phone", "0086 138 0000 1234", "１３８００００１２３４"),
        ("phone", "+86 431 8888 1234", "(0431) 8888-1234"),
    ],
)
def test_one_number_written_in_two_ways_is_found(
    make: Factories, owner: Callable[[], Any], column: str, written: str, asked: str
) -> None:
    make.world()
    make.party(make.case(), **{column: written})
    with owner() as session:
        blind = ring_of(session).blind(asked, column)
        found = session.execute(text(f"select count(*) from case_parties where {column}_blind = :b"), {"b": blind})
        assert found.scalar() == 1


def test_rows_of_an_older_form_are_written_anew_by_the_job(make: Factories, owner: Callable[[], Any]) -> None:
    make.world()
    make.party(make.case(), id_number="110105491231002", phone="+8613800001234")
    with owner() as session:
        now_kept = session.execute(text("select id_number_blind, phone_blind from case_parties")).one()
        session.execute(text("update case_parties set blind_form = 1, id_number_blind = 'old', phone_blind = 'old'"))
        session.execute(text("set local role gridmap_jobs"))
        assert reindex_parties(session) == 1
        assert reindex_parties(session) == 0
        session.execute(text("reset role"))
        assert session.execute(text("select id_number_blind, phone_blind from case_parties")).one() == now_kept
