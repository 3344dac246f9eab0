"""Cases, their photos, and the versioned tables of categories."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import REAL
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gridmap.cases.rules import Channel, Grade, PositionMethod, Risk, Scale, Status
from gridmap.cases.rules.clocks import Supervision
from gridmap.db import Base, Scoped, scoped_args

COUNTED = ["category_id", "status", "risk", "channel", "grade", "scale", "due_at", "closed_at", "zkey"]


def one_of(column: str, values: type) -> CheckConstraint:
    """Return the check that ``column`` holds a value of the enum, named after the column."""
    listed = ", ".join(f"'{item.value}'" for item in values)  # type: ignore[attr-defined]
    return CheckConstraint(f"{column} in ({listed})", name=column)


class CategoryVersion(Base):
    """One edition of the categories, with where it comes from."""

    __tablename__ = "category_versions"

    id: Mapped[int] = mapped_column(Integer, Identity(always=False), primary_key=True)
    label: Mapped[str] = mapped_column(Text, nullable=False)
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    valid_from: Mapped[date] = mapped_column(Date, nullable=False)
    valid_to: Mapped[date | None] = mapped_column(Date)


class Category(Base):
    """A subcategory in its family (类别) and data dimension; ``limit_hours`` is the plain limit of this first form."""

    __tablename__ = "categories"

    id: Mapped[int] = mapped_column(Integer, Identity(always=False), primary_key=True)
    version_id: Mapped[int] = mapped_column(Integer, ForeignKey("category_versions.id"), nullable=False)
    code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    family: Mapped[int] = mapped_column(SmallInteger, nullable=False)  # 1…5, the order of family_name
    family_name: Mapped[str] = mapped_column(Text, nullable=False)
    dimension: Mapped[str] = mapped_column(Text, nullable=False)
    default_grade: Mapped[str] = mapped_column(Text, nullable=False)
    limit_hours: Mapped[int | None] = mapped_column(Integer)
    limit_note: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)

    __table_args__ = (
        one_of("default_grade", Grade),
        Index("uq_categories_version_id_code", "version_id", "code", unique=True),
    )


class Case(Scoped, Base):
    """事件/矛盾纠纷/诉求: anything received and worked to an end."""

    __tablename__ = "cases"

    case_code: Mapped[str] = mapped_column(Text, nullable=False)
    category_id: Mapped[int] = mapped_column(Integer, ForeignKey("categories.id"), nullable=False)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    grade: Mapped[str] = mapped_column(Text, nullable=False)
    scale: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    risk: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text, nullable=False)
    description: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    address_text: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    occurred_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    closed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    geom: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False), nullable=True)
    position_method: Mapped[str] = mapped_column(Text, nullable=False)
    position_accuracy_m: Mapped[float | None] = mapped_column(REAL)
    source_datum: Mapped[str | None] = mapped_column(Text)
    source_lon: Mapped[float | None] = mapped_column()
    source_lat: Mapped[float | None] = mapped_column()
    unit_pending: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)  # 待定网格
    zkey: Mapped[int | None] = mapped_column(BigInteger, Computed("gridmap_zkey(geom)", persisted=True))
    client_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    duty_account_id: Mapped[int | None] = mapped_column(BigInteger)  # 首问负责: follows the case to the end
    lead_department_id: Mapped[int | None] = mapped_column(BigInteger)  # whose order is open; null: with the centre
    assignee_id: Mapped[int | None] = mapped_column(BigInteger)
    stage_due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # first of the running timers
    supervision: Mapped[str | None] = mapped_column(Text)  # 督办: its step of the ladder
    joined_to: Mapped[str | None] = mapped_column(Text)  # case_code of the case that this one was joined to
    repeat_of: Mapped[str | None] = mapped_column(Text)  # case_code of the closed case at the same place before
    reopened_count: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"), nullable=False)
    people_count: Mapped[int | None] = mapped_column(Integer)
    money_yuan: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    row_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), nullable=False)

    category: Mapped[Category] = relationship(lazy="joined", innerjoin=True)

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012
    __table_args__ = scoped_args(
        ForeignKeyConstraint(["unit_code"], ["units.unit_code"]),
        one_of("channel", Channel),
        one_of("grade", Grade),
        one_of("scale", Scale),
        one_of("status", Status),
        one_of("supervision", Supervision),
        one_of("risk", Risk),
        one_of("position_method", PositionMethod),
        CheckConstraint("source_datum in ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name="source_datum"),
        CheckConstraint("(geom is null) = (position_method = 'none')", name="position"),
        CheckConstraint("length(title) between 1 and 100", name="title"),
        CheckConstraint(
            "(closed_at is null) = (status not in ('closed', 'archived', 'declined', 'joined'))", name="closed"
        ),
        CheckConstraint("(joined_to is not null) = (status = 'joined')", name="joined"),
        CheckConstraint("repeat_of <> case_code", name="repeat_of"),
        CheckConstraint("people_count between 1 and 1000000", name="people_count"),
        CheckConstraint("money_yuan >= 0", name="money_yuan"),
        Index(
            "ix_cases_lead_department_id",
            "lead_department_id",
            "stage_due_at",
            postgresql_include=["unit_code", "status"],
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_cases_supervision", "supervision", "unit_code", postgresql_where=text("supervision is not null")),
        Index(
            "ix_cases_stage_due_at",
            "status",
            "stage_due_at",
            "unit_code",
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_cases_work",  # the work list, in its order
            "status",
            text("coalesce(stage_due_at, 'infinity'::timestamptz)"),
            "received_at",
            "county_code",
            "id",
            postgresql_include=["stage_due_at", "unit_code", "lead_department_id", "assignee_id"],
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_cases_waiting",  # the work list of those to whom a department's cases belong, and of the centre: without one
            "status",
            "lead_department_id",
            text("coalesce(stage_due_at, 'infinity'::timestamptz)"),
            "received_at",
            "county_code",
            "id",
            postgresql_include=["stage_due_at", "unit_code", "assignee_id"],
            postgresql_where=text("closed_at is null"),
        ),
        Index("ix_cases_repeat_of", "unit_code", "received_at", postgresql_where=text("repeat_of is not null")),
        Index("ix_cases_duty_account_id", "duty_account_id", postgresql_where=text("closed_at is null")),
        Index("uq_cases_case_code", "county_code", "case_code", unique=True),
        Index("uq_cases_client_id", "client_id", "county_code", unique=True),
        Index("ix_cases_zkey", "zkey", "unit_code"),
        # What counts and clusters read lies in the indexes, so that they are answered without the rows.
        Index("ix_cases_received_at", "received_at", "unit_code", postgresql_include=COUNTED),
        Index("ix_cases_unit_code", "unit_code", "received_at", postgresql_include=COUNTED),
        Index("ix_cases_category_id", "category_id", "unit_code", "received_at"),
        Index(
            "ix_cases_due_at",
            "due_at",
            "unit_code",
            postgresql_include=["category_id", "status", "risk", "received_at"],
            postgresql_where=text("closed_at is null"),
        ),
        Index(
            "ix_cases_open",
            "zkey",
            "unit_code",
            postgresql_include=["due_at", "category_id", "status", "risk"],
            postgresql_where=text("closed_at is null"),
        ),
    )


class CaseWords(Scoped, Base):
    """The words of a case, folded, under the key of the case: what search reads and its grams are made of.

    The index holds, for every town, which cases have which one and two characters; the job ``cases.words`` fills it.
    """

    __tablename__ = "case_words"

    words: Mapped[str] = mapped_column(Text, nullable=False)

    __table_args__ = scoped_args(
        Index("ix_case_words_unit_code", "unit_code"),
        Index(
            "ix_case_words_grams",
            text("gridmap_grams(unit_code, words)"),
            postgresql_using="gin",
            postgresql_with={"fastupdate": "off"},
        ),
    )


class CaseWordsWaiting(Scoped, Base):
    """A case whose words changed and are not yet in ``case_words``: written by a trigger, removed by the fold."""

    __tablename__ = "case_words_waiting"

    __table_args__ = scoped_args(Index("ix_case_words_waiting_unit_code", "unit_code"))


class CasePhoto(Scoped, Base):
    """A photo of a case: re-encoded, without EXIF; the bytes are in the media folder under their hash."""

    __tablename__ = "case_photos"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    width_px: Mapped[int] = mapped_column(Integer, nullable=False)
    height_px: Mapped[int] = mapped_column(Integer, nullable=False)
    size_bytes: Mapped[int] = mapped_column(BigInteger, nullable=False)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    added_by: Mapped[int | None] = mapped_column(BigInteger)
    taken_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))  # by the camera's clock
    taken_lon: Mapped[float | None] = mapped_column()  # as the camera says, WGS-84
    taken_lat: Mapped[float | None] = mapped_column()

    __table_args__ = scoped_args(
        CheckConstraint("num_nonnulls(taken_lon, taken_lat) in (0, 2)", name="taken_place"),
        ForeignKeyConstraint(["county_code", "case_id"], ["cases.county_code", "cases.id"]),
        Index("ix_case_photos_case_id", "county_code", "case_id"),
    )
