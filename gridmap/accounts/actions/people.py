"""Writes about people: accounts and their posts, first passwords, notices."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor, Permission, Role
from gridmap.accounts.actions.entry import hasher
from gridmap.accounts.models import Account, Department, Notice, PostHeld
from gridmap.accounts.queries import visible_notices
from gridmap.accounts.rules import first_password, name_key, password_fault
from gridmap.clock import now
from gridmap.config import settings
from gridmap.db import multirange
from gridmap.errors import BadInput, Conflict, Forbidden, NotFound


def create_account(
    session: Session,
    actor: Actor | None,
    *,
    username: str,
    name: str,
    password: str,
    role: Role,
    unit_code: int,
    department: str = "",
    must_change: bool = True,
) -> Account:
    """Add a person with one post. ``actor`` is ``None`` on the command line, else must manage accounts at ``unit_code``."""
    if actor is not None:
        _require(actor, unit_code)
    fault = password_fault(password, username)
    if fault:
        raise BadInput(fault, field="password")
    account = Account(
        unit_code=unit_code,
        username=username,
        name=name,
        password_hash=hasher.hash(password),
        must_change_password=must_change,
    )
    session.add(account)
    session.flush()
    account.posts.append(_post(session, role, unit_code, department))
    audit.record(session, actor, "account.created", username, unit_code, role=role)
    session.flush()
    return account


def reset_password(session: Session, actor: Actor, *, account: Account) -> str:
    """Give a person a new first password, ending all their sign-ins and any lock on their name; return it, to be told once.

    Whoever knows it can be that person, so every post must be the actor's to manage. Raises ``Forbidden`` otherwise.
    """
    _require(actor, account.unit_code)
    password = first_password()
    within = multirange(actor.granted_ranges(Permission.ACCOUNT_MANAGE))
    done = session.execute(
        text("select gridmap_reset_password(:name, :hash, cast(:within as int8multirange))"),
        {"name": account.username, "hash": hasher.hash(password), "within": within},
    ).scalar()
    if not done:
        raise Forbidden("该人员在您管理的范围以外另有岗位，请由上级系统管理员重置密码。")
    session.execute(
        text("select gridmap_login_forgive(:name)"), {"name": name_key(settings().signing_key(), account.username)}
    )
    audit.record(session, actor, "account.password_reset", account.username, account.unit_code)
    return password


def switch_account(session: Session, actor: Actor, *, account: Account, enabled: bool) -> None:
    """Disable an account (its sign-ins end at once) or enable it again. Nobody disables themselves.

    It takes every post away, so all must be the actor's to manage, as for ``reset_password``. Raises ``Forbidden`` otherwise.
    """
    _require(actor, account.unit_code)
    if account.id == actor.account_id:
        raise Conflict("不能停用自己的账号，请由其他管理员操作。")
    within = multirange(actor.granted_ranges(Permission.ACCOUNT_MANAGE))
    ours = text("select gridmap_posts_within(:account, cast(:within as int8multirange))")
    if not session.execute(ours, {"account": account.id, "within": within}).scalar():
        raise Forbidden("该人员在您管理的范围以外另有岗位，请由上级系统管理员停用或启用。")
    account.disabled_at = None if enabled else now()
    audit.record(
        session, actor, "account.enabled" if enabled else "account.disabled", account.username, account.unit_code
    )
    session.flush()


def give_post(
    session: Session, actor: Actor, *, account: Account, role: Role, unit_code: int, department: str = ""
) -> None:
    """Give a person one more post, within the giver's own scope."""
    _require(actor, unit_code)
    if any(p.role == role and p.unit_code == unit_code and p.ended_at is None for p in account.posts):
        raise BadInput("该人员已有同一岗位。", field="role")
    account.posts.append(_post(session, role, unit_code, department))
    audit.record(session, actor, "post.given", account.username, unit_code, role=role)
    session.flush()


def end_post(session: Session, actor: Actor, *, account: Account, post_id: int) -> None:
    """End a post from now on; what was done in it stays."""
    post = next((p for p in account.posts if p.id == post_id and p.ended_at is None), None)
    if post is None:
        raise NotFound("没有找到该岗位，可能已经结束。")
    _require(actor, post.unit_code)
    post.ended_at = now()
    audit.record(session, actor, "post.ended", account.username, post.unit_code, role=post.role)
    session.flush()


def _require(actor: Actor, unit_code: int) -> None:
    decision = actor.may(Permission.ACCOUNT_MANAGE, unit_code)
    if not decision:
        raise Forbidden(decision.reason)


def _post(session: Session, role: Role, unit_code: int, department: str) -> PostHeld:
    """Return a new post, in the unit's department of that name (made when it is the first to be named)."""
    if role is Role.DEPARTMENT_HANDLER and not department:
        raise BadInput("部门经办须填写所在部门，如“司法所”。", field="department")
    place = {"county_code": unit_code // 10**9, "unit_code": unit_code}
    found = None
    if department:
        named = Department.unit_code == unit_code, Department.name == department
        query = select(Department).where(*named, Department.ended_at.is_(None))
        found = session.scalar(query) or Department(**place, name=department)
        session.add(found)
        session.flush()
    return PostHeld(**place, role=role, department_id=found.id if found else None)


def read_notices(session: Session, actor: Actor) -> int:
    """Mark every notice of the actor's posts as read; return how many."""
    notices = list(session.scalars(visible_notices(actor).where(Notice.read_at.is_(None))))
    for notice in notices:
        notice.read_at, notice.read_by = now(), actor.account_id
    session.flush()
    return len(notices)
