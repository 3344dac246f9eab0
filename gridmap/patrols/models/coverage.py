"""Coverage: the lattice of each grid's outline, and one bitmap per grid and day of what tracks came near."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
)
from sqlalchemy.dialects.postgresql import BIT
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class CoverageFrame(Scoped, Base):
    """The lattice of one outline of a grid, see ``rules.ground.Frame``; ``inside`` has a bit for each cell of the lattice."""

    __tablename__ = "coverage_frames"

    outline_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    west: Mapped[float] = mapped_column(Double, nullable=False)
    south: Mapped[float] = mapped_column(Double, nullable=False)
    metres_lon: Mapped[float] = mapped_column(Double, nullable=False)  # metres of a degree
    metres_lat: Mapped[float] = mapped_column(Double, nullable=False)
    cols: Mapped[int] = mapped_column(Integer, nullable=False)
    rows: Mapped[int] = mapped_column(Integer, nullable=False)
    cells: Mapped[int] = mapped_column(Integer, nullable=False)
    inside: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        CheckConstraint("cells > 0", name="cells"),
        Index("uq_coverage_frames_outline_id", "county_code", "outline_id", unique=True),
        Index("ix_coverage_frames_unit_code", "unit_code"),
    )


class CoverageDay(Scoped, Base):
    """What tracks came near in a grid on a day (in China): bit n is the n-th cell inside, filled up to whole bytes. Bits are only added."""

    __tablename__ = "coverage_days"

    frame_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    on_day: Mapped[date] = mapped_column(Date, nullable=False)
    bits: Mapped[str] = mapped_column(BIT(varying=True), nullable=False)
    drawn_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "frame_id"], ["coverage_frames.county_code", "coverage_frames.id"]),
        Index("uq_coverage_days_frame_id", "county_code", "frame_id", "on_day", unique=True),
        Index("ix_coverage_days_unit_code", "unit_code", "on_day"),
    )
