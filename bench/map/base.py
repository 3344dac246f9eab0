"""The databases the map is measured on: real city demonstration data, a tenth of it, ten times it; made when missing."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL

from gridmap.access import Actor, Post, Range, Role, subtree
from gridmap.config import APP_ROLE, role_url, settings

CITY = "gridmap_bench"
TENTH = "gridmap_bench_100k"
TENFOLD = "gridmap_bench_10m"
TOWN = "gridmap_bench_town"
COUNTY = "gridmap_bench_county"
SIZES = {CITY: "city", COUNTY: "county", TOWN: "town"}
Say = Callable[[str], None]


def address(name: str) -> URL:
    """Return the owner's address of a database on the configured server."""
    return settings().admin_url().set(database=name)


def plain(url: URL) -> str:
    """Return an address as psycopg2 takes it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def exists(name: str) -> bool:
    """Say whether there is such a database with cases in it."""
    with server() as run:
        return bool(run(f"select count(*) from pg_database where datname = '{name}'"))


@contextmanager
def server() -> Iterator[Callable[[str], Any]]:
    """Lend a function that runs one statement on the server's own database, outside any transaction."""
    engine = create_engine(address("postgres"), isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:

            def run(statement: str) -> Any:
                answer = connection.exec_driver_sql(statement)
                return answer.scalar() if answer.returns_rows else None

            yield run
    finally:
        engine.dispose()


def ensure(name: str, say: Say) -> None:
    """Make a database of the bench when it is missing. A failed making leaves nothing behind."""
    if exists(name):
        return
    try:
        if name in SIZES:
            say(f"{name}：装入示例数据（地市规模约需十几分钟）")
            load(name, SIZES[name])
        else:
            ensure(CITY, say)
            say(f"{name}：由 {CITY} 复制")
            with server() as run:
                run(f"create database {name} template {CITY}")
            (shrink if name == TENTH else multiply)(name)
    except BaseException:
        with server() as run:
            run(f"drop database if exists {name} with (force)")
        raise


def load(name: str, size: str) -> None:
    """Create, migrate and fill a database with demonstration data of a size."""
    from gridmap.db import migrate
    from gridmap.demo import load_demo

    with server() as run:
        run(f"create database {name}")
    migrate(address(name))
    load_demo(size=size, url=address(name))
    tidy(name)


def tidy(name: str) -> None:
    """Vacuum and analyse, as autovacuum would have done by the time anybody looks."""
    engine = create_engine(address(name), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("vacuum analyze")
    engine.dispose()


COPIED = """county_code, unit_code, category_id, channel, grade, scale, status, risk, title, description, address_text, occurred_at,
  received_at, due_at, closed_at, position_method, position_accuracy_m, source_datum"""


def shrink(name: str) -> None:
    """Keep every tenth case."""
    from gridmap.analysis.actions import loading_in_bulk
    from gridmap.db import owner_session

    with owner_session(address(name)) as session:
        session.execute(text(f"create table kept as select case_code, geom, {COPIED} from cases where id % 10 = 0"))
        session.execute(text("truncate cases cascade"))
        with loading_in_bulk(session):
            session.execute(
                text(f"insert into cases (case_code, geom, {COPIED}) select case_code, geom, {COPIED} from kept")
            )
        session.execute(text("drop table kept"))
    tidy(name)


def multiply(name: str, times: int = 10) -> None:
    """Add nine more of each case within about 40 m of it and in its grid, in batches of one copy each.

    Indexes that hold no constraint are dropped before and made again after: keeping them up row by row takes hours.
    """
    from gridmap.analysis.actions import loading_in_bulk
    from gridmap.db import owner_session

    with owner_session(address(name)) as session, loading_in_bulk(session):
        session.execute(text("set local maintenance_work_mem = '1GB'"))
        indexes = session.execute(text(SECONDARY)).all()
        for index in indexes:
            session.execute(text(f"drop index {index.name}"))
        last = session.execute(text("select max(id) from cases")).scalar_one()
        for number in range(1, times):
            session.execute(
                text(
                    f"insert into cases (case_code, geom, {COPIED}) select case_code || '-{number}', st_translate(geom,"
                    f" (random() - 0.5) * 0.0008, (random() - 0.5) * 0.0006), {COPIED} from cases where id <= {last}"
                )
            )
        for index in indexes:
            session.connection().exec_driver_sql(index.definition)
    tidy(name)


SECONDARY = """select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition from pg_index i
where indrelid = 'cases'::regclass and not exists (select from pg_constraint where conindid = i.indexrelid)"""


@dataclass(frozen=True)
class Places:
    """Where to measure: a busy district with one of its towns and grids, and points where cases are."""

    city: int
    district: int
    town: int
    grid: int

    def scopes(self) -> dict[str, int]:
        """Return the unit of each kind of scope."""
        return {"city": self.city, "district": self.district, "town": self.town, "grid": self.grid}


def places(name: str) -> Places:
    """Return the district with most cases, and in it the busiest town and grid."""
    with as_owner(name) as connection, connection.cursor() as cursor:
        found = []
        span = Range(0, 10**15)
        for step in (10**9, 10**6, 1):
            cursor.execute(
                f"select unit_code / {step} * {step} from cases where unit_code >= {span.lo} and unit_code < {span.hi}"
                f" and unit_code % 1000 <> 0 group by 1 order by count(*) desc limit 1"
            )
            found.append(int(cursor.fetchone()[0]))
            span = subtree(found[-1])
        return Places(found[0] // 10**11 * 10**11, *found)


def points(name: str, unit_code: int, count: int) -> list[tuple[float, float]]:
    """Return places of ``count`` cases of a unit (lon, lat), the same ones every time."""
    span = subtree(unit_code)
    with as_owner(name) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"select st_x(geom), st_y(geom) from cases where unit_code >= {span.lo} and unit_code < {span.hi}"
            f" and zkey is not null order by md5(case_code) limit {count}"
        )
        return [(float(lon), float(lat)) for lon, lat in cursor.fetchall()]


def leader(unit_code: int) -> Actor:
    """Return an actor who leads a unit."""
    return Actor(1, "bench", "测速", (Post(Role.LEADER, unit_code),))


@contextmanager
def as_owner(name: str) -> Iterator[Any]:
    """Lend a bare connection of the owner, whom no policy binds."""
    yield from _connection(address(name))


@contextmanager
def as_application(name: str) -> Iterator[Any]:
    """Lend a bare connection of the application role."""
    yield from _connection(role_url(address(name), APP_ROLE))


def _connection(url: URL) -> Iterator[Any]:
    connection = psycopg2.connect(plain(url), options="-c timezone=UTC -c jit=off")
    connection.autocommit = True
    try:
        yield connection
    finally:
        connection.close()


def environment(name: str) -> dict[str, str]:
    """Return the environment of a process that works on a database of the bench."""
    return {**os.environ, "GRIDMAP_DATABASE_URL": address(name).render_as_string(hide_password=False)}


def machine() -> str:
    """Say what this ran on: processor, cores, memory, versions, commit."""
    cpu = next(
        (
            line.split(":")[1].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        "?",
    )
    memory = next(
        int(line.split()[1]) // 2**20
        for line in Path("/proc/meminfo").read_text().splitlines()
        if line.startswith("MemTotal")
    )
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    with server() as run:
        version = run("show server_version")
    return f"{cpu}，{os.cpu_count()} 核，{memory} GB；PostgreSQL {version}；Python {sys.version.split()[0]}；提交 {commit or '无'}"
