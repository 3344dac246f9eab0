"""回访 by link: its row of the table, its token, how it stands, and who answers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gridmap.access import Actor, Decision, Permission, Range
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import Transition
from gridmap.cases.rules.facts import not_own_work
from gridmap.cases.rules.terms import Status

LINK_ROWS: tuple[Transition, ...] = (
    Transition(
        Status.VERIFIED,
        Action.SEND_LINK,
        Status.VERIFIED,
        Permission.CASE_REVISIT,
        "case.link_sent",
        guards=(not_own_work,),
    ),
)
PURPOSE = b"gridmap revisit link"


class LinkState(StrEnum):
    """How a link stands."""

    SENT = "sent"
    ANSWERED = "answered"
    EXPIRED = "expired"
    ENDED = "ended"


LINK_STATE_NAMES = {
    LinkState.SENT: "链接已发",
    LinkState.ANSWERED: "已答",
    LinkState.EXPIRED: "已过期",
    LinkState.ENDED: "已失效",
}


def token_of(signing_key: str, row_key: uuid.UUID) -> str:
    """Return the token of a link: HMAC-SHA256 (RFC 2104) of this purpose and the link's random key, 43 letters of base64url."""
    mark = hmac.new(signing_key.encode(), PURPOSE + b"\0" + row_key.bytes, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(mark).rstrip(b"=").decode()


def hash_of(token: str) -> bytes:
    """Return what the database keeps of a token (SHA-256); its 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).digest()


def address_mark(signing_key: str, address: str) -> bytes:
    """Return what is kept of an address that tries links: nobody reads it back without the key."""
    return hmac.new(signing_key.encode(), b"gridmap link address\0" + address.encode(), hashlib.sha256).digest()


def link_state(answered: bool, usable: bool, expires_at: datetime, now: datetime) -> LinkState:
    """Return how a link stands at ``now``; ``usable``: nothing newer took its place, and its case still waits for the follow-up."""
    if answered:
        return LinkState.ANSWERED
    if not usable:
        return LinkState.ENDED
    return LinkState.SENT if now < expires_at else LinkState.EXPIRED


@dataclass(frozen=True)
class Resident(Actor):
    """Whoever holds a link: no account and no post; may answer the follow-up of cases at one unit, and nothing else."""

    unit_code: int = 0

    @classmethod
    def at(cls, unit_code: int) -> Resident:
        """Return the resident of a case at a unit."""
        return cls(0, "", "群众（回访链接）", (), unit_code=unit_code)

    @property
    def ranges(self) -> tuple[Range, ...]:
        """Just the unit of the case."""
        return (Range(self.unit_code, self.unit_code + 1),)

    def may(self, permission: Permission, unit_code: int | None = None) -> Decision:
        """Allow the follow-up at the unit of the case."""
        here = unit_code in (None, self.unit_code)
        return Decision(here and permission is Permission.CASE_REVISIT, "链接只能用来评价。")

    def granted_ranges(self, permission: Permission) -> tuple[Range, ...]:
        """Return the unit of the case for reading it and answering."""
        return self.ranges if permission in (Permission.CASE_READ, Permission.CASE_REVISIT) else ()
