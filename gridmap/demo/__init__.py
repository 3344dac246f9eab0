"""The demonstration centre: real divisions and county outlines, invented grids, people and cases, all marked 示例.

``load_demo`` and ``demo_accounts`` work as the owner of the tables and are meant for the command line.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from gridmap.access import ROLE_NAMES, Role
from gridmap.clock import local, now, today
from gridmap.config import settings, stored_secret
from gridmap.errors import BadInput

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

    from gridmap.demo.actions import Loaded

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
FIRST_HOUR = 8
"""Demonstration data ends at this hour of its last day."""


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One post of an account one can sign in with."""

    username: str
    name: str
    role: str
    unit_code: int
    unit_name: str
    department: str
    password: str

    @property
    def role_name(self) -> str:
        """The role in Chinese."""
        return ROLE_NAMES[Role(self.role)]

    @property
    def unit(self) -> str:
        """Unit and department in words."""
        return f"{self.unit_name}·{self.department}" if self.department else self.unit_name

    def as_dict(self) -> dict[str, Any]:
        """Return what programs may know: everything but the password."""
        return {
            "username": self.username,
            "role": self.role,
            "unit_code": f"{self.unit_code:015d}",
            "name": self.name,
            "unit_name": self.unit_name,
            "department": self.department,
        }


def load_demo(
    size: str = "town",
    seed: int = 1,
    progress: Callable[[int, int | None, str], None] | None = None,
    *,
    as_of: date | None = None,
    replace: bool = False,
    url: URL | str | None = None,
) -> Loaded:
    """Load a demonstration in one transaction; see ``gridmap.demo.actions.load_demonstration`` for what it raises.

    Raises ``BadInput`` for a last day in the future: outlines that are not yet in force would stand in everybody's way.
    """
    if as_of is not None and as_of > today():
        raise BadInput("数据截止日不能晚于今天：请用今天或更早的日期。", field="as_of")
    from gridmap.db import owner_session
    from gridmap.demo.actions import load_demonstration

    with owner_session(url) as session:
        return load_demonstration(
            session,
            size=size,
            seed=seed,
            as_of=as_of or last_day(),
            password=demo_password(),
            replace=replace,
            progress=progress,
        )


def demo_accounts(url: URL | str | None = None) -> list[DemoAccount]:
    """Return the demonstration accounts one can sign in with, one entry for each post; empty without a demonstration."""
    from gridmap.db import owner_session
    from gridmap.demo.queries import named_posts

    with owner_session(url) as session:
        posts = named_posts(session)
    password = demo_password() if posts else ""
    return [DemoAccount(p.username, p.name, p.role, p.unit_code, p.unit_name, p.department, password) for p in posts]


def keep_password(url: URL | str | None = None) -> int:
    """Make ``demo_password()`` true for every account that still has the common password; return how many had another one.

    So that what is printed at a start works, whatever was set when the demonstration was loaded; chosen passwords stay.
    """
    from gridmap.db import owner_session
    from gridmap.demo.actions.people import renew_passwords

    with owner_session(url) as session:
        return renew_passwords(session, password=demo_password())


def demo_password() -> str:
    """Return ``GRIDMAP_DEMO_PASSWORD``, or a random password that is made once and kept in the instance folder (0600).

    Ten characters of an alphabet without look-alikes after a fixed word: short enough to type on a phone.
    """
    chosen = settings().demo_password
    if chosen:
        return chosen
    secret = stored_secret(settings().instance_dir / "demo-password")
    digest = hashlib.sha256(secret.encode()).digest()
    return "Shili-" + "".join(LETTERS[byte % len(LETTERS)] for byte in digest[:10])


def last_day() -> date:
    """Return the last day of which demonstration data can already tell: today after eight, else yesterday."""
    return today() if local(now()).hour >= FIRST_HOUR else today() - timedelta(days=1)
