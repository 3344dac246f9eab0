"""The phone app's own files: its page, its worker with the list of what it keeps, its manifest, and who is signed in."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gridmap.access import Role
from gridmap.field.views.shell import modules
from tests.factories import COUNTY, GRID_A11, TOWN_A

JSON = {"Accept": "application/json"}


def listed(client: FlaskClient) -> dict[str, list[str]]:
    """Return the files that the worker keeps."""
    answer = client.get("/field/worker.js")
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    found = re.search(r"const FILES = (\{.*\});", answer.text)
    assert found
    told: dict[str, list[str]] = json.loads(found.group(1))
    return told


def fetched(client: FlaskClient, address: str, **headers: str) -> TestResponse:
    """Return an answer that is read and closed."""
    with client.get(address, headers=headers) as answer:
        answer.get_data()
    return answer


def test_everything_the_worker_keeps_is_there(app: Flask) -> None:
    files = listed(app.test_client())
    addresses = [*files["kept"], *files["later"]]
    assert len(addresses) == len(set(addresses))
    for address in addresses:
        assert fetched(app.test_client(), address).status_code == 200, address


def test_the_page_asks_for_nothing_that_is_not_kept(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/field/").text
    kept = set(listed(client)["kept"])
    asked = {a for a in re.findall(r'(?:href|src)="(/static/[^"#]+)', page)}
    assert asked <= kept
    assert {urlsplit(a).path for a in kept} >= {"/field/", "/static/js/field/app.js", "/static/css/field.css"}


def test_the_map_comes_later_and_apart(app: Flask) -> None:
    files = listed(app.test_client())
    assert any("maplibre-gl.mjs" in address for address in files["later"])
    assert not any("maplibre" in address for address in files["kept"])
    ours, of_map = modules()
    assert "js/field/map.js" in of_map
    assert not set(ours) & set(of_map)


def test_a_changed_file_makes_another_version(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def version() -> str:
        found = re.search(r'const VERSION = "([0-9a-f]{12})"', app.test_client().get("/field/worker.js").text)
        assert found
        return found.group(1)

    before = version()
    assert version() == before
    monkeypatch.setattr("gridmap.field.views.shell.asset", lambda path: f"/static/{path}?v=other")
    assert version() != before


def test_the_code_without_the_map_is_small_when_zipped(app: Flask) -> None:
    total = 0
    for address in listed(app.test_client())["kept"]:
        if urlsplit(address).path.endswith((".js", ".mjs", ".css")):
            answer = fetched(app.test_client(), address, **{"Accept-Encoding": "gzip"})
            total += len(answer.data)
    assert 20_000 < total <= 400_000  # the bar


def test_the_manifest_installs(app: Flask) -> None:
    answer = app.test_client().get("/field/manifest.webmanifest")
    assert answer.mimetype == "application/manifest+json"
    told = json.loads(answer.data)
    assert (told["start_url"], told["scope"], told["display"]) == ("/field/", "/field/", "standalone")
    assert {icon["sizes"] for icon in told["icons"]} == {"any", "192x192", "512x512"}
    for icon in told["icons"]:
        assert fetched(app.test_client(), icon["src"]).mimetype == icon["type"]


def test_a_worker_is_told_who_they_are_and_only_their_own_units(signed_in: Callable[..., FlaskClient]) -> None:
    told = signed_in((Role.GRID_WORKER, GRID_A11), (Role.LEADER, COUNTY)).get("/field/session.json").json
    assert [unit["code"] for unit in told["units"]] == [str(GRID_A11)]
    assert (told["offline_hours"], told["lock_minutes"]) == (72, 10)
    assert told["csrf"]
    assert told["name"]


def test_nobody_else_has_a_phone(signed_in: Callable[..., FlaskClient], app: Flask) -> None:
    assert signed_in((Role.CENTRE_STAFF, TOWN_A)).get("/field/session.json", headers=JSON).status_code == 403
    assert app.test_client().get("/field/session.json", headers=JSON).status_code == 401
