"""Phones of a bench: what the app sends, and how it goes on after an answer that never came."""

from __future__ import annotations

import hashlib
import html
import http.client
import io
import json
import random
import re
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from PIL import Image

WHOLE_BYTES = 512 * 1024  # as the app sends photos at the first try
TRIES_S = 600
FIRST_S, MOST_S = 5, 300  # after which the app asks again for what was held, twice as long each time (see queue.js)
STEP_DEGREES = 0.00003  # some 3 m between two fixes

Item = dict[str, Any]


class Unanswered(Exception):
    """No answer that says what became of a request: the same again will do."""


@dataclass(frozen=True)
class SignIn:
    """How a phone's worker signs in; ``category``: what they report; ``lon``, ``lat``: within their grid (WGS-84)."""

    username: str
    password: str
    category: str
    lon: float
    lat: float


class Line:
    """A phone's line to the server: JSON both ways, each request until it is answered or no longer than ``TRIES_S``."""

    def __init__(self, port: Callable[[], int], person: SignIn) -> None:
        self.port, self.person, self.chance = port, person, random.Random(person.username)
        self.cookie = self.token = ""
        self.wire: http.client.HTTPConnection | None = None
        self.spent_s: list[tuple[str, float]] = []

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        """Return (status, JSON); whatever is no clear answer is asked again, as the app does. Raises ``Unanswered``."""
        deadline = time.monotonic() + TRIES_S
        while time.monotonic() < deadline:
            try:
                if not self.token:
                    self.enter()
                status, told = self._once(method, path, body, headers)
            except (OSError, http.client.HTTPException, AssertionError):
                self.close()
                time.sleep(0.05)
                continue
            if status < 500 and not (status == 409 and "received" not in told):
                time.sleep(told.get("rest_ms", 0) / 1000 * self.chance.uniform(0.5, 1.5))  # as the app does
                return status, told
            time.sleep(0.05)
        raise Unanswered(f"{method} {path}")

    def enter(self) -> None:
        """Sign in through the page, and take the token that writes carry."""
        status, page = self._exchange("GET", "/login", None, {})
        if status == 200:  # else the answer that signed in was lost on the way, but not its cookie
            found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.decode())
            assert found, "no CSRF token on the sign-in page"
            named = {"username": self.person.username, "password": self.person.password}
            form = urlencode({**named, "csrf_token": html.unescape(found[1])}).encode()
            status, _page = self._exchange(
                "POST", "/login", form, {"Content-Type": "application/x-www-form-urlencoded"}
            )
        assert status == 302, f"sign-in answered {status}"
        _status, told = self._exchange("GET", "/field/session.json", None, {"Accept": "application/json"})
        self.token = json.loads(told)["csrf"]

    def _once(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> tuple[int, Any]:
        began = time.perf_counter()
        head = {"Accept": "application/json", "X-CSRFToken": self.token, **headers}
        status, told = self._exchange(method, path, body, head)
        self.spent_s.append((f"{method} {path.split('?')[0][:13]}", time.perf_counter() - began))
        return status, json.loads(told or b"{}")

    def _exchange(self, method: str, path: str, body: bytes | None, head: dict[str, str]) -> tuple[int, bytes]:
        if self.wire is None:
            self.wire = http.client.HTTPConnection("127.0.0.1", self.port(), timeout=TRIES_S)
        self.wire.request(method, path, body, {**head, "Cookie": self.cookie} if self.cookie else head)
        answer = self.wire.getresponse()
        told = answer.read()
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie" and value.startswith("gridmap="):
                self.cookie = value.split(";")[0]
        return answer.status, told

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self.wire is not None:
            self.wire.close()
        self.wire = None


@dataclass
class Phone:
    """A worker's phone: what it made, what it was told of each item, and its photos. Nothing is forgotten before it is acknowledged."""

    line: Line
    seed: int
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    made: list[Item] = field(default_factory=list)
    told: dict[str, Item] = field(default_factory=dict)
    points: int = 0
    duty: str = ""
    number: int = 0

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)

    def go_on_duty(self) -> Item:
        """Return the item by which the worker goes on duty."""
        made = self._item("duty_on", {"unit": None})
        self.duty = made["id"]
        return made

    def report(self, photos: list[bytes]) -> tuple[Item, dict[str, bytes]]:
        """Return a report with photos, and their bytes by their numbers."""
        person, by_id = self.line.person, {str(uuid.uuid4()): content for content in photos}
        body = {
            "title": f"测速上报 {len(self.made)}", "description": "", "category": person.category,
            "lon": person.lon + self.chance.uniform(-1e-4, 1e-4), "lat": person.lat + self.chance.uniform(-1e-4, 1e-4),
            "accuracy_m": 8, "method": "gps", "address_text": "", "occurred_at": None, "unit": None, "border_unit": None,
        }  # fmt: skip
        return self._item("report", body, photos=[{"id": one} for one in by_id]), by_id

    def track(self, count: int) -> Item:
        """Return a batch of ``count`` fixes of a walk that ends now, a fix each 10 ms of the clock so that none lies before the duty."""
        self.number += 1
        self.points += count
        now, person = ms(), self.line.person
        fixes = [
            {"t": now - (count - n) * 10, "lon": person.lon + n * STEP_DEGREES, "lat": person.lat, "a": 5, "v": 1.2}
            for n in range(count)
        ]
        body = {"duty": self.duty, "device": self.device, "number": self.number, "points": json.dumps(fixes)}
        return self._item("points", body)

    def upload(self, number: str, content: bytes) -> None:
        """Send a photo piece by piece, going on from where the server says. Raises ``RuntimeError`` when it is not taken."""
        path, received = f"/field/photos/{number}", 0
        head = {"X-Photo-Size": str(len(content)), "X-Photo-Sha256": hashlib.sha256(content).hexdigest()}
        complete = False
        while not complete:
            status, told = self.line.ask(
                "PUT", f"{path}?offset={received}", content[received : received + WHOLE_BYTES],
                **{"Content-Type": "application/octet-stream", **head},
            )  # fmt: skip
            if status not in (200, 409):
                raise RuntimeError(f"{path} answered {status}: {told}")
            received, complete = told["received"], told.get("complete", False)

    def send(self, items: list[Item]) -> None:
        """Send a round and remember what became of each item; what the server only holds is asked for again, as the app does.

        Raises ``RuntimeError`` when the round is not taken.
        """
        deadline, tries = time.monotonic() + TRIES_S, 0
        while items and time.monotonic() < deadline:
            self._send_once(items)
            items = [item for item in items if self.told[item["id"]]["verdict"] == "held"]
            if items:
                time.sleep(min(MOST_S, FIRST_S * 2**tries) * self.chance.uniform(0.8, 1.2))
                tries += 1

    def _send_once(self, items: list[Item]) -> None:
        sent = json.dumps({"device": self.device, "sent_at": ms(), "items": items}).encode()
        status, told = self.line.ask("POST", "/field/sync", sent, **{"Content-Type": "application/json"})
        if status != 200:
            raise RuntimeError(f"/field/sync answered {status}: {told}")
        for verdict in [*told["verdicts"], *told["later"]]:
            self.told[verdict["id"]] = verdict

    def _item(self, kind: str, body: Item, **more: Any) -> Item:
        number = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        made = {"id": number, "kind": kind, "schema": 1, "object": number, "after": None, "made_at": ms(), "base": None}
        self.made.append({**made, "body": body, "photos": [], **more})
        return self.made[-1]


def ms() -> int:
    """Return the time as phones write it: milliseconds since 1970."""
    return round(time.time() * 1000)


def picture(seed: int, width: int = 1600, height: int = 1200) -> bytes:
    """Return a photo of its own as the app sends one: JPEG, at most 1600 px, some 400 kB; no two seeds have the same pixels."""
    image = _ground(width, height).copy()
    image.paste(Image.frombytes("RGB", (64, 64), random.Random(seed).randbytes(64 * 64 * 3)))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


@cache
def _ground(width: int, height: int) -> Image.Image:
    across, down = width // 8, height // 8
    coarse = Image.frombytes("RGB", (across, down), random.Random(1).randbytes(across * down * 3))
    return coarse.resize((width, height), Image.Resampling.BICUBIC)
