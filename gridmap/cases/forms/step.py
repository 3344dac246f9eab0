"""What is given with a step of a case: the table's inputs read from a request, with messages beside their fields."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from werkzeug.datastructures import FileStorage, MultiDict

from gridmap.cases.forms.agreements import read_agreements
from gridmap.cases.forms.dispatch import DISPATCH_READERS
from gridmap.cases.forms.mediation import MEDIATION_READERS
from gridmap.cases.forms.plain import clean
from gridmap.cases.forms.register import MOST_PHOTOS
from gridmap.cases.rules import Input, Transition
from gridmap.errors import BadInput
from gridmap.media import Photo, read_photo
from gridmap.web import UNREADABLE

MOST_CHARACTERS = 2000
MOST_CHOSEN = 30


@dataclass(frozen=True)
class Given:
    """Typed values by the names of the inputs; what was left blank is not there."""

    values: dict[str, Any] = field(default_factory=dict)
    photos: tuple[Photo, ...] = ()
    client_id: uuid.UUID | None = None
    seen: int | None = None  # number of the last step that the person saw when they decided

    def get(self, name: str, default: Any = "") -> Any:
        """Return a value, or ``default`` when it was left blank."""
        return self.values.get(name, default)


def read_step(row: Transition, form: MultiDict[str, str], files: MultiDict[str, FileStorage]) -> Given:
    """Return what was given for a row of the table. Raises ``BadInput`` naming the first field at fault and the remedy."""
    values: dict[str, Any] = {}
    photos: tuple[Photo, ...] = ()
    for wanted in row.inputs:
        if wanted.kind == "photos":
            photos = read_photos(files.getlist(wanted.name))
            continue
        file = files.get(wanted.name) if wanted.kind == "table" else None
        if file is not None and file.filename:
            values[wanted.name] = read_agreements(file.read())
            continue
        value = _read(wanted, form)
        if value in ("", ()) and wanted.required:
            raise BadInput(f"请填写“{wanted.label}”。", field=wanted.name)
        if value not in ("", ()):
            values[wanted.name] = value
    return Given(values, photos, read_client(form), _seen(form.get("seen", "")))


def _read(wanted: Input, form: MultiDict[str, str]) -> Any:
    if wanted.kind in MEDIATION_READERS:
        return MEDIATION_READERS[wanted.kind](wanted, form)
    if wanted.kind == "departments":
        chosen = form.getlist(wanted.name)
        if len(chosen) > MOST_CHOSEN:
            raise BadInput(f"“{wanted.label}”至多选择 {MOST_CHOSEN} 个。", field=wanted.name)
        return tuple(_number(item, wanted) for item in dict.fromkeys(chosen) if item)
    if wanted.kind in DISPATCH_READERS:
        return DISPATCH_READERS[wanted.kind](wanted, form)
    text = clean(form.get(wanted.name, ""))
    if UNREADABLE.search(text):
        raise BadInput(f"“{wanted.label}”含有无法识别的字符，请重新输入。", field=wanted.name)
    if len(text) > MOST_CHARACTERS:
        raise BadInput(
            f"“{wanted.label}”至多 {MOST_CHARACTERS} 个字，现有 {len(text)} 个字，请删减。", field=wanted.name
        )
    return _number(text, wanted) if text and wanted.kind in ("department", "colleague", "leader", "holder") else text


def _number(text: str, wanted: Input) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(f"“{wanted.label}”无法识别，请从列表中选择。", field=wanted.name)
    return int(text)


def read_photos(given: Sequence[FileStorage]) -> tuple[Photo, ...]:
    """Return photos, all verified before any is kept. Raises ``BadInput`` that names the file."""
    named = [file for file in given if file.filename]
    if len(named) > MOST_PHOTOS:
        raise BadInput(f"照片至多 {MOST_PHOTOS} 张，本次选择了 {len(named)} 张，请减少后重试。", field="photos")
    return tuple(read_photo(file.read(), file.filename or "") for file in named)


def read_client(form: MultiDict[str, str]) -> uuid.UUID | None:
    """Return the form's own number, by which the same form sent twice is known. Raises ``BadInput``."""
    text = form.get("client_id", "")
    try:
        return uuid.UUID(text) if text else None
    except ValueError as fault:
        raise BadInput("页面已过期，请刷新后重新填写。", field="client_id") from fault


def _seen(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BadInput("页面已过期，请刷新后重新填写。", field="seen")
    return int(text)
