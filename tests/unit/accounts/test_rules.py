"""Passwords and tokens."""

from __future__ import annotations

import pytest

from gridmap.accounts.rules import (
    attempt_keys,
    device_of,
    name_key,
    network,
    new_token,
    normal_name,
    password_fault,
    token_hash,
)


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


def test_user_names_are_one_in_any_form() -> None:
    assert {normal_name(text) for text in ("leader", " Leader\n", "ＬＥＡＤＥＲ", "　leader")} == {"leader"}


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_what_counts_as_one_address(address: str, counted: str) -> None:
    assert network(address) == counted


def test_keys_differ_by_secret_name_place_and_kind() -> None:
    first = attempt_keys("secret", "leader", "192.0.2.7", "d")
    keys = [
        first,
        attempt_keys("other", "leader", "192.0.2.7", "d"),
        attempt_keys("secret", "leader2", "192.0.2.8", "e"),
    ]
    values = [value for key in keys for value in (key.name, key.device, key.here, key.address)]
    assert len(set(values)) == len(values)
    assert attempt_keys("secret", "leader", "192.0.2.9", "d").name == first.name == name_key("secret", "leader")


def test_devices_are_random_and_kept() -> None:
    made = device_of(None)
    assert device_of(made) == made
    assert len({device_of("x"), device_of(""), device_of("a" * 23), device_of("ä" * 22), made}) == 5
