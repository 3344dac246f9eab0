"""Inputs of steps of dispatch that are more than words: a time limit, a place in one line, a spot from the browser."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from gridmap.cases.rules import Input
from gridmap.cases.rules.position import place_fault
from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE

Form = MultiDict[str, str]
MOST_PLACE = 200


@dataclass(frozen=True)
class Spot:
    """Where the browser says somebody stands: WGS-84 degrees, and the radius in which the truth lies."""

    lon: float
    lat: float
    accuracy_m: float | None


def _deadline(wanted: Input, form: Form) -> datetime | str:
    """Read a time of China's clock as the browser's field writes it: 2026-11-22T17:30."""
    text = form.get(wanted.name, "").strip()
    if not text:
        return ""
    try:
        return datetime.strptime(text[:16], "%Y-%m-%dT%H:%M").replace(tzinfo=CHINA)
    except ValueError as fault:
        raise BadInput(f"“{wanted.label}”应写作 2026-11-22T17:30 的样子。", field=wanted.name) from fault


def _place(wanted: Input, form: Form) -> str:
    text = " ".join(form.get(wanted.name, "").split())
    if UNREADABLE.search(text):
        raise BadInput(f"“{wanted.label}”含有无法识别的字符，请重新输入。", field=wanted.name)
    if len(text) > MOST_PLACE:
        raise BadInput(f"“{wanted.label}”至多 {MOST_PLACE} 个字，现有 {len(text)} 个字，请删减。", field=wanted.name)
    return text


def _spot(wanted: Input, form: Form) -> Spot | str:
    """Read what the browser found; nothing when the person gave no position."""
    lon, lat, accuracy = (form.get(name, "").strip() for name in ("lon", "lat", "accuracy"))
    if not lon and not lat:
        return ""
    values = [_degrees(text, wanted) for text in (lon, lat)]
    fault = place_fault(values[0], values[1])
    if fault:
        raise BadInput(fault.message, field=wanted.name)
    return Spot(values[0], values[1], min(_degrees(accuracy, wanted), 1e6) if accuracy else None)


def _degrees(text: str, wanted: Input) -> float:
    if not re.fullmatch(r"-?[0-9]{1,9}(\.[0-9]{1,20})?", text):
        raise BadInput("位置无法识别，请重新定位，或不填位置。", field=wanted.name)
    return float(text)


DISPATCH_READERS: dict[str, Callable[[Input, Form], Any]] = {"deadline": _deadline, "place": _place, "spot": _spot}
