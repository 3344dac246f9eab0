"""Photos that come piece by piece: a piece is on the disk before it is acknowledged; a whole one is verified and stored."""

from __future__ import annotations

import hashlib
import os
import uuid
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from gridmap.access import GRANTS, Actor, Permission
from gridmap.config import settings
from gridmap.errors import BadInput, Conflict, TooLarge, TooMany
from gridmap.field.forms.pieces import Piece
from gridmap.field.models import FieldItem, FieldUpload
from gridmap.field.queries.items import one_upload
from gridmap.media import read_photo, store_photo

MOST_UNUSED = 60
BROKEN = "照片在传送中损坏，请重新发送。"
CHANGED = "照片与先前发送的不同，请重新拍摄。"


def home_unit(actor: Actor) -> int:
    """Return the unit under which the actor's items are kept: that of their first post that may patrol."""
    return next(post.unit_code for post in actor.posts if Permission.PATROL_RECORD in GRANTS[post.role])


def at_home(actor: Actor, row: FieldItem | FieldUpload) -> None:
    """Keep a row under the actor's unit of today, when they have left the one where it was made: nobody writes where they hold no post."""
    if not any(row.unit_code in scope for scope in actor.ranges):
        row.unit_code = home_unit(actor)
        row.county_code = row.unit_code // 10**9


def part_path(upload: FieldUpload) -> Path:
    """Return where the pieces of a photo are gathered."""
    return settings().instance_dir / "uploads" / "field" / f"{upload.account_id}-{upload.client_id}.part"


def is_here(upload: FieldUpload) -> bool:
    """Say whether all of a photo is here. One whose pieces the disk has lost begins anew: the phone is told to send it again."""
    if upload.arrived and upload.photo_sha256 is None and not part_path(upload).exists():
        upload.received_bytes = 0
    return bool(upload.arrived)


def take_piece(
    session: Session, actor: Actor, *, client_id: uuid.UUID, piece: Piece, now: datetime, verifies: bool = True
) -> FieldUpload:
    """Keep a piece of one's own photo; the same piece twice is once. A whole one is looked into and stored at once if it ``verifies``,
    else with the item to which it belongs.

    Raises ``Conflict`` (``extra["received"]``: go on from there), ``TooMany`` (later), ``TooLarge``, ``BadInput`` (the photo is no photo: it is forgotten).
    """
    session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:key, 12))"), {"key": f"{actor.account_id} {client_id}"}
    )
    found = one_upload(session, actor, client_id) or _begun(session, actor, client_id, piece, now)
    if found.photo_sha256 is not None:
        return found
    if (found.size_bytes, found.checksum) != (piece.size_bytes, piece.checksum):
        raise BadInput(CHANGED, field="photos")
    at_home(actor, found)
    path = part_path(found)
    here = path.stat().st_size if path.exists() else 0
    if here < found.received_bytes:  # the disk lost what was told: from the beginning
        found.received_bytes = 0
    if found.arrived:
        return found
    end = piece.offset + len(piece.content)
    if piece.offset > found.received_bytes or end > found.size_bytes or not piece.content:
        raise Conflict("请从已收到的位置继续发送。", received=found.received_bytes)
    _write(path, piece)
    found.received_bytes, found.touched_at = max(found.received_bytes, end), now
    if found.arrived:
        _refuse_broken(found, path)
        if verifies:
            verify_upload(session, found)
            path.unlink()
    session.flush()
    return found


def _begun(session: Session, actor: Actor, client_id: uuid.UUID, piece: Piece, now: datetime) -> FieldUpload:
    most = settings().max_photo_mb * 1024 * 1024
    if not 0 < piece.size_bytes <= most:
        raise TooLarge(f"照片超过 {settings().max_photo_mb} MB，请重新拍摄。")
    unused = select(func.count()).where(FieldUpload.account_id == actor.account_id, FieldUpload.used.is_(False))
    if session.scalar(unused) >= MOST_UNUSED:  # type: ignore[operator]
        raise TooMany(f"还有 {MOST_UNUSED} 张照片没有对应的内容，请先把它们所属的内容发送完。")
    unit = home_unit(actor)
    row = FieldUpload(
        county_code=unit // 10**9, unit_code=unit, account_id=actor.account_id, client_id=client_id,
        size_bytes=piece.size_bytes, checksum=piece.checksum, received_bytes=0, used=False, touched_at=now,
    )  # fmt: skip
    session.add(row)
    return row


def _write(path: Path, piece: Piece) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(handle, "wb") as out:
        out.seek(piece.offset)
        out.write(piece.content)
        out.flush()
        os.fsync(out.fileno())


def _refuse_broken(row: FieldUpload, path: Path) -> None:
    """Let a photo that arrived broken be sent anew from its beginning."""
    if hashlib.sha256(path.read_bytes()[: row.size_bytes]).hexdigest() != row.checksum:
        path.unlink()
        raise BadInput(BROKEN, field="photos")


def verify_upload(session: Session, row: FieldUpload) -> None:
    """Store a photo that has arrived, and leave its pieces: what else is done with it may yet be undone. Raises ``BadInput``: it is no photo."""
    photo = read_photo(part_path(row).read_bytes()[: row.size_bytes], "照片")
    store_photo(session, photo)
    row.photo_sha256, row.width_px, row.height_px = photo.sha256, photo.width_px, photo.height_px


def sweep_uploads(session: Session, *, now: datetime, keep_days: int) -> int:
    """Forget photos on their way that were last touched before ``keep_days`` days ago, and pieces of those that are stored (a job).

    Returns how many photos were forgotten; what cases show of them stays.
    """
    for row in session.scalars(select(FieldUpload).where(FieldUpload.photo_sha256.is_not(None))):
        part_path(row).unlink(missing_ok=True)
    rows = session.scalars(select(FieldUpload).where(FieldUpload.touched_at < now - timedelta(days=keep_days))).all()
    for row in rows:
        part_path(row).unlink(missing_ok=True)
        session.delete(row)
    session.flush()
    return len(rows)
