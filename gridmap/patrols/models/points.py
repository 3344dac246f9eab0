"""点位: places that patrols must pass, and who was there when."""

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
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class PatrolPoint(Scoped, Base):
    """A place to pass in a grid (WGS-84 degrees). ``code`` stands on its sign; ``old_code`` did until ``code_at``."""

    __tablename__ = "patrol_points"

    name: Mapped[str] = mapped_column(Text, nullable=False)
    lon: Mapped[float] = mapped_column(Double, nullable=False)
    lat: Mapped[float] = mapped_column(Double, nullable=False)
    radius_m: Mapped[int] = mapped_column(Integer, nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    code_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    old_code: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    made_name: Mapped[str] = mapped_column(Text, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 60", name="name"),
        CheckConstraint("radius_m between 10 and 500", name="radius_m"),
        CheckConstraint("lon between -180 and 180 and lat between -90 and 90", name="place"),
        CheckConstraint("ended_at >= made_at", name="span"),
        Index("uq_patrol_points_code", "county_code", "code", unique=True),
        Index("ix_patrol_points_unit_code", "unit_code", "id"),
    )


class PatrolCheckIn(Scoped, Base):
    """Somebody on duty at a point. The place of the phone goes with the raw points of tracks; how far it was off stays."""

    __tablename__ = "patrol_check_ins"

    point_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    client_id: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    method: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    phone_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    accuracy_m: Mapped[float | None] = mapped_column(REAL)
    distance_m: Mapped[float | None] = mapped_column(REAL)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "point_id"], ["patrol_points.county_code", "patrol_points.id"]),
        ForeignKeyConstraint(["county_code", "duty_id"], ["duties.county_code", "duties.id"]),
        CheckConstraint("method in ('qr', 'position')", name="method"),
        CheckConstraint("num_nonnulls(lon, lat) in (0, 2)", name="place"),
        CheckConstraint("method = 'qr' or distance_m is not null", name="distance"),
        Index("uq_patrol_check_ins_client_id", "county_code", "account_id", "client_id", unique=True),
        Index("ix_patrol_check_ins_point_id", "county_code", "point_id", "at"),
        Index("ix_patrol_check_ins_unit_code", "unit_code", "at"),
    )
