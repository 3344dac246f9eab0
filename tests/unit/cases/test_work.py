"""What waits for whom, read from the transition table; and remaining time in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gridmap.access import GRANTS, Permission, Role
from gridmap.cases.rules import TRANSITIONS, Action, Status
from gridmap.cases.rules.facts import has_lead, in_assisting, in_lead, not_own_work
from gridmap.cases.rules.terms import ENDED
from gridmap.cases.rules.work import GROUP_NAMES, WAITING, Group, Hold, Waiting, remaining, waiting_for

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
COURSE = (
    Status.RECEIVED, Status.REGISTERED, Status.ASSESSED, Status.DISPATCHED, Status.ACCEPTED, Status.HANDLING, Status.REPORTED,
    Status.VERIFIED, Status.REVISITED,
)  # fmt: skip


def of(role: Role, *, in_department: bool = False) -> dict[Group, set[Status]]:
    """Return which states wait for somebody with the rights of a role, by group."""
    found: dict[Group, set[Status]] = {}
    for item in waiting_for(lambda asked: asked in GRANTS[role], in_department=in_department):
        found.setdefault(item.group, set()).add(item.status)
    return found


def test_every_open_state_waits_for_somebody() -> None:
    assert {item.status for item in WAITING if item.group is not Group.ASSIST} == set(COURSE)
    assert set(GROUP_NAMES) == set(Group)


def test_what_ended_waits_for_nobody() -> None:
    assert not {item.status for item in WAITING} & set(ENDED)


@pytest.mark.parametrize("item", WAITING, ids=lambda item: f"{item.group}-{item.status}")
def test_each_is_backed_by_a_row_of_the_table_that_its_people_may_take(item: Waiting) -> None:
    rows = [row for row in TRANSITIONS if row.before == item.status and row.permission == item.permission]
    if item.hold is Hold.ASSIST:
        assert any(in_assisting in row.guards for row in rows)
    else:
        leading = [row for row in rows if row.after != row.before and row.after not in (Status.DECLINED, Status.JOINED)]
        assert any((not_own_work in row.guards) == item.fresh_eyes for row in leading)
        assert any((in_lead in row.guards) == (item.hold in (Hold.LEAD, Hold.CENTRE_OR_LEAD)) for row in leading)
        if item.hold is Hold.LEAD:
            assert any(has_lead in row.guards for row in leading)


def test_choices_are_no_duties() -> None:
    """Taking back, declining, joining and reopening lead nowhere on: nobody is asked to do them."""
    asked = {(item.status, item.permission) for item in WAITING}
    back = {row.action: row for row in TRANSITIONS if row.action in (Action.WITHDRAW, Action.RETURN, Action.REOPEN)}
    assert (Status.DISPATCHED, back[Action.WITHDRAW].permission) not in asked
    assert back[Action.REOPEN].before not in {item.status for item in WAITING}


def test_by_role() -> None:
    desk = of(Role.CENTRE_STAFF)
    assert desk[Group.REGISTER] == {Status.RECEIVED}
    assert desk[Group.DISPATCH] == {Status.ASSESSED}
    assert desk[Group.CLOSE] == {Status.REVISITED}
    assert Group.ACCEPT not in desk
    assert Group.ASSIST not in desk
    department = of(Role.DEPARTMENT_HANDLER, in_department=True)
    assert set(department) == {Group.ACCEPT, Group.HANDLE, Group.ASSIST}
    assert set(of(Role.GRID_WORKER)) == {Group.VERIFY}
    for role in (Role.LEADER, Role.AUDITOR, Role.ADMINISTRATOR, Role.SUPERVISOR):
        assert of(role) == {}, role


def test_orders_wait_for_people_of_departments_only() -> None:
    everything = waiting_for(lambda _asked: True, in_department=False)
    assert {item.hold for item in everything} <= {Hold.SCOPE, Hold.CENTRE_OR_LEAD}
    assert len(waiting_for(lambda _asked: True, in_department=True)) == len(WAITING)
    assert waiting_for(lambda _asked: False, in_department=True) == []


def test_who_handled_a_case_neither_verifies_nor_revisits_it() -> None:
    fresh = {item.group for item in WAITING if item.fresh_eyes}
    assert fresh == {Group.VERIFY, Group.REVISIT}
    assert all(item.permission is not Permission.CASE_HANDLE for item in WAITING if item.fresh_eyes)


def test_groups_are_in_the_order_of_the_course() -> None:
    order = [list(Group).index(item.group) for item in WAITING]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("left", "words"),
    [
        (timedelta(seconds=1), "还剩 1 分钟"),
        (timedelta(minutes=59, seconds=59), "还剩 59 分钟"),
        (timedelta(hours=1), "还剩 1 小时"),
        (timedelta(hours=2, minutes=5), "还剩 2 小时 5 分"),
        (timedelta(hours=10, minutes=5), "还剩 10 小时"),
        (timedelta(days=1), "还剩 1 天"),
        (timedelta(days=3, hours=4, minutes=30), "还剩 3 天 4 小时"),
        (timedelta(0), "已超期 1 分钟"),
        (-timedelta(seconds=59), "已超期 1 分钟"),
        (-timedelta(hours=5), "已超期 5 小时"),
        (-timedelta(days=400), "已超期 400 天"),
    ],
)
def test_remaining_time_in_words(left: timedelta, words: str) -> None:
    assert remaining(NOW + left, NOW) == words


def test_without_a_limit() -> None:
    assert remaining(None, NOW) == "未定期限"


@given(st.timedeltas(min_value=-timedelta(days=4000), max_value=timedelta(days=4000)))
def test_words_say_on_which_side_and_never_more_than_there_is(left: timedelta) -> None:
    words = remaining(NOW + left, NOW)
    assert words.startswith("还剩 " if left > timedelta(0) else "已超期 ")
    units = {"天": 86400, "小时": 3600, "分": 60, "分钟": 60}
    parts = words.split(" ")[1:]
    told = sum(int(amount) * units[unit] for amount, unit in zip(parts[::2], parts[1::2], strict=True))
    assert 0 < told <= max(abs(left.total_seconds()), 60)
    assert abs(left.total_seconds()) - told < (3600 if abs(left) >= timedelta(hours=10) else 61)
