"""Units, their outlines, the versions that bring them into force, and the faults found in a version.

Units and outlines in force are public within the system (names and borders are no secret) and few, so reading them is
not under row-level security: queries filter by the actor's ranges. Writing is: nobody changes a unit outside their
scope. Versions, sources and faults are work in progress and are scoped like everything else.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from geoalchemy2 import Geometry
from sqlalchemy import BigInteger, CheckConstraint, Date, DateTime, ForeignKey, Index, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base, Scoped, scoped_args


class Unit(Base):
    """A node of the tree 省 – 市 – 区县 – 乡镇街道 – 村社区 – 网格, keyed by its 15-digit code.

    Codes are never used again.
    """

    __tablename__ = "units"

    unit_code: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    county_code: Mapped[int] = mapped_column(Integer, nullable=False)
    level: Mapped[int] = mapped_column(SmallInteger, nullable=False)  # digits of the code that count: 2 4 6 9 12 15
    parent_code: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("units.unit_code"))
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str | None] = mapped_column(Text)  # grids: residential 综合网格, dedicated 专属网格
    residents: Mapped[int | None] = mapped_column(Integer)  # count only
    households: Mapped[int | None] = mapped_column(Integer)
    is_demo: Mapped[bool] = mapped_column(default=False, server_default=text("false"), nullable=False)
    valid_from: Mapped[date | None] = mapped_column(Date)  # null: only in a version not yet published
    valid_to: Mapped[date | None] = mapped_column(Date)  # exclusive
    version_id: Mapped[int | None] = mapped_column(BigInteger)  # the version that brings it in

    __table_args__ = (
        CheckConstraint("unit_code > 0 and unit_code < 1000000000000000", name="unit_code"),
        CheckConstraint("county_code = unit_code / 1000000000", name="county"),
        CheckConstraint("level in (2, 4, 6, 9, 12, 15)", name="level"),
        CheckConstraint("parent_code < unit_code", name="parent"),
        CheckConstraint("kind in ('residential', 'dedicated')", name="kind"),
        CheckConstraint("valid_to >= valid_from", name="validity"),
        CheckConstraint("length(name) between 1 and 200", name="name"),
        Index("ix_units_parent_code", "parent_code"),
        Index("ix_units_level", "level", "unit_code"),
        Index("ix_units_name", "name", postgresql_using="gin", postgresql_ops={"name": "gin_trgm_ops"}),
    )


class ExternalCode(Base):
    """A unit's code in another system (16 or 20 digits)."""

    __tablename__ = "external_codes"

    scheme: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    unit_code: Mapped[int] = mapped_column(BigInteger, ForeignKey("units.unit_code"), nullable=False)

    __table_args__ = (Index("ix_external_codes_unit_code", "unit_code"),)


class FormerName(Base):
    """A name that a unit bore until the day before ``valid_to``, when it was renamed; the present name is the unit's own."""

    __tablename__ = "former_names"

    unit_code: Mapped[int] = mapped_column(BigInteger, ForeignKey("units.unit_code"), primary_key=True)
    valid_to: Mapped[date] = mapped_column(Date, primary_key=True)  # exclusive
    name: Mapped[str] = mapped_column(Text, nullable=False)
    version_id: Mapped[int | None] = mapped_column(BigInteger)  # the version that brought the next name


class BoundarySource(Scoped, Base):
    """A file that was imported: what it was, in which datum, by whom, and what came of each row."""

    __tablename__ = "boundary_sources"

    kind: Mapped[str] = mapped_column(Text, nullable=False)  # divisions, outlines, edit
    file_name: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    size_bytes: Mapped[int] = mapped_column(BigInteger, nullable=False)
    datum: Mapped[str | None] = mapped_column(Text)
    imported_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    imported_by: Mapped[int | None] = mapped_column(BigInteger)  # account; null: from the command line
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)


class OutlineVersion(Scoped, Base):
    """A set of outlines (and of units that begin or end) that is checked and then published as one."""

    __tablename__ = "outline_versions"

    label: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str] = mapped_column(Text, default="draft", server_default="draft", nullable=False)
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    effective_on: Mapped[date | None] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    error_count: Mapped[int | None] = mapped_column(Integer)
    warning_count: Mapped[int | None] = mapped_column(Integer)
    published_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    published_by: Mapped[str | None] = mapped_column(Text)
    accepted_by: Mapped[str | None] = mapped_column(Text)  # the named person who accepts its errors
    accepted_reason: Mapped[str | None] = mapped_column(Text)
    row_version: Mapped[int] = mapped_column(Integer, default=1, server_default="1", nullable=False)
    ended_codes: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"), nullable=False)

    unit_facts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), nullable=False)
    """Unit code → ``Facts.as_dict()``: kinds of grids and codes in other systems that come into force with the version."""

    __mapper_args__ = {"version_id_col": row_version}  # noqa: RUF012
    __table_args__ = scoped_args(
        CheckConstraint("status in ('draft', 'checked', 'published', 'discarded')", name="status"),
        CheckConstraint("(accepted_by is null) = (accepted_reason is null)", name="acceptance"),
        Index("ix_outline_versions_unit_code", "unit_code", "id"),
    )


class Outline(Base):
    """The border of a unit for a stretch of time: WGS-84, lon/lat.

    ``valid_from`` is null until its version is published.
    """

    __tablename__ = "outlines"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    unit_code: Mapped[int] = mapped_column(BigInteger, ForeignKey("units.unit_code"), nullable=False)
    version_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    level: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    geom: Mapped[Any] = mapped_column(Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False)
    geom_mid: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=True
    )  # drawn at zoom 9 to 12
    geom_low: Mapped[Any] = mapped_column(
        Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=True
    )  # drawn below zoom 9
    label_point: Mapped[Any] = mapped_column(Geometry("POINT", 4326, spatial_index=False), nullable=False)
    area_m2: Mapped[float] = mapped_column(nullable=False)  # geodesic
    geom_hash: Mapped[str] = mapped_column(Text, nullable=False)
    source_datum: Mapped[str] = mapped_column(Text, nullable=False)
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    origin: Mapped[str | None] = mapped_column(Text)
    replaces_id: Mapped[int | None] = mapped_column(
        BigInteger
    )  # the outline it was drawn from; null: the unit had none
    is_demo: Mapped[bool] = mapped_column(default=False, server_default=text("false"), nullable=False)  # 示例边界
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)  # exclusive

    __table_args__ = (
        CheckConstraint("valid_to >= valid_from", name="validity"),
        CheckConstraint("source_datum in ('wgs84', 'cgcs2000', 'gcj02', 'bd09')", name="source_datum"),
        Index("ix_outlines_geom", "geom", postgresql_using="gist"),
        Index(
            "ix_outlines_level",
            "level",
            "unit_code",
            postgresql_where=text("valid_from is not null and valid_to is null"),
        ),
        Index("ix_outlines_version_id", "version_id", "unit_code"),
        ExcludeConstraint(
            ("unit_code", "="),
            (text("daterange(valid_from, valid_to)"), "&&"),
            name="ex_outlines_validity",
            using="gist",
            where=text("valid_from is not null"),
        ),
    )


class OutlineFault(Scoped, Base):
    """Something wrong in a version, with where it is and what would mend it."""

    __tablename__ = "outline_faults"

    version_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    severity: Mapped[str] = mapped_column(Text, nullable=False)
    fault_unit_code: Mapped[int | None] = mapped_column(BigInteger)
    other_code: Mapped[int | None] = mapped_column(BigInteger)
    area_m2: Mapped[float | None] = mapped_column()
    geom: Mapped[Any] = mapped_column(Geometry("GEOMETRY", 4326, spatial_index=False), nullable=True)
    message: Mapped[str] = mapped_column(Text, nullable=False)
    suggestion: Mapped[str] = mapped_column(Text, nullable=False)
    repair: Mapped[str] = mapped_column(Text, default="none", server_default="none", nullable=False)

    __table_args__ = scoped_args(
        CheckConstraint("severity in ('error', 'warning')", name="severity"),
        Index("ix_outline_faults_version_id", "version_id"),
    )
