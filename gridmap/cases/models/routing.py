"""派单规则: to which department, or to the desk itself, a kind of case goes first."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, DateTime, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class RoutingRule(Scoped, Base):
    """One rule of a unit: its conditions (an empty one holds for all), where it sends to, from when to when, and its ground.

    ``department_id`` null: the desk keeps the case (中心自办). ``hour_from``/``hour_to`` are hours of China's clock, the end
    exclusive; from 22 to 6 runs over midnight. ``area`` is SRID 4326, lon lat. ``active_to`` is exclusive.
    """

    __tablename__ = "routing_rules"

    position: Mapped[int] = mapped_column(Integer, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    families: Mapped[list[int]] = mapped_column(ARRAY(SmallInteger), server_default=text("'{}'"), nullable=False)
    category_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), nullable=False)
    scales: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"), nullable=False)
    within_unit: Mapped[int | None] = mapped_column(BigInteger)
    area: Mapped[Any] = mapped_column(Geometry("POLYGON", 4326, spatial_index=False), nullable=True)
    hour_from: Mapped[int | None] = mapped_column(SmallInteger)
    hour_to: Mapped[int | None] = mapped_column(SmallInteger)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    department_name: Mapped[str] = mapped_column(Text, nullable=False)
    active_from: Mapped[date] = mapped_column(Date, nullable=False)
    active_to: Mapped[date | None] = mapped_column(Date)
    is_off: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    updated_by: Mapped[int | None] = mapped_column(BigInteger)
    row_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), nullable=False)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012
    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 60", name="name"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        CheckConstraint("(hour_from is null) = (hour_to is null)", name="hours"),
        CheckConstraint("hour_from between 0 and 23", name="hour_from"),
        CheckConstraint("hour_to between 1 and 24", name="hour_to"),
        CheckConstraint("active_to > active_from", name="active"),
        Index("ix_routing_rules_unit_code", "unit_code", "position"),
    )
