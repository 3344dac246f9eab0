"""Side tasks of a case: 核查 (facts filled in before registering) and 核实 (is it really fixed), asked of one person."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.course import OF_A_CASE
from gridmap.db import Base, Scoped, scoped_args


class CaseTask(Scoped, Base):
    """What one person was asked to find out about a case, until when, and what they found. One of a kind is open at a time,
    but for what joint meetings decided: a person may owe several."""

    __tablename__ = "case_tasks"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    account_name: Mapped[str] = mapped_column(Text, nullable=False)
    question: Mapped[str] = mapped_column(Text, nullable=False)
    answer: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    asked_by: Mapped[int | None] = mapped_column(BigInteger)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    answered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        CheckConstraint("kind in ('check', 'verify', 'decision')", name="kind"),
        Index("ix_case_tasks_case_id", "county_code", "case_id"),
        Index("ix_case_tasks_account_id", "account_id", "due_at", postgresql_where=text("answered_at is null")),
        Index(
            "uq_case_tasks_open",
            "county_code",
            "case_id",
            "kind",
            unique=True,
            postgresql_where=text("answered_at is null and kind <> 'decision'"),
        ),
    )
