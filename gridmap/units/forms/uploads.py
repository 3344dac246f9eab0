"""Uploaded files between preview and confirmation: in a folder of the instance, theirs who sent them, gone after a day.

Nothing of an upload is in the database until the person has seen the preview and confirmed it.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from werkzeug.datastructures import FileStorage

from gridmap.config import settings
from gridmap.errors import BadInput, NotFound

KEPT_S = 24 * 3600
OF_PHONES = "field"  # beside uploads lie photos on their way from phones, which are looked after elsewhere
GONE = "没有找到这次上传：可能已经确认、取消，或超过一天被清理，请重新上传文件。"


@dataclass(frozen=True)
class Upload:
    """A stored upload: whose it is, what the person called it, and what they said about it."""

    token: str
    account_id: int
    file_name: str
    kind: str
    options: dict[str, Any]

    @property
    def folder(self) -> Path:
        """Return the folder of this upload."""
        return _root() / self.token

    @property
    def path(self) -> Path:
        """Return the file as it was received."""
        return self.folder / "received"

    def write(self, name: str, value: Any) -> None:
        """Keep a JSON document beside the file."""
        (self.folder / f"{name}.json").write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")

    def read(self, name: str) -> Any:
        """Return a JSON document kept beside the file. Raises ``NotFound`` when it is not there."""
        try:
            return json.loads((self.folder / f"{name}.json").read_text(encoding="utf-8"))
        except OSError as error:
            raise NotFound(GONE) from error

    def remove(self) -> None:
        """Forget the upload."""
        shutil.rmtree(self.folder, ignore_errors=True)


def keep_upload(file: FileStorage | None, *, account_id: int, kind: str, options: dict[str, Any]) -> Upload:
    """Stream an uploaded file to disk and return it. Raises ``BadInput`` when no file was chosen or the disk is full."""
    if file is None or not file.filename:
        raise BadInput("请选择要导入的文件。", field="file")
    remove_old()
    name = re.sub(r"[\x00-\x1f\x7f/\\]", "_", file.filename)[-200:]
    upload = Upload(secrets.token_urlsafe(18), account_id, name, kind, options)
    upload.folder.mkdir(parents=True, mode=0o700)
    try:
        file.save(upload.path, buffer_size=1 << 20)
    except OSError as error:
        upload.remove()
        raise BadInput("文件未能保存：服务器磁盘空间不足，请联系系统管理员清理后重试。", field="file") from error
    upload.write("upload", asdict(upload))
    return upload


def find_upload(token: str, *, account_id: int) -> Upload:
    """Return an upload of this person. Raises ``NotFound`` for others' and for those that are gone."""
    file = _root() / token / "upload.json"
    if not re.fullmatch(r"[\w-]{24}", token) or not file.is_file() or _is_old(file.parent, KEPT_S):
        raise NotFound(GONE)
    upload = Upload(**json.loads(file.read_text(encoding="utf-8")))
    if upload.account_id != account_id:
        raise NotFound(GONE)
    return upload


def remove_old(kept_s: float = KEPT_S) -> int:
    """Remove uploads that nobody confirmed within ``kept_s`` seconds; return how many."""
    if not _root().is_dir():
        return 0
    old = [folder for folder in _root().iterdir() if folder.name != OF_PHONES and _is_old(folder, kept_s)]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def _is_old(folder: Path, kept_s: float) -> bool:
    try:
        return time.time() - folder.stat().st_mtime > kept_s
    except OSError:  # gone meanwhile
        return False


def _root() -> Path:
    return settings().instance_dir / "uploads"
