"""领导包案: the duties as data, a leader's charge of a case, its duties with their due dates, and what was done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules.charges import ChargeState
from gridmap.db import Base, Scoped, scoped_args

OF_A_CHARGE = (["county_code", "charge_id"], ["case_charges.county_code", "case_charges.id"])


class ChargeTemplate(Base):
    """One version of the duties of an area (0: the whole country); a place takes the nearest area's newest version.

    Written once: the application may add and read only. ``duties`` is a list of ``DutyPlan`` as plain values;
    ``holds_closing``: a case is not closed while a needed duty was never done; ``remind_days``: so many days before its date
    a duty stands in the leader's work list.
    """

    __tablename__ = "charge_templates"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    area_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    holds_closing: Mapped[bool] = mapped_column(Boolean, nullable=False)
    remind_days: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    duties: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    __table_args__ = (
        CheckConstraint("area_code >= 0 and area_code % 1000000 = 0", name="area_code"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        CheckConstraint("remind_days between 0 and 60", name="remind_days"),
        Index("uq_charge_templates_area_code_version", "area_code", "version", unique=True),
    )


class CaseCharge(Scoped, Base):
    """A leader asked for, or in, charge of a case; of each at most one at a time. ``next_due_at``: the soonest duty's."""

    __tablename__ = "case_charges"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    template_id: Mapped[int | None] = mapped_column(BigInteger)
    holds_closing: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    remind_days: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), nullable=False)
    next_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    end_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(["template_id"], ["charge_templates.id"]),
        one_of("state", ChargeState),
        CheckConstraint("(ended_at is null) = (state in ('asked', 'open'))", name="ended"),
        Index("ix_case_charges_case_id", "county_code", "case_id"),
        Index("ix_case_charges_account_id", "account_id", "next_due_at", postgresql_where=text("ended_at is null")),
        Index(
            "uq_case_charges_state",
            "county_code",
            "case_id",
            "state",
            unique=True,
            postgresql_where=text("ended_at is null"),
        ),
    )


class CaseChargeDuty(Scoped, Base):
    """A duty of a charge: how often, when next (civil date of China), how often done."""

    __tablename__ = "case_charge_duties"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    charge_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    every_days: Mapped[int | None] = mapped_column(SmallInteger)
    needed: Mapped[bool] = mapped_column(Boolean, nullable=False)
    due_on: Mapped[date | None] = mapped_column(Date)
    done: Mapped[int] = mapped_column(Integer, server_default=text("0"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_CHARGE),
        Index("uq_case_charge_duties_number", "county_code", "charge_id", "number", unique=True),
        Index("ix_case_charge_duties_case_id", "county_code", "case_id"),
    )


class CaseChargeRecord(Scoped, Base):
    """That a duty was done: who, when, what. The application may add and read only."""

    __tablename__ = "case_charge_records"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    charge_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    done_on: Mapped[date] = mapped_column(Date, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    note: Mapped[str] = mapped_column(Text, nullable=False)
    recorded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_CHARGE),
        ForeignKeyConstraint(["county_code", "duty_id"], ["case_charge_duties.county_code", "case_charge_duties.id"]),
        Index("ix_case_charge_records_case_id", "county_code", "case_id"),
    )
