"""三级调解: the template of tiers, rooms, mediations with their sessions, hand-over packs, agreements and what they promise."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules.tiers import Confirmation, DutyState, MediationState, ReminderLevel, SessionResult
from gridmap.db import Base, Scoped, scoped_args
from gridmap.worktime.rules import TimeKind

OF_A_MEDIATION = (["county_code", "mediation_id"], ["mediations.county_code", "mediations.id"])


class MediationTemplate(Base):
    """One version of the tiers of an area (0: the whole country); a place takes the nearest area's newest version.

    Written once: the database refuses to change it, or to add tiers to it later. ``lawful_channels`` is what the parties are
    told after the last tier; ``remind_days`` is how many days before its date a promise is reminded of.
    """

    __tablename__ = "mediation_templates"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    area_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    lawful_channels: Mapped[str] = mapped_column(Text, nullable=False)
    remind_days: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    __table_args__ = (
        CheckConstraint("area_code >= 0 and area_code % 1000000 = 0", name="area_code"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        CheckConstraint("length(lawful_channels) between 1 and 1000", name="lawful_channels"),
        CheckConstraint("remind_days between 1 and 60", name="remind_days"),
        Index("uq_mediation_templates_area_code_version", "area_code", "version", unique=True),
    )


class MediationTier(Base):
    """A tier of a version: at most so many sessions in so much time; null: no bound.

    ``remind_hours`` is how many hours before its time ends the tier is reminded of; null: not before.
    """

    __tablename__ = "mediation_tiers"

    template_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("mediation_templates.id"), primary_key=True)
    number: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    most_sessions: Mapped[int | None] = mapped_column(SmallInteger)
    limit_amount: Mapped[int | None] = mapped_column(SmallInteger)
    limit_kind: Mapped[str | None] = mapped_column(Text)
    remind_hours: Mapped[int | None] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("number between 1 and 9", name="number"),
        CheckConstraint("length(name) between 1 and 20", name="name"),
        CheckConstraint("most_sessions between 1 and 999", name="most_sessions"),
        CheckConstraint("limit_amount between 1 and 3660", name="limit_amount"),
        CheckConstraint("(limit_amount is null) = (limit_kind is null)", name="limits"),
        CheckConstraint("remind_hours between 1 and 720", name="remind_hours"),
        one_of("limit_kind", TimeKind),
    )


class MediationRoom(Scoped, Base):
    """调解室 of a unit."""

    __tablename__ = "mediation_rooms"

    name: Mapped[str] = mapped_column(Text, nullable=False)
    seats: Mapped[int | None] = mapped_column(SmallInteger)
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 40", name="name"),
        CheckConstraint("seats between 1 and 2000", name="seats"),
        Index(
            "uq_mediation_rooms_unit_code_name",
            "unit_code",
            "name",
            unique=True,
            postgresql_where=text("closed_at is null"),
        ),
    )


class Mediation(Scoped, Base):
    """The mediation of a case on one tier; ``run`` counts from 1 how often one was started. ``timer`` is of worktime.

    ``soon_told_at`` and ``over_told_at`` are when people were told that its time ends soon, and that it has ended.
    """

    __tablename__ = "mediations"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    run: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    template_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("mediation_templates.id"), nullable=False)
    tier: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    tier_name: Mapped[str] = mapped_column(Text, nullable=False)
    most_sessions: Mapped[int | None] = mapped_column(SmallInteger)
    timer: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    soon_told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    over_told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    mediator_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), nullable=False)
    mediators: Mapped[str] = mapped_column(Text, nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    lawful_channel: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("state", MediationState),
        CheckConstraint("(ended_at is null) = (state = 'open')", name="ended"),
        Index("ix_mediations_case_id", "county_code", "case_id"),
        Index("ix_mediations_ended_at", "ended_at", "unit_code"),
        Index("ix_mediations_open", "unit_code", postgresql_where=text("state = 'open'")),
        Index("ix_mediations_due_at", "due_at", postgresql_where=text("state = 'open' and over_told_at is null")),
        # one mediation of a case at a time
        Index("uq_mediations_open", "county_code", "case_id", unique=True, postgresql_where=text("state = 'open'")),
    )


class MediationSession(Scoped, Base):
    """调解会: planned for a time and a place; ``result`` is null until it is recorded.

    A room holds one session at a time, whoever's cases they are; a postponed session gives its room free.
    """

    __tablename__ = "mediation_sessions"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    mediation_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    ends_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    room_id: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    parties: Mapped[str] = mapped_column(Text, nullable=False)
    mediator_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), nullable=False)
    mediators: Mapped[str] = mapped_column(Text, nullable=False)
    result: Mapped[str | None] = mapped_column(Text)
    claims: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    offers: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    record: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    recorded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_MEDIATION),
        one_of("result", SessionResult),
        CheckConstraint("starts_at < ends_at", name="span"),
        CheckConstraint("(recorded_at is null) = (result is null)", name="recorded"),
        Index("uq_mediation_sessions_number", "county_code", "mediation_id", "number", unique=True),
        Index("ix_mediation_sessions_case_id", "county_code", "case_id"),
        Index("ix_mediation_sessions_starts_at", "starts_at", "unit_code"),
        ExcludeConstraint(
            ("county_code", "="),
            ("room_id", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            name="ex_mediation_sessions_room",
            using="gist",
            where=text("room_id is not null and result is distinct from 'postponed'"),
        ),
    )


class MediationPack(Scoped, Base):
    """移交材料: what was tried on a tier, kept as it was handed over; the application may add and read only."""

    __tablename__ = "mediation_packs"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    mediation_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_MEDIATION),
        Index("uq_mediation_packs_mediation_id", "county_code", "mediation_id", unique=True),
        Index("ix_mediation_packs_case_id", "county_code", "case_id"),
    )


class MediationAgreement(Scoped, Base):
    """调解协议 with one counterpart; ``number`` counts from 1 within the case."""

    __tablename__ = "mediation_agreements"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    mediation_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    counterpart: Mapped[str] = mapped_column(Text, nullable=False)
    terms: Mapped[str] = mapped_column(Text, nullable=False)
    agreed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    confirmation: Mapped[str] = mapped_column(Text, nullable=False)
    applied_on: Mapped[date | None] = mapped_column(Date)
    confirmed_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_MEDIATION),
        one_of("confirmation", Confirmation),
        CheckConstraint("(confirmed_on is not null) = (confirmation = 'confirmed')", name="confirmed"),
        Index("uq_mediation_agreements_number", "county_code", "case_id", "number", unique=True),
    )


class MediationDuty(Scoped, Base):
    """履行事项: what an agreement promises, by whom, until when; ``number`` counts from 1 within the case."""

    __tablename__ = "mediation_duties"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    agreement_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    what: Mapped[str] = mapped_column(Text, nullable=False)
    by_whom: Mapped[str] = mapped_column(Text, nullable=False)
    amount_yuan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    due_on: Mapped[date] = mapped_column(Date, nullable=False)
    remind_days: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    settled_on: Mapped[date | None] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(
            ["county_code", "agreement_id"], ["mediation_agreements.county_code", "mediation_agreements.id"]
        ),
        one_of("state", DutyState),
        CheckConstraint("(settled_on is null) = (state = 'waiting')", name="settled"),
        CheckConstraint("amount_yuan >= 0", name="amount_yuan"),
        Index("uq_mediation_duties_number", "county_code", "case_id", "number", unique=True),
        Index("ix_mediation_duties_agreement_id", "county_code", "agreement_id"),
        Index("ix_mediation_duties_due_on", "due_on", postgresql_where=text("state = 'waiting'")),
    )


class MediationReminder(Scoped, Base):
    """A reminder that went out: one for a duty and level, whatever number of jobs run."""

    __tablename__ = "mediation_reminders"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    level: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        Index("ix_mediation_reminders_case_id", "county_code", "case_id"),
        ForeignKeyConstraint(["county_code", "duty_id"], ["mediation_duties.county_code", "mediation_duties.id"]),
        one_of("level", ReminderLevel),
        Index("uq_mediation_reminders_duty_id_level", "county_code", "duty_id", "level", unique=True),
    )
