"""Rollups of cases: totals by unit and month, cells for the map, and the changes not yet folded into them."""

from __future__ import annotations

from datetime import date

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, Index, Integer, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class CaseDelta(Scoped, Base):
    """What one change of a case adds to (+1) or takes from (−1) the rollups; written by a trigger, removed by the fold."""

    __tablename__ = "case_deltas"

    month: Mapped[date] = mapped_column(Date, nullable=False)  # of received_at, in China
    family: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    risk: Mapped[str | None] = mapped_column(Text)
    zkey: Mapped[int | None] = mapped_column(BigInteger)  # null: 未定位
    n: Mapped[int] = mapped_column(Integer, nullable=False)

    __table_args__ = scoped_args(
        Index("ix_case_deltas_zkey", "zkey", "unit_code"), Index("ix_case_deltas_unit_code", "unit_code")
    )


class CaseTotal(Scoped, Base):
    """How many cases a unit (with all below it) received in a month, by what filters ask most."""

    __tablename__ = "case_totals"

    unit_level: Mapped[int] = mapped_column(SmallInteger, nullable=False)  # digits of unit_code that count
    month: Mapped[date] = mapped_column(Date, nullable=False)
    family: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    risk: Mapped[str | None] = mapped_column(Text)
    located: Mapped[bool] = mapped_column(Boolean, nullable=False)
    n: Mapped[int] = mapped_column(Integer, nullable=False)

    __table_args__ = scoped_args(
        Index(
            "uq_case_totals_key", "unit_level", "unit_code", "month", "family", "status", "risk", "located",
            unique=True, postgresql_include=["n"], postgresql_nulls_not_distinct=True,
        ),
    )  # fmt: skip


class CaseCell(Scoped, Base):
    """How many located cases of a unit lie in a cell of the map, and the sums of their places.

    ``cell`` is the first zkey of a Web-Mercator cell at zoom ``cell_level``; ``sum_x`` and ``sum_y`` add up columns and rows of
    zoom-22 cells: whole numbers, so that adding and taking away never drifts. Everything is kept twice: by status, and (status
    empty) over all of them, which is what most tiles ask and less than half the rows.
    """

    __tablename__ = "case_cells"

    unit_level: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    cell_level: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    by_status: Mapped[bool] = mapped_column(Boolean, nullable=False)
    cell: Mapped[int] = mapped_column(BigInteger, nullable=False)
    family: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    risk: Mapped[str | None] = mapped_column(Text)
    n: Mapped[int] = mapped_column(Integer, nullable=False)
    sum_x: Mapped[int] = mapped_column(BigInteger, nullable=False)
    sum_y: Mapped[int] = mapped_column(BigInteger, nullable=False)

    __table_args__ = scoped_args(
        Index(
            "uq_case_cells_key", "unit_level", "cell_level", "by_status", "cell", "unit_code", "family", "status", "risk",
            unique=True, postgresql_include=["n", "sum_x", "sum_y"], postgresql_nulls_not_distinct=True,
        ),
        Index("ix_case_cells_unit_code", "unit_level", "unit_code", "cell_level", "by_status", "cell"),
        CheckConstraint("by_status = (status <> '')", name="by_status"),
    )  # fmt: skip
