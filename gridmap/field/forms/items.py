"""What a phone sends in one round, as typed values. A fault of one item is that item's; only an unreadable whole is refused."""

from __future__ import annotations

import math
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from gridmap.clock import CHINA
from gridmap.errors import BadInput, NotReady
from gridmap.field.rules.items import MOST_ITEMS, MOST_PHOTOS, NEWER, SCHEMA, UNKNOWN_KIND, Kind
from gridmap.media import Origin
from gridmap.web import UNREADABLE

WHOLE = "发送的内容无法识别，请重新打开手机端再试；内容仍在手机里。"
MOST_MS = 4_102_444_800_000  # 2100


@dataclass(frozen=True)
class PhotoRef:
    """A photo that belongs to an item: its number on the phone, and when and where it was taken."""

    id: uuid.UUID
    origin: Origin


@dataclass(frozen=True)
class Item:
    """One item as it came; ``fault`` says why it cannot be used, in words for the worker."""

    id: uuid.UUID
    kind: str
    object: str = ""
    after: uuid.UUID | None = None
    replaces: uuid.UUID | None = None
    made_at: datetime = datetime(2000, 1, 1, tzinfo=UTC)
    base: int | None = None
    body: dict[str, Any] = field(default_factory=dict)
    photos: tuple[PhotoRef, ...] = ()
    fault: str = ""


@dataclass(frozen=True)
class Round:
    """What a phone sends at once: which phone, when by its own clock, and its items in order."""

    device: uuid.UUID
    sent_at: datetime
    items: tuple[Item, ...]


def read_round(told: Any) -> Round:
    """Return what a phone sent. Raises ``BadInput`` when the whole cannot be read, ``NotReady`` for items of a newer app."""
    told = _plain(told)
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise BadInput(WHOLE)
    if len(told["items"]) > MOST_ITEMS:
        raise BadInput(f"一次至多发送 {MOST_ITEMS} 条，请分批发送。", field="items")
    items = tuple(_item(one) for one in told["items"])
    if len({item.id for item in items}) < len(items):
        raise BadInput(WHOLE, field="items")
    return Round(read_uuid(told.get("device"), "device"), read_ms(told.get("sent_at"), "sent_at"), items)


def _plain(value: Any) -> Any:
    """Return JSON without characters that no text has, which the database cannot keep."""
    if isinstance(value, str):
        return UNREADABLE.sub("", value).encode(errors="ignore").decode()
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {_plain(name): _plain(one) for name, one in value.items()}
    return value


def read_uuid(value: Any, name: str) -> uuid.UUID:
    """Return a number as phones make them. Raises ``BadInput``."""
    try:
        return uuid.UUID(value)
    except (ValueError, TypeError, AttributeError) as fault:
        raise BadInput(WHOLE, field=name) from fault


def read_ms(value: Any, name: str) -> datetime:
    """Return an instant given in milliseconds since 1970 (UTC). Raises ``BadInput``."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MOST_MS:
        raise BadInput(WHOLE, field=name)
    return datetime.fromtimestamp(value / 1000, UTC)


def _item(told: Any) -> Item:
    if not isinstance(told, dict):
        raise BadInput(WHOLE, field="items")
    number = read_uuid(told.get("id"), "id")
    kind = str(told.get("kind"))[:40]
    try:
        return _whole(number, kind, told)
    except BadInput as fault:
        body = told.get("body")
        return Item(number, kind, body=body if isinstance(body, dict) else {}, fault=fault.message)


def _whole(number: uuid.UUID, kind: str, told: dict[str, Any]) -> Item:
    schema = told.get("schema")
    if isinstance(schema, int) and schema > SCHEMA:
        raise NotReady(NEWER)
    if schema != SCHEMA:
        raise BadInput(WHOLE)
    if kind not in set(Kind):
        raise BadInput(UNKNOWN_KIND)
    body, base = told.get("body"), told.get("base")
    if not isinstance(body, dict) or not (base is None or (isinstance(base, int) and 0 <= base < 2**31)):
        raise BadInput(WHOLE)
    return Item(
        number,
        kind,
        str(told.get("object") or "")[:60],
        _optional(told.get("after")),
        _optional(told.get("replaces")),
        read_ms(told.get("made_at"), "made_at"),
        base,
        body,
        _photos(told.get("photos") or []),
    )


def _optional(value: Any) -> uuid.UUID | None:
    return None if value is None else read_uuid(value, "after")


def _photos(told: Any) -> tuple[PhotoRef, ...]:
    if not isinstance(told, list) or len(told) > MOST_PHOTOS:
        raise BadInput(f"照片至多 {MOST_PHOTOS} 张。")
    if not all(isinstance(one, dict) for one in told):
        raise BadInput(WHOLE)
    return tuple(PhotoRef(read_uuid(one.get("id"), "photos"), _origin(one)) for one in told)


def _origin(told: dict[str, Any]) -> Origin:
    """Return what a camera says of a photo; nonsense of a camera is nothing."""
    taken_at, lon, lat = None, told.get("lon"), told.get("lat")
    with suppress(ValueError):
        taken_at = datetime.fromisoformat(str(told.get("taken_at"))[:19]).replace(tzinfo=CHINA)
    numbers = [value for value in (lon, lat) if isinstance(value, int | float) and math.isfinite(value)]
    if len(numbers) < 2 or abs(numbers[0]) > 180 or abs(numbers[1]) > 90:
        return Origin(taken_at)
    return Origin(taken_at, float(numbers[0]), float(numbers[1]))


def text_of(body: dict[str, Any], name: str, most: int) -> str:
    """Return a text of an item. Raises ``BadInput`` when it is too long."""
    value = str(body.get(name) or "")
    if len(value) > most:
        raise BadInput(f"内容过长：至多 {most} 个字，现有 {len(value)} 个字，请删减。", field=name)
    return value
