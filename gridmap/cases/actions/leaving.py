"""Units that end: posts follow to the one successor; cases keep the code they were born with."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.accounts.actions.following import follow_posts
from gridmap.cases.queries.leaving import open_cases_at


def follow(session: Session, actor: Actor, moves: Mapping[int, int]) -> None:
    """Let the posts of each unit (key) follow to its successor (value), and stay as well where cases are to be ended."""
    cases = open_cases_at(session, actor, moves)
    follow_posts(session, actor, moves=moves, keep=[code for code, left in cases.items() if left])
