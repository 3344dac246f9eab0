"""The page 通知方式: a person sets where their own notices are sent, and tries each address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from gridmap.access import Role
from gridmap.accounts.actions.addresses import MOST_ADDRESSES
from tests.factories import TOWN_A, Factories

PAGE = "/account/notices"
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0000-abcd"


@pytest.fixture
def person(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    return signed_in((Role.DEPARTMENT_HANDLER, TOWN_A))


def add(client: FlaskClient, address: str, channel: str = "email") -> Any:
    return client.post(PAGE, data={"channel": channel, "address": address})


def rows(owner: Callable[[], Any], question: str) -> list[tuple[Any, ...]]:
    with owner() as session:
        return [tuple(row) for row in session.execute(text(question))]


def only_id(owner: Callable[[], Any]) -> int:
    return int(rows(owner, "select id from notice_addresses where ended_at is null")[0][0])


def test_an_address_is_added_tried_and_ended(person: FlaskClient, owner: Callable[[], Any]) -> None:
    assert "还没有登记地址" in person.get(PAGE).get_data(as_text=True)
    assert add(person, " zhang@example.cn ").status_code == 302
    page = person.get(PAGE).get_data(as_text=True)
    assert "zhang@example.cn" in page
    assert "还没有发送过" in page
    assert "还没有设置邮件服务器" in page
    number = only_id(owner)

    assert person.post(f"{PAGE}/{number}/test").status_code == 302
    assert "等待发送" in person.get(PAGE).get_data(as_text=True)
    queued = "select args ->> 'delivery_id' from procrastinate_jobs where task_name = 'notices.send'"
    assert rows(owner, queued) == [(str(n),) for (n,) in rows(owner, "select id from notice_deliveries")]
    assert person.post(f"{PAGE}/{number}/test", headers={"Accept": "application/json"}).status_code == 409
    assert rows(owner, "select count(*) from notice_deliveries") == [(1,)]
    assert person.get("/notices/count").json == {"unread": 0}  # who asked for a test knows of it

    assert person.post(f"{PAGE}/{number}/end").status_code == 302
    assert "zhang@example.cn" not in person.get(PAGE).get_data(as_text=True)
    assert person.post(f"{PAGE}/{number}/test").status_code == 404
    told = rows(owner, "select kind from events where kind like 'account.address%' order by id")
    assert told == [("account.address_added",), ("account.address_tested",), ("account.address_ended",)]


def test_a_test_goes_to_one_address_only(person: FlaskClient, owner: Callable[[], Any]) -> None:
    add(person, "zhang@example.cn")
    add(person, ROBOT, "wecom")
    page = person.get(PAGE).get_data(as_text=True)
    assert "qyapi.weixin.qq.com/…abcd" in page
    assert "0000-abcd" not in page
    robot = rows(owner, "select id from notice_addresses where channel = 'wecom'")[0][0]
    person.post(f"{PAGE}/{robot}/test")
    assert rows(owner, "select address_id from notice_deliveries") == [(robot,)]
    assert rows(owner, "select count(*) from procrastinate_jobs where task_name = 'notices.deliver'") == [(0,)]


@pytest.mark.parametrize(
    ("channel", "address", "words"),
    [
        ("email", "", "请填写地址。"),
        ("email", "zhang", "邮箱地址无法识别"),
        ("email", "a@example.cn\u0007", "无法识别"),
        ("email", "a@example.cn" * 50, "地址至多 500 个字符。"),
        ("wecom", "http://qyapi.weixin.qq.com/x", "https://"),
        ("dingtalk", "https://robots.example.org/x", "不在允许之列"),
        ("sms", "13800001234", "选择"),
    ],
)
def test_what_cannot_be_used_is_told_beside_the_field(
    person: FlaskClient, owner: Callable[[], Any], channel: str, address: str, words: str
) -> None:
    answer = add(person, address, channel)
    assert answer.status_code == 400
    assert words in answer.get_data(as_text=True)
    assert rows(owner, "select count(*) from notice_addresses") == [(0,)]


def test_twice_the_same_and_too_many(person: FlaskClient, owner: Callable[[], Any]) -> None:
    for number in range(MOST_ADDRESSES):
        assert add(person, f"a{number}@example.cn").status_code == 302
    again, more = add(person, "a0@example.cn"), add(person, "b@example.cn")
    assert "已经登记" in again.get_data(as_text=True)
    assert "至多登记" in more.get_data(as_text=True)
    assert rows(owner, "select count(*) from notice_addresses") == [(MOST_ADDRESSES,)]


def test_addresses_are_ones_own(person: FlaskClient, signed_in: Callable[..., FlaskClient], owner: Any) -> None:
    add(person, "zhang@example.cn")
    number = only_id(owner)
    for other in (signed_in((Role.ADMINISTRATOR, TOWN_A)), signed_in((Role.DEPARTMENT_HANDLER, TOWN_A))):
        assert "zhang@example.cn" not in other.get(PAGE).get_data(as_text=True)
        for what in ("test", "end"):
            assert other.post(f"{PAGE}/{number}/{what}").status_code == 404
    assert person.post(f"{PAGE}/{2**70}/end").status_code == 404
    assert only_id(owner) == number


def test_how_the_last_delivery_went_is_shown(person: FlaskClient, owner: Callable[[], Any]) -> None:
    add(person, "zhang@example.cn")
    number = only_id(owner)
    person.post(f"{PAGE}/{number}/test")
    for change, words in (
        ("tries = 1, error = '对方拒绝'", "没有送达，稍后再试：对方拒绝"),
        ("state = 'failed', error = '放弃'", "没有送达：放弃"),
        ("state = 'sent', sent_at = now()", "已送达"),
    ):
        with owner() as session:
            session.execute(text(f"update notice_deliveries set {change}"))
        assert words in person.get(PAGE).get_data(as_text=True)


def test_what_may_have_arrived_is_sent_again_by_the_person_only(
    person: FlaskClient, signed_in: Callable[..., FlaskClient], owner: Callable[[], Any]
) -> None:
    add(person, "zhang@example.cn")
    person.post(f"{PAGE}/{only_id(owner)}/test")
    (number,) = rows(owner, "select id from notice_deliveries")[0]
    again = f"{PAGE}/deliveries/{number}/again"
    as_json = {"Accept": "application/json"}
    assert "再发一次" not in person.get(PAGE).get_data(as_text=True)
    assert person.post(again, headers=as_json).status_code == 409
    with owner() as session:
        session.execute(text("update notice_deliveries set state = 'unsure', started_at = now(), error = '没有答复'"))
        session.execute(text("delete from procrastinate_jobs"))
    page = person.get(PAGE).get_data(as_text=True)
    assert "不能确定是否送达" in page
    assert "没有答复" in page
    other = signed_in((Role.ADMINISTRATOR, TOWN_A))
    assert other.post(again).status_code == 404
    assert "再发一次" not in other.get(PAGE).get_data(as_text=True)
    with owner() as session:
        session.execute(text("update notice_addresses set account_id = null, department_id = 7"))
    keeper = signed_in((Role.ADMINISTRATOR, 0))
    assert "再发一次" in keeper.get(PAGE).get_data(as_text=True)
    assert "再发一次" not in person.get(PAGE).get_data(as_text=True)
    assert person.post(again).status_code == 404
    with owner() as session:
        session.execute(
            text("update notice_addresses a set account_id = n.account_id, department_id = null from notices n")
        )
    assert "再发一次" not in keeper.get(PAGE).get_data(as_text=True)
    assert person.post(again).status_code == 302
    assert rows(owner, "select state, error from notice_deliveries") == [("waiting", "")]
    assert rows(owner, "select args ->> 'delivery_id' from procrastinate_jobs") == [(str(number),)]
    assert person.post(again, headers=as_json).status_code == 409  # asked twice, sent once
    assert person.post(f"{PAGE}/deliveries/{2**70}/again").status_code == 404


def test_who_manages_accounts_finds_the_jobs_in_the_navigation(
    person: FlaskClient, signed_in: Callable[..., FlaskClient]
) -> None:
    assert 'href="/jobs"' not in person.get(PAGE).get_data(as_text=True)
    page = signed_in((Role.ADMINISTRATOR, 0)).get("/jobs").get_data(as_text=True)
    assert 'href="/jobs" aria-current="page">后台任务' in page
