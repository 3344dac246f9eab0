"""Posts of a unit that ends: they go on at the one unit that takes it over."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission
from gridmap.accounts.models import Account, PostHeld
from gridmap.accounts.queries import posts_at
from gridmap.clock import now
from gridmap.errors import Forbidden


def follow_posts(session: Session, actor: Actor, *, moves: Mapping[int, int], keep: Collection[int]) -> int:
    """Give whoever holds a post at a unit (key) the same post at its successor (value); return how many were given.

    The former post ends, unless its unit is in ``keep``: there is still work that only it gives sight of. A post in a
    department goes with the department, not with the unit. Raises ``Forbidden`` where the actor may not manage accounts.
    """
    given = 0
    for post in posts_at(session, actor, moves):
        if post.department_id is not None:
            continue
        successor = moves[post.unit_code]
        decision = actor.may(Permission.ACCOUNT_MANAGE, successor)
        if not decision:
            raise Forbidden(decision.reason)
        given += _give(session, actor, post, successor)
        if post.unit_code not in keep:
            post.ended_at = now()
    session.flush()
    return given


def _give(session: Session, actor: Actor, post: PostHeld, successor: int) -> bool:
    """Add the same post at the successor, unless the person holds it already."""
    same = PostHeld.account_id == post.account_id, PostHeld.role == post.role, PostHeld.unit_code == successor
    if session.scalar(select(PostHeld.id).where(*same, PostHeld.ended_at.is_(None))) is not None:
        return False
    session.add(
        PostHeld(county_code=successor // 10**9, unit_code=successor, account_id=post.account_id, role=post.role)
    )
    username = session.scalar(select(Account.username).where(Account.id == post.account_id))
    subject = username or str(post.account_id)
    audit.record(session, actor, "post.followed", subject, successor, role=post.role, former=f"{post.unit_code:015d}")
    return True
