"""What a phone says of itself."""

from __future__ import annotations

import uuid
from typing import Any

from werkzeug.datastructures import Headers

from gridmap.cases.forms.plain import clean
from gridmap.errors import BadInput

DEVICE, SECRET = "X-Phone", "X-Phone-Secret"


def read_phone(told: Any) -> tuple[uuid.UUID, str]:
    """Return (its own number, what it is called) of the JSON of a phone. Raises ``BadInput``."""
    told = told if isinstance(told, dict) else {}
    try:
        device = uuid.UUID(str(told.get("device")))
    except ValueError as fault:
        raise BadInput("手机编号无法识别，请重新打开手机端再试。", field="device") from fault
    return device, clean(str(told.get("name") or ""))[:60] or "手机"


def read_push(told: Any) -> tuple[uuid.UUID, str | None]:
    """Return (its own number, where it is woken or ``None`` for no more) of the JSON of a phone. Raises ``BadInput``."""
    device, _name = read_phone(told)
    address = told.get("address")
    if address is not None and not isinstance(address, str):
        raise BadInput("推送地址无法识别，请重新打开手机端再试。", field="address")
    return device, address


def read_secret(headers: Headers) -> tuple[uuid.UUID | None, str]:
    """Return (number, secret) that a phone shows; the number is ``None`` when it is none."""
    try:
        return uuid.UUID(headers.get(DEVICE, "")), headers.get(SECRET, "")[:200]
    except ValueError:
        return None, ""
