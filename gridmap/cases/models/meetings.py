"""联席会议: meetings, who takes part, the cases on their agenda, and what was decided on each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules.joint import MeetingState
from gridmap.db import Base, Scoped, scoped_args

OF_A_MEETING = (["county_code", "meeting_id"], ["joint_meetings.county_code", "joint_meetings.id"])


class JointMeeting(Scoped, Base):
    """A joint meeting of a unit's centre: when, where, who chairs, and the minutes once it was held."""

    __tablename__ = "joint_meetings"

    title: Mapped[str] = mapped_column(Text, nullable=False)
    starts_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    chair: Mapped[str] = mapped_column(Text, nullable=False)
    state: Mapped[str] = mapped_column(Text, nullable=False)
    minutes: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    recorded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    recorded_name: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    cancel_reason: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    created_by: Mapped[int | None] = mapped_column(BigInteger)
    created_name: Mapped[str] = mapped_column(Text, nullable=False)
    row_version: Mapped[int] = mapped_column(Integer, server_default=text("1"), nullable=False)

    __table_args__ = scoped_args(
        one_of("state", MeetingState),
        CheckConstraint("length(title) between 1 and 60", name="title"),
        CheckConstraint("(recorded_at is not null) = (state = 'held')", name="recorded"),
        Index("ix_joint_meetings_starts_at", "starts_at", "unit_code"),
    )


class JointMeetingDepartment(Scoped, Base):
    """A department that a meeting calls; ``attended`` is null until the minutes are recorded."""

    __tablename__ = "joint_meeting_departments"

    meeting_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    department_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    department_name: Mapped[str] = mapped_column(Text, nullable=False)
    attended: Mapped[bool | None] = mapped_column()

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_MEETING),
        Index("uq_joint_meeting_departments_one", "county_code", "meeting_id", "department_id", unique=True),
    )


class JointMeetingCase(Scoped, Base):
    """A case on the agenda of a meeting, and what the meeting is asked about it."""

    __tablename__ = "joint_meeting_cases"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    meeting_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    subject: Mapped[str] = mapped_column(Text, nullable=False)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_MEETING),
        Index("uq_joint_meeting_cases_case_id", "county_code", "meeting_id", "case_id", unique=True),
        Index("ix_joint_meeting_cases_case_id", "county_code", "case_id"),
    )


class CaseDecision(Scoped, Base):
    """What a meeting decided on a case: a department (an order) or a person (a task) does it by ``due_at``.

    The meeting's title and time are kept here too: the case is read by people who do not see the meeting's unit.
    """

    __tablename__ = "case_decisions"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    meeting_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    number: Mapped[int] = mapped_column(SmallInteger, nullable=False)
    meeting_title: Mapped[str] = mapped_column(Text, nullable=False)
    meeting_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    owner_name: Mapped[str] = mapped_column(Text, nullable=False)
    task: Mapped[str] = mapped_column(Text, nullable=False)
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    task_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    decided_name: Mapped[str] = mapped_column(Text, nullable=False)
    dropped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        ForeignKeyConstraint(*OF_A_MEETING),
        CheckConstraint("num_nonnulls(order_id, task_id) = 1", name="one_owner"),
        Index("uq_case_decisions_number", "county_code", "case_id", "number", unique=True),
        Index("ix_case_decisions_meeting_id", "county_code", "meeting_id"),
    )
