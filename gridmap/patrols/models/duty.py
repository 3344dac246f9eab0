"""Duty: the stretch of time in which a worker is on duty, by their own act."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class Duty(Scoped, Base):
    """A worker on duty at a unit. ``on_at`` and ``off_at`` are set right by the server's clock; the phone's own stand beside."""

    __tablename__ = "duties"

    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    on_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    phone_on_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    received_on_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    off_client_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    off_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    phone_off_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_off_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[str | None] = mapped_column(Text)  # self, or system: forgotten

    __table_args__ = scoped_args(
        CheckConstraint("off_at >= on_at", name="span"),
        CheckConstraint("(off_at is null) = (ended_by is null)", name="ended"),
        CheckConstraint("ended_by in ('self', 'system')", name="ended_by"),
        Index("uq_duties_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("uq_duties_open", "county_code", "account_id", unique=True, postgresql_where=text("off_at is null")),
        Index("ix_duties_unit_code", "unit_code", "on_at"),
        Index("ix_duties_account_id", "account_id", "on_at"),
    )
