"""Departments, the named demonstration accounts, and the many fictional people who cannot sign in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from argon2.exceptions import VerificationError
from numpy.random import PCG64, Generator, SeedSequence
from sqlalchemy import select
from sqlalchemy.orm import Session, undefer

from gridmap.access import Role
from gridmap.accounts.actions import hasher
from gridmap.accounts.models import Account
from gridmap.demo.actions.copying import column, copy, next_id, reserve_ids
from gridmap.demo.actions.ground import County
from gridmap.demo.queries import department_rows
from gridmap.demo.rules.staffing import Person, first_workers, workers_of
from gridmap.demo.rules.tables import PostRow, Tables

Departments = dict[tuple[int, str], int]


@dataclass(frozen=True, slots=True)
class Staff:
    """Who can register cases: account id and name by grid, and by town (its reception desk)."""

    workers: dict[int, tuple[int, str]]
    desks: dict[int, tuple[int, str]]
    count: int


def load_people(
    session: Session, counties: Sequence[County], posts: Sequence[PostRow], tables: Tables, password: str, seed: int
) -> Staff:
    """Write departments, named accounts (with ``password``) and mass staff (without one); return who works where."""
    departments = _departments(session, counties, posts)
    people = named_people(posts)
    secrets: list[str | None] = [hasher.hash(password) for _ in people]
    for county in counties:
        rng = Generator(PCG64(SeedSequence([seed, county.size.code // 10**9, 3])))
        own = sum(person.posts[0][1] // 10**9 == county.size.code // 10**9 for person in people)
        total = None if county.size.staff is None else county.size.staff - own
        fixed, share = county.size.workers, county.size.staff_per_grid
        crowd = workers_of(county.towns, fixed, share, total, tables.names, rng)
        people += crowd
        secrets += [None] * len(crowd)
    first = next_id(session, "accounts")
    _copy_accounts(session, people, secrets, first)
    _copy_posts(session, people, departments, first)
    workers = {grid: (first + n, people[n].name) for grid, n in first_workers(people).items()}
    desks: dict[int, tuple[int, str]] = {}
    for n, person in enumerate(people):
        for role, unit, _ in person.posts:
            if role is Role.CENTRE_STAFF:
                desks.setdefault(unit, (first + n, person.name))
    return Staff(workers, desks, len(people))


def named_people(posts: Iterable[PostRow]) -> list[Person]:
    """Return the people of ``accounts.csv``, each with all their posts."""
    found: dict[str, Person] = {}
    for row in posts:
        held = found[row.username].posts if row.username in found else ()
        post = (Role(row.role), row.unit_code, row.department)
        found[row.username] = Person(row.username, row.name, (*held, post))
    return list(found.values())


def _departments(session: Session, counties: Sequence[County], posts: Sequence[PostRow]) -> Departments:
    """Write the departments of the drawn counties and their towns, and those that posts name; return their ids."""
    names: dict[str, list[str]] = {"town": [], "county": []}
    for row in department_rows():
        names[row["level"]].append(row["name"])
    wanted = [(county.size.code, name) for county in counties for name in names["county"]]
    wanted += [(town.code, name) for county in counties for town in county.towns for name in names["town"]]
    wanted += [(row.unit_code, row.department) for row in posts if row.department]
    keys = list(dict.fromkeys(wanted))
    first = next_id(session, "departments")
    columns = {
        "county_code": column(unit // 10**9 for unit, _ in keys),
        "id": column(range(first, first + len(keys))),
        "unit_code": column(unit for unit, _ in keys),
        "name": column(name for _, name in keys),
        "is_demo": column([True] * len(keys)),
    }
    copy(session, "departments", columns)
    reserve_ids(session, "departments")
    return {key: first + n for n, key in enumerate(keys)}


def _copy_accounts(session: Session, people: Sequence[Person], secrets: Sequence[str | None], first: int) -> None:
    """Write the accounts; ids count from ``first``. Who has no password cannot sign in."""
    columns = {
        "id": column(range(first, first + len(people))),
        "unit_code": column(person.posts[0][1] for person in people),
        "username": column(person.username for person in people),
        "name": column(person.name for person in people),
        "password_hash": column(secrets),
        "demo_password_hash": column(secrets),
        "must_change_password": column(secret is None for secret in secrets),
        "is_demo": column([True] * len(people)),
    }
    copy(session, "accounts", columns)
    reserve_ids(session, "accounts")


def _copy_posts(session: Session, people: Sequence[Person], departments: Departments, first: int) -> None:
    """Write every post of every person."""
    rows = [(first + n, *post) for n, person in enumerate(people) for post in person.posts]
    columns = {
        "county_code": column(unit // 10**9 for _, _, unit, _ in rows),
        "unit_code": column(unit for _, _, unit, _ in rows),
        "account_id": column(account for account, *_ in rows),
        "role": column(role.value for _, role, _, _ in rows),
        "department_id": column(departments.get((unit, name)) if name else None for _, _, unit, name in rows),
    }
    copy(session, "posts", columns)


def renew_passwords(session: Session, *, password: str) -> int:
    """Set ``password`` on every demonstration account that still has the common one; return how many had another.

    Who chose a password, or was given one by an administrator, keeps it. One look is enough: the others were all given the same.
    """
    query = select(Account).where(Account.is_demo, Account.password_hash == Account.demo_password_hash)
    accounts = list(session.scalars(query.order_by(Account.id).options(undefer(Account.password_hash))))
    if not accounts or _opens(accounts[0].password_hash or "", password):
        return 0
    for account in accounts:
        account.password_hash = account.demo_password_hash = hasher.hash(password)
    session.flush()
    return len(accounts)


def _opens(password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except VerificationError:
        return False
