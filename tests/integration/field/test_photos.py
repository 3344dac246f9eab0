"""Photos that come piece by piece: resumed where they stopped, verified when whole, never another's."""

from __future__ import annotations

import hashlib
import io
import struct
import uuid
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import text

from gridmap.access import Role
from gridmap.config import settings
from gridmap.field.actions.uploads import sweep_uploads
from gridmap.media import photo_path
from tests.factories import TOWN_A
from tests.integration.field.conftest import JSON, Phone, jpeg

Owner = Callable[[], Any]


def parts() -> list[Path]:
    """Return the files in which pieces are gathered."""
    return list((settings().instance_dir / "uploads" / "field").glob("*.part"))


@pytest.fixture(autouse=True)
def _no_parts() -> None:
    for file in parts():
        file.unlink()


def test_a_photo_goes_on_where_it_stopped(phone: Phone) -> None:
    content, number = jpeg(400, 300), str(uuid.uuid4())
    assert phone.client.get(f"/field/photos/{number}", headers=JSON).json == {"received": 0, "complete": False}
    assert phone.put(content, number, 0, 500).json == {"received": 500, "complete": False}
    assert phone.client.get(f"/field/photos/{number}", headers=JSON).json == {"received": 500, "complete": False}
    assert phone.put(content, number, 500, 900).json["received"] == 900
    assert phone.put(content, number, 300, 700).json["received"] == 900  # a piece that came before
    assert phone.put(content, number, 900).json == {"received": len(content), "complete": True}
    assert phone.put(content, number, 0).json["complete"]
    assert parts() == []


def test_a_gap_is_told_with_where_to_go_on(phone: Phone) -> None:
    content, number = jpeg(400, 300), str(uuid.uuid4())
    phone.put(content, number, 0, 100)
    answer = phone.put(content, number, 200, 300)
    assert (answer.status_code, answer.json["received"]) == (409, 100)
    assert phone.put(content, number, 100).json["complete"]


def test_what_the_disk_lost_is_sent_again(phone: Phone) -> None:
    content, number = jpeg(400, 300), str(uuid.uuid4())
    phone.put(content, number, 0, 600)
    (part,) = parts()
    part.unlink()
    answer = phone.put(content, number, 600)
    assert (answer.status_code, answer.json["received"]) == (409, 0)
    assert phone.put(content, number, 0).json["complete"]


def test_a_photo_that_arrives_broken_is_sent_anew(phone: Phone) -> None:
    content, number = jpeg(400, 300), str(uuid.uuid4())
    broken = content[:300] + b"\x00" * 20 + content[320:]
    told = {"checksum": hashlib.sha256(content).hexdigest()}
    assert phone.put(broken, number, 0, **told).status_code == 400
    assert phone.put(content, number, 0, **told).json["complete"]


def test_another_photo_under_the_same_number_is_refused(phone: Phone) -> None:
    number = str(uuid.uuid4())
    phone.put(jpeg(400, 300), number, 0, 100)
    answer = phone.put(jpeg(400, 300, "red"), number, 100)
    assert (answer.status_code, answer.json["field"]) == (400, "photos")


def _huge() -> bytes:
    """A PNG of 60 megapixels in some hundred bytes, as far as its head goes."""
    head = struct.pack(">IIBBBBB", 10_000, 6_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + head
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\x00" * 40


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<script>alert(1)</script>" * 4, "照片"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic" + b"\x00" * 60, "照片"),
        (jpeg(400, 300)[:-400], "照片"),
        (_huge(), "照片"),
    ],
    ids=["script", "heic", "truncated", "60 megapixels"],
)
def test_what_is_no_photo_is_refused_with_words(phone: Phone, content: bytes, words: str) -> None:
    answer = phone.put(content, str(uuid.uuid4()))
    assert answer.status_code == 400
    assert words in answer.json["detail"]


def test_the_stored_copy_has_no_exif(phone: Phone, owner: Owner) -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret-place"
    number = phone.photo(jpeg(200, 150, exif=exif))
    with owner() as session:
        sha256 = session.execute(
            text("select photo_sha256 from field_uploads where client_id = :n"), {"n": number}
        ).scalar_one()
    stored = photo_path(sha256).read_bytes()
    assert b"secret-place" not in stored
    assert not Image.open(io.BytesIO(stored)).getexif()


@pytest.mark.parametrize(
    ("offset", "headers"),
    [("x", {}), ("-1", {}), ("0", {"X-Photo-Size": "ten"}), ("0", {"X-Photo-Sha256": "../../etc"})],
)
def test_senseless_pieces_are_refused(phone: Phone, offset: str, headers: dict[str, str]) -> None:
    fine = {"X-Photo-Size": "10", "X-Photo-Sha256": "0" * 64, **JSON}
    answer = phone.client.put(f"/field/photos/{uuid.uuid4()}?offset={offset}", data=b"x" * 10, headers=fine | headers)
    assert answer.status_code == 400
    assert parts() == []


def test_too_large_too_many_and_empty(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    number = str(uuid.uuid4())
    assert phone.put(b"x", number, size=settings().max_photo_mb * 1024 * 1024 + 1).status_code == 413
    assert phone.put(b"", number, size=10).status_code == 409
    assert phone.put(b"x" * 11, number, size=10).status_code == 409
    monkeypatch.setattr("gridmap.field.actions.uploads.MOST_UNUSED", 1)
    phone.photo()
    assert phone.put(jpeg(), str(uuid.uuid4())).status_code == 429


def test_old_pieces_are_swept_and_used_photos_stay(phone: Phone, owner: Owner) -> None:
    number = phone.photo()
    (verdict,) = phone.send(phone.report(photos=[{"id": number}]))
    phone.put(jpeg(400, 300), str(uuid.uuid4()), 0, 100)
    assert len(parts()) == 1
    with owner() as session:
        assert sweep_uploads(session, now=datetime.now(UTC), keep_days=30) == 0
        assert sweep_uploads(session, now=datetime.now(UTC) + timedelta(days=31), keep_days=30) == 2
        sha256 = session.execute(text("select sha256 from case_photos")).scalar_one()
    assert parts() == []
    assert photo_path(sha256).exists()
    assert verdict["verdict"] == "accepted"


def test_what_the_camera_told_is_for_who_reported_and_who_may_open_the_parties(
    phone: Phone, signed_in: Callable[..., FlaskClient]
) -> None:
    number = phone.photo()
    told = {"id": number, "taken_at": "2026-11-20T09:30:00", "lon": 125.31234, "lat": 43.81234}
    (verdict,) = phone.send(phone.report(photos=[told]))
    path = verdict["result"]["path"]
    shown = "拍摄于", "2026-11-20 09:30", "125.31234, 43.81234"

    def seen(client: FlaskClient) -> list[bool]:
        page = client.get(path)
        assert page.status_code == 200
        return [words in page.text for words in shown]

    assert seen(phone.client) == [True] * 3
    assert seen(signed_in((Role.CENTRE_STAFF, TOWN_A))) == [True] * 3
    for role in (Role.LEADER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.GRID_WORKER):
        assert seen(signed_in((role, TOWN_A))) == [False] * 3, role
    listed = phone.client.get(f"/cases?q={verdict['result']['case_code']}", headers=JSON)
    assert "125.31234" not in listed.text
