"""What a worker writes to their own track → typed values, with messages for people."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from gridmap.clock import CHINA
from gridmap.errors import BadInput
from gridmap.patrols.rules.tracks import Span


class NoteEntry(NamedTuple):
    """A note: its own number (a form sent twice is one), the stretch it is about, the words."""

    client_id: uuid.UUID
    span: Span
    words: str


def read_note(form: Mapping[str, str], on: date) -> NoteEntry:
    """Read ``client_id``, ``from`` and ``to`` (HH:MM in China from the day ``on``; past midnight is the next day), ``words``.

    Raises ``BadInput``.
    """
    words = " ".join(form.get("words", "").split())
    if not 1 <= len(words) <= 200:
        raise BadInput("说明须为 1–200 个字。", field="words")
    start, end = _time(form.get("from", ""), on, "from"), _time(form.get("to", ""), on, "to")
    if end < start:
        end += timedelta(days=1)
    try:
        client_id = uuid.UUID(form.get("client_id", ""))
    except ValueError:
        raise BadInput("页面已过期，请刷新后重填。", field="words") from None
    return NoteEntry(client_id, Span(start, end), words)


def _time(text: str, on: date, field: str) -> datetime:
    try:
        return datetime.combine(on, time.fromisoformat(text.strip()), CHINA)
    except ValueError:
        raise BadInput("时间应写作 时:分，例如 08:30。", field=field) from None


def read_worker(args: Mapping[str, str]) -> int | None:
    """Return the number of the worker whose tracks are asked for, ``None`` for one's own. Raises ``BadInput``."""
    text = args.get("worker", "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 18:
        raise BadInput("人员编号应为整数，请从巡查页的网格员表中选择。", field="worker")
    return int(text)
