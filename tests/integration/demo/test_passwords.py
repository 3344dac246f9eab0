"""The password that a start prints is the one that opens the demonstration accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import text

from gridmap.access import Role
from gridmap.accounts.actions import hasher
from gridmap.demo.actions.people import renew_passwords
from tests.factories import PASSWORD, TOWN_A, Factories


def test_only_demonstration_accounts_follow_a_new_password(make: Factories, owner: Callable[[], Any]) -> None:
    make.world()
    demo, _ = make.account((Role.LEADER, TOWN_A))
    real, _ = make.account((Role.LEADER, TOWN_A))
    with owner() as session:
        session.execute(text("update accounts set is_demo = username = :demo"), {"demo": demo})
        assert renew_passwords(session, password=PASSWORD) == 0
        assert renew_passwords(session, password="Xin-mima-2026") == 1
        hashes = dict(session.execute(text("select username, password_hash from accounts")).all())
    assert hasher.verify(hashes[demo], "Xin-mima-2026")
    assert hasher.verify(hashes[real], PASSWORD)
