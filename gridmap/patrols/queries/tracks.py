"""Duties and tracks: one's own, and those of others where a post grants it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.clock import local
from gridmap.db import in_ranges
from gridmap.patrols.models import Duty, TrackBatch, TrackNote, TrackPoint
from gridmap.patrols.rules.tracks import days_of, point_ids


@dataclass(frozen=True)
class Fix:
    """A raw point: WGS-84 degrees, metres, metres a second; ``run`` and ``number`` say which device's which batch it is of."""

    at: datetime
    lon: float
    lat: float
    accuracy_m: float | None
    speed_mps: float | None
    device: uuid.UUID
    number: int


def visible_duties(actor: Actor) -> Select[Any]:
    """Return the duties whose track ``actor`` may see: their own wherever it was, others' where a post grants it."""
    return select(Duty).where(or_(Duty.account_id == actor.account_id, _granted(actor)))


def _granted(actor: Actor) -> Any:
    return in_ranges(Duty.unit_code, actor.granted_ranges(Permission.TRACK_READ))


def own_duty(session: Session, actor: Actor, client_id: uuid.UUID) -> Duty | None:
    """Return the actor's own duty that their phone named so."""
    found = select(Duty).where(Duty.account_id == actor.account_id, Duty.client_id == client_id)
    return session.scalars(found).one_or_none()


def open_duty(session: Session, actor: Actor) -> Duty | None:
    """Return the duty that the actor is on."""
    found = select(Duty).where(Duty.account_id == actor.account_id, Duty.off_at.is_(None)).order_by(Duty.id)
    return session.scalars(found).first()


def duty_at(session: Session, actor: Actor, at: datetime) -> Duty | None:
    """Return the actor's duty that was on at an instant."""
    found = select(Duty).where(
        Duty.account_id == actor.account_id, Duty.on_at <= at, or_(Duty.off_at.is_(None), Duty.off_at > at)
    )
    return session.scalars(found.order_by(Duty.id)).first()


def one_duty(session: Session, actor: Actor, duty_id: int) -> Duty | None:
    """Return a duty whose track the actor may see."""
    found: Duty | None = session.scalars(visible_duties(actor).where(Duty.id == min(duty_id, 2**63 - 1))).one_or_none()
    return found


def list_duties(session: Session, actor: Actor, since: datetime, account_id: int | None = None) -> list[Duty]:
    """Return the duties begun since an instant, latest first: the actor's own, or those of ``account_id`` that they may see."""
    found = visible_duties(actor).where(Duty.account_id == (account_id or actor.account_id), Duty.on_at >= since)
    return list(session.scalars(found.order_by(Duty.on_at.desc()).limit(500)))


def batches_of(session: Session, actor: Actor, duty: Duty) -> list[TrackBatch]:
    """Return what was taken for a duty that ``visible_duties`` gave, in the order in which each phone recorded it."""
    del actor  # the duty is visible to them
    found = select(TrackBatch).where(TrackBatch.county_code == duty.county_code, TrackBatch.duty_id == duty.id)
    return list(session.scalars(found.order_by(TrackBatch.device, TrackBatch.number, TrackBatch.id)))


def notes_of(session: Session, actor: Actor, duty: Duty) -> list[TrackNote]:
    """Return what a worker wrote to the track of a duty that ``visible_duties`` gave."""
    del actor
    found = select(TrackNote).where(TrackNote.county_code == duty.county_code, TrackNote.duty_id == duty.id)
    return list(session.scalars(found.order_by(TrackNote.from_at, TrackNote.id)))


def fixes_of(session: Session, actor: Actor | None, batches: list[TrackBatch]) -> list[Fix]:
    """Return the stored points of these batches in the order in which they were recorded. ``actor`` is ``None`` for jobs."""
    del actor  # who may see the batches may see their points
    found: list[Fix] = []
    for batch in batches:
        if batch.from_at is not None and batch.to_at is not None:
            days = days_of(local(batch.from_at).date(), local(batch.to_at).date())
            found += _fixes(session, batch, days)
    return found


def _fixes(session: Session, batch: TrackBatch, days: list[date]) -> list[Fix]:
    spans = [point_ids(on, batch.id) for on in days]
    statement = (
        select(
            TrackPoint.id, TrackPoint.at, TrackPoint.lon, TrackPoint.lat, TrackPoint.accuracy_m, TrackPoint.speed_mps
        )
        .where(TrackPoint.county_code == batch.county_code)
        .where(or_(*[(TrackPoint.id >= ids.start) & (TrackPoint.id < ids.stop) for ids in spans]))
    )
    rows = sorted(session.execute(statement).all(), key=lambda row: row.id % (1 << 14))
    return [Fix(r.at, r.lon, r.lat, r.accuracy_m, r.speed_mps, batch.device, batch.number) for r in rows]
