"""What is still at the units that a version ends, and who takes them over: told before it is published.

Cases and posts belong to features above this one. ``create_app()`` names who counts them and lets posts follow.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gridmap.access import Actor
from gridmap.units.models import Outline, OutlineVersion, Unit
from gridmap.units.queries.outlines import draft_outlines, drawn, one_of
from gridmap.units.rules.codes import level_of
from gridmap.units.rules.leaving import Heirs, heirs


class Held(NamedTuple):
    """What is still at a unit: cases not ended (below it too), posts, and those of them that go with a department."""

    cases: int = 0
    posts: int = 0
    handlers: int = 0


def _nothing(session: Session, actor: Actor, codes: Collection[int]) -> Mapping[int, Held]:  # noqa: ARG001
    return {}


def _stay(session: Session, actor: Actor, moves: Mapping[int, int]) -> None:
    """Nobody holds a post."""


@dataclass
class Tenants:
    """Who knows what is at units: ``count`` it, and let it ``follow`` from the unit that ends to its successor."""

    count: Callable[[Session, Actor, Collection[int]], Mapping[int, Held]] = field(default=_nothing)
    follow: Callable[[Session, Actor, Mapping[int, int]], None] = field(default=_stay)


tenants = Tenants()


@dataclass(frozen=True)
class Leaving:
    """A unit that a version ends, what is still there, and the names of those who take over its ground."""

    unit_code: int
    name: str
    held: Held
    successor: int | None
    heir_names: tuple[str, ...]

    @property
    def stranded(self) -> bool:
        """Tell whether something is there that nobody takes over as a whole."""
        return self.successor is None and bool(self.held.cases or self.held.posts)

    @property
    def words(self) -> str:
        """Return how much is still there."""
        parts = [f"{self.held.cases} 件未办结"] * bool(self.held.cases) + [f"{self.held.posts} 个岗位"] * bool(
            self.held.posts
        )
        return f"还有 {'、'.join(parts)}" if parts else "没有未办结事件和岗位"


def list_leaving(session: Session, actor: Actor, version: OutlineVersion) -> list[Leaving]:
    """Return the units that a version (already found by ``one_version``) ends or ended, by code, as things stand now."""
    codes = sorted(version.ended_codes)
    if not codes:
        return []
    taken = _heirs(session, version, codes)
    held = tenants.count(session, actor, codes)
    known = {*codes, *(code for found in taken.values() for code in found.codes)}
    names = dict(session.execute(select(Unit.unit_code, Unit.name).where(one_of(Unit.unit_code, known))).all())
    return [
        Leaving(
            code,
            names.get(code, ""),
            held.get(code, Held()),
            taken[code].successor,
            tuple(names.get(heir, "") for heir in taken[code].codes),
        )
        for code in codes
    ]


def _heirs(session: Session, version: OutlineVersion, codes: Collection[int]) -> dict[int, Heirs]:
    """Return who takes the ground of each unit: outlines of the version at the same level over its last one."""
    after = {code: item.geom for code, item in draft_outlines(session, version.id).items()}
    published = drawn(session, one_of(Outline.unit_code, codes), Outline.valid_from.is_not(None))
    last = {item.unit_code: item.geom for item in sorted(published, key=lambda item: item.id)}
    return {
        code: heirs(last[code], {heir: geom for heir, geom in after.items() if level_of(heir) is level_of(code)})
        if code in last
        else Heirs((), None)
        for code in codes
    }
