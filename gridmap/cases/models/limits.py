"""Limits of stages as versioned rows, the timers that run by them, and what came of them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
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
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules import Grade, Stage
from gridmap.db import Base, Scoped, scoped_args
from gridmap.worktime.rules import TimeKind


class CaseLimit(Base):
    """A limit of a stage in an area (0: the whole system), for a class or family and a grade (null: all).

    A version is never changed, only followed by another.
    """

    __tablename__ = "case_limits"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    area_code: Mapped[int] = mapped_column(BigInteger, server_default=text("0"), nullable=False)
    category_code: Mapped[str | None] = mapped_column(Text)
    family: Mapped[int | None] = mapped_column(SmallInteger)
    grade: Mapped[str | None] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    amount: Mapped[Decimal] = mapped_column(Numeric(8, 4), nullable=False)
    remind_before: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    second_after: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    valid_from: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    valid_to: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)

    __table_args__ = (
        CheckConstraint("area_code >= 0", name="area_code"),
        one_of("stage", Stage),
        one_of("grade", Grade),
        one_of("kind", TimeKind),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("remind_before > 0 and remind_before < amount", name="remind_before"),
        CheckConstraint("second_after > 0", name="second_after"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        CheckConstraint("category_code is null or family is null", name="of_one"),
        CheckConstraint("valid_to >= valid_from", name="valid"),
        Index(
            "uq_case_limits_in_force",
            "area_code",
            "stage",
            text("coalesce(category_code, '')"),
            text("coalesce(family, 0)"),
            text("coalesce(grade, '')"),
            unique=True,
            postgresql_where=text("valid_to is null"),
        ),
    )


class CaseTimer(Scoped, Base):
    """A limit that runs or ran for a stage of a case. ``data`` is the timer; the times beside it are worked out from it.

    ``reached`` counts the levels that were written (reminder, overdue, second limit); ``next_at`` is when the next one is due:
    what the job of escalation looks for.
    """

    __tablename__ = "case_timers"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    stage: Mapped[str] = mapped_column(Text, nullable=False)
    limit_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("case_limits.id"))
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    remind_before: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    second_after: Mapped[Decimal | None] = mapped_column(Numeric(8, 4))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    calendar_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("work_calendars.id"), nullable=False)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    remind_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    second_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reached: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), nullable=False)
    paused_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    stopped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    exempted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("stage", Stage),
        CheckConstraint("reached between 0 and 3", name="reached"),
        CheckConstraint("next_at is null or stopped_at is null", name="next_at"),
        Index("ix_case_timers_case_id", "county_code", "case_id"),
        Index(
            "uq_case_timers_running",
            "county_code",
            "case_id",
            "stage",
            unique=True,
            postgresql_where=text("stopped_at is null"),
        ),
        Index("ix_case_timers_next_at", "next_at", postgresql_where=text("next_at is not null")),
        Index("ix_case_timers_calendar_id", "calendar_id", "unit_code", postgresql_where=text("stopped_at is null")),
        Index("ix_case_timers_unit_code", "unit_code", "due_at"),
        Index("ix_case_timers_settled", "stage", text("least(due_at, stopped_at)"), "unit_code"),  # met or missed when
    )
