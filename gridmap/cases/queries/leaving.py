"""What is still at units that end: cases not ended, and posts."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func
from sqlalchemy.orm import Session

from gridmap.access import Actor, subtree
from gridmap.accounts.queries import posts_at
from gridmap.cases.models import Case
from gridmap.cases.queries.conditions import visible_cases
from gridmap.cases.rules.terms import OPEN
from gridmap.db import in_ranges
from gridmap.units.queries.leaving import Held


def open_cases_at(session: Session, actor: Actor, codes: Collection[int]) -> dict[int, int]:
    """Return how many cases that are not ended each unit holds, with everything below it."""
    spans = {code: subtree(code) for code in codes}
    query = visible_cases(actor).where(Case.status.in_(OPEN), in_ranges(Case.unit_code, list(spans.values())))
    rows = session.execute(query.with_only_columns(Case.unit_code, func.count()).group_by(Case.unit_code)).all()
    return {code: sum(count for at, count in rows if at in span) for code, span in spans.items()}


def held_at(session: Session, actor: Actor, codes: Collection[int]) -> dict[int, Held]:
    """Return what is still at each unit."""
    cases, posts = open_cases_at(session, actor, codes), posts_at(session, actor, codes)
    return {
        code: Held(
            cases[code],
            sum(post.unit_code == code for post in posts),
            sum(post.unit_code == code and post.department_id is not None for post in posts),
        )
        for code in codes
    }
