"""Who works where: fictional people in the posts that towns, villages and grids have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from numpy.random import Generator

from gridmap.access import Role
from gridmap.demo.rules.nesting import TownPlan
from gridmap.demo.rules.planning import allot

TOWN_POSTS = (
    Role.LEADER,
    Role.LEADER,
    Role.CENTRE_STAFF,
    Role.CENTRE_STAFF,
    Role.CENTRE_STAFF,
    Role.MEDIATOR,
    Role.MEDIATOR,
    Role.SUPERVISOR,
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account: user name, fictional name, and posts (role, unit code, department or "")."""

    username: str
    name: str
    posts: tuple[tuple[Role, int, str], ...]


def fictional_names(count: int, names: Mapping[str, tuple[str, ...]], rng: Generator) -> list[str]:
    """Return names put together from parts; nobody in particular bears them."""
    surname, first, second = (names[part] for part in ("surname", "first", "second"))
    return [
        surname[a] + first[b] + (second[c] if c < len(second) else "")
        for a, b, c in zip(
            rng.integers(0, len(surname), count),
            rng.integers(0, len(first), count),
            rng.integers(0, len(second) + 8, count),
            strict=True,
        )
    ]


def workers_of(
    towns: tuple[TownPlan, ...],
    fixed: Mapping[int, int],
    per_grid: float,
    total: int | None,
    names: Mapping[str, tuple[str, ...]],
    rng: Generator,
) -> list[Person]:
    """Return the people of a county's towns, villages and grids without the named demonstration accounts.

    ``fixed`` gives the grid workers of a town; where they are fewer than the grids, the last ones look after two. With
    ``total`` everybody is counted and the rest are micro-grid heads (单元长); otherwise grids get ``per_grid`` workers.
    """
    posts: list[tuple[str, tuple[tuple[Role, int, str], ...]]] = []
    for town in towns:
        posts += [(f"t{town.code // 10**6}.{n}", ((role, town.code, ""),)) for n, role in enumerate(TOWN_POSTS, 1)]
        posts += [(f"v{v.code // 1000}", ((Role.CENTRE_STAFF, v.code, ""),)) for v in town.villages]
        grids = [grid.code for village in town.villages for grid in village.grids]
        number = fixed.get(town.code, len(grids) if total or per_grid >= 1 else max(1, round(len(grids) * per_grid)))
        posts += _primary(grids, number)
    if total is not None:
        every = [grid.code for town in towns for village in town.villages for grid in village.grids]
        spare = total - len(posts)
        shares = allot(rng.lognormal(0, 0.4, len(every)).tolist(), spare, least=0) if spare > 0 else [0] * len(every)
        for grid, share in zip(every, shares, strict=True):
            posts += [(f"w{grid}.{n}", ((Role.GRID_WORKER, grid, ""),)) for n in range(2, share + 2)]
    people = fictional_names(len(posts), names, rng)
    return [Person(username, name, held) for (username, held), name in zip(posts, people, strict=True)]


def _primary(grids: list[int], number: int) -> list[tuple[str, tuple[tuple[Role, int, str], ...]]]:
    """Give ``number`` workers all the grids of a town, neighbours by code together; the last of them have one more."""
    number = min(number, len(grids))
    few, more = divmod(len(grids), number)
    found, at = [], 0
    for n in range(number):
        take = few + (1 if n >= number - more else 0)
        mine = grids[at : at + take]
        found.append((f"w{mine[0]}", tuple((Role.GRID_WORKER, grid, "") for grid in mine)))
        at += take
    return found


def first_workers(people: list[Person]) -> dict[int, int]:
    """Return grid code → index of the first person who looks after it."""
    found: dict[int, int] = {}
    for index, person in enumerate(people):
        for role, unit, _ in person.posts:
            if role is Role.GRID_WORKER:
                found.setdefault(unit, index)
    return found
