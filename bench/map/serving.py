"""Servers under measurement and the clients that load them: plain sockets, as many processes as connections."""

from __future__ import annotations

import html
import http.client
import multiprocessing
import os
import re
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from bench.map.base import as_owner, environment
from gridmap.cli.processes import web_command
from gridmap.config import ROOT

CONNECTIONS = 8


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(
    command: list[str], env: dict[str, str], port: int, path: str, log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server for the block; it is ready when ``path`` answers."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "wb") as out:
        process = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            _wait(process, port, path, log)
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                process.kill()
                process.wait()


def _wait(process: subprocess.Popen[bytes], port: int, path: str, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"被测服务没有启动：{log} 末尾：{log.read_text(errors='replace')[-300:]}")
        with suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", path)
            if connection.getresponse().status < 500:
                return
        time.sleep(0.2)
    raise RuntimeError(f"被测服务 90 秒内没有就绪，见 {log}。")


@contextmanager
def gridmap_server(name: str, workers: int = 2) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """Serve the product on a database of the bench exactly as ``gridmap run`` does; yields the port and the process."""
    port = free_port()
    logs = ROOT / "build" / "bench-logs"
    logs.mkdir(parents=True, exist_ok=True)
    with running(
        web_command("127.0.0.1", port, workers, logs), environment(name), port, "/healthz", logs / "web.log"
    ) as process:
        yield port, process


@contextmanager
def tipg_server(name: str, workers: int = 2) -> Iterator[int]:
    """Serve table ``cases`` of a database with tipg, from a virtual environment of its own, made at first use."""
    from bench.map.base import address, plain

    home = ROOT / "build" / "bench-venv"
    if not (home / "bin" / "uvicorn").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "-q", "tipg", "uvicorn[standard]"], check=True)
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute("create index if not exists bench_cases_geom on cases using gist (geom)")
        cursor.execute("analyze cases")
    port = free_port()
    env = {
        **os.environ, "DATABASE_URL": plain(address(name)), "TIPG_DB_SCHEMAS": '["public"]', "TIPG_DB_TABLES": '["public.cases"]',
        "TIPG_TILE_BUFFER": "0", "TIPG_MAX_FEATURES_PER_TILE": "10000", "DB_MIN_CONN_SIZE": "4", "DB_MAX_CONN_SIZE": "4",
    }  # fmt: skip
    command = [
        str(home / "bin" / "uvicorn"),
        "tipg.main:app",
        "--port",
        str(port),
        "--workers",
        str(workers),
        "--log-level",
        "warning",
    ]
    try:
        with running(command, env, port, "/collections/public.cases", ROOT / "build" / "bench-logs" / "tipg.log"):
            yield port
    finally:
        with as_owner(name) as connection, connection.cursor() as cursor:
            cursor.execute("drop index if exists bench_cases_geom")


def sign_in(name: str, port: int, unit_code: int) -> str:
    """Add a leader of a unit with a random password, sign in through the page and return the cookie."""
    from argon2 import PasswordHasher

    username, password = f"bench-{unit_code}-{secrets.token_hex(4)}", secrets.token_urlsafe(16)
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            "with a as (insert into accounts (unit_code, username, name, password_hash, must_change_password)"
            " values (%s, %s, '测速', %s, false) returning id)"
            " insert into posts (county_code, unit_code, account_id, role) select %s, %s, id, 'leader' from a",
            (unit_code, username, PasswordHasher().hash(password), unit_code // 10**9, unit_code),
        )
    return enter(port, username, password)


def enter(port: int, username: str, password: str) -> str:
    """Sign in through the page and return the cookie."""
    page = http.client.HTTPConnection("127.0.0.1", port)
    page.request("GET", "/login")
    answer = page.getresponse()
    cookie = _cookie(answer)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())
    assert token, "no CSRF token on the sign-in page"
    form = urlencode({"username": username, "password": password, "csrf_token": html.unescape(token[1])})
    enter = http.client.HTTPConnection("127.0.0.1", port)
    enter.request("POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded", "Cookie": cookie})
    answer = enter.getresponse()
    assert answer.status == 302, f"sign-in answered {answer.status}"
    return _cookie(answer)


def _cookie(answer: http.client.HTTPResponse) -> str:
    return next(
        v.split(";")[0] for k, v in answer.getheaders() if k.lower() == "set-cookie" and v.startswith("gridmap=")
    )


class Wire:
    """One connection to a server, kept open where the server keeps it: hardly anything that could slow a server down."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.port = port
        self.socket: socket.socket | None = None
        self.rest = f"Host: 127.0.0.1\r\nAccept-Encoding: gzip\r\n{f'Cookie: {cookie}' + chr(13) + chr(10) if cookie else ''}\r\n"

    def get(self, path: str) -> bytes:
        """Fetch a path and return the body. Raises ``RuntimeError`` for any status but 200 and 204."""
        kept = self.socket is not None
        try:
            head, body = self._ask(path)
        except ConnectionError:
            if not kept:
                raise
            head, body = self._ask(path)  # a connection kept open was closed for idleness
        if head[9:12] not in (b"200", b"204"):
            raise RuntimeError(f"{path} answered {head[:60]!r}")
        return body

    def _ask(self, path: str) -> tuple[bytes, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(f"GET {path} HTTP/1.1\r\n{self.rest}".encode())
            data = b""
            while b"\r\n\r\n" not in data:
                data += self._more()
            head, _, body = data.partition(b"\r\n\r\n")
            length = re.search(rb"(?i)content-length: (\d+)", head)
            while len(body) < (int(length[1]) if length else 0):
                body += self._more()
        except ConnectionError:
            self.close()
            raise
        if b"connection: close" in head.lower():
            self.close()
        return head, body

    def _more(self) -> bytes:
        assert self.socket is not None
        part = self.socket.recv(262144)
        if not part:
            raise ConnectionResetError("connection closed before the whole answer")
        return part

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self.socket is not None:
            self.socket.close()
            self.socket = None


def rate(make: Callable[[], Callable[[Any], Any]], things: Sequence[Any], rounds: int) -> float:
    """Return how many things a second ``CONNECTIONS`` processes get done, each with what ``make`` gives it.

    All of them share one list, so whoever is measured does the very same work: every thing ``rounds`` times, in one order.
    """
    context = multiprocessing.get_context("fork")
    start, next_one = context.Barrier(CONNECTIONS + 1), context.Value("q", 0)
    workers = [
        context.Process(target=_load, args=(make, things, number, rounds, start, next_one))
        for number in range(CONNECTIONS)
    ]
    for worker in workers:
        worker.start()
    start.wait(60)
    began = time.perf_counter()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a client of the bench failed")
    return rounds * len(things) / took


def _load(
    make: Callable[[], Callable[[Any], Any]], things: Sequence[Any], number: int, rounds: int, start: Any, next_one: Any
) -> None:
    work = make()
    work(things[number * len(things) // CONNECTIONS])
    start.wait()
    while True:
        with next_one.get_lock():
            index, next_one.value = next_one.value, next_one.value + 1
        if index >= rounds * len(things):
            return
        work(things[index % len(things)])
