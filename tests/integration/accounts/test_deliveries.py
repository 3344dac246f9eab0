"""Notices outside the page: a real mail server and a real HTTPS server on this machine, and two real workers."""

from __future__ import annotations

import json
import os
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.access import Role
from gridmap.accounts.actions.channels import MaybeDelivered, NotDelivered, robot_fault, send
from gridmap.accounts.actions.deliveries import deliver, send_one
from gridmap.accounts.actions.notices import Department, leave_notice
from gridmap.config import JOBS_ROLE, settings
from tests.factories import TOWN_A

MANY = 12
PATIENCE_S = 60


class MailHandler(socketserver.StreamRequestHandler):
    """As much of RFC 5321 as a client that sends one message needs; parts badly (250, not 221), which must not send twice."""

    def handle(self) -> None:
        self._say("220 mail.example")
        while line := self.rfile.readline():
            verb = line.split(None, 1)[0].upper() if line.strip() else b""
            if verb == b"DATA":
                self._say("354 go on")
                kept = []
                while (part := self.rfile.readline()) not in (b".\r\n", b""):
                    kept.append(part)
                self.server.mails.append(b"".join(kept).decode())  # type: ignore[attr-defined]
                if self.server.silent:  # type: ignore[attr-defined]
                    return  # the message is taken and the line breaks before the answer
            self._say("250 fine")
            if verb == b"QUIT":
                return

    def _say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class MailServer(socketserver.ThreadingTCPServer):
    allow_reuse_address, daemon_threads = True, True

    def __init__(self, port: int, *, silent: bool = False) -> None:
        super().__init__(("127.0.0.1", port), MailHandler)
        self.silent = silent
        self.mails: list[str] = []


@contextmanager
def serving(server: socketserver.BaseServer) -> Iterator[Any]:
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def workers(url: Any, folder: Path, port: int, count: int = 2) -> Iterator[None]:
    """Run real workers until the end of the block; none may have ended before."""
    values = {
        "GRIDMAP_DATABASE_URL": url.render_as_string(hide_password=False),
        "GRIDMAP_INSTANCE_DIR": str(folder),
        "GRIDMAP_SMTP_HOST": "127.0.0.1",
        "GRIDMAP_SMTP_PORT": str(port),
        "GRIDMAP_SMTP_SECURITY": "none",
        "GRIDMAP_SMTP_FROM": "gridmap@example.org",
    }
    command = [sys.executable, "-m", "gridmap.cli", "worker"]
    running = [subprocess.Popen(command, env={**os.environ, **values}, stderr=subprocess.DEVNULL) for _ in range(count)]
    try:
        yield
        assert [worker.poll() for worker in running] == [None] * count
    finally:
        for worker in running:
            worker.terminate()
        for worker in running:
            worker.wait(30)


def until(engine: Any, question: str, wanted: Any) -> None:
    """Wait until the database answers as wanted."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := _ask(engine, question)) != wanted:
        assert time.monotonic() < deadline, (question, found)
        time.sleep(0.3)


def _ask(engine: Any, question: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(text(question)).scalar()


def test_two_workers_send_each_notice_once_when_the_mail_server_is_back(
    clone: Callable[[], Any], tmp_path: Path
) -> None:
    url, port = clone(), free_port()
    engine = create_engine(url)
    with Session(engine) as session, session.begin():
        session.execute(
            text(
                "insert into notice_addresses (county_code, unit_code, department_id, channel, address)"
                f" values ({TOWN_A // 10**9}, {TOWN_A}, 7, 'email', 'suo@example.org')"
            )
        )
        for number in range(MANY):
            body = f"事件 990102-2026-{number:07d}：请接单办理。"
            assert leave_notice(
                session, to=Department(7), unit_code=TOWN_A, kind="case.dispatch", body=body, link="/cases/x"
            )
    with Session(engine) as session:  # what is rolled back is never sent
        leave_notice(session, to=Department(7), unit_code=TOWN_A, kind="case.x", body="不应发出", link="/")
        session.rollback()
    try:
        with workers(url, tmp_path, port):
            until(engine, "select count(*) from notice_deliveries where tries > 0 and state = 'waiting'", MANY)
            with serving(MailServer(port)) as server:
                with engine.begin() as connection:  # the hour passes
                    connection.execute(text("update procrastinate_jobs set scheduled_at = now() where status = 'todo'"))
                    for found in connection.execute(text("select county_code, id from notice_deliveries")).all():
                        with Session(connection, join_transaction_mode="create_savepoint") as session:  # asked twice
                            jobs.defer(session, "notices.send", county_code=found.county_code, delivery_id=found.id)
                            session.commit()
                until(engine, "select count(*) from notice_deliveries where state = 'sent'", MANY)
                until(engine, "select count(*) from procrastinate_jobs where task_name = 'notices.send' and status in ('todo', 'doing')", 0)  # fmt: skip
                mails = list(server.mails)
    finally:
        engine.dispose()
    assert len(mails) == MANY
    assert len({line for mail in mails for line in mail.splitlines() if line.startswith("Message-ID")}) == MANY


@pytest.fixture
def mail_port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A port that the settings name as the mail server's; nothing listens there yet."""
    port = free_port()
    for name, value in (("HOST", "127.0.0.1"), ("PORT", str(port)), ("SECURITY", "none"), ("FROM", "g@example.org")):
        monkeypatch.setenv(f"GRIDMAP_SMTP_{name}", value)
    settings.cache_clear()
    yield port
    settings.cache_clear()


def test_a_mail_that_was_handed_over_without_an_answer_may_have_arrived(mail_port: int) -> None:
    with pytest.raises(ConnectionRefusedError):  # nothing went out
        send("email", "suo@example.org", body="x", number="1-1")
    with serving(MailServer(mail_port, silent=True)) as server:
        with pytest.raises(MaybeDelivered, match="没有答复是否收下"):
            send("email", "suo@example.org", body="x", number="1-1")
        assert len(server.mails) == 1


@pytest.fixture
def jobs_on(connection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let jobs of this process work on the connection of the test, as their own role."""

    @contextmanager
    def job_session() -> Iterator[Session]:
        connection.exec_driver_sql(f"set local role {JOBS_ROLE}")
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
            session.commit()
        connection.exec_driver_sql("reset role")

    monkeypatch.setattr(jobs, "job_session", job_session)


def delivery(owner: Any, *, account: int | None = None) -> int:
    """Write an address with a notice and a delivery that waits; return its number."""
    whom, number = ("account_id", account) if account else ("department_id", 7)
    place = f"{TOWN_A // 10**9}, {TOWN_A}, {number}"
    with owner() as session:
        address = session.execute(
            text(
                f"insert into notice_addresses (county_code, unit_code, {whom}, channel, address) values ({place}, 'email', 'a@example.org') returning id"
            )
        ).scalar()
        notice = session.execute(
            text(
                f"insert into notices (county_code, unit_code, {whom}, kind, body, link) values ({place}, 'case.x', '请办理', '/') returning id"
            )
        ).scalar()
        return int(session.execute(text(
            "insert into notice_deliveries (county_code, unit_code, notice_id, address_id)"
            f" values ({TOWN_A // 10**9}, {TOWN_A}, {notice}, {address}) returning id"
        )).scalar())  # fmt: skip


def state(owner: Any) -> tuple[str, str]:
    with owner() as session:
        row = session.execute(text("select state, error from notice_deliveries")).one()
    return row.state, row.error


@pytest.mark.usefixtures("jobs_on")
def test_what_may_have_arrived_is_not_sent_again_by_itself(owner: Any, mail_port: int) -> None:
    number = delivery(owner)
    with serving(MailServer(mail_port, silent=True)) as server:
        for _ in range(3):
            send_one(county_code=TOWN_A // 10**9, delivery_id=number)
        assert len(server.mails) == 1
    assert state(owner)[0] == "unsure"
    assert "没有自动重发" in state(owner)[1]


@pytest.mark.usefixtures("jobs_on")
def test_nothing_goes_to_an_address_that_ended_or_an_account_that_was_disabled_meanwhile(
    owner: Any, make: Any, mail_port: int
) -> None:
    make.world()
    name, _password = make.account((Role.LEADER, TOWN_A))
    with owner() as session:
        who = session.execute(text("select id from accounts where username = :n"), {"n": name}).scalar()
    number = delivery(owner, account=who)
    with serving(MailServer(mail_port)) as server:
        for change, words in (
            ("update accounts set disabled_at = now()", "账号或部门已停用"),
            ("update notice_addresses set ended_at = now()", "该地址已停用"),
        ):
            with owner() as session:
                session.execute(text(change))
            send_one(county_code=TOWN_A // 10**9, delivery_id=number)
            assert words in state(owner)[1]
        with owner() as session:
            session.execute(text("delete from notice_deliveries"))
            session.execute(text("update notice_addresses set ended_at = null"))
            notice = session.execute(text("select id from notices")).scalar()
        deliver(county_code=TOWN_A // 10**9, notice_id=notice)
        with owner() as session:
            assert session.execute(text("select count(*) from notice_deliveries")).scalar() == 0
        assert server.mails == []


@pytest.fixture
def robot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A robot on https://localhost that keeps what it is told and answers ``answers``."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    make = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    subprocess.run([*make.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = self.rfile.read(int(self.headers["Content-Length"]))
            self.server.told.append((self.path, json.loads(told)))  # type: ignore[attr-defined]
            status, body = self.server.answers  # type: ignore[attr-defined]
            if not status:
                return  # the line breaks
            self.send_response(status)
            self.send_header("Location", "https://localhost/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.told, server.answers = [], (200, b'{"errcode":0}')  # type: ignore[attr-defined]
    monkeypatch.setenv("GRIDMAP_WEBHOOK_HOSTS", f"localhost:{server.server_port}")
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    settings.cache_clear()
    with serving(server):
        yield server
    settings.cache_clear()


@pytest.mark.parametrize("channel", ["wecom", "dingtalk"])
def test_a_robot_is_told_in_its_form(robot: Any, channel: str) -> None:
    address = f"https://localhost:{robot.server_port}/cgi-bin/webhook/send?key=k"
    send(channel, address, body="事件 990102-2026-0000001：请接单办理。", number="1-1")
    told = {"msgtype": "text", "text": {"content": "【网格防控图通知】事件 990102-2026-0000001：请接单办理。"}}
    assert robot.told == [("/cgi-bin/webhook/send?key=k", told)]


@pytest.mark.parametrize(
    ("answers", "words"),
    [((200, b'{"errcode":93000}'), "93000"), ((500, b""), "500"), ((302, b""), "302"), ((200, b"<p>"), "无法识别")],
)
def test_a_robot_that_refuses_is_a_failure(robot: Any, answers: Any, words: str) -> None:
    robot.answers = answers
    with pytest.raises(NotDelivered, match=words):
        send("wecom", f"https://localhost:{robot.server_port}/", body="x", number="1-1")
    assert len(robot.told) == 1  # a redirection is not followed


@pytest.mark.parametrize("answers", [(0, b""), (504, b""), (200, b"<p>")])
def test_a_robot_that_gives_no_clear_answer_may_have_taken_it(robot: Any, answers: Any) -> None:
    robot.answers = answers
    with pytest.raises(MaybeDelivered):
        send("wecom", f"https://localhost:{robot.server_port}/", body="x", number="1-1")
    assert len(robot.told) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(robot: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(ssl.SSLCertVerificationError):
        send("wecom", f"https://localhost:{robot.server_port}/", body="x", number="1-1")
    assert robot.told == []


@pytest.mark.parametrize(
    "address",
    ["http://qyapi.weixin.qq.com/", "https://127.0.0.1/", "https://qyapi.weixin.qq.com:8443/", "https://a@qyapi.weixin.qq.com/",
     "https://qyapi.weixin.qq.com.evil.example/", "file:///etc/passwd", "https://qyapi.weixin.qq.com:x/"],
)  # fmt: skip
def test_other_hosts_are_not_spoken_to(address: str) -> None:
    settings.cache_clear()
    assert robot_fault(address)
    with pytest.raises(NotDelivered):
        send("wecom", address, body="x", number="1-1")
    assert not robot_fault("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=k")
