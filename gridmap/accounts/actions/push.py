"""Web push: a phone is woken by the push service of its browser and told only that there is something to read (RFC 8030, RFC 8292).

Nothing of a notice passes through the push service: the message is empty, the phone fetches what it may see with its next round.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ssl
import uuid
from urllib.parse import urlsplit

from py_vapid import Vapid02
from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor
from gridmap.accounts.actions.channels import TIMEOUT_S, UNCLEAR, MaybeDelivered, NotDelivered, host_fault
from gridmap.accounts.models import NoticeAddress, Phone
from gridmap.accounts.queries import visible_phones
from gridmap.accounts.rules import Channel
from gridmap.clock import now
from gridmap.config import settings, stored_secret
from gridmap.errors import BadInput, NotFound

KEEP_S = 24 * 3600  # how long the push service keeps a message for a phone that is off
TAKEN = (200, 201, 202, 204)
GONE = (404, 410)


class Gone(NotDelivered):
    """The phone does not want it any more: nothing is sent there again."""


def _key() -> Vapid02:
    raw = hashlib.sha256(stored_secret(settings().instance_dir / "push-secret").encode()).digest()
    return Vapid02.from_raw(base64.urlsafe_b64encode(raw))


def push_key() -> str | None:
    """Return the public key with which browsers subscribe (base64url of the uncompressed point); ``None`` where push is not set up."""
    if not (settings().push_hosts and settings().push_contact):
        return None
    numbers = _key().public_key.public_numbers()
    point = b"\4" + numbers.x.to_bytes(32, "big") + numbers.y.to_bytes(32, "big")
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def push_fault(address: str) -> str:
    """Return why a push service's address may not be used, or ""."""
    return host_fault(address, "推送地址", settings().push_hosts, "GRIDMAP_PUSH_HOSTS")


def subscribe(session: Session, actor: Actor, *, device: uuid.UUID, address: str) -> NoticeAddress:
    """Let one of one's own phones be woken at ``address``; the one before ends. Raises ``NotFound`` (no such phone), ``BadInput``."""
    fault = push_fault(address) or ("推送地址过长。" if len(address) > 1000 else "")
    if fault:
        raise BadInput(fault, field="address")
    phone = _own(session, actor, device)
    known = end_push(session, phone, but=address)
    if known is not None:
        return known
    row = NoticeAddress(
        county_code=phone.county_code, unit_code=phone.unit_code, account_id=actor.account_id, phone_id=phone.id,
        channel=Channel.PUSH.value, address=address,
    )  # fmt: skip
    session.add(row)
    audit.record(session, actor, "account.address_added", actor.username, phone.unit_code, channel=Channel.PUSH.value)
    session.flush()
    return row


def unsubscribe(session: Session, actor: Actor, *, device: uuid.UUID) -> None:
    """Wake one of one's own phones no more. Raises ``NotFound``."""
    end_push(session, _own(session, actor, device))


def _own(session: Session, actor: Actor, device: uuid.UUID) -> Phone:
    mine = visible_phones(actor).where(
        Phone.device == device, Phone.account_id == actor.account_id, Phone.revoked_at.is_(None)
    )
    phone = session.scalars(mine.with_for_update()).one_or_none()
    if phone is None:
        raise NotFound("没有找到这部手机的登记，请重新打开手机端再试。")
    return phone


def end_push(session: Session, phone: Phone, *, but: str | None = None) -> NoticeAddress | None:
    """End the addresses of a phone, except ``but``, which is returned if it is one of them."""
    kept = None
    open_ones = select(NoticeAddress).where(
        NoticeAddress.county_code == phone.county_code, NoticeAddress.phone_id == phone.id, NoticeAddress.ended_at.is_(None)
    )  # fmt: skip
    for row in session.scalars(open_ones):
        if row.address == but:
            kept = row
        else:
            row.ended_at = now()
    session.flush()
    return kept


def send_push(address: str) -> None:
    """Wake a phone. Raises ``Gone``, ``MaybeDelivered``, ``NotDelivered``, ``OSError``."""
    refused = push_fault(address)
    if refused or not settings().push_contact:
        raise NotDelivered(refused or "没有设置推送的联系方式（GRIDMAP_PUSH_CONTACT）。")
    parts = urlsplit(address)
    claims = {"sub": f"mailto:{settings().push_contact}", "aud": f"https://{parts.netloc}"}
    headers = {**_key().sign(claims), "TTL": str(KEEP_S), "Urgency": "high", "Content-Length": "0"}
    line = http.client.HTTPSConnection(
        parts.hostname or "", parts.port or 443, timeout=TIMEOUT_S, context=ssl.create_default_context()
    )
    try:
        line.connect()
        status = _posted(line, f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", headers)
    finally:
        line.close()
    if status in GONE:
        raise Gone("手机已不再接收推送，地址已停用。")
    if status in UNCLEAR:
        raise MaybeDelivered(f"推送服务返回 HTTP {status}，可能已送达")
    if status not in TAKEN:
        raise NotDelivered(f"推送服务返回 HTTP {status}。")


def _posted(line: http.client.HTTPSConnection, path: str, headers: dict[str, str]) -> int:
    try:
        line.request("POST", path, b"", headers)
        answer = line.getresponse()
        answer.read(20_000)
    except (OSError, http.client.HTTPException) as fault:
        raise MaybeDelivered(f"推送已发出，但推送服务没有答复（{type(fault).__name__}）") from fault
    return answer.status
