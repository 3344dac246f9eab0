"""Leaving a notice: to a person, a department or a role at a unit; e-mail and robots follow by the queue after the commit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.access import Role
from gridmap.accounts.models import Notice

MOST_CHARACTERS = 500


@dataclass(frozen=True)
class Department:
    """The people of a department."""

    id: int


@dataclass(frozen=True)
class Account:
    """One person."""

    id: int


@dataclass(frozen=True)
class Centre:
    """Those who hold ``role`` at a unit; where nobody does, at the first unit above it where somebody does."""

    unit_code: int
    role: Role = Role.CENTRE_STAFF


Addressee = Department | Account | Centre


def leave_notice(
    session: Session,
    *,
    to: Addressee,
    unit_code: int,
    kind: str,
    body: str,
    link: str,
    key: str | None = None,
    not_before: datetime | None = None,
) -> int | None:
    """Leave a notice and return its number, or ``None`` when one with this ``key`` was left before.

    ``unit_code`` is that of the thing it is about, which a person or a department addressed has in scope; for a ``Centre`` the
    post's own unit is taken. E-mail and robots go out after the commit, not before ``not_before`` (aware).
    """
    if isinstance(to, Centre):
        found = session.execute(
            text("select county_code, id from gridmap_tell(:unit, :role, :kind, :body, :link, :key)"),
            {"unit": to.unit_code, "role": to.role.value, "kind": kind, "body": body, "link": link, "key": key},
        ).one_or_none()
    else:
        place = {"county_code": unit_code // 10**9, "unit_code": unit_code}
        whom = {"department_id": to.id} if isinstance(to, Department) else {"account_id": to.id}
        values = {**place, **whom, "kind": kind, "body": body[:MOST_CHARACTERS], "link": link, "key": key}
        query = insert(Notice).values(values).on_conflict_do_nothing()
        found = session.execute(query.returning(Notice.county_code, Notice.id)).one_or_none()
    if found is None:
        return None
    jobs.defer(session, "notices.deliver", not_before=not_before, county_code=found.county_code, notice_id=found.id)
    return int(found.id)
