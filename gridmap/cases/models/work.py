"""What a person keeps for themselves: which step of a case they saw last, and filters under a name of their own."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.db import Base


class CaseSeen(Base):
    """The number of the last step that a person had before them when they opened a case."""

    __tablename__ = "case_seen"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    county_code: Mapped[int] = mapped_column(Integer, primary_key=True)
    case_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)


class SavedFilter(Base):
    """A filter of a list, as its address has it, under a name."""

    __tablename__ = "saved_filters"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    page: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)  # the query string, canonical

    __table_args__ = (
        CheckConstraint("page in ('cases', 'work')", name="page"),
        CheckConstraint("length(name) between 1 and 30", name="name"),
        CheckConstraint("length(address) <= 2000", name="address"),
        Index("uq_saved_filters_account_id_page_name", "account_id", "page", "name", unique=True),
    )
