"""Clearing the demonstration takes nothing from real accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from gridmap.access import Role
from gridmap.demo.actions.clearing import clear
from gridmap.errors import Conflict
from tests.factories import TOWN_A, Factories


@pytest.mark.parametrize("ended", ["null", "now()"])
def test_a_department_of_a_real_post_is_not_taken_away(make: Factories, owner: Callable[[], Any], ended: str) -> None:
    make.world()
    real, _ = make.account((Role.DEPARTMENT_HANDLER, TOWN_A))
    demo, _ = make.account((Role.DEPARTMENT_HANDLER, TOWN_A))
    with owner() as session:
        session.execute(
            text(
                f"insert into departments (county_code, unit_code, name, is_demo) values (990102, {TOWN_A}, '司法所', true)"
            )
        )
        session.execute(text("update accounts set is_demo = true where username = :demo"), {"demo": demo})
        session.execute(text(f"update posts set department_id = (select max(id) from departments), ended_at = {ended}"))
        with pytest.raises(Conflict, match=f"1 个正式账号的岗位属于示例部门（如 {real} 在 {TOWN_A} 的“司法所”）"):
            clear(session)
        assert session.execute(text("select count(*) from units")).scalar()
        session.execute(
            text(
                "update posts set department_id = null where account_id = (select id from accounts where username = :real)"
            ),
            {"real": real},
        )
        clear(session)
        left = session.execute(text("select (select count(*) from departments), (select count(*) from posts)")).one()
    assert tuple(left) == (0, 1)
