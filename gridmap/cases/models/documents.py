"""Papers of cases: their templates as data, their running numbers, and what was issued."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, deferred, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules import Document
from gridmap.db import Base, Scoped, scoped_args


class DocumentTemplate(Base):
    """One version of the template of a kind for an area (0: everywhere): never changed, only put in or out of use.

    Reference data without anything of a case: everybody reads it; a place takes the nearest one above it that is in use.
    """

    __tablename__ = "document_templates"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    area_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    version: Mapped[int] = mapped_column(Integer, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    content: Mapped[bytes] = deferred(mapped_column(LargeBinary, nullable=False))
    digest: Mapped[str] = mapped_column(Text, nullable=False)  # SHA-256 of the content, in hexadecimal
    source_note: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    made_by: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    active: Mapped[bool] = mapped_column(Boolean, nullable=False)

    __table_args__ = (
        one_of("kind", Document),
        CheckConstraint("area_code between 0 and 999999999999999", name="area_code"),
        CheckConstraint("version > 0", name="version"),
        CheckConstraint("length(name) between 1 and 100", name="name"),
        CheckConstraint("length(source_note) between 1 and 500", name="source_note"),
        Index("uq_document_templates_version", "kind", "area_code", "version", unique=True),
        Index(
            "uq_document_templates_active", "kind", "area_code", unique=True, postgresql_where=text("active")
        ),  # one of a kind and area is in use
    )


class DocumentNumber(Scoped, Base):
    """The last number that a unit gave to a kind of paper in a year."""

    __tablename__ = "document_numbers"

    kind: Mapped[str] = mapped_column(Text, nullable=False)
    year: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    last: Mapped[int] = mapped_column(Integer, nullable=False)

    __table_args__ = scoped_args(
        Index("uq_document_numbers_unit_code", "unit_code", "kind", "year", "county_code", unique=True),
    )


class CaseDocument(Scoped, Base):
    """A paper of a case. Asked for with the step (``fields``: what it shall say); number and files come when it is made.

    Number and files come together or not at all, so that no number is lost. Files are in the media folder under their hashes.
    ``agreement_number``: of which agreement of the case it is, for a 调解协议书. ``party_ids``: whose sealed data the paper carries; it is opened when the paper is made and lies in its files only.
    """

    __tablename__ = "case_documents"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    step_number: Mapped[int | None] = mapped_column(Integer)
    agreement_number: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    issuer_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    issuer_name: Mapped[str] = mapped_column(Text, nullable=False)
    fields: Mapped[dict[str, Any]] = mapped_column(JSONB, nullable=False)
    party_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    template_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("document_templates.id"))
    year: Mapped[int | None] = mapped_column(SmallInteger)
    number: Mapped[int | None] = mapped_column(Integer)
    number_text: Mapped[str | None] = mapped_column(Text)
    docx_sha256: Mapped[str | None] = mapped_column(Text)
    pdf_sha256: Mapped[str | None] = mapped_column(Text)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("kind", Document),
        CheckConstraint(
            "num_nonnulls(made_at, template_id, year, number, number_text, docx_sha256, pdf_sha256) in (0, 7)",
            name="made",
        ),
        Index("ix_case_documents_case_id", "county_code", "case_id"),
        Index(  # of one agreement one 调解协议书, whoever asks for it how often
            "uq_case_documents_agreement_number",
            "county_code",
            "case_id",
            "agreement_number",
            unique=True,
            postgresql_where=text("agreement_number is not null"),
        ),
        Index(  # of one step one 督办单, whoever asks for it how often
            "uq_case_documents_supervision",
            "county_code",
            "case_id",
            "step_number",
            unique=True,
            postgresql_where=text("kind = 'supervision'"),
        ),
        Index(
            "uq_case_documents_number",
            "issuer_code",
            "kind",
            "year",
            "number",
            "county_code",
            unique=True,
        ),
    )
