"""预约: the reception desks that take appointments, the appointments, and what was done to each."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.rules.appointments import AppointmentAct, AppointmentState
from gridmap.db import Base, Scoped, scoped_args


class AppointmentDesk(Scoped, Base):
    """A desk of a unit's centre: how long a slot is, how many people at a time, how many days ahead it is booked."""

    __tablename__ = "appointment_desks"

    name: Mapped[str] = mapped_column(Text, nullable=False)
    slot_minutes: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    capacity: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    days_ahead: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    row_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), nullable=False)

    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 30", name="name"),
        CheckConstraint("slot_minutes between 10 and 240", name="slot_minutes"),
        CheckConstraint("capacity between 1 and 20", name="capacity"),
        CheckConstraint("days_ahead between 1 and 180", name="days_ahead"),
        Index(
            "uq_appointment_desks_name",
            "county_code", "unit_code", "name", unique=True, postgresql_where=text("closed_at is null"),
        ),
    )  # fmt: skip


class Appointment(Scoped, Base):
    """Somebody's time at a desk; ``place`` numbers the people of a slot, and no place is held twice at a time.

    Name and telephone are sealed, bound to ``row_key``. ``case_code`` is the case that came of it: the appointment stays with
    the centre, wherever the case goes.
    """

    __tablename__ = "appointments"

    desk_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    place: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    topic: Mapped[str] = mapped_column(Text, nullable=False)
    row_key: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    name: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    phone: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    case_code: Mapped[str | None] = mapped_column(Text)
    client_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    row_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "desk_id"], ["appointment_desks.county_code", "appointment_desks.id"]),
        one_of("state", AppointmentState),
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("place > 0", name="place"),
        CheckConstraint("length(topic) between 1 and 100", name="topic"),
        ExcludeConstraint(
            ("county_code", "="),
            ("desk_id", "="),
            ("place", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_appointments_place",
            using="gist",
            where=text("state <> 'cancelled'"),
        ),
        Index("ix_appointments_starts_at", "starts_at", "unit_code"),
        Index("ix_appointments_case_code", "case_code", postgresql_where=text("case_code is not null")),
        Index("uq_appointments_row_key", "row_key", "county_code", unique=True),
        Index("uq_appointments_client_id", "county_code", "client_id", unique=True),
    )


class AppointmentStep(Scoped, Base):
    """One thing done to an appointment; only added to. ``desk_name`` and ``starts_at`` are what held after it."""

    __tablename__ = "appointment_steps"

    appointment_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    act: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    desk_name: Mapped[str] = mapped_column(Text, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "appointment_id"], ["appointments.county_code", "appointments.id"]),
        one_of("act", AppointmentAct),
        Index("ix_appointment_steps_appointment_id", "county_code", "appointment_id"),
    )
