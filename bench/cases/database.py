"""The database that work on cases is measured on: the city demonstration, each case with its history and its running timers.

It is made in steps that are written down as they are done, so that a making that was broken off goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from bench.cases.timers import fill_timers
from bench.map.base import address, server, tidy
from gridmap.db import migrate, owner_session

NAMES = {"1m": "gridmap_bench_cases", "20k": "gridmap_bench_cases_20k"}
SIZES = {"1m": "city", "20k": "county"}  # of the demonstration: 1,000,000 and 20,000 cases
Say = Callable[[str], None]
Step = tuple[str, Callable[[Say], None]]


def ensure(rows: str, say: Say) -> str:
    """Make the database of a size when it is missing, or go on making it; return its name."""
    while step := next_step(rows):
        words, run = step
        say(f"{NAMES[rows]}：{words}")
        run(say)
        if words != CREATING:
            _write_down(rows, words)
    migrate(address(NAMES[rows]))  # it may have been made by an older version
    return NAMES[rows]


CREATING = "建库"


def next_step(rows: str) -> Step | None:
    """Return the first step of the making that has not been done, or ``None``."""
    name = NAMES[rows]
    with server() as run:
        if not run(f"select count(*) from pg_database where datname = '{name}'"):
            return CREATING, partial(_create, name)
    with owner_session(address(name)) as session:
        session.execute(text("create table if not exists bench_done (step text primary key)"))
        session.execute(text("create table if not exists bench_later (number int primary key, definition text)"))
        done = set(session.scalars(text("select step from bench_done")))
        steps: list[Step] = [("迁移", partial(_migrate, name))]
        if "迁移" in done:
            steps.append(("装入示例数据", partial(_load, name, SIZES[rows])))
        if "装入示例数据" in done:
            steps.append(("放下历史的索引", partial(_in, name, _drop_indexes)))
            counties = session.scalars(text("select distinct county_code from units where level = 15 order by 1"))
            steps += [(f"写入历史 {county}", partial(_in, name, partial(_histories, county))) for county in counties]
            later = session.scalars(text("select number from bench_later order by 1"))
            steps += [(f"建立历史的索引 {number}", partial(_in, name, partial(_index, number))) for number in later]
            steps += [("写入计时", partial(_in, name, fill_timers)), ("整理", lambda _say: tidy(name))]
    return next((step for step in steps if step[0] not in done), None)


def _write_down(rows: str, words: str) -> None:
    with owner_session(address(NAMES[rows])) as session:
        session.execute(text("insert into bench_done values (:step)"), {"step": words})


def _create(name: str, _say: Say) -> None:
    with server() as run:
        run(f"create database {name}")


def _migrate(name: str, _say: Say) -> None:
    migrate(address(name))


def _load(name: str, size: str, say: Say) -> None:
    from gridmap.demo import load_demo

    load_demo(size=size, url=address(name), progress=lambda done, total, words: say(f"{done}/{total} {words}"))


def _in(name: str, work: Callable[[Session], Any], _say: Say) -> None:
    with owner_session(address(name)) as session:
        session.execute(text("set local maintenance_work_mem = '1GB'"))
        session.execute(text("set local synchronous_commit = off"))
        work(session)


# The demonstration of this size comes without histories. Keeping five indexes and a foreign key up row by row takes hours.
_KEPT = "uq_case_steps_case_id_number"  # by which orders find the steps of their case
_LATER = f"""
insert into bench_later select row_number() over (), definition from (
  select format('alter table case_steps add constraint %I %s', conname, pg_get_constraintdef(oid)) as definition
  from pg_constraint where conrelid = 'case_steps'::regclass and contype = 'f'
  union all select pg_get_indexdef(indexrelid) from pg_index i where indrelid = 'case_steps'::regclass
  and not exists (select from pg_constraint where conindid = i.indexrelid) and indexrelid::regclass::text <> '{_KEPT}') d
"""
_DROP = f"""
do $$ declare r record; begin
  for r in select format('alter table case_steps drop constraint %I', conname) as words
    from pg_constraint where conrelid = 'case_steps'::regclass and contype = 'f' loop execute r.words; end loop;
  for r in select format('drop index %s', indexrelid::regclass) as words from pg_index i
    where indrelid = 'case_steps'::regclass and not exists (select from pg_constraint where conindid = i.indexrelid)
    and indexrelid::regclass::text <> '{_KEPT}'
    loop execute r.words; end loop;
end $$
"""


def _drop_indexes(session: Session) -> None:
    session.execute(text("truncate case_steps, case_orders"))
    session.execute(text(_LATER))
    session.execute(text(_DROP))


def _histories(county: int, session: Session) -> None:
    from gridmap.demo.actions.histories import load_histories
    from gridmap.demo.queries import handled_dimensions

    load_histories(session, handled_dimensions(), loaded_until(session), county=county)


def loaded_until(session: Session) -> datetime:
    """Return the day up to which the demonstration was loaded: midnight UTC, which is 08:00 in China."""
    from gridmap.demo.rules.rhythm import end_of

    found = session.scalar(
        text("select data ->> 'as_of' from events where kind = 'demo.loaded' order by id desc limit 1")
    )
    return end_of(datetime.fromisoformat(found).date()) if found else datetime.now(UTC)


def _index(number: int, session: Session) -> None:
    definition = session.scalar(text("select definition from bench_later where number = :n"), {"n": number})
    session.connection().exec_driver_sql(str(definition).replace("%", "%%"))
