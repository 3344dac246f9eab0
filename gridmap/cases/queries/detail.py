"""One case with its photos and its history."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.cases.models import Case, CasePhoto
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.queries.listing import CaseRow, as_row, with_names
from gridmap.cases.rules import county_of


def one_case(session: Session, actor: Actor, case_code: str, now: datetime) -> CaseRow | None:
    """Return a visible case by its code, or ``None``; the code itself says the county, and so the shard."""
    county = county_of(case_code)
    if county is None:
        return None
    query = visible_cases(actor).where(Case.county_code == county, Case.case_code == case_code)
    found = session.execute(with_names(query)).unique().one_or_none()
    return as_row(found, now) if found else None


def case_with_client(session: Session, actor: Actor, client_id: uuid.UUID) -> Case | None:
    """Return the visible case that was registered under this number of the form, or ``None``."""
    return session.scalars(visible_cases(actor).where(Case.client_id == client_id)).unique().first()


def list_photos(session: Session, case: Case) -> list[CasePhoto]:
    """Return the photos of a case that was found visible, in the order they were added."""
    mine = select(CasePhoto).where(CasePhoto.county_code == case.county_code, CasePhoto.case_id == case.id)
    return list(session.scalars(mine.order_by(CasePhoto.id)))


def one_photo(session: Session, actor: Actor, case_code: str, photo_id: int, now: datetime) -> CasePhoto | None:
    """Return a photo of a visible case, or ``None``."""
    row = one_case(session, actor, case_code, now)
    if row is None:
        return None
    return next((photo for photo in list_photos(session, row.case) if photo.id == photo_id), None)
