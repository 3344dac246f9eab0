"""Web push: a real push service on this machine is told, signed and empty; who is gone is not told again."""

from __future__ import annotations

import ssl
import subprocess
import uuid
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from py_vapid import Vapid02
from sqlalchemy import text

from gridmap.access import Role
from gridmap.accounts.actions import push_key
from gridmap.accounts.actions.deliveries import deliver, send_one
from gridmap.accounts.actions.push import push_fault
from gridmap.config import settings
from tests.factories import GRID_A11, GRID_A12, Factories
from tests.integration.accounts.test_deliveries import jobs_on, serving  # noqa: F401 - a fixture

COUNTY = GRID_A11 // 10**9
JSON = {"Accept": "application/json"}


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A push service on https://localhost that keeps what it is told and answers ``status``."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.told.append((self.path, dict(self.headers), body))  # type: ignore[attr-defined]
            self.send_response(self.server.status)  # type: ignore[attr-defined]
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.told, server.status = [], 201  # type: ignore[attr-defined]
    monkeypatch.setenv("GRIDMAP_PUSH_HOSTS", f"localhost:{server.server_port}")
    monkeypatch.setenv("GRIDMAP_PUSH_CONTACT", "admin@example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.cache_clear()
    with serving(server):
        yield server
    settings.cache_clear()


class Woken:
    """A worker's phone that is woken at ``address``."""

    def __init__(self, client: FlaskClient, service: Any) -> None:
        self.client, self.device = client, str(uuid.uuid4())
        self.address = f"https://localhost:{service.server_port}/push/{uuid.uuid4()}"
        assert (
            client.post("/field/phones", json={"device": self.device, "name": "手机"}, headers=JSON).status_code == 201
        )

    def ask(self, address: str | None, device: str = "") -> Any:
        """Ask to be woken there, or no more."""
        body = {"device": device or self.device, "address": address}
        return self.client.post("/field/push", json=body, headers=JSON)


@pytest.fixture
def woken(make: Factories, signed_in: Callable[..., FlaskClient], service: Any) -> Woken:
    make.world()
    phone = Woken(signed_in((Role.GRID_WORKER, GRID_A11)), service)
    assert phone.ask(phone.address).json == {"push": True}
    return phone


def notice(owner: Callable[[], Any], **whom: Any) -> int:
    """Leave a notice and return its number."""
    columns, values = ", ".join(whom), ", ".join(f":{name}" for name in whom)
    with owner() as session:
        return int(session.execute(
            text(
                f"insert into notices (county_code, unit_code, {columns}, kind, body, link)"
                f" values ({COUNTY}, {GRID_A11}, {values}, 'case.x', '请核实张三家的事', '/') returning id"
            ),
            whom,
        ).scalar())  # fmt: skip


def told(owner: Callable[[], Any], number: int) -> list[tuple[str, str]]:
    """Bring a notice out, as the worker of the queue does; return the states of its deliveries."""
    deliver(county_code=COUNTY, notice_id=number)
    with owner() as session:
        ids = (
            session.execute(text("select id from notice_deliveries where notice_id = :n"), {"n": number})
            .scalars()
            .all()
        )
    for one in ids:
        send_one(county_code=COUNTY, delivery_id=one)
        send_one(county_code=COUNTY, delivery_id=one)  # asked twice
    with owner() as session:
        rows = session.execute(text("select state, error from notice_deliveries where notice_id = :n"), {"n": number})
        return [(row.state, row.error) for row in rows]


def account(owner: Callable[[], Any]) -> int:
    with owner() as session:
        return int(session.execute(text("select account_id from phones")).scalar())


@pytest.mark.usefixtures("jobs_on")
def test_a_phone_is_woken_once_and_nothing_of_the_notice_goes_out(
    woken: Woken, service: Any, owner: Callable[[], Any]
) -> None:
    assert told(owner, notice(owner, account_id=account(owner))) == [("sent", "")]
    ((path, headers, body),) = service.told
    assert (path, body) == (woken.address.split(str(service.server_port))[1], b"")
    assert headers["TTL"] == "86400"
    scheme, _, rest = headers["Authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["k"]) == ("vapid", push_key())
    assert Vapid02.verify(headers["Authorization"])


@pytest.mark.usefixtures("jobs_on")
def test_what_is_for_a_post_wakes_those_who_hold_it_and_nobody_else(
    woken: Woken, service: Any, owner: Callable[[], Any], signed_in: Callable[..., FlaskClient]
) -> None:
    other = Woken(signed_in((Role.GRID_WORKER, GRID_A12)), service)
    other.ask(other.address)
    assert told(owner, notice(owner, role="grid_worker")) == [("sent", "")]
    assert told(owner, notice(owner, role="leader")) == []
    assert len(service.told) == 1


@pytest.mark.usefixtures("jobs_on")
def test_who_is_gone_is_not_told_again(woken: Woken, service: Any, owner: Callable[[], Any]) -> None:
    service.status = 410
    assert told(owner, notice(owner, account_id=account(owner)))[0][0] == "failed"
    assert told(owner, notice(owner, account_id=account(owner))) == []
    assert len(service.told) == 1


@pytest.mark.usefixtures("jobs_on")
def test_a_phone_that_was_closed_or_does_not_want_it_is_not_woken(
    woken: Woken, service: Any, owner: Callable[[], Any]
) -> None:
    assert woken.ask(None).json == {"push": False}
    assert told(owner, notice(owner, account_id=account(owner))) == []
    woken.ask(woken.address)
    woken.ask(woken.address)  # again is once
    with owner() as session:
        number = session.execute(text("select id from phones")).scalar()
        assert session.execute(text("select count(*) from notice_addresses where ended_at is null")).scalar() == 1
    woken.client.post(f"/field/phones/{number}/revoke")
    assert told(owner, notice(owner, account_id=account(owner))) == []
    assert woken.ask(woken.address).status_code == 404
    assert service.told == []


def test_only_hosts_of_the_settings_and_only_ones_own_phone(
    woken: Woken, service: Any, signed_in: Callable[..., FlaskClient]
) -> None:
    assert woken.ask("https://elsewhere.example/x").status_code == 400
    assert "不在允许之列" in push_fault("https://elsewhere.example/x")
    assert woken.ask("http://localhost/x").status_code == 400
    assert woken.ask(woken.address + "x" * 1000).status_code == 400
    colleague = Woken(signed_in((Role.GRID_WORKER, GRID_A11)), service)
    assert colleague.ask(colleague.address, device=woken.device).status_code == 404


def test_where_push_is_not_set_up_phones_are_not_asked(make: Factories, signed_in: Callable[..., FlaskClient]) -> None:
    make.world()
    assert signed_in((Role.GRID_WORKER, GRID_A11)).get("/field/session.json", headers=JSON).json["push_key"] is None
