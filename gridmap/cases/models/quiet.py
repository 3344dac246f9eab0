"""安静时段 of units: when notices about limits are held back."""

from __future__ import annotations

from datetime import datetime, time

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Integer, Text, Time, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base


class QuietVersion(Base):
    """One version of the quiet hours of a unit and all below it (0: the whole country), by the clock in China.

    The newest version of the nearest unit counts; one without times leaves it to the unit above. Written once, never changed.
    """

    __tablename__ = "quiet_hours"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    unit_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    begins: Mapped[time | None] = mapped_column(Time)
    ends: Mapped[time | None] = mapped_column(Time)
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    __table_args__ = (
        CheckConstraint("(begins is null) = (ends is null)", name="times"),
        CheckConstraint("unit_code > 0 or begins is not null", name="country"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        Index("uq_quiet_hours_unit_code_version", "unit_code", "version", unique=True),
    )
