"""Signing in and out, and one's own password. Failures are counted by name and place, see decision 0003."""

from __future__ import annotations

from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap import audit
from gridmap.access import Actor
from gridmap.accounts.queries import login_state
from gridmap.accounts.rules import AttemptKeys, attempt_keys, guess_keys, new_token, password_fault, token_hash
from gridmap.config import settings
from gridmap.errors import BadInput

hasher = PasswordHasher()  # argon2id with the library's parameters (RFC 9106, low-memory profile)
_NOBODY = hasher.hash("nobody")  # so that an unknown name takes as long as a wrong password
WRONG = "用户名或密码不正确。"


@dataclass(frozen=True)
class Attempt:
    """A counted attempt to sign in: who, from where, what was counted, and whether it must wait."""

    username: str
    address: str
    keys: AttemptKeys
    counted: tuple[str, ...]
    refused_s: int  # the password is not looked at for so long
    lock_s: int  # how long the next attempt waits, should this one fail

    @property
    def refusal(self) -> str:
        """Why the password is not looked at, for the person."""
        return f"登录尝试次数过多，请 {self.wait}后再试。"

    @property
    def wait(self) -> str:
        """How long the password is not looked at."""
        return _span(self.refused_s)


def count_attempt(session: Session, *, username: str, address: str, device: str) -> Attempt:
    """Count an attempt as failed before its password is looked at; ``sign_in`` takes it back when the password is right.

    The caller commits before it goes on: attempts at the same moment, in any process, must see each other. ``username`` is
    in its normal form (``rules.normal_name``); ``device`` is the value of the browser's device cookie.
    """
    return _count(session, username, address, attempt_keys(settings().signing_key(), username, address, device))


def count_guess(session: Session, actor: Actor) -> Attempt:
    """Count a guess at one's own old password as ``count_attempt`` counts a sign-in; ``change_password`` takes it back."""
    return _count(session, actor.username, "", guess_keys(settings().signing_key(), actor.username))


def _count(session: Session, username: str, address: str, keys: AttemptKeys) -> Attempt:
    row = session.execute(
        text("select * from gridmap_login_try(:name, :device, :here, :address)"),
        {"name": keys.name, "device": keys.device, "here": keys.here, "address": keys.address},
    ).one()
    return Attempt(username, address, keys, tuple(row.counted), row.refused_seconds, row.lock_seconds)


def sign_in(session: Session, attempt: Attempt, *, password: str, agent: str) -> tuple[str | None, str]:
    """Check a password; return (token, "") or (None, why not). Names that exist and names that do not answer alike."""
    state = login_state(session, attempt.username)
    account_id, password_hash = state or (None, None)
    if not matches(password_hash or _NOBODY, password) or not password_hash:
        return None, f"{WRONG}输错次数过多，请 {_span(attempt.lock_s)}后再试。" if attempt.lock_s else WRONG
    token = new_token()
    session.execute(
        text("select gridmap_sign_in(:account, :hash, :address, :agent, :counted, :places)"),
        {
            "account": account_id,
            "hash": token_hash(token),
            "address": attempt.address,
            "agent": agent,
            "counted": list(attempt.counted),
            "places": [attempt.keys.device, attempt.keys.here],
        },
    )
    return token, ""


def sign_out(session: Session, *, token: str) -> None:
    """End a sign-in for good: its cookie writes nothing from now on, and reads nothing after 5 s (decision 0003)."""
    session.execute(text("select gridmap_sign_out(:hash)"), {"hash": token_hash(token)})


def change_password(session: Session, actor: Actor, *, token: str, old: str, new: str) -> None:
    """Set a new password; every other sign-in of the person ends. Raises ``BadInput`` naming the field.

    The caller has counted the guess (``count_guess``) and committed that.
    """
    current = session.execute(text("select gridmap_password_hash(:hash)"), {"hash": token_hash(token)}).scalar()
    if not current or not matches(current, old):
        raise BadInput("原密码不正确。", field="old")
    guessed = guess_keys(settings().signing_key(), actor.username).name
    session.execute(text("select gridmap_login_forgive(:name)"), {"name": guessed})
    fault = password_fault(new, actor.username)
    if fault:
        raise BadInput(fault, field="new")
    if old == new:
        raise BadInput("新密码不能与原密码相同。", field="new")
    session.execute(
        text("select gridmap_change_password(:token, :hash)"), {"token": token_hash(token), "hash": hasher.hash(new)}
    )
    post = actor.home
    if post:
        audit.record(session, actor, "account.password_changed", actor.username, post.unit_code)


def matches(password_hash: str, password: str) -> bool:
    """Say whether a password is the one of the hash (argon2id)."""
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _span(seconds: int) -> str:
    return f"{seconds} 秒" if seconds < 60 else f"{-(-seconds // 60)} 分钟"
