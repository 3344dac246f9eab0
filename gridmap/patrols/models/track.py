"""Tracks: batches as the phone sent them, their raw points (a partition a month), and the worker's own notes."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    REAL,
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class TrackBatch(Scoped, Base):
    """Points that came in one piece; ``number`` is its place among those that ``device`` recorded during the duty.

    ``offset_ms`` was added to the phone's times. ``drawn_at``: when its ground was added to the coverage.
    """

    __tablename__ = "track_batches"

    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    device: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    verdict: Mapped[str] = mapped_column(Text, nullable=False)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    offset_ms: Mapped[int] = mapped_column(BigInteger, nullable=False)
    points: Mapped[int] = mapped_column(Integer, nullable=False)  # that came
    taken: Mapped[int] = mapped_column(Integer, nullable=False)  # that were stored
    from_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # of those stored
    to_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    drawn_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    length_m: Mapped[float] = mapped_column(REAL, server_default=text("0"), nullable=False)  # of its stretches
    recorded_s: Mapped[float] = mapped_column(REAL, server_default=text("0"), nullable=False)
    link_m: Mapped[float] = mapped_column(REAL, server_default=text("0"), nullable=False)  # from the batch before
    link_s: Mapped[float] = mapped_column(REAL, server_default=text("0"), nullable=False)
    west: Mapped[float | None] = mapped_column(Double)  # degrees: what its stretches lie in
    south: Mapped[float | None] = mapped_column(Double)
    east: Mapped[float | None] = mapped_column(Double)
    north: Mapped[float | None] = mapped_column(Double)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "duty_id"], ["duties.county_code", "duties.id"]),
        CheckConstraint("verdict in ('taken', 'outside')", name="verdict"),
        CheckConstraint("source in ('phone', 'gpx')", name="source"),
        CheckConstraint("number > 0", name="number"),
        CheckConstraint("taken between 0 and points", name="taken"),
        CheckConstraint("(taken > 0) = (from_at is not null and to_at is not null)", name="span"),
        Index("uq_track_batches_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("ix_track_batches_duty_id", "county_code", "duty_id", "device", "number"),
        Index("ix_track_batches_unit_code", "unit_code", "to_at"),
        Index(
            "ix_track_batches_undrawn",
            "county_code", "duty_id", postgresql_where=text("drawn_at is null and taken > 0"),
        ),
    )  # fmt: skip


class TrackPoint(Scoped, Base):
    """One raw fix: WGS-84 lon and lat in degrees, accuracy in metres (68 %), speed in metres a second where the phone gave one.

    ``id`` is (day in China << 48 | batch << 14 | place in the batch), see ``rules.tracks``: the key finds the points of a
    batch, and the months are partitions by it. ``at`` is set right by the server's clock, ``phone_at`` is the phone's own.
    """

    __tablename__ = "track_points"

    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    phone_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    lon: Mapped[float] = mapped_column(Double, nullable=False)
    lat: Mapped[float] = mapped_column(Double, nullable=False)
    accuracy_m: Mapped[float | None] = mapped_column(REAL)
    speed_mps: Mapped[float | None] = mapped_column(REAL)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)

    __table_args__ = scoped_args()


class TrackNote(Scoped, Base):
    """What a worker writes to a stretch of their own track (the phone slept, the wrong way round a building site)."""

    __tablename__ = "track_notes"

    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    from_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    to_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "duty_id"], ["duties.county_code", "duties.id"]),
        CheckConstraint("length(words) between 1 and 200", name="words"),
        CheckConstraint("from_at <= to_at", name="span"),
        Index("uq_track_notes_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("ix_track_notes_duty_id", "county_code", "duty_id"),
    )
