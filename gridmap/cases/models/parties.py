"""当事人 of a case: everything that says who they are is sealed (see ``gridmap.crypto``); nothing of it is here in plain."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, LargeBinary, SmallInteger, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from gridmap.cases.models.case import one_of
from gridmap.cases.models.course import OF_A_CASE
from gridmap.cases.rules.parties import PartyRole
from gridmap.db import Base, Scoped, scoped_args


class CaseParty(Scoped, Base):
    """A person in a case. ``row_key`` is what the ciphertexts are bound to; ``from_case`` the report that brought them by joining.

    The blind columns find equal identity or telephone numbers without opening any; ``blind_form`` says in which form they compare.
    """

    __tablename__ = "case_parties"

    case_id: Mapped[int] = mapped_column(BigInteger, nullable=False)
    row_key: Mapped[uuid.UUID] = mapped_column(Uuid, nullable=False)
    role: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[bytes] = mapped_column(LargeBinary, nullable=False)
    id_number: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone: Mapped[bytes | None] = mapped_column(LargeBinary)
    address: Mapped[bytes | None] = mapped_column(LargeBinary)
    id_number_blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_blind: Mapped[bytes | None] = mapped_column(LargeBinary)
    blind_form: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"), nullable=False)
    from_case: Mapped[str | None] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=text("now()"), nullable=False)
    added_by: Mapped[int | None] = mapped_column(BigInteger)

    __table_args__ = scoped_args(
        ForeignKeyConstraint(*OF_A_CASE),
        one_of("role", PartyRole),
        Index("ix_case_parties_case_id", "county_code", "case_id"),
        Index("uq_case_parties_row_key", "row_key", "county_code", unique=True),
        Index("ix_case_parties_id_number_blind", "id_number_blind", "unit_code"),
        Index("ix_case_parties_phone_blind", "phone_blind", "unit_code"),
        Index("ix_case_parties_blind_form", "id", postgresql_where=text("blind_form < 2")),
    )
