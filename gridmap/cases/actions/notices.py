"""Telling people about a case: the one function that features call."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from gridmap.accounts.actions.notices import Account, Addressee, Centre, Department, leave_notice
from gridmap.cases.models import Case

__all__ = ["Account", "Addressee", "Centre", "Department", "tell"]


def tell(
    session: Session,
    *,
    case: Case,
    kind: str,
    body: str,
    to: Addressee,
    key: str | None = None,
    not_before: datetime | None = None,
) -> int | None:
    """Leave a notice about a case; return its number, or ``None`` when one with this ``key`` was left before.

    ``kind`` starts with ``case.``. ``body`` says what to do and names no person: it also goes out by e-mail and to groups'
    robots (not before ``not_before``). The case's code is put before it. Part of the transaction: nothing is sent unless it commits.
    """
    said = body if case.case_code in body else f"事件 {case.case_code}：{body}"
    link = f"/cases/{case.case_code}"
    return leave_notice(
        session, to=to, unit_code=case.unit_code, kind=kind, body=said, link=link, key=key, not_before=not_before
    )
