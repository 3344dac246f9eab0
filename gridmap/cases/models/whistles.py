"""吹哨报到: the whistles of a case and the departments that each one calls."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.course import OF_A_CASE
from gridmap.db import Base, Scoped, scoped_args


class CaseWhistle(Scoped, Base):
    """A call to departments to come to a place by ``due_at``; a case has one open whistle at a time."""

    __tablename__ = "case_whistles"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    reason: Mapped[str] = mapped_column(Text, nullable=False)
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    sent_by: Mapped[int | None] = mapped_column(BigInteger)
    sent_by_name: Mapped[str] = mapped_column(Text, nullable=False)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    result: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        CheckConstraint("due_at > sent_at", name="due_at"),
        Index("ix_case_whistles_sent_at", "sent_at", "unit_code"),
        Index(
            "uq_case_whistles_open", "county_code", "case_id", unique=True, postgresql_where=text("ended_at is null")
        ),
        Index("ix_case_whistles_case_id", "county_code", "case_id"),
    )


class CaseWhistleCall(Scoped, Base):
    """A department that a whistle calls: whether it leads, and when and where its people turned up (SRID 4326, lon lat)."""

    __tablename__ = "case_whistle_calls"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    whistle_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    department_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    department_name: Mapped[str] = mapped_column(Text, nullable=False)
    leads: Mapped[bool] = mapped_column(nullable=False)
    turned_up_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    turned_up_by: Mapped[int | None] = mapped_column(BigInteger)
    turned_up_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False), nullable=True)
    accuracy_m: Mapped[float | None] = mapped_column(REAL)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(["county_code", "whistle_id"], ["case_whistles.county_code", "case_whistles.id"]),
        CheckConstraint("geom is null or turned_up_at is not null", name="geom"),
        Index("uq_case_whistle_calls_department", "county_code", "whistle_id", "department_id", unique=True),
        Index("ix_case_whistle_calls_case_id", "county_code", "case_id"),
        Index("ix_case_whistle_calls_department_id", "department_id", postgresql_where=text("turned_up_at is null")),
    )
