"""Making a link for the follow-up."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.models.links import RevisitLink
from gridmap.cases.queries.links import open_link
from gridmap.cases.rules import Action
from gridmap.cases.rules.links import hash_of, token_of
from gridmap.clock import local
from gridmap.config import settings
from gridmap.errors import NotReady


def send_link(work: Work) -> dict[str, Any]:
    """Make a link that takes the place of an earlier one; the history says until when it holds, never the link."""
    case, session, now = work.case, work.session, work.now
    days = session.execute(text("select value from system_settings where key = 'cases.link_days'")).scalar()
    if not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 90:
        raise NotReady("设置 cases.link_days 应为 1 至 90 的整数。")
    former = open_link(session, case)
    if former:
        former.ended_at = now
        session.flush()
    key = uuid.uuid4()
    link = RevisitLink(
        county_code=case.county_code,
        unit_code=case.unit_code,
        case_id=case.id,
        row_key=key,
        token_hash=hash_of(token_of(settings().signing_key(), key)),
        round=case.reopened_count,
        made_at=now,
        made_by=work.actor.account_id,
        expires_at=now + timedelta(days=days),
    )
    session.add(link)
    return {"link_until": f"{local(link.expires_at):%Y-%m-%d %H:%M}"}


LINK_EFFECTS: dict[Action, Effect] = {Action.SEND_LINK: send_link}
