"""Links by which residents answer the follow-up, and how often an address has tried one."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules.revisit import Satisfaction
from gridmap.db import Base, Scoped, scoped_args


class RevisitLink(Scoped, Base):
    """回访链接: one answer, by whoever holds it, until it expires. The token is not here, only its hash.

    ``row_key`` is random; with the instance's signing key it gives the token again. ``round`` is how often the case had been
    reopened: a link of an earlier round answers nothing. ``ended_at``: a newer link took its place.
    """

    __tablename__ = "revisit_links"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    row_key: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    round: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    made_by: Mapped[int | None] = mapped_column(BigInteger)
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    satisfaction: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        CheckConstraint("expires_at > made_at", name="expires"),
        CheckConstraint("(answered_at is null) = (satisfaction is null)", name="answered"),
        one_of("satisfaction", Satisfaction),
        Index("ix_revisit_links_case_id", "county_code", "case_id"),
        Index("ix_revisit_links_unit_code", "unit_code", "made_at"),
        Index("uq_revisit_links_token_hash", "token_hash", "county_code", unique=True),
        Index(
            "uq_revisit_links_open",
            "county_code",
            "case_id",
            unique=True,
            postgresql_where=text("answered_at is null and ended_at is null"),
        ),
    )


class LinkTry(Base):
    """How often an address (its keyed hash) opened or sent a link in a minute; kept for an hour."""

    __tablename__ = "link_tries"

    address: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    minute: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    tries: Mapped[int] = mapped_column(Integer, nullable=False)
