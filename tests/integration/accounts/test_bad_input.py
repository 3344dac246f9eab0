"""What people or programs should not send to sign-in and accounts: told in words, never an error of the system."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient

from gridmap.access import Role
from tests.factories import TOWN_A, Factories

NEW = {"username": "li.ceshi", "name": "李测试", "role": "leader", "unit": str(TOWN_A)}


@pytest.fixture
def admin(make: Factories, signed_in: Callable[..., FlaskClient]) -> FlaskClient:
    make.world()
    return signed_in((Role.ADMINISTRATOR, TOWN_A))


@pytest.mark.parametrize("entry", [{"username": "a\0b"}, {"password": "x\0"}])
def test_sign_in_with_a_nul_is_refused(client: FlaskClient, entry: dict[str, str]) -> None:
    answer = client.post("/login", data={"username": "ceshi", "password": "x", **entry})
    assert answer.status_code == 400
    assert "无法识别的字符" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/accounts?page=" + "9" * 31, 400),
        ("/accounts?page=-1", 400),
        ("/accounts?page=abc", 400),
        ("/accounts?q=%00", 400),
        ("/accounts/%00", 404),
        ("/accounts?page=999999", 200),
    ],
)
def test_odd_addresses(admin: FlaskClient, address: str, status: int) -> None:
    for kind in ("text/html", "application/json"):
        assert admin.get(address, headers={"Accept": kind}).status_code == status


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "\0"}, "无法识别的字符"),
        ({"name": "　 "}, "姓名"),
        ({"username": "ab\0"}, "无法识别的字符"),
        ({"unit": "990102\n001"}, "位数字"),
        ({"unit": "٩٩٠١٠٢"}, "位数字"),
    ],
)
def test_odd_entries_are_told_beside_their_field(admin: FlaskClient, change: dict[str, str], message: str) -> None:
    answer = admin.post("/accounts/new", data={**NEW, **change})
    assert answer.status_code == 400
    assert message in answer.get_data(as_text=True)
    assert admin.get("/accounts?q=li.ceshi", headers={"Accept": "application/json"}).json["total"] == 0


def test_pasted_codes_are_understood(admin: FlaskClient) -> None:
    pasted = {**NEW, "username": " li.ceshi\n", "unit": " ９９０１０２００１\n"}
    assert admin.post("/accounts/new", data=pasted).headers["Location"] == "/accounts/li.ceshi"
