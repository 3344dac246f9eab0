"""What was pointed out of tracks, for a supervisor to look at."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import REAL, BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class PatrolAnomaly(Scoped, Base):
    """The most that was found of a kind in a duty: ``value`` is km/h or metres, see ``rules.anomalies``. ``seen_at``: somebody has looked at it."""

    __tablename__ = "patrol_anomalies"

    duty_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    value: Mapped[float] = mapped_column(REAL, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    found_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    seen_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    seen_name: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "duty_id"], ["duties.county_code", "duties.id"]),
        CheckConstraint("kind in ('speed', 'apart')", name="kind"),
        CheckConstraint("num_nonnulls(seen_at, seen_name, note) in (0, 3)", name="seen"),
        CheckConstraint("length(note) between 1 and 200", name="note"),
        Index("uq_patrol_anomalies_duty_id", "county_code", "duty_id", "kind", unique=True),
        Index("ix_patrol_anomalies_unit_code", "unit_code", "at"),
    )
