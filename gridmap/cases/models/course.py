"""The course of a case: its steps (append-only history) and the orders (交办单) that departments hold."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.rules import Status
from gridmap.cases.rules.course import HANDLING_ACTIONS
from gridmap.cases.rules.orders import OrderKind, OrderStatus
from gridmap.db import Base, Scoped, scoped_args

OF_A_CASE = (["county_code", "case_id"], ["cases.county_code", "cases.id"])


class CaseStep(Scoped, Base):
    """One step of a case: who, when, what, why. The application may add and read, never change or delete.

    ``number`` counts from 1 within the case and is unique there, so that two people cannot both take the same step;
    ``client_id`` is the form's own number, so that the same request sent twice is one step.
    """

    __tablename__ = "case_steps"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(Integer, nullable=False)
    action: Mapped[str] = mapped_column(Text, nullable=False)
    before: Mapped[str | None] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text, nullable=False)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    actor_post: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"), nullable=False)
    client_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("after", Status),
        Index("uq_case_steps_case_id_number", "county_code", "case_id", "number", unique=True),
        Index("uq_case_steps_client_id", "client_id", "county_code", unique=True),
        Index("ix_case_steps_action", "action", "at", "unit_code"),
        Index(
            "ix_case_steps_handled",  # whoever handled a case neither verifies it nor calls back
            "actor_id",
            "county_code",
            "case_id",
            postgresql_include=["unit_code"],
            postgresql_where=text(f"action in ({', '.join(repr(action.value) for action in HANDLING_ACTIONS)})"),
        ),
    )


class CaseOrder(Scoped, Base):
    """交办单: what a department was asked to do for a case, and how far it is.

    ``by_meeting``: a joint meeting decided it (with ``due_at``); it does not end when the lead department gives its order back.
    """

    __tablename__ = "case_orders"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    department_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    department_name: Mapped[str] = mapped_column(Text, nullable=False)
    task: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    due_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    by_meeting: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    assignee_id: Mapped[int | None] = mapped_column(BigInteger)
    assignee_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    result: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    sent_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    sent_by: Mapped[int | None] = mapped_column(BigInteger)
    accepted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("kind", OrderKind),
        one_of("status", OrderStatus),
        CheckConstraint("(ended_at is null) = (status in ('sent', 'accepted'))", name="ended"),
        Index("ix_case_orders_case_id", "county_code", "case_id"),
        Index("ix_case_orders_department_id", "department_id", "sent_at", postgresql_where=text("ended_at is null")),
        Index("ix_case_orders_sent_at", "sent_at", "unit_code"),
        Index(
            "ix_case_orders_assignee_id",
            "assignee_id",
            "county_code",
            "case_id",
            postgresql_include=["unit_code"],
            postgresql_where=text("assignee_id is not null"),
        ),
        # one department leads at a time
        Index(
            "uq_case_orders_lead",
            "county_code",
            "case_id",
            unique=True,
            postgresql_where=text("kind = 'lead' and ended_at is null"),
        ),
    )
