"""Append-only events: what happened, to what, by whom, where. The same row is the outbox of jobs and live updates.

The application role may insert and read, never change or delete. ``record`` is called by every action, in its transaction.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, Session, mapped_column

from gridmap.access import Actor
from gridmap.db import Base, Scoped, scoped_args


class Event(Scoped, Base):
    """One thing that happened; ``kind`` is past tense (``case.registered``)."""

    __tablename__ = "events"

    kind: Mapped[str] = mapped_column(Text, nullable=False)
    subject: Mapped[str] = mapped_column(Text, nullable=False)  # the thing's public code
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), nullable=False)

    __table_args__ = scoped_args(
        Index("ix_events_subject", "subject", "id"),
        Index("ix_events_unit_code", "unit_code", "at"),
        Index("ix_events_at", "at"),
    )


# The same as a part of another statement; its values are named as in ``record``, ``event_data`` being the rest.
EVENT_TYPES = {"event_kind": "text", "subject": "text", "event_data": "jsonb"}
INSERT_EVENT = (
    "insert into events (county_code, unit_code, kind, subject, actor_id, actor_name, data)"
    " values (:county, :unit, :event_kind, :subject, :actor, :actor_name, :event_data)"
)


def record(session: Session, actor: Actor | None, kind: str, subject: str, unit_code: int, **data: Any) -> Event:
    """Add an event to the current transaction. ``actor`` is ``None`` for the command line and jobs."""
    event = Event(
        county_code=unit_code // 10**9,
        unit_code=unit_code,
        kind=kind,
        subject=subject,
        actor_id=(actor.account_id or None) if actor else None,
        actor_name=actor.name if actor else "系统",
        data=data,
    )
    session.add(event)
    return event
