"""Field encryption and blind indexes: personal data lies in the database only as AES-256-GCM ciphertext (NIST SP 800-38D).

The identity of the row (table, column, county, the row's own uuid) is associated data: a ciphertext that is moved to another row or
column no longer opens. The keys lie outside the database, in a file of this instance (``GRIDMAP_KEYS``); a ciphertext names its key,
so that a later key can take over while old values stay readable. For exact look-up of an encrypted value there is a blind index:
HMAC-SHA256 (RFC 2104) of the normalised value under a key of its own.

Ciphertext: format (1 byte), length of the key's name (1), the key's name, nonce (12), AES-GCM of (length as 2 bytes, UTF-8 text, zeros
up to a multiple of 32 bytes, so that the length tells little) with its tag (16).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
import unicodedata
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.config import settings
from gridmap.errors import NotReady
from gridmap.numbers import same_identity, same_phone

FORMAT = 1
KEY_BYTES, NONCE_BYTES, BLOCK_BYTES = 32, 12, 32
MOST_BYTES = 0xFFFF  # of one value, as UTF-8
_REMEDY = "请系统管理员从备份恢复密钥文件后重试；没有改动任何数据。"


class KeyFault(NotReady):
    """The keys are missing, damaged, or not those of this database: nothing is read and nothing is written."""

    code, title = "keys", "加密密钥不可用"


@dataclass(frozen=True)
class Where:
    """The identity of an encrypted value: a ciphertext opens here and nowhere else."""

    table: str
    column: str
    county_code: int
    row: uuid.UUID

    def bound(self, key_id: str) -> bytes:
        """Return the associated data."""
        parts = (str(FORMAT), key_id, self.table, self.column, f"{self.county_code:06d}", str(self.row))
        return "|".join(parts).encode()


@dataclass(frozen=True)
class KeyRing:
    """Keys by name, which of them seals, and the key of the blind index. Its ``repr`` shows no key."""

    current: str
    keys: dict[str, bytes] = field(repr=False)
    index_key: bytes = field(repr=False)

    @classmethod
    def fresh(cls) -> KeyRing:
        """Return a ring with new random keys."""
        name = f"k{secrets.token_hex(4)}"
        return cls(name, {name: secrets.token_bytes(KEY_BYTES)}, secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_text(cls, content: str) -> KeyRing:
        """Read a key file. Raises ``KeyFault`` when it is damaged; the message quotes none of it."""
        try:
            read: dict[str, Any] = json.loads(content)
            keys = {str(name): base64.b64decode(value, validate=True) for name, value in read["keys"].items()}
            ring = cls(str(read["current"]), keys, base64.b64decode(read["index"], validate=True))
        except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
            raise KeyFault(f"密钥文件已损坏，无法读取。{_REMEDY}") from None
        sound = all(len(key) == KEY_BYTES for key in (*keys.values(), ring.index_key))
        if not sound or ring.current not in keys or not all(0 < len(name.encode()) < 64 for name in keys):
            raise KeyFault(f"密钥文件不完整，无法使用。{_REMEDY}")
        return ring

    def to_text(self) -> str:
        """Return the content of the key file."""
        keys = {name: base64.b64encode(key).decode() for name, key in self.keys.items()}
        index = base64.b64encode(self.index_key).decode()
        return json.dumps({"current": self.current, "keys": keys, "index": index}, indent=2) + "\n"

    def seal(self, plain: str, where: Where) -> bytes:
        """Return the ciphertext of a text for one place. Raises ``ValueError`` above 65,535 bytes."""
        return self._seal(plain, where, secrets.token_bytes(NONCE_BYTES))

    def _seal(self, plain: str, where: Where, nonce: bytes) -> bytes:
        raw = plain.encode()
        if len(raw) > MOST_BYTES:
            raise ValueError("too long to seal")
        body = len(raw).to_bytes(2, "big") + raw
        body += bytes(-len(body) % BLOCK_BYTES)
        name = self.current.encode()
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, body, where.bound(self.current))
        return bytes((FORMAT, len(name))) + name + nonce + sealed

    def unseal(self, sealed: bytes, where: Where) -> str:
        """Return the text of a ciphertext. Raises ``KeyFault``: another key, another place, or bytes that were changed."""
        if len(sealed) < 2 or sealed[0] != FORMAT or len(sealed) < 2 + sealed[1] + NONCE_BYTES + 16:
            raise KeyFault(f"加密内容的格式无法识别，可能已损坏。{_REMEDY}")
        start = 2 + sealed[1]
        key_id = sealed[2:start].decode("ascii", errors="replace")
        if key_id not in self.keys:
            raise KeyFault(f"密钥文件中没有打开这项内容所需的密钥（{key_id}）。{_REMEDY}")
        nonce, body = sealed[start : start + NONCE_BYTES], sealed[start + NONCE_BYTES :]
        try:
            plain = AESGCM(self.keys[key_id]).decrypt(nonce, body, where.bound(key_id))
        except InvalidTag:
            raise KeyFault("加密内容与其所在的记录不符，或密钥不对，无法打开；没有改动任何数据。") from None
        return plain[2 : 2 + int.from_bytes(plain[:2], "big")].decode()

    def blind(self, value: str, kind: str) -> bytes:
        """Return the blind index (32 bytes) of a value of one kind (``id_number``, ``phone`` …): equal exactly for the same number."""
        same = _SAME.get(kind, normal)(value)
        return hmac.new(self.index_key, f"{kind}\0{same}".encode(), hashlib.sha256).digest()

    def mark(self, key_id: str) -> str:
        """Return what the database keeps of a key to know it again; it says nothing about the key."""
        both = self.keys[key_id] + self.index_key
        return hmac.new(both, b"gridmap key mark", hashlib.sha256).hexdigest()


BLIND_FORM = 2  # of ``_SAME``: count it up when that changes, and the job writes the rows of an older form anew
_SAME: dict[str, Callable[[str], str]] = {"id_number": same_identity, "phone": same_phone}


def normal(value: str) -> str:
    """Return a value as the blind index compares it: NFKC, capital letters, no blanks and hyphens."""
    plain = unicodedata.normalize("NFKC", value).upper()
    return "".join(letter for letter in plain if not letter.isspace() and letter not in "-‐–—")


def key_file() -> Path:
    """Return where the key ring lies: ``GRIDMAP_KEYS``, else ``keys.json`` in the instance folder."""
    return Path(settings().keys) if settings().keys else settings().instance_dir / "keys.json"


def ring_of(session: Session) -> KeyRing:
    """Return the key ring of this database; a database without any sealed value gets one at first use.

    Raises ``KeyFault`` when the file is missing, damaged or another database's; an existing file is never written again.
    """
    known = _marks(session)
    file = key_file()
    if not known and not file.exists():
        _keep(KeyRing.fresh(), file)
    try:
        ring = KeyRing.from_text(file.read_text())
    except FileNotFoundError:
        raise KeyFault(f"找不到密钥文件 {file.name}，而数据库中已有用它加密的内容。{_REMEDY}") from None
    except OSError:
        raise KeyFault(f"密钥文件 {file.name} 不能读取，请检查文件权限。{_REMEDY}") from None
    if not known:
        first = {"key": ring.current, "mark": ring.mark(ring.current)}
        session.execute(text("insert into key_marks values (:key, :mark) on conflict do nothing"), first)
        known = _marks(session)
    if any(key not in ring.keys or ring.mark(key) != mark for key, mark in known.items()) or ring.current not in known:
        raise KeyFault(f"密钥文件不是这个数据库的（密钥不符）。{_REMEDY}")
    return ring


def _marks(session: Session) -> dict[str, str]:
    return {row.key_id: row.mark for row in session.execute(text("select key_id, mark from key_marks"))}


def _keep(ring: KeyRing, file: Path) -> None:
    """Write a new key file (0600) in one piece, unless somebody else was first."""
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w") as out:
            out.write(ring.to_text())
            out.flush()
            os.fsync(out.fileno())
        os.link(draft, file)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
