"""预约 through the web: sealed and masked, never twice in one place, moved, cancelled and missed with history, joined to its case."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gridmap.access import Role
from gridmap.clock import CHINA, now, today
from tests.factories import TOWN_A, TOWN_B, Factories

NAME, PHONE, TOPIC = "欧阳测试", "13800001234", "楼上漏水滴到厨房"


class Desk:
    """A reception desk of town A, and who serves it."""

    def __init__(self, make: Factories, signed_in: Callable[..., Any], capacity: int = 1) -> None:
        make.world()
        self.number = make.appointment_desk(TOWN_A, capacity=capacity)
        self.staff = signed_in((Role.CENTRE_STAFF, TOWN_A))

    def book(self, at: datetime, **more: str) -> Any:
        """Make an appointment."""
        values = {"slot": f"{self.number}@{at:%Y-%m-%dT%H:%M}", "name": NAME, "phone": PHONE, "topic": TOPIC}
        return self.staff.post("/appointments", data={**values, "client_id": str(uuid.uuid4()), **more})


@pytest.fixture
def desk(make: Factories, signed_in: Callable[..., Any]) -> Desk:
    return Desk(make, signed_in)


def workday(session_like: Any, after: int = 1) -> date:
    """Return the first day, so many days from now on, that is open in the calendar of the country."""
    from gridmap.worktime.queries import calendar_at

    calendar = calendar_at(session_like, TOWN_A, now())
    days = (today() + timedelta(days=count) for count in range(after, after + 20))
    return next(day for day in days if calendar.windows_on(day))


@pytest.fixture
def slots(owner: Callable[[], Any]) -> list[datetime]:
    """The first slots of half an hour of the next work day."""
    from gridmap.cases.rules.appointments import slots_on
    from gridmap.worktime.queries import calendar_at

    with owner() as session:
        on = workday(session)
        return [slot.starts_at.astimezone(CHINA) for slot in slots_on(calendar_at(session, TOWN_A, now()), on, 30)]


def row(connection: Any, what: str) -> Any:
    return connection.exec_driver_sql(f"select {what} from appointments order by id desc limit 1").one()


def today_at(connection: Any, hours: int = 1) -> None:
    """Put the newest appointment to so many hours before now, at most to the beginning of today."""
    begin = datetime.combine(today(), time(0), CHINA)
    at = max(begin, now() - timedelta(hours=hours))
    statement = "update appointments set starts_at = %s, ends_at = %s where id = (select max(id) from appointments)"
    connection.exec_driver_sql(statement, (at, at + timedelta(minutes=1)))


def test_made_masked_and_sealed(desk: Desk, slots: list[datetime], connection: Any) -> None:
    answer = desk.book(slots[0])
    assert answer.status_code == 302, answer.get_data(as_text=True)
    number = row(connection, "id")[0]
    day = desk.staff.get(f"/appointments?on={slots[0]:%Y-%m-%d}").get_data(as_text=True)
    one = desk.staff.get(f"/appointments/{number}").get_data(as_text=True)
    for page in (day, one):
        assert "欧*" in page
        assert "138****1234" in page
        assert NAME not in page
        assert PHONE not in page
    kept = connection.exec_driver_sql("select string_agg(a::text, ' ') from appointments a").scalar()
    assert NAME not in kept
    assert NAME.encode().hex() not in kept
    assert PHONE.encode().hex() not in kept
    refused = desk.staff.post(f"/appointments/{number}/open", data={"purpose": ""})
    assert refused.status_code == 400
    assert NAME not in refused.get_data(as_text=True)
    opened = desk.staff.post(f"/appointments/{number}/open", data={"purpose": "电话告知改期"})
    assert PHONE in opened.get_data(as_text=True)
    told = connection.exec_driver_sql("select data->>'purpose' from events where kind = 'appointment.opened'").scalars()
    assert list(told) == ["电话告知改期"]


def test_a_slot_is_had_once_and_the_same_form_twice_is_one(desk: Desk, slots: list[datetime], connection: Any) -> None:
    client = str(uuid.uuid4())
    assert desk.book(slots[0], client_id=client).status_code == 302
    assert desk.book(slots[0], client_id=client).status_code == 302
    other = desk.book(slots[0])
    assert other.status_code == 400
    assert "该时段已约满" in other.get_data(as_text=True)
    assert connection.exec_driver_sql("select count(*) from appointments").scalar() == 1


def test_as_many_as_the_desk_takes(make: Factories, signed_in: Callable[..., Any], slots: list[datetime]) -> None:
    desk = Desk(make, signed_in, capacity=2)
    assert [desk.book(slots[0]).status_code for _ in range(3)] == [302, 302, 400]


def test_closed_days_say_why(desk: Desk, slots: list[datetime], connection: Any) -> None:
    on = today() + timedelta(days=1)
    while on.isoweekday() != 7:
        on += timedelta(days=1)
    words = desk.staff.get(f"/appointments?on={on}").get_data(as_text=True)
    answer = desk.book(datetime.combine(on, time(9), CHINA))
    assert answer.status_code == 400
    assert "不接待，请选择其他日期。" in words
    assert "看下一个接待日" in words
    assert "不接待，请选择其他日期。" in answer.get_data(as_text=True)
    assert connection.exec_driver_sql("select count(*) from appointments").scalar() == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "请填写“姓名”"),
        ({"phone": ""}, "请填写“电话”"),
        ({"phone": "123"}, "电话应为 11 位手机号"),
        ({"topic": ""}, "请填写“事由”"),
        ({"topic": "长" * 101}, "至多 100 个字，现有 101 个字"),
        ({"name": "坏\x07字"}, "含有无法识别的字符"),
    ],
)
def test_bad_input_names_the_field_and_keeps_what_was_written(
    desk: Desk, slots: list[datetime], given: dict[str, str], words: str, connection: Any
) -> None:
    answer = desk.book(slots[0], **given)
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert words in page
    assert (TOPIC if "topic" not in given else NAME) in page
    assert connection.exec_driver_sql("select count(*) from appointments").scalar() == 0


def test_marks_that_turn_the_order_are_taken_out(desk: Desk, slots: list[datetime], connection: Any) -> None:
    assert desk.book(slots[0], topic="漏水\u202e楼上😀").status_code == 302
    assert row(connection, "topic")[0] == "漏水楼上😀"


def test_moved_and_cancelled_with_a_reason_and_history(desk: Desk, slots: list[datetime], connection: Any) -> None:
    desk.book(slots[0])
    number = row(connection, "id")[0]
    to = f"{desk.number}@{slots[1]:%Y-%m-%dT%H:%M}"
    without = desk.staff.post(f"/appointments/{number}/move", data={"seen": 1, "slot": to})
    assert without.status_code == 400
    assert "请填写“改期理由”" in without.get_data(as_text=True)
    moved = desk.staff.post(f"/appointments/{number}/move", data={"seen": 1, "slot": to, "reason": "来人要上班"})
    assert moved.status_code == 302
    assert row(connection, "starts_at")[0] == slots[1]
    stale = desk.staff.post(f"/appointments/{number}/cancel", data={"seen": 1, "reason": "不来了"})
    assert stale.status_code == 409
    assert "刚被他人修改" in stale.get_data(as_text=True)
    cancelled = desk.staff.post(f"/appointments/{number}/cancel", data={"seen": 2, "reason": "不来了"})
    assert cancelled.status_code == 302
    page = desk.staff.get(f"/appointments/{number}").get_data(as_text=True)
    for words in ("改期", "来人要上班", "取消", "不来了", f"{slots[0]:%H:%M}", f"{slots[1]:%H:%M}"):
        assert words in page
    assert desk.book(slots[0]).status_code == 302  # both times are free again
    assert desk.book(slots[1]).status_code == 302
    again = desk.staff.post(f"/appointments/{number}/cancel", data={"seen": 3, "reason": "不来了"})
    assert again.status_code == 409


def test_who_does_not_come_is_marked_and_may_still_come_late(
    desk: Desk, slots: list[datetime], connection: Any
) -> None:
    desk.book(slots[0])
    number = row(connection, "id")[0]
    early = desk.staff.post(f"/appointments/{number}/miss", data={"seen": 1})
    assert early.status_code == 409
    assert "预约时间还没有到" in early.get_data(as_text=True)
    today_at(connection)
    assert desk.staff.post(f"/appointments/{number}/miss", data={"seen": 1}).status_code == 302
    assert "爽约" in desk.staff.get("/appointments").get_data(as_text=True)
    assert desk.staff.post(f"/appointments/{number}/arrive", data={"seen": 2}).status_code == 302


def test_who_comes_is_registered_from_the_appointment(desk: Desk, slots: list[datetime], connection: Any) -> None:
    desk.book(slots[0])
    today_at(connection)
    number = row(connection, "id")[0]
    arrived = desk.staff.post(f"/appointments/{number}/arrive", data={"seen": 1})
    assert arrived.headers["Location"].endswith(f"/desk?appointment={number}")
    page = desk.staff.get(arrived.headers["Location"]).get_data(as_text=True)
    for value in (NAME, PHONE, TOPIC):
        assert re.search(rf'value="{value}"', page)
    opened = connection.exec_driver_sql(
        "select data->>'purpose' from events where kind = 'appointment.opened'"
    ).scalar()
    assert opened == "接待登记"
    form = {
        "client_id": str(uuid.uuid4()), "category": "0101", "channel": "visit", "scale": "individual", "title": TOPIC,
        "party_role": "reporter", "party_name": NAME, "party_phone": PHONE, "appointment": str(number),
        "datum": "wgs84", "position_method": "none",
    }  # fmt: skip
    sent = desk.staff.post("/desk", data=form)
    assert sent.status_code == 302, sent.get_data(as_text=True)
    code = row(connection, "case_code")[0]
    assert code in sent.headers["Location"]
    assert f"/appointments/{number}" in desk.staff.get(f"/cases/{code}").get_data(as_text=True)
    assert code in desk.staff.get("/appointments").get_data(as_text=True)
    twice = desk.staff.post("/desk", data={**form, "client_id": str(uuid.uuid4())})
    assert twice.status_code != 302
    assert connection.exec_driver_sql("select count(*) from cases").scalar() == 1


def test_another_town_neither_sees_nor_registers_from_it(
    desk: Desk, slots: list[datetime], signed_in: Callable[..., Any], connection: Any
) -> None:
    desk.book(slots[0])
    number = row(connection, "id")[0]
    other = signed_in((Role.CENTRE_STAFF, TOWN_B))
    assert "欧*" not in other.get(f"/appointments?on={slots[0]:%Y-%m-%d}").get_data(as_text=True)
    assert other.get(f"/desk?appointment={number}").status_code == 404
    assert other.get(f"/appointments?unit={TOWN_A:015d}").status_code == 404
    slot = f"{desk.number}@{slots[1]:%Y-%m-%dT%H:%M}"
    assert other.get(f"/appointments/new?slot={slot}").status_code == 404


def test_an_administrator_sets_the_desks(desk: Desk, signed_in: Callable[..., Any], slots: list[datetime]) -> None:
    admin = signed_in((Role.ADMINISTRATOR, TOWN_A))
    values = {"name": "二号窗口", "slot_minutes": "20", "capacity": "3", "days_ahead": "14"}
    added = admin.post("/appointments/desks", data={**values, "unit": f"{TOWN_A:015d}"})
    assert added.status_code == 302, added.get_data(as_text=True)
    assert "每段 20 分钟，3 人" in desk.staff.get("/appointments").get_data(as_text=True)
    same = admin.post("/appointments/desks", data={**values, "unit": f"{TOWN_A:015d}"})
    assert same.status_code == 400
    assert "已有同名的接待窗口" in same.get_data(as_text=True)
    wrong = admin.post(f"/appointments/desks/{desk.number}", data={**values, "name": "一号窗口", "slot_minutes": "5"})
    assert wrong.status_code == 400
    assert "“每段时长（分钟）”应为 10–240 之间的整数" in wrong.get_data(as_text=True)
    abroad = admin.post("/appointments/desks", data={**values, "unit": f"{TOWN_B:015d}"})
    assert abroad.status_code == 403
    desk.book(slots[0])
    held = admin.post(f"/appointments/desks/{desk.number}", data={"close": "1"})
    assert held.status_code == 409
    assert "还有 1 个待到访的预约" in held.get_data(as_text=True)


def test_two_connections_at_once_and_one_has_the_place(clone: Callable[[], Any]) -> None:
    """Both read that the place is free; the second waits for the first and is then refused by the database."""
    engine = create_engine(clone())
    insert = text(
        "insert into appointments (county_code, unit_code, desk_id, place, starts_at, ends_at, state, topic, row_key, name, phone)"
        " select county_code, unit_code, id, 1, :at, :at + interval '30 minutes', 'booked', 't', gen_random_uuid(), ''::bytea, ''::bytea"
        " from appointment_desks"
    )
    at = datetime(2026, 11, 25, 9, tzinfo=CHINA)
    with Session(engine) as session, session.begin():
        session.execute(
            text("insert into appointment_desks (county_code, unit_code, name, slot_minutes, capacity, days_ahead)"
                 " values (990102, :unit, '一号窗口', 30, 1, 30)"), {"unit": TOWN_A},
        )  # fmt: skip
    refused: list[str] = []
    with Session(engine) as first:
        first.execute(insert, {"at": at})
        begun = threading.Event()

        def second() -> None:
            with Session(engine) as other:
                begun.set()
                try:
                    other.execute(insert, {"at": at + timedelta(minutes=15)})
                    other.commit()
                except IntegrityError as fault:
                    refused.append(fault.orig.diag.constraint_name)  # type: ignore[union-attr]

        waiting = threading.Thread(target=second)
        waiting.start()
        begun.wait(30)
        first.commit()
        waiting.join(60)
    assert refused == ["ex_appointments_place"]
    with Session(engine) as session:
        assert session.execute(text("select count(*) from appointments")).scalar() == 1
    engine.dispose()
