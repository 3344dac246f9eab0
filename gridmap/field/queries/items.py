"""What the server holds of a worker's items and photos: only their own."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cached_property

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.field.models import FieldItem, FieldUpload
from gridmap.field.rules.items import Verdict
from gridmap.patrols.models import Duty
from gridmap.patrols.queries.settings import Terms, terms_of_points
from gridmap.patrols.queries.tracks import own_duty

KEPT_DAYS = 30
MOST_LISTED = 500


def own_items(actor: Actor) -> Select[FieldItem]:
    """Return the statement of the items of the actor's own phones."""
    return select(FieldItem).where(FieldItem.account_id == actor.account_id)


def one_item(session: Session, actor: Actor, client_id: uuid.UUID) -> FieldItem | None:
    """Return an item by its number on the phone."""
    return session.scalars(own_items(actor).where(FieldItem.client_id == client_id)).one_or_none()


def known_items(session: Session, actor: Actor, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, FieldItem]:
    """Return those of some items that came before, by their numbers on the phone."""
    found = own_items(actor).where(FieldItem.client_id.in_(ids))
    return {row.client_id: row for row in session.scalars(found)} if ids else {}


def free_items(session: Session, ids: Collection[int]) -> set[int]:
    """Return those of some items that nobody else has in hand just now, read anew and held until the transaction ends."""
    found = select(FieldItem).where(FieldItem.id.in_(ids)).with_for_update(skip_locked=True)
    return {row.id for row in session.scalars(found, execution_options={"populate_existing": True})} if ids else set()


def item_number(session: Session, actor: Actor, item_id: int) -> FieldItem | None:
    """Return one's own item by our number, held until the transaction ends."""
    return session.scalars(own_items(actor).where(FieldItem.id == item_id).with_for_update()).one_or_none()


def held_items(session: Session, actor: Actor) -> list[FieldItem]:
    """Return what waits for something that has not come yet, oldest first, held until the transaction ends."""
    waiting = own_items(actor).where(FieldItem.verdict == Verdict.HELD.value)
    return list(session.scalars(waiting.order_by(FieldItem.id).with_for_update()))


def list_items(session: Session, actor: Actor, now: datetime) -> list[FieldItem]:
    """Return the items of the last 30 days, newest first."""
    recent = own_items(actor).where(FieldItem.received_at > now - timedelta(days=KEPT_DAYS))
    return list(session.scalars(recent.order_by(FieldItem.received_at.desc(), FieldItem.id.desc()).limit(MOST_LISTED)))


def is_done(session: Session, actor: Actor, client_id: uuid.UUID) -> bool:
    """Say whether an item was accepted, itself or mended as another."""
    this = (FieldItem.client_id == client_id) | (FieldItem.replaces == client_id)
    return _any(session, own_items(actor).where(this, FieldItem.verdict == Verdict.ACCEPTED.value))


def is_refused(session: Session, actor: Actor, client_id: uuid.UUID) -> bool:
    """Say whether an item was refused and is not mended yet."""
    mended = own_items(actor).where(FieldItem.replaces == client_id)
    this = own_items(actor).where(FieldItem.client_id == client_id, FieldItem.verdict == Verdict.REFUSED.value)
    return _any(session, this) and not _any(session, mended)


def _any(session: Session, found: Select[FieldItem]) -> bool:
    return session.scalars(found.limit(1)).first() is not None


class Memory:
    """What the items of one worker ask again and again in one transaction: what is done stays done, a duty is that duty."""

    def __init__(self, session: Session, actor: Actor) -> None:
        self.session, self.actor = session, actor
        self._done: set[uuid.UUID] = set()
        self._duties: dict[uuid.UUID, Duty] = {}
        self.to_draw: dict[int, Duty] = {}

    def is_done(self, client_id: uuid.UUID) -> bool:
        """See ``is_done``."""
        if client_id not in self._done and is_done(self.session, self.actor, client_id):
            self._done.add(client_id)
        return client_id in self._done

    def duty(self, client_id: uuid.UUID) -> Duty | None:
        """See ``recorded_duty``."""
        if client_id not in self._duties and (found := recorded_duty(self.session, self.actor, client_id)):
            self._duties[client_id] = found
        return self._duties.get(client_id)

    @cached_property
    def terms(self) -> Terms:
        """On what terms points are stored."""
        return terms_of_points(self.session)


def one_upload(session: Session, actor: Actor, client_id: uuid.UUID) -> FieldUpload | None:
    """Return one's own photo on its way, or ``None``."""
    mine = FieldUpload.account_id == actor.account_id, FieldUpload.client_id == client_id
    return session.scalars(select(FieldUpload).where(*mine)).one_or_none()


def uploads_of(session: Session, actor: Actor, ids: Collection[uuid.UUID]) -> dict[uuid.UUID, FieldUpload]:
    """Return one's own photos by their numbers."""
    mine = FieldUpload.account_id == actor.account_id, FieldUpload.client_id.in_(ids)
    return {row.client_id: row for row in session.scalars(select(FieldUpload).where(*mine))} if ids else {}


def recorded_duty(session: Session, actor: Actor, client_id: uuid.UUID) -> Duty | None:
    """Return one's own duty by the number that a phone gave its 上岗: its own, or the one that was open already then."""
    found = own_duty(session, actor, client_id)
    if found is not None:
        return found
    begun = one_item(session, actor, client_id)
    other = begun.told.get("result", {}).get("duty") if begun is not None else None
    return own_duty(session, actor, uuid.UUID(other)) if other else None
