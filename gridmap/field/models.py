"""What phones sent: items with their verdicts, and photos on their way."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, CheckConstraint, DateTime, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class FieldItem(Scoped, Base):
    """One thing that a worker entered on a phone, under the number that the phone gave it: kept before it is tried, once.

    ``made_at`` and ``sent_at`` are by the phone's clock, ``received_at`` by ours. ``body`` is emptied once it is accepted: what it
    said is then in the case or the track.
    """

    __tablename__ = "field_items"

    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    device: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    object: Mapped[str] = mapped_column(Text, nullable=False)
    after: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    replaces: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    base: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    photos: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, nullable=False)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    verdict: Mapped[str] = mapped_column(Text, nullable=False)
    told: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), nullable=False)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        CheckConstraint("verdict in ('held', 'accepted', 'conflict', 'refused')", name="verdict"),
        CheckConstraint("(verdict = 'held') = (decided_at is null)", name="decided"),
        Index("uq_field_items_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("ix_field_items_account_id", "account_id", "received_at"),
        Index("ix_field_items_held", "account_id", "id", postgresql_where=text("verdict = 'held'")),
        Index("ix_field_items_unit_code", "unit_code", "received_at"),
    )


class FieldUpload(Scoped, Base):
    """A photo on its way, piece by piece: how much of it is here, and once whole, the stored photo that it became."""

    __tablename__ = "field_uploads"

    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    size_bytes: Mapped[int] = mapped_column(BigInteger, nullable=False)
    checksum: Mapped[str] = mapped_column(Text, nullable=False)  # SHA-256 of what the phone sends
    received_bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), nullable=False)
    photo_sha256: Mapped[str | None] = mapped_column(Text)  # of the stored photo
    width_px: Mapped[int | None] = mapped_column(Integer)
    height_px: Mapped[int | None] = mapped_column(Integer)
    used: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    touched_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        CheckConstraint("received_bytes between 0 and size_bytes", name="received"),
        CheckConstraint("num_nonnulls(photo_sha256, width_px, height_px) in (0, 3)", name="photo"),
        Index("uq_field_uploads_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("ix_field_uploads_account_id", "account_id", "client_id"),
        Index("ix_field_uploads_unit_code", "unit_code", "id"),
        Index("ix_field_uploads_touched_at", "touched_at"),
    )

    @property
    def arrived(self) -> bool:
        """Say whether all of it is here."""
        return self.received_bytes == self.size_bytes
