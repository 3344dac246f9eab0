"""Links of the follow-up: what the holder of one may be shown, and how those of a case stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap.access import Actor, Permission
from gridmap.cases.models import Case
from gridmap.cases.models.links import RevisitLink
from gridmap.cases.rules import Facts, Status
from gridmap.cases.rules.links import LinkState, hash_of, link_state, token_of
from gridmap.config import settings


@dataclass(frozen=True)
class LinkView:
    """A link as the page of its case shows it; ``token`` only while it can be answered, for those who may do the follow-up."""

    state: LinkState
    made_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    satisfaction: str | None
    token: str = ""


def answerable(session: Session, token: str, now: datetime) -> Any | None:
    """Return what the holder of a token may be shown (case_code, category, handler) and where it leads; ``None`` when it opens nothing now."""
    query = text("select * from gridmap_revisit_link(:hash, :now)")
    return session.execute(query, {"hash": hash_of(token), "now": now}).one_or_none()


def open_link(session: Session, case: Case) -> RevisitLink | None:
    """Return the link of a locked case that nobody answered and nothing took the place of, or ``None``."""
    mine = RevisitLink.county_code == case.county_code, RevisitLink.case_id == case.id
    waiting = RevisitLink.answered_at.is_(None), RevisitLink.ended_at.is_(None)
    return session.scalars(
        select(RevisitLink).where(*mine, *waiting).execution_options(populate_existing=True)
    ).one_or_none()


def last_link(session: Session, actor: Actor, case: Case, facts: Facts, now: datetime) -> LinkView | None:
    """Return how the newest link of a visible case stands, or ``None``: whoever handled the case gets no token."""
    mine = RevisitLink.county_code == case.county_code, RevisitLink.case_id == case.id
    row = session.scalars(select(RevisitLink).where(*mine).order_by(RevisitLink.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    usable = row.ended_at is None and case.status == Status.VERIFIED.value and case.reopened_count == row.round
    state = link_state(row.answered_at is not None, usable, row.expires_at, now)
    allowed = actor.may(Permission.CASE_REVISIT, case.unit_code) and actor.account_id not in facts.handlers
    token = token_of(settings().signing_key(), row.row_key) if state is LinkState.SENT and allowed else ""
    if token and hash_of(token) != row.token_hash:
        token = ""  # made with a signing key that was replaced since
    return LinkView(state, row.made_at, row.expires_at, row.answered_at, row.satisfaction, token)
