"""点位: the codes on their signs, and when a phone is near enough to check in without one."""

from __future__ import annotations

import re
import secrets
from enum import StrEnum

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # nothing that looks like something else
CODE_LENGTH = 10
NAME_LENGTH = 60
LEAST_RADIUS_M, MOST_RADIUS_M = 10, 500
_CODE = re.compile(rf"[{ALPHABET}]{{{CODE_LENGTH}}}$")


class Method(StrEnum):
    """How somebody showed that they were at a point."""

    QR = "qr"
    POSITION = "position"


METHOD_NAMES = {Method.QR: "扫码", Method.POSITION: "定位"}


def new_code() -> str:
    """Return what the sign of a point says: 50 random bits that can be typed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))


def code_in(scanned: str) -> str | None:
    """Return the code that was scanned (the address of the sign) or typed (spaces, dashes and small letters are forgiven)."""
    plain = re.sub(r"[\s-]", "", scanned.rsplit("/", 1)[-1]).upper()
    found = _CODE.search(plain)
    return found.group() if found else None


def too_far(distance_m: float, accuracy_m: float, radius_m: float) -> bool:
    """Say whether a phone that is so far from a point (metres, its 68 % circle of error ``accuracy_m``) cannot be said to be there."""
    return distance_m - accuracy_m > radius_m
