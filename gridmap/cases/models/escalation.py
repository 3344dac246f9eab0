"""What came of limits: levels reached (each once), extensions asked for, appeals against a time-out."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Numeric, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules import Stage
from gridmap.cases.rules.clocks import AppealStatus, ExtensionStatus
from gridmap.cases.rules.limits import Level
from gridmap.db import Base, Scoped, scoped_args
from gridmap.worktime.rules import TimeKind

OF_A_TIMER = (["county_code", "timer_id"], ["case_timers.county_code", "case_timers.id"])


class CaseEscalation(Scoped, Base):
    """A level of a timer that was reached ``at``: once per case, timer (so stage) and level, whoever runs the job how often.

    People are told at ``tell_at``: at once, or when the quiet hours end.
    """

    __tablename__ = "case_escalations"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    timer_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    stage: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    written_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    tell_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    told_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_TIMER),
        one_of("stage", Stage),
        one_of("level", Level),
        Index("uq_case_escalations_timer_id_level", "county_code", "case_id", "timer_id", "level", unique=True),
        Index("ix_case_escalations_tell_at", "tell_at", postgresql_where=text("told_at is null")),
        Index("ix_case_escalations_unit_code", "unit_code", "at"),
    )


class CaseExtension(Scoped, Base):
    """延期: more time asked for, in the kind of time of the limit, and what was decided by somebody else."""

    __tablename__ = "case_extensions"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    timer_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 4), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    reason: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    asked_by: Mapped[int] = mapped_column(BigInteger, nullable=False)
    asked_name: Mapped[str] = mapped_column(Text, nullable=False)
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    decision: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_TIMER),
        one_of("kind", TimeKind),
        one_of("status", ExtensionStatus),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(decided_at is null) = (status = 'asked')", name="decided"),
        CheckConstraint("decided_by <> asked_by", name="other_person"),
        Index("ix_case_extensions_case_id", "county_code", "case_id"),
        Index(
            "uq_case_extensions_asked",
            "county_code",
            "timer_id",
            unique=True,
            postgresql_where=text("status = 'asked'"),
        ),
        Index("ix_case_extensions_unit_code", "unit_code", "asked_at"),
        Index("ix_case_extensions_asked", "unit_code", postgresql_where=text("status = 'asked'")),
    )


class CaseAppeal(Scoped, Base):
    """超时申诉: a time-out that is said to be nobody's fault, reviewed twice by different people. One per timer."""

    __tablename__ = "case_appeals"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    timer_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    reason: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    asked_by: Mapped[int] = mapped_column(BigInteger, nullable=False)
    asked_name: Mapped[str] = mapped_column(Text, nullable=False)
    first_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    first_by: Mapped[int | None] = mapped_column(BigInteger)
    first_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    first_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    second_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    second_by: Mapped[int | None] = mapped_column(BigInteger)
    second_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    second_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_TIMER),
        one_of("status", AppealStatus),
        CheckConstraint("(first_by is null) = (status = 'asked')", name="first"),
        CheckConstraint("status <> 'granted' or second_by is not null", name="second"),
        CheckConstraint(
            "first_by <> asked_by and second_by <> asked_by and second_by <> first_by", name="other_people"
        ),
        Index("ix_case_appeals_case_id", "county_code", "case_id"),
        Index("uq_case_appeals_timer_id", "county_code", "timer_id", unique=True),
        Index(
            "uq_case_appeals_open",
            "county_code",
            "case_id",
            unique=True,
            postgresql_where=text("status in ('asked', 'first_agreed')"),
        ),
        Index("ix_case_appeals_unit_code", "unit_code", "asked_at"),
        Index("ix_case_appeals_open", "unit_code", postgresql_where=text("status in ('asked', 'first_agreed')")),
    )
