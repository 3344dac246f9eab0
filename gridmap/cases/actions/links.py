"""Answering the follow-up by a link: the holder's one answer goes through the transition table like everybody's."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.cases.actions.course import take_step
from gridmap.cases.forms import Given
from gridmap.cases.models import Case
from gridmap.cases.queries.course import locked_case
from gridmap.cases.queries.links import open_link
from gridmap.cases.rules import SATISFIED, Action, Means, Satisfaction
from gridmap.cases.rules.links import Resident, address_mark, hash_of
from gridmap.config import settings
from gridmap.errors import NotFound, TooMany

UNUSABLE = "这个链接现在不能使用。"


def count_try(session: Session, address: str, now: datetime) -> None:
    """Count that an address tries a link, and keep it at once. Raises ``TooMany`` above the setting's number in a minute."""
    values = {"address": address_mark(settings().signing_key(), address), "now": now}
    fine = session.execute(text("select gridmap_count_link_try(:address, :now)"), values).scalar_one()
    session.commit()
    if not fine:
        fault = TooMany("打开链接过于频繁，请一分钟后再试。")
        fault.retry_after_s = 60
        raise fault


def answer_link(
    session: Session, resident: Resident, *, case_code: str, token: str, grade: Satisfaction, words: str, now: datetime
) -> Case:
    """Take the holder's answer at ``now`` (aware): satisfied ends the follow-up, dissatisfied brings the case back to the desk.

    Raises ``NotFound`` when the link was used, replaced or expired meanwhile, or the case does not wait for it.
    """
    case = locked_case(session, resident, case_code)
    link = open_link(session, case) if case else None
    if case is None or link is None or link.token_hash != hash_of(token) or link.expires_at <= now:
        raise NotFound(UNUSABLE)
    action = Action.REVISIT if grade in SATISFIED else Action.DISSATISFIED
    given = Given({"means": Means.LINK.value, "satisfaction": grade.value, "reason": words})
    link.answered_at, link.satisfaction = now, grade.value
    take_step(session, resident, case_code=case_code, action=action, given=given, clock=lambda: now)
    return case
