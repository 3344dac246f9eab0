"""The password that a start prints is the one that opens the demonstration accounts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
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
        given = text("update accounts set is_demo = true, demo_password_hash = password_hash where username = :demo")
        session.execute(given, {"demo": demo})
        assert renew_passwords(session, password=PASSWORD) == 0
        assert renew_passwords(session, password="Xin-mima-2026") == 1
        hashes = dict(session.execute(text("select username, password_hash from accounts")).all())
    assert hasher.verify(hashes[demo], "Xin-mima-2026")
    assert hasher.verify(hashes[real], PASSWORD)


def test_a_chosen_password_outlives_a_start(make: Factories, owner: Callable[[], Any], app: Flask) -> None:
    """Whoever is first among the accounts: neither their own password nor the others' common one is touched."""
    make.world()
    first, second = make.account((Role.LEADER, TOWN_A))[0], make.account((Role.LEADER, TOWN_A))[0]
    with owner() as session:
        session.execute(text("update accounts set is_demo = true, demo_password_hash = password_hash"))
    client = app.test_client()
    client.post("/login", data={"username": first, "password": PASSWORD})
    own = {"old": PASSWORD, "new": "Ziji-mima-2026", "again": "Ziji-mima-2026"}
    assert client.post("/account/password", data=own).status_code == 302
    with owner() as session:
        assert renew_passwords(session, password=PASSWORD) == 0
        assert renew_passwords(session, password="Xin-mima-2026") == 1
        hashes = dict(session.execute(text("select username, password_hash from accounts")).all())
    assert hasher.verify(hashes[first], "Ziji-mima-2026")
    assert hasher.verify(hashes[second], "Xin-mima-2026")
