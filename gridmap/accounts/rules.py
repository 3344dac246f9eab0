"""What makes a password acceptable and how sign-in tokens are kept. Pure."""

from __future__ import annotations

import hashlib
import secrets

MIN_LENGTH = 10
MAX_LENGTH = 128


def password_fault(password: str, username: str) -> str | None:
    """Return what is wrong with a new password, in Chinese, or ``None``.

    Length and variety as GB/T 22239-2019 (等保 2.0) 8.1.4.1 asks ("复杂度要求"): at least 10 characters of three kinds.
    """
    if len(password) < MIN_LENGTH:
        return f"密码至少 {MIN_LENGTH} 位。"
    if len(password) > MAX_LENGTH:
        return f"密码至多 {MAX_LENGTH} 位。"
    if username.lower() in password.lower():
        return "密码不能包含用户名。"
    kinds = (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    if sum(any(kind(c) for c in password) for kind in kinds) < 3:
        return "密码须包含大写字母、小写字母、数字、符号中的至少三种。"
    return None


def first_password() -> str:
    """Return a random first password that meets the rule and has no look-alike characters (0/O, 1/l/I)."""
    letters = "abcdefghjkmnpqrstuvwxyz"
    groups = ["".join(secrets.choice(letters) for _ in range(4)) for _ in range(2)]
    return f"{groups[0].capitalize()}-{groups[1]}-{secrets.choice('23456789')}{secrets.choice('23456789')}"


def new_token() -> str:
    """Return a random sign-in token (256 bits)."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """Return what the database keeps of a token: it cannot be used to sign in."""
    return hashlib.sha256(token.encode()).hexdigest()
