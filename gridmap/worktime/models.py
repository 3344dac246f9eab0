"""Calendars as data. A version is written once and never changed: the database refuses to add to it later.

Reference tables: everybody reads them, whoever administers an area writes new versions for it. ``area_code`` is a unit code of
town level or above, 0 for the whole country; a place takes the nearest calendar above it.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base


class CalendarVersion(Base):
    """One version of the calendar of an area, in force from ``valid_from`` until the next one."""

    __tablename__ = "work_calendars"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    area_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    based_on: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("work_calendars.id"))
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    note: Mapped[str] = mapped_column(Text, nullable=False)  # what changed, and why
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    __table_args__ = (
        CheckConstraint("area_code >= 0 and area_code % 1000000 = 0", name="area_code"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(note) between 1 and 500", name="note"),
        Index("uq_work_calendars_area_code_version", "area_code", "version", unique=True),
    )


class CalendarWindow(Base):
    """Work time on an ISO weekday, minutes since midnight."""

    __tablename__ = "work_windows"

    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), primary_key=True)
    weekday: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    opens_minute: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    closes_minute: Mapped[int] = mapped_column(SmallInteger, nullable=False)

    __table_args__ = (
        CheckConstraint("weekday between 1 and 7", name="weekday"),
        CheckConstraint("opens_minute >= 0 and opens_minute < closes_minute and closes_minute <= 1440", name="span"),
    )


class CalendarDay(Base):
    """A day that differs from its weekday. ``windows``: pairs of minutes, or null for those of the weekday."""

    __tablename__ = "work_days"

    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), primary_key=True)
    day_on: Mapped[date] = mapped_column(Date, primary_key=True)
    is_workday: Mapped[bool] = mapped_column(nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    windows: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))

    __table_args__ = (CheckConstraint("length(name) <= 30", name="name"),)


class CalendarYear(Base):
    """A year whose holidays are known."""

    __tablename__ = "work_years"

    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)


class CalendarCounting(Base):
    """How a kind of day is counted, and where the rule comes from."""

    __tablename__ = "work_countings"

    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    counts_start_day: Mapped[bool] = mapped_column(nullable=False)
    ends_at: Mapped[str] = mapped_column(Text, nullable=False)
    last_day_moves: Mapped[bool] = mapped_column(nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)

    __table_args__ = (
        CheckConstraint("kind in ('work_days', 'natural_days')", name="kind"),
        CheckConstraint("ends_at in ('close', 'midnight')", name="ends_at"),
    )
