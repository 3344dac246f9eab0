"""People of a bench: accounts with posts, signed in through the page, each on a connection of their own."""

from __future__ import annotations

import gzip
import html
import re
import secrets
import socket
from dataclasses import dataclass
from urllib.parse import urlencode

from argon2 import PasswordHasher

from bench.map.base import as_owner
from bench.map.serving import enter
from gridmap.access import Role

TIMEOUT_S = 60


@dataclass(frozen=True)
class Person:
    """An account of the bench with one post; ``department_id`` where it is one of a department."""

    account_id: int
    username: str
    role: Role
    unit_code: int
    department_id: int | None = None


def enlist(name: str, posts: list[tuple[Role, int, int | None]]) -> tuple[list[Person], str]:
    """Add a person for each post (role, unit, department) to a database; return them and their password."""
    password = secrets.token_urlsafe(16)
    hashed, found = PasswordHasher().hash(password), []
    with as_owner(name) as connection, connection.cursor() as cursor:
        for role, unit_code, department_id in posts:
            username = f"bench-{secrets.token_hex(6)}"
            cursor.execute(
                "with a as (insert into accounts (unit_code, username, name, password_hash, must_change_password)"
                " values (%s, %s, '测速', %s, false) returning id) insert into posts (county_code, unit_code, account_id, role,"
                " department_id) select %s, %s, id, %s, %s from a returning account_id",
                (unit_code, username, hashed, unit_code // 10**9, unit_code, role.value, department_id),
            )
            found.append(Person(cursor.fetchone()[0], username, role, unit_code, department_id))
    return found, password


class Client:
    """A signed-in browser, as little of one as a server can be measured with: one connection, kept while the server keeps it."""

    def __init__(self, port: int, person: Person, password: str) -> None:
        self.port, self.person = port, person
        self.cookie = enter(port, person.username, password)
        self.socket: socket.socket | None = None
        _status, head, body = self._send("GET /account/password HTTP/1.1", b"")
        kept = re.search(r"(?i)\r\nset-cookie: (gridmap=[^;\r]+)", head)
        self.cookie = (
            kept[1] if kept else self.cookie
        )  # it holds the token's secret; later cookies only hold what was told
        page = (gzip.decompress(body) if body[:2] == b"\x1f\x8b" else body).decode()
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found, "no CSRF token on the page"
        self.token = html.unescape(found[1])

    def get(self, path: str) -> bytes:
        """Fetch a page. Raises ``RuntimeError`` for anything but 200."""
        status, _head, body = self._send(f"GET {path} HTTP/1.1", b"")
        if status != 200:
            raise RuntimeError(f"{path} answered {status}")
        return body

    def post(self, path: str, form: dict[str, object]) -> tuple[int, str, bytes]:
        """Send a form; return status, where it leads and the body."""
        status, head, body = self._send(f"POST {path} HTTP/1.1", urlencode({"csrf_token": self.token, **form}).encode())
        where = re.search(r"(?i)\r\nlocation: ([^\r]+)", head)
        return status, where[1] if where else "", body

    def _send(self, line: str, body: bytes) -> tuple[int, str, bytes]:
        head = f"{line}\r\nHost: 127.0.0.1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nCookie: {self.cookie}\r\n"
        if body:
            head += f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        request, kept = f"{head}\r\n".encode() + body, self.socket is not None
        try:
            answer, data = self._exchange(request)
        except ConnectionError:
            if not kept:
                raise
            answer, data = self._exchange(request)  # the server had closed a connection that was idle
        return int(answer[9:12]), answer.decode("latin-1"), data

    def _exchange(self, request: bytes) -> tuple[bytes, bytes]:
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=TIMEOUT_S)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.socket.sendall(request)
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
