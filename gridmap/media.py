"""Stored photos: verified, re-encoded without metadata, kept under the hash of their bytes.

A file is written whole (temporary name, then rename) before its row is committed, so that a committed row always has its
file; when the transaction is rolled back instead, the files it made are removed again.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageFile, ImageOps, UnidentifiedImageError
from sqlalchemy import event, text
from sqlalchemy.orm import Session, SessionTransaction

from gridmap.config import settings
from gridmap.errors import BadInput

FORMATS = ("JPEG", "PNG", "WEBP")  # the first takes MPO too, as some phones write it
MOST_PIXELS = 50_000_000
LONGEST_SIDE_PX = 2560
QUALITY = 85
ENDINGS = ("jpg", "docx", "pdf")
YOUNGEST_SWEPT_S = 24 * 3600
_LOCK = "hashtextextended(:key, 7)"  # of the bytes of one file


@dataclass(frozen=True)
class Origin:
    """When (aware, by the camera's clock) and where (WGS-84 degrees) a photo was taken, as its EXIF says: kept apart from it."""

    taken_at: datetime | None = None
    lon: float | None = None
    lat: float | None = None


@dataclass(frozen=True)
class Photo:
    """A photo ready to be stored: JPEG bytes in sRGB without EXIF, their SHA-256, and the size in pixels."""

    content: bytes
    sha256: str
    width_px: int
    height_px: int
    origin: Origin = Origin()


def read_photo(content: bytes, name: str, *, field: str = "photos") -> Photo:
    """Verify and re-encode an uploaded photo. Raises ``BadInput`` that names the file and the remedy.

    The claimed type and the file's ending are not believed: only what decodes as JPEG, PNG or WebP is a photo. The size in
    pixels is read from the head before anything is decoded, so that a small file cannot unfold into gigabytes.
    """
    shown, most_mb = _shown(name), settings().max_photo_mb
    if not content:
        raise BadInput(f"照片“{shown}”是空文件，请重新选择。", field=field)
    if len(content) > most_mb * 1024 * 1024:
        raise BadInput(f"照片“{shown}”超过 {most_mb} MB，请压缩后再上传。", field=field)
    ImageFile.LOAD_TRUNCATED_IMAGES = (
        False  # WeasyPrint makes Pillow lenient for the whole process: half a photo is none
    )
    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            if image.width * image.height > MOST_PIXELS:
                raise _too_many_pixels(shown, field)
            return _encoded(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:  # far above our own bound
        raise _too_many_pixels(shown, field) from fault
    except UnidentifiedImageError as fault:
        raise BadInput(_not_a_photo(shown, content), field=field) from fault
    except (OSError, SyntaxError, ValueError) as fault:
        raise BadInput(f"照片“{shown}”已损坏或不完整，无法打开，请重新拍摄或选择。", field=field) from fault


def _too_many_pixels(shown: str, field: str) -> BadInput:
    most = MOST_PIXELS // 10_000
    return BadInput(f"照片“{shown}”的像素过大（上限 {most} 万像素），请缩小后再上传。", field=field)


def _not_a_photo(shown: str, content: bytes) -> str:
    if content[4:8] == b"ftyp":
        return (
            f"照片“{shown}”是 HEIC 等格式，暂不支持；请在手机相机设置中选择“兼容性最佳（JPEG）”，或转换为 JPEG 后上传。"
        )
    return f"“{shown}”不是可识别的照片，请上传 JPEG、PNG 或 WebP 格式的图片。"


def _shown(name: str) -> str:
    """Return a file's name as it may stand in a message: no path, no control characters, not too long."""
    plain = re.sub(r"[\x00-\x1f\x7f]", "", name.replace("\\", "/").rsplit("/", 1)[-1]).strip() or "未命名文件"
    return plain if len(plain) <= 60 else plain[:40] + "…" + plain[-15:]


def _in_srgb(image: Image.Image) -> Image.Image:
    """Return the picture in sRGB, by the colour profile it carries (phones write Display P3); as it is when that is damaged."""
    profile = image.info.get("icc_profile")
    if not profile:
        return image
    solid = image.mode in ("RGB", "L", "CMYK") and not image.has_transparency_data
    kept = image if solid else image.convert("RGBA")
    wanted = "RGBA" if kept.mode == "RGBA" else "RGB"
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        done = ImageCms.profileToProfile(kept, source, ImageCms.createProfile("sRGB"), outputMode=wanted)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return image
    return done or image


def _encoded(image: Image.Image) -> Photo:
    image.draft("RGB", (LONGEST_SIDE_PX, LONGEST_SIDE_PX))  # JPEG decodes at a fraction of its size when that is enough
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    image.thumbnail((LONGEST_SIDE_PX, LONGEST_SIDE_PX), Image.Resampling.LANCZOS)
    upright = _in_srgb(image)
    if upright.has_transparency_data:
        upright = upright.convert("RGBA")
        ground = Image.new("RGB", upright.size, "white")
        ground.paste(upright, mask=upright.getchannel("A"))
        upright = ground
    out = io.BytesIO()
    plain = upright if upright.mode == "RGB" else upright.convert("RGB")
    plain.save(out, "JPEG", quality=QUALITY, optimize=True, exif=b"", comment=b"", icc_profile=None)
    content = out.getvalue()
    return Photo(content, hashlib.sha256(content).hexdigest(), upright.width, upright.height)


def photo_path(sha256: str) -> Path:
    """Return where a photo with this hash is kept. Raises ``ValueError`` for anything but a SHA-256 in hexadecimal."""
    return kept_path(sha256, "jpg")


def kept_path(sha256: str, ending: str) -> Path:
    """Return where bytes with this hash are kept under one of ``ENDINGS``. Raises ``ValueError`` for anything else."""
    if not re.fullmatch(r"[0-9a-f]{64}", sha256) or ending not in ENDINGS:
        raise ValueError("not a SHA-256 or no kind of kept file")
    return settings().media_dir / sha256[:2] / f"{sha256}.{ending}"


def store_photo(session: Session, photo: Photo) -> None:
    """Write a photo to the media folder within the current transaction, see ``store_bytes``."""
    store_bytes(session, photo.content, photo.sha256, "jpg")


def store_bytes(session: Session, content: bytes, sha256: str, ending: str) -> None:
    """Write bytes to the media folder within the current transaction; undone when that is rolled back.

    Transactions that store the same bytes wait for each other, so that none takes a file for granted that another removes.
    """
    session.execute(text(f"select pg_advisory_xact_lock({_LOCK})"), {"key": sha256})
    path = kept_path(sha256, ending)
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    _undo_on_rollback(session, path)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _undo_on_rollback(session: Session, path: Path) -> None:
    """Remove ``path`` if this transaction, or the savepoint it was stored in, is rolled back.

    The connection tells before PostgreSQL rolls back, while the lock still holds. Once the session's own transaction has
    ended there is nothing more to undo, though a connection may live on.
    """
    connection = session.connection()
    ended: list[bool] = []
    later: set[str] = set()  # savepoints made after the file: rolling back to them keeps it

    def begun(_connection: Any, name: str) -> None:
        later.add(name)

    def undo(_connection: Any, name: str = "", *_: Any) -> None:
        if not ended and name not in later:
            path.unlink(missing_ok=True)

    def end(_session: Session, transaction: SessionTransaction) -> None:
        if transaction.parent is None:
            ended.append(True)

    event.listen(connection, "rollback", undo)
    event.listen(connection, "rollback_savepoint", undo)
    event.listen(connection, "savepoint", begun)
    event.listen(session, "after_transaction_end", end)


def sweep_photos(session: Session, *, keep_days: int) -> int:
    """Remove files older than ``keep_days`` that no row names, and halves of files; return how many. As the job role.

    Any column whose name ends with ``sha256``, in any table, names a file: rather too much is kept than too little. A file
    is removed under the lock of its bytes and after a last look, so that none goes which is being stored again meanwhile.
    """
    oldest_kept = time.time() - max(keep_days * 24 * 3600, YOUNGEST_SWEPT_S)
    columns = _naming_columns(session)
    removed = 0
    for path in sorted(settings().media_dir.glob("[0-9a-f][0-9a-f]/*")):
        if not path.is_file() or path.stat().st_mtime > oldest_kept:
            continue
        if path.name.startswith(".new-") or (
            re.fullmatch(rf"[0-9a-f]{{64}}\.({'|'.join(ENDINGS)})", path.name) and _unnamed(session, columns, path.stem)
        ):  # cut off while it was written
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _naming_columns(session: Session) -> list[tuple[str, str]]:
    """Return (table, column) of all that may name a file."""
    rows = session.execute(
        text(
            "select c.oid::regclass::text, quote_ident(a.attname) from pg_attribute a join pg_class c on c.oid = a.attrelid"
            " where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and a.attnum > 0"
            " and not a.attisdropped and a.attname like '%sha256' order by 1, 2"
        )
    )
    return [(row[0], row[1]) for row in rows]


def _unnamed(session: Session, columns: list[tuple[str, str]], sha256: str) -> bool:
    """Say that no row names a photo, holding the lock of its bytes; false too while somebody stores them."""
    if not session.execute(text(f"select pg_try_advisory_xact_lock({_LOCK})"), {"key": sha256}).scalar():
        return False
    named = " or ".join(f"exists (select from {table} where {column} = :key)" for table, column in columns)
    return not session.execute(text(f"select {named or 'false'}"), {"key": sha256}).scalar()
