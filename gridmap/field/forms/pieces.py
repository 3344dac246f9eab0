"""A piece of a photo as it comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from werkzeug.datastructures import Headers

from gridmap.errors import BadInput


@dataclass(frozen=True)
class Piece:
    """A piece of a photo: where it begins, its bytes, and what the whole is (length in bytes, SHA-256)."""

    offset: int
    content: bytes
    size_bytes: int
    checksum: str


WRONG = "照片的传送信息无法识别，请重新打开手机端再试。"


def read_piece(args: Mapping[str, str], headers: Headers, content: bytes) -> Piece:
    """Return a piece of a photo. Raises ``BadInput``."""
    offset, size, checksum = args.get("offset", ""), headers.get("X-Photo-Size", ""), headers.get("X-Photo-Sha256", "")
    if not (re.fullmatch(r"[0-9]{1,10}", offset) and re.fullmatch(r"[0-9]{1,10}", size)):
        raise BadInput(WRONG, field="offset")
    if not re.fullmatch(r"[0-9a-f]{64}", checksum):
        raise BadInput(WRONG, field="X-Photo-Sha256")
    return Piece(int(offset), content, int(size), checksum)
