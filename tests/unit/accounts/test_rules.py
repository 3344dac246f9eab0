"""Passwords and tokens."""

from __future__ import annotations

import pytest

from gridmap.accounts.rules import new_token, password_fault, token_hash


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("short1A", "至少"),
        ("x" * 129 + "A1", "至多"),
        ("Ceshi-2026-ok", "用户名"),
        ("onlylowercase1", "三种"),
    ],
)
def test_weak_passwords_are_named(password: str, word: str) -> None:
    assert word in (password_fault(password, "ceshi") or "")


def test_a_good_password_has_no_fault() -> None:
    assert password_fault("Gezi-fangkong-7", "ceshi") is None


def test_tokens_differ_and_are_kept_as_hashes() -> None:
    one, other = new_token(), new_token()
    assert one != other
    assert one not in token_hash(one)
    assert token_hash(one) != token_hash(other)
