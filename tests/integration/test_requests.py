"""Requests that are too long or too deep are refused before they cost anything, as they come from a browser: with CSRF on."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gridmap.access import Role
from gridmap.config import settings
from tests.factories import GRID_A11, TOWN_A, Factories

MB = 1024 * 1024


@pytest.fixture
def guarded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Protection against forged requests, as it is outside tests."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)


def send(client: FlaskClient, address: str, megabytes: int, token: str = "") -> int:
    """Post a file of so many megabytes; return the status."""
    head = b'--x\r\nContent-Disposition: form-data; name="photos"; filename="a.jpg"\r\n\r\n'
    body = head + b"x" * megabytes * MB + b"\r\n--x--\r\n"
    kind = "multipart/form-data; boundary=x"
    return client.post(address, data=body, content_type=kind, headers={"X-CSRFToken": token}).status_code


@pytest.mark.parametrize("address", ["/login", "/units/import", "/cases", "/nowhere"])
def test_a_stranger_uploads_nothing(client: FlaskClient, guarded: None, address: str) -> None:
    assert send(client, address, 17) == (404 if address == "/nowhere" else 413)


def test_who_may_not_import_sends_no_large_file(
    signed_in: Callable[..., FlaskClient], make: Factories, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.world()
    leader, administrator = signed_in((Role.LEADER, TOWN_A)), signed_in((Role.ADMINISTRATOR, TOWN_A))
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    assert send(leader, "/units/import", 17) == 413
    assert send(administrator, "/units/import", 17) == 400  # read, and refused for its missing token


def test_photos_are_bounded_together(
    signed_in: Callable[..., FlaskClient], make: Factories, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    make.world()
    client = signed_in((Role.CENTRE_STAFF, TOWN_A))
    monkeypatch.setattr(settings(), "max_photo_mb", 1)
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", True)
    token = re.search(r'csrf-token" content="([^"]+)', client.get("/cases/new").get_data(as_text=True)).group(1)
    assert send(client, "/cases", 12, token) == 413
    assert send(client, "/cases", 0, token) == 400


def test_a_form_too_deep_to_read(signed_in: Callable[..., FlaskClient], make: Factories) -> None:
    make.world()
    client = signed_in((Role.ADMINISTRATOR, TOWN_A))
    answer = client.post(f"/units/{GRID_A11}/edit", data=b"[" * 100_000, content_type="application/json")
    assert answer.status_code == 400
    assert "嵌套过深" in answer.get_data(as_text=True)
