"""What a phone sends and what becomes of it: kinds, verdicts, and the clock of the phone."""

from __future__ import annotations

from enum import StrEnum

SCHEMA = 1
"""The form of items that this server writes about; phones send the form of their version, which is not newer."""
MOST_ITEMS = 50
MOST_BYTES = 4 * 1024 * 1024  # of a round; the app sends 700 kB, or one batch of 10,000 points
MOST_PHOTOS = 9


class Kind(StrEnum):
    """What an item is."""

    REPORT = "report"
    STEP = "step"
    DUTY_ON = "duty_on"
    DUTY_OFF = "duty_off"
    POINTS = "points"
    NOTE = "note"
    CHECK_IN = "check_in"


class Verdict(StrEnum):
    """What became of an item. ``held`` waits for the server, ``conflict`` for a person; a refused item that was mended comes as another."""

    ACCEPTED = "accepted"
    HELD = "held"
    CONFLICT = "conflict"
    REFUSED = "refused"


FINAL = frozenset({Verdict.ACCEPTED, Verdict.CONFLICT, Verdict.REFUSED})
OF_DUTY = frozenset({Kind.DUTY_OFF, Kind.POINTS, Kind.NOTE, Kind.CHECK_IN})
OF_TRACK = frozenset({Kind.POINTS, Kind.NOTE, Kind.CHECK_IN})
"""Kinds that tell where somebody was."""
QUICK = OF_DUTY | {Kind.DUTY_ON}
"""Kinds that are decided about as fast as they are kept."""
HELD_WORDS = "已收到，等前一条或照片送达后一并处理。"
LATER_WORDS = "已收到，正在处理，处理完即送达。"
UNKNOWN_KIND = "服务器还不认识这类内容，请联系系统管理员升级后再发送。"
NEWER = "手机端的版本比服务器新，请稍后再发送；内容仍在手机里。"
