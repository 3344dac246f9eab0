"""A worker's phone as the server meets it: signed in, with its own clock and numbers."""

from __future__ import annotations

import hashlib
import io
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image

from gridmap.access import Role
from tests.factories import GRID_A11, SIZE, SOUTH, WEST, Factories

MIDDLE = (WEST + SIZE / 2, SOUTH + SIZE / 2)
JSON = {"Accept": "application/json"}


def jpeg(width: int = 64, height: int = 48, colour: str = "teal", **more: Any) -> bytes:
    """Return a small photo."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "JPEG", **more)
    return out.getvalue()


def ms(at: datetime) -> int:
    """Return an instant as phones write it."""
    return round(at.timestamp() * 1000)


@dataclass
class Phone:
    """A phone of a signed-in worker; ``slow``: by how much its clock is behind."""

    client: FlaskClient
    device: str = field(default_factory=lambda: str(uuid.uuid4()))
    slow: timedelta = timedelta(0)

    def now(self) -> datetime:
        """Return the time by the phone's clock."""
        return datetime.now(UTC) - self.slow

    def item(self, kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
        """Return an item as the app makes it."""
        number = more.pop("id", None) or str(uuid.uuid4())
        made = {"id": number, "kind": kind, "schema": 1, "object": number, "after": None, "made_at": ms(self.now())}
        return {**made, "base": None, "body": body, "photos": [], **more}

    def report(self, title: str = "路灯不亮", **more: Any) -> dict[str, Any]:
        """Return a report from the middle of grid A11."""
        body = {
            "title": title, "description": "", "category": "0101", "lon": MIDDLE[0], "lat": MIDDLE[1], "accuracy_m": 8,
            "method": "gps", "address_text": "", "occurred_at": None, "unit": None, "border_unit": None,
            **more.pop("body", {}),
        }  # fmt: skip
        return self.item("report", body, **more)

    def post(self, *items: Any, **more: Any) -> Any:
        """Send a round and return the answer."""
        sent = {"device": self.device, "sent_at": ms(self.now()), "items": list(items), **more}
        return self.client.post("/field/sync", json=sent, headers=JSON)

    def send(self, *items: Any) -> list[dict[str, Any]]:
        """Send a round that is taken, and return the verdicts."""
        answer = self.post(*items)
        assert answer.status_code == 200, answer.text
        told: list[dict[str, Any]] = answer.json["verdicts"]
        return told

    def put(self, content: bytes, number: str, offset: int = 0, end: int | None = None, **told: Any) -> Any:
        """Send a piece of a photo."""
        headers = {
            "X-Photo-Size": str(told.get("size", len(content))),
            "X-Photo-Sha256": told.get("checksum", hashlib.sha256(content).hexdigest()),
            **JSON,
        }
        piece = content[offset:end]
        return self.client.put(f"/field/photos/{number}?offset={offset}", data=piece, headers=headers)

    def photo(self, content: bytes | None = None) -> str:
        """Send a whole photo and return its number."""
        number = str(uuid.uuid4())
        answer = self.put(content or jpeg(), number)
        assert answer.json == {"received": len(content or jpeg()), "complete": True}, answer.text
        return number


@pytest.fixture
def phone(make: Factories, signed_in: Callable[..., FlaskClient]) -> Phone:
    """The phone of a worker of grid A11 in the small world."""
    make.world()
    return Phone(signed_in((Role.GRID_WORKER, GRID_A11)))
