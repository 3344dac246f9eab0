"""Phones on which grid workers use the app: made known, asked after, closed from afar."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import GRANTS, Actor, Permission
from gridmap.accounts.actions.push import end_push
from gridmap.accounts.models import Phone
from gridmap.accounts.queries import visible_phones
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound

MOST_PHONES = 5  # in use at once by one person


def _hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def register_phone(session: Session, actor: Actor, *, device: uuid.UUID, name: str, now: datetime) -> str:
    """Make a phone of one's own known and return its secret, which is told once; known already, it gets a new one.

    Raises ``Forbidden``; ``Conflict`` when it is somebody else's, or was closed, or the person has too many; ``BadInput``.
    """
    decision = actor.may(Permission.PATROL_RECORD)
    if not decision:
        raise Forbidden(decision.reason)
    if not 1 <= len(name) <= 60:
        raise BadInput("手机名称须为 1–60 个字。", field="name")
    unit = next(post.unit_code for post in actor.posts if Permission.PATROL_RECORD in GRANTS[post.role])
    secret = secrets.token_urlsafe(32)
    session.execute(text("select pg_advisory_xact_lock(hashtextextended(:key, 11))"), {"key": str(actor.account_id)})
    found = session.scalars(visible_phones(actor).where(Phone.device == device)).one_or_none()
    if found is not None:
        if found.account_id != actor.account_id or found.revoked_at is not None:
            raise Conflict("这部手机的登记已停用，请重新打开手机端再试。")
        found.secret_hash, found.name, found.seen_at = _hashed(secret), name, now
        session.flush()
        return secret
    in_use = visible_phones(actor).where(Phone.account_id == actor.account_id, Phone.revoked_at.is_(None))
    if len(session.scalars(in_use).all()) >= MOST_PHONES:
        raise Conflict(f"同时使用的手机至多 {MOST_PHONES} 部，请先在“我的手机”中停用不再使用的。")
    phone = Phone(
        county_code=unit // 10**9, unit_code=unit, account_id=actor.account_id, device=device, name=name,
        secret_hash=_hashed(secret), made_at=now, seen_at=now,
    )  # fmt: skip
    session.add(phone)
    session.flush()
    audit.record(session, actor, "phone.registered", str(phone.id), unit, name=name)
    session.flush()
    return secret


def phone_state(session: Session, *, device: uuid.UUID, secret: str) -> str:
    """Return ``ok``, ``revoked`` (the phone must remove what it keeps) or ``unknown``; also notes that it asked. Needs no sign-in.

    Only who shows the phone's own secret hears that it was closed. An unknown one removes nothing: a server that was restored
    from a copy does not know the phones that came since, and what they have not sent yet must not be lost.
    """
    asked = text("select gridmap_phone_state(:device, :hash)")
    return str(session.execute(asked, {"device": device, "hash": _hashed(secret)}).scalar())


def revoke_phone(session: Session, actor: Actor, *, phone_id: int, now: datetime) -> Phone:
    """Close a phone, one's own or (as an administrator there) a worker's. Closing it twice is closing it once. Raises ``NotFound``."""
    found = session.scalars(visible_phones(actor).where(Phone.id == phone_id).with_for_update()).one_or_none()
    if found is None:
        raise NotFound("没有找到该手机，可能不在您管理的范围内。")
    if found.revoked_at is None:
        found.revoked_at, found.revoked_name = now, actor.name
        end_push(session, found)
        audit.record(session, actor, "phone.revoked", str(found.id), found.unit_code, name=found.name)
        session.flush()
    return found
