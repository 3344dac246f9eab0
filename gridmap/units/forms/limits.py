"""How large a file may be, what a file looks like inside before anything is trusted, and texts in unknown encodings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gridmap.errors import BadInput, TooLarge

UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Limits:
    """Bounds of one import; the caller takes them from the settings."""

    file_bytes: int = 200 * 2**20
    text_bytes: int = 120 * 2**20
    """GeoJSON, KML and CSV are held in memory while they are parsed, at about ten times their size."""
    unpacked_bytes: int = 1000 * 2**20
    members: int = 2000
    ratio: int = 200
    """Real outlines deflate to a third; a member that shrinks this much is made to fill the disk."""
    features: int = 300_000
    vertices: int = 30_000_000
    read_s: float = 60
    read_bytes: int = 4 * 2**30
    """Time and address space of the process in which GDAL reads; 300,000 outlines take some seconds and 1 GB."""


def megabytes(count: int) -> str:
    """Return a size for people."""
    return f"{count / 2**20:,.1f} MB"


def check_size(path: Path, limit_bytes: int) -> int:
    """Return the size of a file in bytes. Raises ``TooLarge`` above the limit, ``BadInput`` when it is empty or gone."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise BadInput(f"无法读取文件：{error.strerror or error}。", field="file") from error
    if size == 0:
        raise BadInput("文件是空的（0 字节），请重新导出或重新上传。", field="file")
    if size > limit_bytes:
        limit = megabytes(limit_bytes)
        raise TooLarge(
            f"文件 {megabytes(size)}，超过上限 {limit}：请按乡镇拆分后分批导入，或只导出边界图层。", field="file"
        )
    return size


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex, read in pieces."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def decode(data: bytes, field: str = "file") -> tuple[str, str]:
    """Return (text, encoding) of bytes in UTF-8 with or without BOM, UTF-16 with BOM, or GB18030 (which holds GBK).

    Some programs put the BOM of UTF-8 before GBK too: it says nothing then, and is dropped. Raises ``BadInput`` when the bytes are no text in any of them.
    """
    wide = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    order = ["utf-16"] if wide else ["utf-8-sig", "gb18030"]
    for encoding in order:
        try:
            text = (data if encoding != "gb18030" else data.removeprefix(UTF8_BOM)).decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text.removeprefix("\ufeff"), encoding
    raise BadInput("文件不是文本，或编码无法识别：请另存为 UTF-8 或 GBK 编码后重新导入。", field=field)


def configured_limits() -> Limits:
    """Return the limits of this installation: its upload and unpacking bounds, never above what one import can hold."""
    from gridmap.config import settings

    here, default = settings(), Limits()
    return Limits(
        file_bytes=min(here.max_upload_mb * 2**20, default.file_bytes),
        unpacked_bytes=min(here.max_unpacked_mb * 2**20, default.unpacked_bytes),
    )
