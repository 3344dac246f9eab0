"""巡查计划: what is to be seen of a grid, how often, and who is asked to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class PatrolPlan(Scoped, Base):
    """A share of a grid's ground (``percent``), or points in an order, to be seen once in every ``every_days`` days from ``from_on``."""

    __tablename__ = "patrol_plans"

    name: Mapped[str] = mapped_column(Text, nullable=False)
    aim: Mapped[str] = mapped_column(Text, nullable=False)
    percent: Mapped[int | None] = mapped_column(Integer)
    every_days: Mapped[int] = mapped_column(Integer, nullable=False)
    from_on: Mapped[date] = mapped_column(Date, nullable=False)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    account_name: Mapped[str | None] = mapped_column(Text)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    made_name: Mapped[str] = mapped_column(Text, nullable=False)
    ended_on: Mapped[date | None] = mapped_column(Date)

    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 60", name="name"),
        CheckConstraint("aim in ('area', 'points')", name="aim"),
        CheckConstraint("(aim = 'area') = (percent is not null) and percent between 1 and 100", name="percent"),
        CheckConstraint("every_days between 1 and 92", name="every_days"),
        CheckConstraint("num_nonnulls(account_id, account_name) in (0, 2)", name="account"),
        Index("ix_patrol_plans_unit_code", "unit_code", "id"),
    )


class PatrolPlanPoint(Scoped, Base):
    """A point on the route of a plan, at its ``place`` from 1."""

    __tablename__ = "patrol_plan_points"

    plan_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    point_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    place: Mapped[int] = mapped_column(Integer, nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(["county_code", "plan_id"], ["patrol_plans.county_code", "patrol_plans.id"]),
        ForeignKeyConstraint(["county_code", "point_id"], ["patrol_points.county_code", "patrol_points.id"]),
        Index("uq_patrol_plan_points_plan_id", "county_code", "plan_id", "place", unique=True),
        Index("uq_patrol_plan_points_point_id", "county_code", "plan_id", "point_id", unique=True),
    )
