"""Accounts, posts, departments, sign-ins and notices.

The application role has no right on password hashes, counted failures or sign-ins: it reaches them through the SECURITY
DEFINER functions of migrations 0003 and 0008 (``gridmap_login_try``, ``gridmap_sign_in``, ``gridmap_actor`` …), which answer one
question each.
"""

from __future__ import annotations

import uuid
from datetime import datetime

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
    Text,
    Uuid,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from gridmap.db import Base, Scoped, scoped_args


class Account(Base):
    """A person who may sign in. ``unit_code`` is where they belong (0: the whole system); rights come from posts."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=False), primary_key=True)
    unit_code: Mapped[int] = mapped_column(BigInteger, nullable=False)
    username: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    password_hash: Mapped[str | None] = mapped_column(Text, deferred=True)  # argon2id; null: may not sign in
    demo_password_hash: Mapped[str | None] = mapped_column(Text, deferred=True)  # as the demonstration last set it
    must_change_password: Mapped[bool] = mapped_column(Boolean, server_default=text("true"), nullable=False)
    disabled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    is_demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)

    posts: Mapped[list[PostHeld]] = relationship(back_populates="account", order_by="PostHeld.id")

    __table_args__ = (
        CheckConstraint("username ~ '^[a-z0-9][a-z0-9._-]{1,39}$'", name="username"),
        CheckConstraint("length(name) between 1 and 60", name="name"),
        Index("uq_accounts_username", "username", unique=True),
        Index("ix_accounts_unit_code", "unit_code", "id"),
    )


class PostHeld(Scoped, Base):
    """A person's post: a role at a unit, in a department where the role is one of a department."""

    __tablename__ = "posts"

    account_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.id"), nullable=False)
    role: Mapped[str] = mapped_column(Text, nullable=False)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    account: Mapped[Account] = relationship(back_populates="posts")
    department: Mapped[Department | None] = relationship(
        primaryjoin="and_(foreign(PostHeld.county_code) == Department.county_code,"
        " foreign(PostHeld.department_id) == Department.id)",
        viewonly=True,
    )

    __table_args__ = scoped_args(
        CheckConstraint(
            "role in ('administrator', 'leader', 'centre_staff', 'department_handler', 'mediator', 'grid_worker',"
            " 'supervisor', 'auditor')",
            name="role",
        ),
        Index("ix_posts_account_id", "account_id"),
        Index("ix_posts_unit_code", "unit_code", "role"),
    )


class Department(Scoped, Base):
    """A department or station (派出所, 司法所, 城管 …) of a unit; once it has ended no order goes to it (a trigger refuses one)."""

    __tablename__ = "departments"

    name: Mapped[str] = mapped_column(Text, nullable=False)
    is_demo: Mapped[bool] = mapped_column(Boolean, server_default=text("false"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        Index(
            "uq_departments_unit_code_name", "unit_code", "name", unique=True, postgresql_where=text("ended_at is null")
        ),
        Index("ix_departments_id", "id"),
    )


class Notice(Scoped, Base):
    """A word to a person, to a department's people, or to those who hold ``role`` at ``unit_code``; where a click leads.

    ``unit_code`` is the post's unit, or that of the case for a person or a department, whose scope contains it. ``key``: the
    same word is not said twice.
    """

    __tablename__ = "notices"

    role: Mapped[str | None] = mapped_column(Text)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    body: Mapped[str] = mapped_column(Text, nullable=False)
    link: Mapped[str] = mapped_column(Text, nullable=False)
    key: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    read_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    read_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = scoped_args(
        CheckConstraint("num_nonnulls(role, department_id, account_id) = 1", name="one_addressee"),
        Index("ix_notices_unit_code", "unit_code", "role", "created_at"),
        Index("ix_notices_department_id", "department_id", "created_at"),
        Index("ix_notices_account_id", "account_id", "created_at"),
        Index("uq_notices_key", "county_code", "key", unique=True),
    )


class NoticeAddress(Scoped, Base):
    """Where notices are sent besides the page: an e-mail address or a group's robot, of a person, a department or a role at a unit."""

    __tablename__ = "notice_addresses"

    role: Mapped[str | None] = mapped_column(Text)
    department_id: Mapped[int | None] = mapped_column(BigInteger)
    account_id: Mapped[int | None] = mapped_column(BigInteger)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    phone_id: Mapped[int | None] = mapped_column(BigInteger)  # whose push service it is

    __table_args__ = scoped_args(
        CheckConstraint("num_nonnulls(role, department_id, account_id) = 1", name="one_owner"),
        CheckConstraint("channel in ('email', 'wecom', 'dingtalk', 'push')", name="channel"),
        CheckConstraint("length(address) between 3 and 1000", name="address"),
        CheckConstraint(
            "(channel = 'push') = (phone_id is not null) and (phone_id is null or account_id is not null)", name="phone"
        ),
        ForeignKeyConstraint(["county_code", "phone_id"], ["phones.county_code", "phones.id"]),
        Index(
            "ix_notice_addresses_phone_id",
            "county_code",
            "phone_id",
            postgresql_where=text("phone_id is not null"),
        ),
        Index("ix_notice_addresses_department_id", "department_id"),
        Index("ix_notice_addresses_account_id", "account_id"),
        Index("ix_notice_addresses_unit_code", "unit_code", "role"),
    )


class NoticeDelivery(Scoped, Base):
    """One notice to one address, once: the unique key and the state keep it from being sent twice, whoever runs the job."""

    __tablename__ = "notice_deliveries"

    notice_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    address_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    state: Mapped[str] = mapped_column(Text, server_default=text("'waiting'"), nullable=False)
    tries: Mapped[int] = mapped_column(Integer, server_default=text("0"), nullable=False)
    error: Mapped[str] = mapped_column(Text, server_default=text("''"), nullable=False)
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    __table_args__ = scoped_args(
        CheckConstraint("state in ('waiting', 'sending', 'sent', 'failed', 'unsure')", name="state"),
        CheckConstraint("(sent_at is not null) = (state = 'sent')", name="sent"),
        Index("uq_notice_deliveries_notice_id_address_id", "county_code", "notice_id", "address_id", unique=True),
        Index("ix_notice_deliveries_address_id", "address_id", "id"),
        Index("ix_notice_deliveries_state", "state", "started_at", postgresql_where=text("state <> 'sent'")),
    )


class Phone(Scoped, Base):
    """A phone on which a grid worker uses the app, at their unit: known by its own number, and by a secret only it holds.

    Once ``revoked_at`` is set, the app removes what it keeps as soon as it asks.
    """

    __tablename__ = "phones"

    account_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    device: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    secret_hash: Mapped[str] = mapped_column(Text, nullable=False)  # SHA-256 of 256 random bits
    made_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), nullable=False)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    revoked_name: Mapped[str | None] = mapped_column(Text)

    __table_args__ = scoped_args(
        CheckConstraint("length(name) between 1 and 60", name="name"),
        CheckConstraint("(revoked_at is null) = (revoked_name is null)", name="revoked"),
        Index("uq_phones_device", "county_code", "device", unique=True),
        Index("ix_phones_device", "device"),
        Index("ix_phones_account_id", "account_id"),
        Index("ix_phones_unit_code", "unit_code", "id"),
    )
