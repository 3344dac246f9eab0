"""Reads about people: who a sign-in token belongs to, accounts and notices within the actor's scope."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, or_, select, text
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, selectinload

from gridmap.access import Actor, Permission, Post, Role
from gridmap.accounts.models import Account, Department, Notice, NoticeAddress, NoticeDelivery, Phone, PostHeld
from gridmap.accounts.rules import token_hash
from gridmap.config import settings
from gridmap.db import database, in_ranges
from gridmap.units.models import Unit
from gridmap.units.queries.directory import is_unit

ACTOR_TTL_S = 5.0  # how long a process may trust what it read; requests that write always read anew
_seen: dict[str, tuple[float, Actor, bool]] = {}  # when read, who, whether that counted as an act of the person


def actor_of(token: str, *, fresh: bool = False, acts: bool = True) -> Actor | None:
    """Return the person signed in with ``token``, or ``None`` when the sign-in has ended, timed out or was revoked.

    Idle and absolute limits come from the settings. Reads may be up to ``ACTOR_TTL_S`` old unless ``fresh``. Only what the
    person does (``acts``) puts off the idle limit, not what an open page asks by itself.
    """
    key = token_hash(token)
    hit = _seen.get(key)
    known = hit is not None and (hit[2] or not acts) and time.monotonic() - hit[0] < ACTOR_TTL_S
    if hit and known and not fresh and not hit[1].must_change_password:
        return hit[1]  # a first password may have been changed in another process: that is asked each time
    limits = settings()
    with database.lean() as connection, connection.cursor() as cursor:
        cursor.execute(
            "select gridmap_actor(%s, %s, %s, %s)", (key, limits.session_minutes, limits.session_hours, acts)
        )
        found = cursor.fetchone()[0]
    if found is None:
        _seen.pop(key, None)
        return None
    actor = _actor(found)
    if len(_seen) > 10_000:
        _seen.clear()
    _seen[key] = (time.monotonic(), actor, acts)
    return actor


def acting(session: Session, account_id: int) -> Actor | None:
    """Return the person of an account with their posts of today, ``None`` for who may not sign in; for jobs that finish what a person began."""
    found = session.execute(text("select gridmap_acting(:account)"), {"account": account_id}).scalar_one()
    return None if found is None else _actor(found)


def forget_actor(token: str) -> None:
    """Drop what this process remembers of a token (sign-out, password change)."""
    _seen.pop(token_hash(token), None)


def _actor(found: dict[str, Any]) -> Actor:
    posts = tuple(
        Post(Role(p["role"]), p["unit_code"], p["unit_name"], p["department"], p["department_id"])
        for p in found["posts"]
    )
    return Actor(found["account_id"], found["username"], found["name"], posts, found["must_change_password"])


def login_state(session: Session, username: str) -> tuple[int, str | None] | None:
    """Return (account id, password hash) of a user name that may sign in, or ``None``."""
    row = session.execute(text("select * from gridmap_login(:username)"), {"username": username}).one()
    return None if row.account_id is None else (row.account_id, row.password_hash)


def place_days(session: Session) -> int:
    """Return how many days a device that has signed in is remembered."""
    return int(session.execute(text("select value from system_settings where key = 'login.place_days'")).scalar_one())


def visible_accounts(actor: Actor) -> Any:
    """Accounts whose home unit the actor manages: where every read of accounts starts."""
    return select(Account).where(in_ranges(Account.unit_code, actor.granted_ranges(Permission.ACCOUNT_MANAGE)))


def list_accounts(
    session: Session, actor: Actor, *, words: str = "", limit: int = 50, offset: int = 0
) -> tuple[list[Account], int]:
    """Return a page of accounts with their posts, and how many there are."""
    query = visible_accounts(actor)
    if words:
        like = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        query = query.where(Account.username.ilike(like) | Account.name.ilike(like))
    total = session.scalar(select(func.count()).select_from(query.with_only_columns(Account.id).subquery())) or 0
    page = (
        query.options(selectinload(Account.posts)).order_by(Account.unit_code, Account.id).limit(limit).offset(offset)
    )
    return list(session.scalars(page)), total


def one_account(session: Session, actor: Actor, username: str) -> Account | None:
    """Return an account the actor manages, or ``None``."""
    return session.scalar(
        visible_accounts(actor).where(Account.username == username).options(selectinload(Account.posts))
    )


def unit_names(session: Session, codes: set[int]) -> dict[int, str]:
    """Return names of units by code; 0 is the whole system."""
    rows = session.execute(
        text("select unit_code, name from units where unit_code = any(:codes)"), {"codes": list(codes)}
    )
    return {0: "全系统", **{row.unit_code: row.name for row in rows}}


def unit_in_force(session: Session, unit_code: int, on: date) -> bool:
    """Say whether a unit exists on a day: not one that ended, nor one that stands in a draft only. 0 is the whole system."""
    return not unit_code or is_unit(session, unit_code, on)


def department_places(session: Session, ids: Collection[int]) -> dict[int, str]:
    """Return the names of the units of those of some departments (by number) that lie within the person's scope."""
    query = select(Department.id, Unit.name).join(Unit, Unit.unit_code == Department.unit_code)
    return {number: name for number, name in session.execute(query.where(Department.id.in_(ids)))}


def posts_at(session: Session, actor: Actor, codes: Collection[int]) -> list[PostHeld]:
    """Return the posts held at units themselves, not below them, within the actor's scope."""
    mine = in_ranges(PostHeld.unit_code, actor.ranges), PostHeld.unit_code.in_(codes)
    return list(session.scalars(select(PostHeld).where(*mine, PostHeld.ended_at.is_(None)).order_by(PostHeld.id)))


def visible_notices(actor: Actor) -> Any:
    """Notices addressed to the actor, to a department of theirs, or to one of their posts (same unit and role)."""
    mine: list[Any] = [(Notice.unit_code == post.unit_code) & (Notice.role == post.role) for post in actor.posts]
    if actor.departments:
        mine.append(Notice.department_id.in_(actor.departments))
    return select(Notice).where(or_(Notice.account_id == actor.account_id, *mine))


def list_notices(session: Session, actor: Actor, *, limit: int = 50, offset: int = 0) -> list[Notice]:
    """Return the newest notices of the actor's posts."""
    return list(
        session.scalars(
            visible_notices(actor).order_by(Notice.created_at.desc(), Notice.id.desc()).limit(limit).offset(offset)
        )
    )


def count_notices(session: Session, actor: Actor, *, unread: bool = False) -> int:
    """Return how many notices there are, or how many nobody has read."""
    query = visible_notices(actor)
    if unread:
        query = query.where(Notice.read_at.is_(None))
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def own_addresses(session: Session, actor: Actor) -> list[NoticeAddress]:
    """Return where the person's own notices are sent besides the page, in the order they were added."""
    return list(session.scalars(_own_addresses(actor).order_by(NoticeAddress.id)))


def own_address(session: Session, actor: Actor, address_id: int) -> NoticeAddress | None:
    """Return one of the person's own addresses, or ``None``."""
    return session.scalars(_own_addresses(actor).where(NoticeAddress.id == address_id)).one_or_none()


def _own_addresses(actor: Actor) -> Any:
    return select(NoticeAddress).where(NoticeAddress.account_id == actor.account_id, NoticeAddress.ended_at.is_(None))


def last_deliveries(session: Session, addresses: list[NoticeAddress]) -> dict[int, tuple[NoticeDelivery, datetime]]:
    """Return the last delivery to each of some addresses that were found the person's own, with when its notice was left."""
    query = (
        select(NoticeDelivery, Notice.created_at)
        .join(Notice, (Notice.county_code == NoticeDelivery.county_code) & (Notice.id == NoticeDelivery.notice_id))
        .where(NoticeDelivery.address_id.in_([row.id for row in addresses]))
        .ext(distinct_on(NoticeDelivery.address_id))
        .order_by(NoticeDelivery.address_id, NoticeDelivery.id.desc())
    )
    return {row.address_id: (row, at) for row, at in session.execute(query)}


def unsure_deliveries(session: Session, actor: Actor, *, limit: int = 20) -> list[tuple[NoticeDelivery, Notice]]:
    """Return deliveries of which nobody knows whether they arrived, newest first: to the person's own addresses.

    To those of departments and roles for an administrator of the whole system, who keeps them.
    """
    query = (
        _own_deliveries(actor)
        .add_columns(Notice)
        .join(Notice, (Notice.county_code == NoticeDelivery.county_code) & (Notice.id == NoticeDelivery.notice_id))
        .where(NoticeDelivery.state == "unsure")
    )
    found = session.execute(query.order_by(NoticeDelivery.started_at.desc(), NoticeDelivery.id.desc()).limit(limit))
    return [(delivery, notice) for delivery, notice in found]


def own_delivery(session: Session, actor: Actor, delivery_id: int) -> NoticeDelivery | None:
    """Return such a delivery whatever its state, locked, or ``None``."""
    query = _own_deliveries(actor).where(NoticeDelivery.id == delivery_id)
    return session.scalars(query.with_for_update(of=NoticeDelivery)).one_or_none()


def _own_deliveries(actor: Actor) -> Any:
    own = NoticeAddress.county_code == NoticeDelivery.county_code, NoticeAddress.id == NoticeDelivery.address_id
    query = select(NoticeDelivery).join(NoticeAddress, own[0] & own[1])
    mine = NoticeAddress.account_id == actor.account_id
    if actor.may(Permission.ACCOUNT_MANAGE, 0):
        mine = or_(mine, NoticeAddress.account_id.is_(None))
    return query.where(mine, NoticeAddress.ended_at.is_(None))


def last_test_at(session: Session, address: NoticeAddress) -> datetime | None:
    """Return when the last test was sent to an address that was found the person's own."""
    query = (
        select(func.max(Notice.created_at))
        .join(
            NoticeDelivery,
            (Notice.county_code == NoticeDelivery.county_code) & (Notice.id == NoticeDelivery.notice_id),
        )
        .where(NoticeDelivery.address_id == address.id, Notice.kind == "account.test")
    )
    return session.scalar(query)


def visible_phones(actor: Actor) -> Select[Phone]:
    """Return the statement of the phones that the actor may see and close: their own, and of workers whose accounts they manage."""
    managed = in_ranges(Phone.unit_code, actor.granted_ranges(Permission.ACCOUNT_MANAGE))
    return select(Phone).where(or_(Phone.account_id == actor.account_id, managed))


def list_phones(session: Session, actor: Actor, account_id: int) -> list[Phone]:
    """Return a person's phones, those in use first, the last seen first."""
    statement = visible_phones(actor).where(Phone.account_id == account_id)
    return list(session.scalars(statement.order_by(Phone.revoked_at.is_not(None), Phone.seen_at.desc(), Phone.id)))
